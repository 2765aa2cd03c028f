"""The hub as allocating and watching see it: N-V-Rs, and the tasks of one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.hub import (
    Hub,
    NextRelease,
    Query,
    Task,
    ended_since,
    execute_all,
    look_up,
    newest,
    next_release,
    taken,
)


@dataclass(frozen=True)
class HubTasks:
    """The image tasks of one user on a hub."""

    hub: Hub
    owner: int

    def newest(self) -> Optional[Task]:
        """Return the task that was made last."""
        return newest(self.hub, self.owner)

    def ask(
        self,
        since: Optional[float],
        ids: Sequence[int],
        beside: Sequence[Query[Tuple[Task, ...]]] = (),
    ) -> Tuple[Tuple[Task, ...], Tuple[Task, ...]]:
        """
        Return what has ended since a time, and the state of some tasks; in one request.

        :param beside: queries that share its request, for whoever brings them
        """
        queries = [look_up(ids), *beside]
        if since is not None:
            queries.append(ended_since(self.owner, since))
        found: List[Tuple[Task, ...]] = []
        for one in execute_all(self.hub, queries):
            if isinstance(one, Exception):
                raise one
            found.append(one)
        return (() if since is None else found[-1]), found[0]


@dataclass(frozen=True)
class HubRegistry:
    """
    The N-V-Rs that a hub knows.

    :param check: called before each question; may raise to end the asking
    """

    hub: Hub
    check: Callable[[], None] = lambda: None

    def next_release(self, name: str, version: str) -> NextRelease:
        """Return the release the hub would give next, or what it cannot count up."""
        self.check()
        return next_release(self.hub, name, version)

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        """Return which of some N-V-Rs cannot be used."""
        self.check()
        return set(taken(self.hub, nvrs))

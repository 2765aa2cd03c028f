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
class UserTasks:
    """
    The image tasks of one user on a hub.

    :param methods: of the tasks that are watched
    """

    hub: Hub
    owner: int
    methods: Tuple[str, ...]

    def newest(self) -> int:
        """Return the id of the task that was made last; 0: there is none."""
        found = [newest(self.hub, self.owner, method) for method in self.methods]
        return max((task.id for task in found if task is not None), default=0)

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
            queries.extend(ended_since(self.owner, since, method) for method in self.methods)
        found: List[Tuple[Task, ...]] = []
        for one in execute_all(self.hub, queries):
            if isinstance(one, Exception):
                raise one
            found.append(one)
        ended = found[1 + len(beside) :]
        return tuple(task for tasks in ended for task in tasks), found[0]


@dataclass(frozen=True)
class HubNvrs:
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

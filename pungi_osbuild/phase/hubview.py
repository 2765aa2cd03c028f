"""The hub as allocating and watching see it: N-V-Rs, and the tasks of one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable, Optional, Sequence, Set, Tuple

from pungi_osbuild.hub import Hub, Task, ended_since, look_up, next_number, taken


@dataclass(frozen=True)
class HubTasks:
    """The image tasks of one user on a hub."""

    hub: Hub
    owner: int

    def ended_since(self, since: float) -> Tuple[Task, ...]:
        """Return the tasks that have ended since a time by the hub's clock."""
        return ended_since(self.hub, self.owner, since)

    def look_up(self, ids: Sequence[int]) -> Tuple[Task, ...]:
        """Return the state of each of some tasks that exist."""
        return look_up(self.hub, ids)


@dataclass(frozen=True)
class HubRegistry:
    """
    The N-V-Rs that a hub knows.

    :param check: called before each question; may raise to end the asking
    """

    hub: Hub
    check: Callable[[], None] = lambda: None

    def next_number(self, name: str, version: str) -> Optional[int]:
        """Return the number the hub would give next, or None where it cannot say."""
        self.check()
        return next_number(self.hub, name, version)

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        """Return which of some N-V-Rs cannot be used."""
        self.check()
        return set(taken(self.hub, nvrs))

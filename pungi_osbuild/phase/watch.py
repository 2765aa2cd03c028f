"""
Watching: one question for all tasks, asking for ends and not for everything.

The hub answers "which image tasks of mine ended since then" with one SELECT, whatever number of
them is open. Now and then the open ones are looked up by id, in case one slipped through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Protocol, Sequence, Set, Tuple

from pungi_osbuild.hub import Task, newest_end
from pungi_osbuild.phase.clock import Clock

MARGIN = 15.0
"""Seconds that each question reaches back: a task that ended first may show up second."""

SLICE = 1.0
"""Seconds slept at once: whoever stops a run, or ends it early, need not wait for the next poll."""


class TaskSource(Protocol):
    """Where the state of tasks is asked for."""

    def ended_since(self, since: float) -> Tuple[Task, ...]:
        """Return the tasks that have ended since a time by the hub's clock."""

    def look_up(self, ids: Sequence[int]) -> Tuple[Task, ...]:
        """Return the state of each of some tasks that exist."""


@dataclass(frozen=True)
class PollPolicy:
    """
    How often the hub is asked.

    :param fixed: seconds between two polls whatever happens (``osbuild_poll_interval``)
    :param minimum: seconds between two polls at least
    :param share: of one hub worker's time that the polls may take
    :param maximum: seconds between two polls at most: a reply that took minutes, because the hub
        was away for a moment and koji tried again, says nothing of the next
    :param reconcile: seconds between two look-ups of everything that is open
    """

    fixed: Optional[float] = None
    minimum: float = 1.0
    share: float = 0.02
    maximum: float = 60.0
    reconcile: float = 60.0

    def pause(self, reply: float) -> float:
        """Return how many seconds to wait after a reply that took some seconds."""
        if self.fixed is not None:
            return self.fixed
        return min(self.maximum, max(self.minimum, reply / self.share))


@dataclass(frozen=True)
class Ended:
    """
    A task that has ended.

    :param task: None when the hub does not know the task any more
    """

    task_id: int
    task: Optional[Task]


class Watcher:
    """
    Watches tasks until they end.

    Guarantees: each task is reported once; at most one request at a time; no request while
    nothing is open.
    """

    def __init__(self, source: TaskSource, policy: PollPolicy, clock: Clock) -> None:
        self._source = source
        self._policy = policy
        self._clock = clock
        self._open: Set[int] = set()
        self._since: Optional[float] = None
        self._looked_up = 0.0
        self._fresh = False
        self._due = clock.monotonic()

    @property
    def open(self) -> Set[int]:
        """The tasks that have not been reported as ended."""
        return set(self._open)

    def add(self, task_id: int) -> None:
        """Watch one more task."""
        self._open.add(task_id)
        self._fresh = True

    @property
    def is_due(self) -> bool:
        """Whether the hub may be asked again."""
        return self._clock.monotonic() >= self._due

    def poll(self) -> Tuple[Ended, ...]:
        """Ask once, and return what has ended; how long the hub took says when to ask again."""
        if not self._open:
            return ()
        start = self._clock.monotonic()
        ended = self._ask()
        now = self._clock.monotonic()
        self._due = now + self._policy.pause(now - start)
        return ended

    def wait(self) -> None:
        """Wait until the next poll is due, or for a second: there may be something else to do."""
        left = self._due - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(min(left, SLICE))

    def _ask(self) -> Tuple[Ended, ...]:
        due = self._clock.monotonic() - self._looked_up >= self._policy.reconcile
        if self._since is None or self._fresh or due:
            return self._reconcile()
        return self._report(self._source.ended_since(self._since))

    def _reconcile(self) -> Tuple[Ended, ...]:
        asked = sorted(self._open)
        tasks = self._source.look_up(asked)
        self._looked_up = self._clock.monotonic()
        self._fresh = False
        if self._since is None:
            created = [task.times.created for task in tasks if task.times.created is not None]
            # The hub's own time of the first task: ours may be wrong.
            self._since = min(created) - MARGIN if created else None
        lost = set(asked) - {task.id for task in tasks}
        self._open -= lost
        return (*self._report(tasks), *(Ended(task_id, None) for task_id in sorted(lost)))

    def _report(self, tasks: Sequence[Task]) -> Tuple[Ended, ...]:
        ours: Dict[int, Task] = {
            task.id: task for task in tasks if task.id in self._open and task.state.is_end
        }
        self._open -= set(ours)
        newest = newest_end(tasks)
        if newest is not None and self._since is not None:
            self._since = max(self._since, newest - MARGIN)
        reported: List[Ended] = [Ended(task_id, ours[task_id]) for task_id in sorted(ours)]
        return tuple(reported)

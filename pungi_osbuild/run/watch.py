"""
Watching: one question for all tasks, asking for ends and not for everything.

The hub answers "which image tasks of mine ended since then" with one SELECT, whatever number of
them is open. In case one slips through, the open ones are looked up by id as well: a slice at a
time, in the same request, each in its turn, those first that were not asked about yet.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Deque, Dict, Iterable, List, Optional, Protocol, Sequence, Set, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Task
from pungi_osbuild.timing import POLL_OVERLAP, PollPolicy

TURN = 50
"""
Tasks looked up at once. The hub makes a SELECT of 0.3 ms for each (found by experiment on kojihub
1.35.3), so this takes what a second's poll may.
"""


class TaskSource(Protocol):
    """Where the state of tasks is asked for."""

    def ask(
        self, since: Optional[float], ids: Sequence[int]
    ) -> Tuple[Tuple[Task, ...], Tuple[Task, ...]]:
        """
        Ask two questions in one request.

        :param since: seconds since the epoch by the hub's clock; None: only the other question
        :returns: the tasks that have ended since then; and the state of each of some tasks
        """


@dataclass(frozen=True)
class EndedTask:
    """
    A task that has ended.

    :param task: None when the hub does not know the task any more
    """

    task_id: int
    task: Optional[Task]


class Watcher:
    """
    Watches tasks until they end.

    Guarantees: each task is reported once; one request for a poll, and no other before it is
    answered; no request while nothing is open; each open task is looked up in its turn.
    """

    def __init__(self, source: TaskSource, policy: PollPolicy, clock: Clock) -> None:
        self._source = source
        self._policy = policy
        self._clock = clock
        self._open: Set[int] = set()
        self._turns: Deque[int] = deque()
        self._new = 0
        self._next_turn = clock.monotonic()
        self._since: Optional[float] = None
        self._ahead = -math.inf
        self._left = policy.saved
        self._answered = self._due = clock.monotonic()

    @property
    def open(self) -> Set[int]:
        """The tasks that have not been reported as ended."""
        return set(self._open)

    def add(self, task_id: int) -> None:
        """Watch one more task."""
        self._open.add(task_id)
        # Its turn is next: it may have ended before what the next question reaches back to.
        self._turns.appendleft(task_id)
        self._new += 1

    @property
    def is_due(self) -> bool:
        """Whether the hub may be asked again."""
        return self._clock.monotonic() >= self._due

    def poll(self, task_ids: Iterable[int] = ()) -> Tuple[EndedTask, ...]:
        """
        Ask once, and return what has ended; how long the hub takes says when to ask again.

        :param task_ids: of tasks to watch from now on; those that are watched may be among them
        """
        for task_id in task_ids:
            if task_id not in self._open:
                self.add(task_id)
        if not self._open:
            return ()
        start = self._clock.monotonic()
        ended = self._ask()
        now = self._clock.monotonic()
        waited = max(0.0, now - start - self._policy.paid * len(ended))
        self._left = self._policy.left(self._left, now - self._answered, waited)
        self._answered = now
        self._due = now + self._policy.pause(self._left)
        return ended

    @property
    def left(self) -> float:
        """Seconds until the next poll is due."""
        return max(0.0, self._due - self._clock.monotonic())

    def _ask(self) -> Tuple[EndedTask, ...]:
        asked_at = self._clock.monotonic()
        turn, since = self._whose_turn(asked_at), self._since
        known = set(turn[self._new :]) if since is not None else set()
        ended, looked_up = self._source.ask(since, turn)
        # Only now: after a poll that raised, the same tasks are asked about again.
        self._turns.rotate(-len(turn))
        if since is None or asked_at >= self._next_turn:
            part = len(turn) / len(self._open)
            self._next_turn = asked_at + self._policy.reconcile * part
        self._new = 0 if since is None else max(0, self._new - len(turn))
        new = [task.times.created for task in looked_up if task.id not in known]
        self._move_on([*new, *(task.times.ended for task in (*ended, *looked_up))], asked_at)
        self._begin_anew([task.times.ended for task in looked_up if task.id in known], since)
        lost = set(turn) - {task.id for task in looked_up}
        reported = self._report((*ended, *looked_up))
        self._open -= lost
        return (*reported, *(EndedTask(task_id, None) for task_id in sorted(lost)))

    def _whose_turn(self, now: float) -> List[int]:
        if self._since is None:
            # The oldest first: nothing that is watched can have ended before they were made.
            self._turns = deque(sorted(self._open))
            return list(islice(self._turns, TURN))
        most = TURN if now >= self._next_turn else min(TURN, self._new)
        if most:
            self._turns = deque(task_id for task_id in self._turns if task_id in self._open)
        return list(islice(self._turns, most))

    def _move_on(self, times: Sequence[Optional[float]], asked_at: float) -> None:
        """See since when to ask next, from times of the hub's that were not known before."""
        now = self._clock.monotonic()
        shown = [at for at in times if at is not None]
        # How far the hub's clock is ahead of ours, at least: what it shows has happened.
        self._ahead = max([self._ahead, *(at - now for at in shown)])
        if self._since is not None:
            self._since = max(self._since, asked_at + self._ahead - POLL_OVERLAP)
        elif shown:
            # The hub's own time of the first task: our clock may be wrong.
            self._since = min(shown) - POLL_OVERLAP

    def _begin_anew(self, ends: Sequence[Optional[float]], since: Optional[float]) -> None:
        """
        Ask from earlier on when tasks that were watched have ended before what was asked for.

        The hub's clock was set back, or it was very long about them.
        """
        missed = [at for at in ends if at is not None and since is not None and at < since]
        if missed:
            self._ahead = max(missed) - self._clock.monotonic()
            self._since = min(missed) - POLL_OVERLAP

    def _report(self, tasks: Sequence[Task]) -> Tuple[EndedTask, ...]:
        ours: Dict[int, Task] = {
            task.id: task for task in tasks if task.id in self._open and task.state.is_end
        }
        self._open -= set(ours)
        return tuple(EndedTask(task_id, ours[task_id]) for task_id in sorted(ours))

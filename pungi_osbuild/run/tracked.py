"""
A run whose progress is tracked, within the requests that it makes anyway.

Nothing here makes the run ask more often. While somebody looks, a poll now and then asks for more
in the same request: the states of some tasks, and of their images. What that costs slows the next
poll down. While nobody looks, a line of log now and then says that the run waits and does not hang.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import HubFaultError, Query, Task, look_up
from pungi_osbuild.run.events import ImagesSeen, TaskSeen
from pungi_osbuild.run.hub_queries import UserTasks
from pungi_osbuild.run.progress import Progress, RequestStatus, Stage, poll_progress
from pungi_osbuild.run.progress_tracker import ProgressTracker
from pungi_osbuild.run.watch import TURN
from pungi_osbuild.timing import HEARTBEAT_INTERVAL, PROGRESS_INTERVAL

logger = logging.getLogger(__name__)


class TrackedTasks:
    """
    Where the state of tasks is asked for, with what is asked besides while somebody looks.

    Used by the poller's thread alone.

    :param looking: whether somebody looks; if not, a line of log tells now and then that the run
        still waits
    """

    def __init__(
        self, tasks: UserTasks, tracker: ProgressTracker, clock: Clock, looking: bool
    ) -> None:
        self._tasks = tasks
        self._tracker = tracker
        self._clock = clock
        self._is_polling = looking
        self._turns = RoundRobin(TURN)
        self._polled_at = clock.monotonic() - PROGRESS_INTERVAL
        self._heartbeat = Heartbeat(tracker, clock.monotonic)
        self._seen: List[Tuple[int, Union[TaskSeen, ImagesSeen]]] = []

    def take_seen(self) -> Tuple[Tuple[int, Union[TaskSeen, ImagesSeen]], ...]:
        """Return what the hub has said of tasks since this was last called, by their ids."""
        seen, self._seen = tuple(self._seen), []
        return seen

    def ask(
        self, since: Optional[float], ids: Sequence[int]
    ) -> Tuple[Tuple[Task, ...], Tuple[Task, ...]]:
        """Ask what the run asks, and poll progress, in one request."""
        is_due = self._clock.monotonic() - self._polled_at >= PROGRESS_INTERVAL
        polls = list(self._polls()) if self._is_polling and is_due else []
        ended, looked_up = self._tasks.ask(since, ids, polls)
        self._seen.extend((task.id, TaskSeen(task)) for task in looked_up)
        if not self._is_polling:
            self._heartbeat.beat()
        return ended, looked_up

    def _polls(self) -> Iterator[Query[Tuple[Task, ...]]]:
        """Give what is asked besides of the tasks whose turn it is: their states, and images'."""
        self._polled_at = self._clock.monotonic()
        running = {one.task_id: one for one in self._tracker.running() if one.task_id is not None}
        ids = self._turns.next(list(running))
        yield self._states(ids)
        yield from (self._progress(running[task_id]) for task_id in ids)

    def _states(self, ids: Sequence[int]) -> Query[Tuple[Task, ...]]:
        try:
            tasks = yield from look_up(ids)
        except (HubFaultError, ReplyError) as error:
            logger.debug("polling progress failed: %s", error)  # the run goes on without
            return ()
        self._seen.extend((task.id, TaskSeen(task)) for task in tasks)
        return tasks

    def _progress(self, one: RequestStatus) -> Query[Tuple[Task, ...]]:
        with suppress(HubFaultError, ReplyError):
            task_id, states = yield from poll_progress(one)
            if states:  # a file may be half written: what it said before stands
                self._seen.append((task_id, ImagesSeen(states)))
        return ()


class RoundRobin:
    """
    Whose turn it is, where not all can be asked about at once: those that waited longest.

    :param most: how many at a time
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._served: Dict[int, int] = {}
        self._turn = 0

    def next(self, waiting: Sequence[int]) -> List[int]:
        """Return those whose turn it is."""
        self._turn += 1
        chosen = sorted(waiting, key=lambda one: self._served.get(one, 0))[: self._most]
        self._served.update(dict.fromkeys(chosen, self._turn))
        return chosen


class Heartbeat:
    """
    Logs every :data:`HEARTBEAT_INTERVAL` seconds what a run waits for.

    :param monotonic: seconds since some moment; never goes back
    """

    def __init__(self, tracker: ProgressTracker, monotonic: Callable[[], float]) -> None:
        self._tracker = tracker
        self._monotonic = monotonic
        self._last = monotonic()

    def beat(self) -> None:
        """Say something when it is time to."""
        now = self._monotonic()
        if now - self._last >= HEARTBEAT_INTERVAL:
            self._last = now
            logger.info("%s", waiting_text(self._tracker.snapshot()))


def waiting_text(progress: Progress) -> str:
    """Return in a line what a run waits for, and for how long."""
    total, waiting = len(progress.statuses), progress.unfinished
    stages = ["%d %s" % (progress.count(stage), stage.value) for stage in Stage]
    counts = [text for text in stages if not text.startswith("0 ")]
    text = "waiting for %d of %d tasks (%s)" % (len(waiting), total, ", ".join(counts))
    oldest = min(
        (one for one in waiting if one.since is not None),
        key=lambda one: one.since or 0.0,
        default=None,
    )
    if oldest is not None and oldest.task_id is not None:
        minutes = (oldest.elapsed(progress.now) or 0.0) // 60
        text += "; the longest for %d min: %s, task %d" % (
            minutes,
            oldest.describe(),
            oldest.task_id,
        )
    return text

"""
A run that is looked at: what happens is put on a board, within the requests that it makes anyway.

Nothing here makes the run ask more often. While somebody looks, a poll now and then asks for more
in the same request: the states of some tasks, and of their images. What that costs slows the next
poll down.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import HubFaultError, Query, Task, look_up
from pungi_osbuild.model import BuiltImage, ImageRequest, Outcome, RunResult
from pungi_osbuild.placing import Source
from pungi_osbuild.run.board import Board
from pungi_osbuild.run.collect import Submitted
from pungi_osbuild.run.heartbeat import Heartbeat
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.hubview import HubTasks
from pungi_osbuild.run.progress import Standing, poll_progress
from pungi_osbuild.run.watch import TURN
from pungi_osbuild.timing import PROGRESS_INTERVAL

logger = logging.getLogger(__name__)


class WatchedHost:
    """A host whose board sees what it is told."""

    def __init__(self, host: Host, board: Board) -> None:
        self._host = host
        self._board = board

    def check(self, requests: Sequence[ImageRequest]) -> None:
        """See :class:`Host`."""
        self._host.check(requests)

    def source(self, image: BuiltImage) -> Optional[Source]:
        """See :class:`Host`."""
        return self._host.source(image)

    def submitting(self, request: ImageRequest) -> None:
        """See :class:`Host`."""
        self._host.submitting(request)

    def submitted(self, submitted: Submitted) -> None:
        """See :class:`Host`."""
        self._board.submitted(submitted)
        self._host.submitted(submitted)

    def resumed(self, submitted: Submitted) -> None:
        """See :class:`Host`."""
        self._board.submitted(submitted)
        self._host.resumed(submitted)

    def built(self, outcome: Outcome) -> Outcome:
        """See :class:`Host`."""
        return self._host.built(outcome)

    def settled(self, outcome: Outcome) -> None:
        """See :class:`Host`."""
        self._board.settled(outcome)
        self._host.settled(outcome)

    def left(self, outcome: Outcome) -> None:
        """See :class:`Host`."""
        self._host.left(outcome)

    def record(self, result: RunResult) -> RunResult:
        """See :class:`Host`."""
        return self._host.record(result)


class WatchedTasks:
    """
    Where the state of tasks is asked for, with a board that sees the answers.

    :param looking: whether somebody looks; if not, a line of log tells now and then that the run
        still waits
    """

    def __init__(self, tasks: HubTasks, board: Board, clock: Clock, looking: bool) -> None:
        self._tasks = tasks
        self._board = board
        self._clock = clock
        self._is_polling = looking
        self._turns = Turns(TURN)
        self._polled_at = clock.monotonic() - PROGRESS_INTERVAL
        self._heartbeat = Heartbeat(board, clock.monotonic)

    def ask(
        self, since: Optional[float], ids: Sequence[int]
    ) -> Tuple[Tuple[Task, ...], Tuple[Task, ...]]:
        """Ask what the run asks, and poll progress, in one request."""
        is_due = self._clock.monotonic() - self._polled_at >= PROGRESS_INTERVAL
        polls = list(self._polls()) if self._is_polling and is_due else []
        ended, looked_up = self._tasks.ask(since, ids, polls)
        self._board.seen((*ended, *looked_up))
        if not self._is_polling:
            self._heartbeat.beat()
        return ended, looked_up

    def _polls(self) -> Iterator[Query[Tuple[Task, ...]]]:
        """Give what is asked besides of the tasks whose turn it is: their states, and images'."""
        self._polled_at = self._clock.monotonic()
        running = {one.task_id: one for one in self._board.running() if one.task_id is not None}
        ids = self._turns.next(list(running))
        yield self._states(ids)
        yield from (self._progress(running[task_id]) for task_id in ids)

    def _states(self, ids: Sequence[int]) -> Query[Tuple[Task, ...]]:
        try:
            tasks = yield from look_up(ids)
        except (HubFaultError, ReplyError) as error:
            logger.debug("polling progress failed: %s", error)  # the run goes on without
            return ()
        self._board.seen(tasks)
        return tasks

    def _progress(self, one: Standing) -> Query[Tuple[Task, ...]]:
        with suppress(HubFaultError, ReplyError):
            task_id, states = yield from poll_progress(one)
            if states:  # a file may be half written: what it said before stands
                self._board.told([(task_id, states)])
        return ()


class Turns:
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

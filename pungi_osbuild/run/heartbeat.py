"""A line of log now and then, so that nobody takes a run that waits for one that hangs."""

from __future__ import annotations

import logging
from typing import Callable

from pungi_osbuild.run.board import Board
from pungi_osbuild.run.progress import Progress, Stage
from pungi_osbuild.timing import HEARTBEAT_INTERVAL

logger = logging.getLogger(__name__)


class Heartbeat:
    """
    Logs every :data:`HEARTBEAT_INTERVAL` seconds what a run waits for.

    :param monotonic: seconds since some moment; never goes back
    """

    def __init__(self, board: Board, monotonic: Callable[[], float]) -> None:
        self._board = board
        self._monotonic = monotonic
        self._last = monotonic()

    def beat(self) -> None:
        """Say something when it is time to."""
        now = self._monotonic()
        if now - self._last >= HEARTBEAT_INTERVAL:
            self._last = now
            logger.info("%s", waiting_text(self._board.snapshot()))


def waiting_text(progress: Progress) -> str:
    """Return in a line what a run waits for, and for how long."""
    total, waiting = len(progress.standings), progress.unfinished
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

"""A live view of a run on the terminal; plain log lines where there is none."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

from rich.console import Console
from rich.live import Live
from rich.text import Text

from pungi_osbuild.cli.show import LOG_FORMAT, log_by, log_to_stderr
from pungi_osbuild.metadata import load
from pungi_osbuild.report import NOTHING, Expected, expected_of, live_view
from pungi_osbuild.run import ProgressTracker

REDRAWN = 2.0
"""Times a second."""


def expected_from(previous: Optional[Path]) -> Expected:
    """
    Return how long the images of a previous compose took; nothing without one.

    :raises InputError: the folder has no osbuild.json of ours, or it cannot be read
    """
    return NOTHING if previous is None else expected_of(load(previous))


@contextmanager
def progress_shown(
    quiet: bool, expected: Expected = NOTHING
) -> Iterator[Optional[ProgressTracker]]:
    """
    Show the progress of a run on stderr: its log, and on a terminal the state of each image.

    :returns: the tracker that the view is drawn from; None without a view
    """
    log_to_stderr(quiet)
    if quiet or not sys.stderr.isatty():
        yield None
        return
    console = Console(stderr=True, highlight=False)
    # The run's threads write to the tracker, rich's thread reads it: it locks, and its
    # snapshots are frozen, so what is drawn is never half a change.
    tracker = ProgressTracker()
    live = Live(
        get_renderable=lambda: live_view(tracker.snapshot(), console.height, expected),
        console=console,
        refresh_per_second=REDRAWN,
        transient=True,
        # stdout gets only the result, after the view has ended.
        redirect_stdout=False,
    )
    with live:
        # For as long as the view is drawn: another handler's lines would end up in its middle.
        log_by(_AboveTheView(console), quiet)
        try:
            yield tracker
        finally:
            log_to_stderr(quiet)


class _AboveTheView(logging.Handler):
    """Prints what is logged above the view, which would be drawn over otherwise."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.setFormatter(LOG_FORMAT)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._console.print(Text(self.format(record)), soft_wrap=True)
        except Exception:
            self.handleError(record)

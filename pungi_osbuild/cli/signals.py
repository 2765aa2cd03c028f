"""
SIGINT and SIGTERM: the first stops the command, further ones change nothing.

Nightly automation ends what it started with SIGTERM, often more than once. What was done must be
recorded in between, so only the first signal interrupts.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Optional

from pungi_osbuild.stop import SIGNALS, StopFlag, ignore_further_signals, wake_main_thread

STOP = StopFlag()
"""Set by the first signal, for the whole process."""


def take_signals() -> None:
    """Handle SIGINT and SIGTERM from now on, to the end of the process."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    wake_main_thread()


def _stop(_signal: int, _frame: Optional[FrameType]) -> None:
    ignore_further_signals()
    STOP.ask()
    raise KeyboardInterrupt

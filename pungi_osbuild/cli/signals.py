"""
SIGINT and SIGTERM: the first stops what is at work, further ones change nothing.

Nightly automation ends what it started with SIGTERM, often more than once. What was done must be
recorded in between, so only the first signal interrupts.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Optional

from pungi_osbuild.stop import StopFlag

STOP = StopFlag()
"""Set by the first signal, for the whole process."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def take_signals() -> None:
    """Handle SIGINT and SIGTERM from now on, to the end of the process."""
    for number in _SIGNALS:
        signal.signal(number, _stop)


def _stop(_signal: int, _frame: Optional[FrameType]) -> None:
    # Ignored by the system, not by us: Python takes its handlers away while it ends, and then a
    # late signal would change the exit status.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    STOP.ask()
    raise KeyboardInterrupt

"""Time as an argument: what tests turn by hand and everyone else takes from the system."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Clock:
    """
    Where a run takes its time from.

    :param now: seconds since the epoch
    :param monotonic: seconds since some moment; never goes back
    :param sleep: waits for seconds
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


SYSTEM_CLOCK = Clock()

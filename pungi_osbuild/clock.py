"""Time as an argument, which tests turn by hand; and times as they are written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Optional

ISO_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
SLICE = 1.0
"""Seconds slept at once in every wait: whoever stops a run does not wait for a pause to end."""

YEAR_10000 = 253402300800
"""Its first second, since the epoch: ISO 8601 has no four digits for it."""


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

    def sleep_in_slices(self, seconds: float, check: Callable[[], None]) -> None:
        """
        Wait for seconds, a slice at a time.

        :param check: called before each slice and at the end; may raise to end the waiting
        """
        while seconds > 0:
            check()
            self.sleep(min(seconds, SLICE))
            seconds -= SLICE
        check()


SYSTEM_CLOCK = Clock()


def iso_time(seconds: Optional[float]) -> Optional[str]:
    """
    Return a time as ISO 8601 in UTC, cut to the second.

    :param seconds: since the epoch; None, and what is no time at all, gives None
    """
    whole = whole_seconds(seconds)
    if whole is None:
        return None
    return datetime.fromtimestamp(whole, timezone.utc).strftime(ISO_FORMAT)


def whole_seconds(seconds: Optional[float]) -> Optional[int]:
    """Return a time as it will be read back: cut to the second, None when it is none."""
    return int(seconds) if seconds is not None and 0 <= seconds < YEAR_10000 else None

"""A pace that calls keep together, whoever makes them: bursts are what hurts a hub."""

from __future__ import annotations

import threading
import time
from typing import Callable

RATE = 30.0
"""Requests a second in the long run: a thousand tasks are submitted in half a minute."""

BURST = 12
"""Requests that may go at once, so that a small run waits for nothing."""


class Pace:
    """
    Lets requests go one by one. Thread-safe.

    In any second no more than ``rate + burst + 1`` go; at the hub the few that were on their way
    when it began come on top.

    :param rate: requests a second in the long run
    :param burst: requests that may go at once after a time without any
    :param monotonic: seconds since some moment; never goes back
    :param sleep: waits for seconds
    """

    def __init__(
        self,
        rate: float = RATE,
        burst: int = BURST,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._each = 1.0 / rate
        self._saved = burst * self._each
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = monotonic() - self._saved

    def wait(self) -> None:
        """Wait until the next request may go; first come, first served."""
        with self._lock:
            now = self._monotonic()
            mine = max(self._next, now - self._saved)
            self._next = mine + self._each
        if mine > now:
            self._sleep(mine - now)

"""The hub's clock, which may run faster than others and never goes back."""

from __future__ import annotations

import time
from typing import Callable

_BEGUN = time.time() - time.monotonic()


def steady_time() -> float:
    """Return the time that the host had at first, and what has passed since: nobody can set it."""
    return _BEGUN + time.monotonic()


class HubClock:
    """
    Seconds since the epoch, as the hub has them; it starts with the time of the given clock.

    :param speed: hub seconds in one second of the given clock
    """

    def __init__(self, clock: Callable[[], float], speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._read_at = clock()
        self._showed = self._read_at

    def __call__(self) -> float:
        """Return the hub's time."""
        return self._showed + (self._clock() - self._read_at) * self._speed

    def not_before(self, when: float) -> None:
        """Go on from a time on the hub, when it is later than what the clock shows."""
        self._showed += max(0.0, when - self())

"""
The hub's time, as the ``Date`` header of its replies shows it.

The host's clock may be wrong, or be set while a run waits. So no duration is measured with it:
within a run the monotonic clock is used, and a moment on the hub is compared with the hub's time.
A hub's web server and its database are taken to keep the same time.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Optional

from pungi_osbuild.clock import Clock

_END_OF_TIME = 253402300800.0
"""The year 10000, which no date of Python's reaches."""


class HubTime:
    """
    The hub's time, between replies and after them. May be used from several threads.

    A reply shows the time to the second; many of them together show it better. Until the first one
    it is the host's time when this object was made, and what has passed since.
    """

    def __init__(self, clock: Clock) -> None:
        self._monotonic = clock.monotonic
        self._ahead = clock.now() - clock.monotonic()
        self.is_known = False
        """Whether a reply has shown it."""

    def heard(self, date: Optional[str], took: float) -> None:
        """
        Learn from a reply that has just begun to arrive.

        :param date: its ``Date`` header; without one that can be read nothing changes
        :param took: seconds since its request was sent; the date may be from any moment in between
        """
        moment = _seconds(date)
        if moment is None:
            return
        received = self._monotonic()
        least, most = moment - received, moment + 1.0 - (received - took)
        # Each reply leaves a range; outside it the hub's clock was set, or runs faster.
        known = self._ahead if self.is_known else least
        self._ahead = min(max(known, least), most)
        self.is_known = True

    def now(self) -> float:
        """Return the hub's time, in seconds since the epoch."""
        return self._monotonic() + self._ahead

    def age(self, moment: Optional[float]) -> float:
        """
        Return how many seconds ago something happened; 0 where that is not known.

        :param moment: when it was, by the hub's clock
        """
        if moment is None or not self.is_known:
            return 0.0
        return max(0.0, self.now() - moment)

    def not_before(self, moment: Optional[float]) -> float:
        """
        Return the hub's time, never earlier than a moment that the hub has shown.

        :param moment: by the hub's clock; it is returned itself where the time is not known
        """
        if moment is None:
            return self.now()
        return max(moment, self.now()) if self.is_known else moment


def _seconds(date: Optional[str]) -> Optional[float]:
    """Return the seconds since the epoch that a header means; None where it means none."""
    try:
        seconds = parsedate_to_datetime(date or "").timestamp()
    except Exception:  # which one depends on the text and on Python's version
        return None
    return seconds if 0 <= seconds < _END_OF_TIME else None

"""
Waiting for a hub that is unavailable, and what is logged meanwhile.

koji's own client would retry by itself, for ten minutes or without end, silently, and nobody could
stop it. So its retries are switched off, and this is the only waiting there is.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import Optional

from pungi_osbuild.clock import SLICE, Clock
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub.connection_problem import ConnectionProblem
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import OUTAGE_LOG_INTERVAL, RetryPolicy

logger = logging.getLogger(__name__)


class Outage:
    """
    The time for which a hub does not answer, as all of its sessions see it. Thread-safe.

    Guarantees: one line of log a minute, whoever waits; a pause ends within ``SLICE`` seconds of a
    stop, of a hurry, and of a reply that somebody else has got.

    :param stop: ends the waiting
    """

    def __init__(
        self, profile: Profile, retries: RetryPolicy, clock: Clock, stop: StopFlag
    ) -> None:
        self._profile = profile
        self._retries = retries
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()
        self._has_answered = False
        self._is_hurried = False
        self._since: Optional[float] = None
        self._started = 0.0
        self._logged: Optional[float] = None

    def hurry(self) -> None:
        """Wait no more from now on: somebody waits for the run to stop."""
        self._is_hurried = True

    def answered(self) -> None:
        """Note that the hub has answered a call."""
        with self._lock:
            self._has_answered = True
            if self._since is None:
                return
            passed, was_logged = self._clock.monotonic() - self._started, self._logged is not None
            self._since = self._logged = None
        if was_logged:
            logger.warning(
                "the Koji hub at %s answers again, after %s", self._profile.server, _length(passed)
            )

    @property
    def has_answered(self) -> bool:
        """Whether the hub has ever answered: its address is right."""
        return self._has_answered

    def wait(self, problem: ConnectionProblem, tries: int) -> None:
        """
        Wait until a call may be tried again.

        :param tries: how often it has been made
        :raises HubError: the hub has been away for too long, or nobody wants to wait
        """
        since = self._begin()
        self._check(since)
        passed = self._clock.monotonic() - self._started
        known = self._has_answered or problem.is_hub
        retries = self._retries if known else self._retries.at_first()
        how = (tries, passed, problem.retry_after)
        pause = retries.sleep_time(*how)
        if not retries.should_retry(*how) or (pause > 0 and self._is_hurried):
            raise unreachable(self._profile, self._reason(problem, since))
        if pause == 0:
            return
        self._log(problem, since, retries.limit - passed)
        # A server that names a time means this call, whoever else is answered meanwhile.
        asked = min(pause, problem.retry_after)
        while pause > 0 and not self._is_hurried and (asked > 0 or self._since is not None):
            self._clock.sleep(min(pause, SLICE))
            pause, asked = pause - SLICE, asked - SLICE
            self._check(since)

    def _begin(self) -> float:
        """Return when the hub was unavailable for the first time, seconds since the epoch."""
        with self._lock:
            if self._since is None:
                self._since, self._started = self._clock.now(), self._clock.monotonic()
            return self._since

    def _check(self, since: float) -> None:
        if self._stop.requested and not self._is_hurried:
            raise HubError(
                "the run was stopped while it waited for the Koji hub at %s, which has not answered"
                " since %s" % (self._profile.server, _moment(since)),
                "Run this again.",
            )

    def _log(self, problem: ConnectionProblem, since: float, left: float) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if self._logged is not None and now - self._logged < OUTAGE_LOG_INTERVAL:
                return
            self._logged = now
        logger.warning(
            "the Koji hub at %s has not answered since %s: %s; it is tried again for %s more",
            self._profile.server,
            _moment(since),
            problem.text,
            _length(math.ceil(left)),
        )

    def _reason(self, problem: ConnectionProblem, since: float) -> str:
        passed = self._clock.monotonic() - self._started
        if passed < OUTAGE_LOG_INTERVAL:
            return problem.text
        return "%s; it has not answered since %s, for %s" % (
            problem.text,
            _moment(since),
            _length(passed),
        )


def unreachable(profile: Profile, why: str) -> HubError:
    """Return the error for a hub that does not answer."""
    why = profile.hidden(why)
    return HubError(
        "the Koji hub at %s cannot be used: %s" % (profile.server, why),
        "Check `koji --profile=%s hello`; when that works, run this again." % profile.name,
    )


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _length(seconds: float) -> str:
    """Return a length of time for people, in its two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return "%d s" % rest
    hours, minutes = divmod(minutes, 60)
    return "%d h %d min" % (hours, minutes) if hours else "%d min %d s" % (minutes, rest)

"""
Waiting for a hub that is away: how long, with which pauses, and what is said meanwhile.

koji's own client would try again by itself, for ten minutes or without end, silently, and nobody
could stop it. So its retries are switched off, and this is the only waiting there is.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from typing import Optional

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub.connection_problem import ConnectionProblem
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.stop import StopFlag

logger = logging.getLogger(__name__)

SLICE = 1.0
"""Seconds slept at once: whoever stops a run does not wait for the end of a pause."""

LOG_EVERY = 60.0
"""Seconds between two lines of log about a hub that is away."""


@dataclass(frozen=True)
class Patience:
    """
    How a hub that is away is waited for.

    The first try again is made at once: a connection that was idle may have been closed meanwhile.
    Then the pauses grow.

    :param limit: seconds for which a hub may be away that has answered before
    :param at_first: seconds for which one may be away that never has: its address may be wrong
    :param first: seconds of the first pause; each one is twice as long as the one before
    :param most: seconds of a pause at most
    :param stop: ends the waiting
    """

    limit: float = 0.0
    at_first: float = 0.0
    first: float = 1.0
    most: float = 60.0
    clock: Clock = SYSTEM_CLOCK
    stop: StopFlag = field(default_factory=StopFlag)

    def pause(self, tries: int) -> float:
        """Return how many seconds to wait when a call has been tried some times."""
        if tries <= 1:
            return 0.0
        # Bounded before it is raised: a call may be tried for hours.
        return float(min(self.most, self.first * 2.0 ** min(tries - 2, 30)))


IMPATIENT = Patience()
"""For whoever asks once and waits in front of a screen."""


class Outage:
    """
    The time for which a hub does not answer, as all of its sessions see it. Thread-safe.

    Guarantees: one line of log a minute, whoever waits; a pause ends within ``SLICE`` seconds of a
    stop, of a hurry, and of a reply that somebody else has got.
    """

    def __init__(self, profile: Profile, patience: Patience) -> None:
        self._profile = profile
        self._patience = patience
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
            passed, told = self._clock.monotonic() - self._started, self._logged is not None
            self._since = self._logged = None
        if told:
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
        if tries <= 1 and not problem.retry_after:
            return
        left = self._limit(problem) - (self._clock.monotonic() - self._started)
        if left <= 0 or self._is_hurried:
            raise unreachable(self._profile, self._told(problem, since))
        self._log(problem, since, left)
        # A server that names a time means this call, whoever else is answered meanwhile.
        asked = min(left, problem.retry_after)
        pause = min(left, max(asked, self._patience.pause(tries)))
        while pause > 0 and not self._is_hurried and (asked > 0 or self._since is not None):
            self._clock.sleep(min(pause, SLICE))
            pause, asked = pause - SLICE, asked - SLICE
            self._check(since)

    @property
    def _clock(self) -> Clock:
        return self._patience.clock

    def _begin(self) -> float:
        """Return when the hub was away for the first time, seconds since the epoch."""
        with self._lock:
            if self._since is None:
                self._since, self._started = self._clock.now(), self._clock.monotonic()
            return self._since

    def _limit(self, problem: ConnectionProblem) -> float:
        known = self._has_answered or problem.is_hub
        return self._patience.limit if known else self._patience.at_first

    def _check(self, since: float) -> None:
        if self._patience.stop.requested and not self._is_hurried:
            raise HubError(
                "the run was stopped while it waited for the Koji hub at %s, which has not answered"
                " since %s" % (self._profile.server, _moment(since)),
                "Run this again.",
            )

    def _log(self, problem: ConnectionProblem, since: float, left: float) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if self._logged is not None and now - self._logged < LOG_EVERY:
                return
            self._logged = now
        logger.warning(
            "the Koji hub at %s has not answered since %s: %s; it is tried again for %s more",
            self._profile.server,
            _moment(since),
            problem.text,
            _length(math.ceil(left)),
        )

    def _told(self, problem: ConnectionProblem, since: float) -> str:
        passed = self._clock.monotonic() - self._started
        if passed < LOG_EVERY:
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

"""
How long and how often: every retry, interval, timeout and limit, with its reason.

What is configured or passed as an option has its default here. Clock and sleep are arguments
(:class:`~pungi_osbuild.clock.Clock`), so tests turn them by hand. How often a screen is redrawn is
said where it is drawn (``cli/``), how soon the main thread learns of a signal in ``stop.py``, and
how long one sleep lasts in ``clock.py``.

A retry or a limit is for what may pass by itself. Durations are seconds.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from typing import Optional, Tuple

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock

# Retries


def doubling(first: float, most: float) -> Tuple[float, ...]:
    """Return pauses that double from the first one (above 0) up to the longest."""
    pauses = [first]
    while pauses[-1] < most:
        pauses.append(min(most, pauses[-1] * 2.0))
    return tuple(pauses)


@dataclass(frozen=True)
class RetryPolicy:
    """
    When something that failed is tried again.

    :param pauses: before each retry; the last one holds for all further retries
    :param retries: at most; None: any number
    :param limit: from the first failure on; then it is given up
    :param limit_at_first: the same for a server that has never answered, whose address may be
        wrong; None: as ``limit``
    :param cut_to_limit: whether the last pause is cut so that one more try is made at the limit;
        otherwise a pause that would pass the limit is not begun
    """

    pauses: Tuple[float, ...]
    retries: Optional[int] = None
    limit: float = math.inf
    limit_at_first: Optional[float] = None
    cut_to_limit: bool = True

    def should_retry(self, failures: int, passed: float = 0.0, asked: float = 0.0) -> bool:
        """
        Whether to try again.

        :param failures: in a row, from 1
        :param passed: since the first of them
        :param asked: the pause that the server asks for, if it does
        """
        if self.retries is not None and failures > self.retries:
            return False
        pause = max(self._pause(failures), asked)
        if pause == 0:  # costs no time, so no limit counts
            return True
        return passed < self.limit if self.cut_to_limit else passed + pause <= self.limit

    def sleep_time(self, failures: int, passed: float = 0.0, asked: float = 0.0) -> float:
        """Return how long to wait before the next try; of the same as :meth:`should_retry`."""
        pause = max(self._pause(failures), asked)
        return max(0.0, min(pause, self.limit - passed)) if self.cut_to_limit else pause

    def at_first(self) -> RetryPolicy:
        """Return the policy for a server that has never answered."""
        if self.limit_at_first is None:
            return self
        return replace(self, limit=self.limit_at_first)

    def _pause(self, failures: int) -> float:
        return self.pauses[min(failures, len(self.pauses)) - 1]


HUB_CALLS = RetryPolicy((0.0, *doubling(1.0, 60.0)))
"""A call that the hub did not answer. The first retry is made at once: a connection that was idle
may have been closed meanwhile. A run sets the limits: ``osbuild_outage_limit``, and how long it
waits for a hub that has never answered."""

NO_OUTAGE = replace(HUB_CALLS, limit=0.0)
"""For whoever asks once and waits in front of a screen."""

TASKS = RetryPolicy(doubling(60.0, 900.0))
"""A task that failed for a transient reason: what made it fail needs time to pass. How many
retries, the config says (``retries`` of the image block, 0 by default)."""

REHEARSED_TASKS = RetryPolicy(doubling(1.0, 900.0))
"""The same in a rehearsal, whose faults need no time to pass."""

LOST_SUBMISSIONS = RetryPolicy(doubling(1.0, 64.0))
"""Looking for the task of a submission whose answer was lost: for as long as a call may take, as a
proxy or the hub's web server may still hold it."""


@dataclass(frozen=True)
class DownloadRetry:
    """
    When a download is tried again. Two things go wrong on the way, and each has its own policy.

    :param unavailable: there is no server, or it says that it is busy, which may last; its limit
        is ``osbuild_outage_limit`` in a run
    :param broken_off: a connection broke off, or was given up for being slow, and the try had
        brought less than a chunk (1 MiB)
    """

    unavailable: RetryPolicy = RetryPolicy(
        doubling(1.0, 60.0), limit=30.0, limit_at_first=30.0, cut_to_limit=False
    )
    broken_off: RetryPolicy = RetryPolicy((1.0, 2.0, 5.0, 10.0, 20.0), retries=5)

    @classmethod
    def within(cls, limit: float) -> DownloadRetry:
        """Return the policy with which a server may be unavailable for some seconds."""
        at_first = min(limit, 60.0)
        return cls(replace(cls.unavailable, limit=limit, limit_at_first=at_first))


DOWNLOAD_ATTEMPTS = 3
"""Downloads of a file whose bytes turn out to be wrong."""

RELEASE_ATTEMPTS = 5
"""Submissions of one request whose allocated release is taken by others again and again."""

LOGINS_PER_CALL = 2
"""A session that the hub closes at once is not worth a third login."""

UNANSWERED_TRIES = 5
"""After so many tries in a row of a call that was not answered while another one was, right
afterwards, it is the call that cannot be answered, not the hub that is unavailable."""

MAX_RETRY_AFTER = 600.0
"""Waited at most because a server asks for it (``Retry-After``); then it is asked again."""

OUTAGE_LOG_INTERVAL = 60.0
"""Between two lines of log about a hub that is unavailable."""


# Rate of calls


class RateLimiter:
    """
    Lets requests go one by one, whoever makes them: bursts are what hurts a hub. Thread-safe.

    In any second no more than ``rate + burst + 1`` go; at the hub the few that were on their way
    when it began come on top.

    :param rate: requests a second in the long run: a thousand tasks are submitted in half a minute
    :param burst: requests that may go at once after a time without any, so that a small run waits
        for nothing
    """

    RATE = 30.0
    BURST = 12

    def __init__(self, clock: Clock = SYSTEM_CLOCK, rate: float = RATE, burst: int = BURST) -> None:
        self._each = 1.0 / rate
        self._saved = burst * self._each
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock.monotonic() - self._saved

    def wait(self) -> None:
        """Wait until the next request may go; first come, first served."""
        with self._lock:
            now = self._clock.monotonic()
            mine = max(self._next, now - self._saved)
            self._next = mine + self._each
        # Slept without the lock: whoever comes next must be able to take its place in the queue.
        if mine > now:
            self._clock.sleep(mine - now)


# Timeouts

CONNECT_TIMEOUT = 30.0
"""For a connection to one address; a host may have several."""

CALL_TIMEOUT = 120.0
"""For a call, from its first byte to the last one of the reply: all that are made here are quick.
koji's own timeout is twelve hours, for each read. The profile's ``timeout`` may be shorter."""

STOPPING_CALL_TIMEOUT = 10.0
"""For a call while somebody waits for the run to stop."""

LOGOUT_TIMEOUT = 5.0
"""For logging out: the work is done by then, and a session that is not ended expires by itself."""

FIRST_BYTE_TIMEOUT = 300.0
"""Until a server must have begun to send a file."""

SPEED_WINDOW = 60.0
"""After each of which it is seen how much of a file has arrived: less than a chunk is
logged."""

SLOW_WINDOWS = 5
"""After so many slow ones in a row a connection is given up."""

ORPHANED_BUILD_TIMEOUT = 4 * 3600.0
"""For a build whose task was cancelled; then composer has lost it."""


# Polling


@dataclass(frozen=True)
class PollPolicy:
    """
    How often the hub is asked which tasks have ended.

    :param fixed: seconds between two polls whatever happens (``osbuild_poll_interval``)
    :param minimum: seconds between two polls at least
    :param share: of one hub worker's time that the polls may take
    :param saved: seconds of a worker's time that quick replies may save up, so that a slow one
        now and then makes nobody wait
    :param paid: seconds of a reply that each end in it pays for: it collects then, and does not
        wait. Many that end together would make the last ones wait
    :param maximum: seconds between two polls at most: a reply that took minutes, because the hub
        was unavailable for a moment and the call was retried, says nothing of the next
    :param reconcile: seconds in which each open task should be looked up once; with more than
        one slice of tasks for each poll it takes longer
    """

    fixed: Optional[float] = None
    minimum: float = 1.0
    share: float = 0.02
    saved: float = 2.0
    paid: float = 0.02
    maximum: float = 60.0
    reconcile: float = 60.0

    def pause(self, left: float) -> float:
        """
        Return how many seconds to wait after a reply.

        :param left: seconds of a worker's time that are left of its share; below 0 when more was
            taken
        """
        if self.fixed is not None:
            return self.fixed
        return min(self.maximum, max(self.minimum, -left / self.share))

    def left(self, before: float, passed: float, reply: float) -> float:
        """
        Return how many seconds of a worker's time are left of its share.

        :param before: that were left after the reply before
        :param passed: seconds since then
        :param reply: seconds that this one took, without what it collected
        """
        now = min(self.saved, before + self.share * passed) - reply
        return max(now, -self.share * self.maximum)


POLL_OVERLAP = 3.0
"""That each poll reaches back: a task that ended first may show up second, when the hub was longer
about it. Whatever is later still is found when its turn to be looked up comes."""

PROGRESS_INTERVAL = 5.0
"""Between two polls of composer's progress at least: it takes minutes for an image."""

HEARTBEAT_INTERVAL = 300.0
"""Between two lines of log that say what a run waits for: a night of ten hours has 120."""

ORPHANED_BUILD_INTERVAL = 10.0
"""Between two questions about builds whose tasks were cancelled, which take minutes or hours."""

TAG_INTERVAL = 1.0
"""Between two questions about a tagging, which takes a moment."""


# Stopping


@dataclass(frozen=True)
class ShutdownTimeouts:
    """
    For what is in progress when a run is stopped that cancels its tasks; together less than
    :data:`TERMINATE_TIMEOUT`.

    :param submitting: a task whose id comes later can only be cancelled by its own thread, if that
        lives on
    :param collecting: images that are being placed
    :param unseen: after which collecting begins of no more tasks that had ended unseen
    """

    submitting: float = 15.0
    collecting: float = 5.0
    unseen: float = 5.0


WORKERS_SHUTDOWN = 0.5
"""For any other work in progress: what Koji does goes on, and the next run collects it."""

IDLE_INTERVAL = 0.1
"""An idle thread waits before it looks whether it should end; kobo's own is 1."""

PUNGI_CONNECT_LIMIT = 120.0
"""For which logging in is tried when the phase starts: hours of work depend on it. As long as
Pungi's own ``KojiWrapper.login``."""

TERMINATE_TIMEOUT = 45.0
"""That a signal handler waits for the tasks to be cancelled and all to be recorded: more than a run
takes for it whose hub hangs."""

PUNGI_CANCELLING_TIMEOUT = 30.0
"""For Pungi's own cancelling of tasks, which has no limit itself: it asks the hub with all of
koji's retries, about ten minutes for a hub that is gone. A login and a call for each task take a
few seconds. With :data:`TERMINATE_TIMEOUT` that is less than the 90 seconds after which systemd
kills a service that was told to stop."""

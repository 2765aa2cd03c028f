"""
Retries: when a request is submitted again after a transient failure, and why one is not.

A try that failed may have taken what the next one needs. Its build may still be under way, as
composer goes on when the builder has lost it; and it may have given an image in a cloud the name
that the next one wants, since composer uploads before it imports. Neither is retried then. Where
nobody knows whether composer has taken the request, its N-V-R tells before the next try.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Collection, Dict, List, Optional, Sequence, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.model import EarlierTry, ImageRequest, Leftover, Outcome
from pungi_osbuild.timing import RetryPolicy

logger = logging.getLogger(__name__)

Tries = List[Tuple[ImageRequest, int]]
"""Requests to submit, each with its attempt."""


class Retries:
    """
    Requests that wait to be tried again, and what is to be told of the tries before.

    Used by one thread: the run's own.
    """

    def __init__(self, policy: RetryPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._waiting: Dict[int, Tuple[float, Outcome]] = {}
        self._failures: Dict[int, int] = {}
        self._earlier: Dict[int, Tuple[EarlierTry, ...]] = {}
        self._leftovers: Dict[int, Tuple[Leftover, ...]] = {}

    @property
    def waiting(self) -> Tuple[Outcome, ...]:
        """The failures that are not the last word."""
        return tuple(outcome for _, outcome in self._waiting.values())

    def schedule(self, outcome: Outcome) -> Optional[Outcome]:
        """
        Schedule the retry of a request that failed.

        :returns: the outcome where there is none, with the reason for that; None: it is scheduled
        """
        request = outcome.request
        if outcome.ok or outcome.transient_reason is None or not request.config.retries:
            return outcome
        failures = self._failures.get(request.number, 0) + 1
        policy = replace(self._policy, retries=request.config.retries)
        obstacle = _obstacle(outcome, failures, policy)
        if obstacle is not None:
            return _not_again(outcome, obstacle)
        self._failures[request.number] = failures
        pause = policy.sleep_time(failures)
        self._waiting[request.number] = (self._clock.monotonic() + pause, outcome)
        logger.warning(
            "%s: task %s failed (%s); retrying in %d s (%d of %d)",
            request.describe(),
            outcome.task_id,
            outcome.transient_reason,
            pause,
            failures,
            request.config.retries,
        )
        return None

    @property
    def due(self) -> Tuple[Outcome, ...]:
        """What has waited long enough; whether its N-V-R can be had again is for the hub to say."""
        now = self._clock.monotonic()
        return tuple(outcome for since, outcome in self._waiting.values() if since <= now)

    def take_due(
        self, due: Sequence[Outcome], taken: Collection[str]
    ) -> Tuple[Tries, List[Outcome]]:
        """
        Return what is tried again, and what cannot be after all.

        :param due: what has waited long enough; nothing happens with what was dropped meanwhile
        :param taken: which of its N-V-Rs cannot be used
        """
        tries: Tries = []
        final: List[Outcome] = []
        for outcome in due:
            request = outcome.request
            if self._waiting.pop(request.number, None) is None:
                continue
            if request.nvr in taken:
                final.append(_not_again(outcome, "%s is reserved" % request.nvr))
            else:
                self.add_attempt(outcome)
                attempt = outcome.attempt + 1
                tries.append((request.with_attempt(attempt), attempt))
        return tries, final

    def drop(self) -> Tuple[Outcome, ...]:
        """Return what waits, and try none of it again."""
        dropped = self.waiting
        self._waiting.clear()
        return dropped

    def add_attempt(self, outcome: Outcome) -> None:
        """Remember an attempt after which there is another one."""
        number = outcome.request.number
        earlier = EarlierTry(outcome.task_id, outcome.attempt, outcome.request.nvr, outcome.reason)
        self._earlier[number] = (*self._earlier.get(number, ()), earlier)
        self._leftovers[number] = (*self._leftovers.get(number, ()), *outcome.leftovers)

    def with_attempts(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what is to be reported of the attempts before it."""
        number = outcome.request.number
        earlier = self._earlier.get(number, ())
        # What went to the same place again is in use: a tag, or a file of the same name.
        used = {cloud.id for image in outcome.images for cloud in image.built.cloud}
        before = self._leftovers.get(number, ())
        if outcome.ok and all(one.nvr == outcome.request.nvr for one in earlier):
            # Of several composes of one N-V-R Koji lets one work: ours it was.
            before = tuple(leftover for leftover in before if leftover.is_there)
        left = dict.fromkeys((*before, *outcome.leftovers))
        return replace(
            outcome,
            earlier=earlier,
            leftovers=tuple(leftover for leftover in left if leftover.name not in used),
        )


def _obstacle(outcome: Outcome, failures: int, policy: RetryPolicy) -> Optional[str]:
    """Return why a request is not retried; None: it is."""
    request = outcome.request
    if outcome.goes_on:
        return "%s is in use" % request.nvr
    if not policy.should_retry(failures):
        retries = request.config.retries
        return "this was the last of %d retr%s" % (retries, "y" if retries == 1 else "ies")
    upload, following = request.upload, request.with_attempt(outcome.attempt + 1).upload
    name = upload.wanted_name() if upload is not None else None
    if upload is None or following is None or name is None or name.moves:
        return None
    if name != following.wanted_name():
        return None
    if any(one.is_there and one.place == upload.provider for one in outcome.leftovers):
        return "%s may be taken by this try; put {attempt} into it" % name.what
    return None


def _not_again(outcome: Outcome, why: str) -> Outcome:
    reason = "%s\nlooks transient (%s); not retried: %s"
    return replace(outcome, reason=reason % (outcome.reason, outcome.transient_reason, why))

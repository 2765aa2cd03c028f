"""What became of each request: a task that has ended is collected, and its outcome recorded."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.errors import HubError
from pungi_osbuild.model import ImageRequest, Outcome, OutcomeKind
from pungi_osbuild.run.collect import Collector, SubmittedTask, TaskResult, failed
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.retrying import Retries
from pungi_osbuild.run.submitted_tasks import Canceller, SubmittedTasks, with_what_goes_on
from pungi_osbuild.run.submitting import try_to

logger = logging.getLogger(__name__)


class RecordedCollector:
    """
    Collects what tasks have built, and writes it down at once. Called from several threads.

    The journal has each image before anybody is told of the outcome: a run that is killed in
    between must not take the file for somebody else's.
    """

    def __init__(self, collector: Collector, journal: Journal, host: Host) -> None:
        self._collector = collector
        self._journal = journal
        self._host = host
        self.lost: Optional[HubError] = None
        """Why the hub could not be reached, when it could not."""

    def collect(self, result: TaskResult) -> Outcome:
        """Return what became of a task that has ended, its images in their places."""
        request, attempt = result.submitted.request, result.submitted.attempt
        if result.task is not None:
            state = result.task.state.name
            try_to(lambda: self._journal.state(request, attempt, state))
        outcome = self._collector.finish(result)
        for image in outcome.images:
            try_to(functools.partial(self._journal.placed, request, attempt, image))
        return self._host.built(outcome) if outcome.ok else outcome

    def failed(self, result: TaskResult, error: Exception) -> Outcome:
        """Return the outcome of a task that could not be collected."""
        submitted, task = result.submitted, result.task
        if isinstance(error, HubError):
            self.lost = error
            reason = "task %d ended, and what it built was not collected: %s"
            return failed(submitted, reason % (submitted.task_id, error.reason), task)
        return failed(submitted, defect(error), task)


class Outcomes:
    """
    What became of each request of a run, and what is to be reported of it.

    Owned by the run's thread: only what it asks of the tasks is written by others.

    :param fail_fast: give up as soon as a required request has failed
    """

    def __init__(
        self,
        tasks: SubmittedTasks,
        canceller: Canceller,
        retries: Retries,
        host: Host,
        journal: Journal,
        fail_fast: bool,
    ) -> None:
        self._tasks = tasks
        self._canceller = canceller
        self._retries = retries
        self._host = host
        self._journal = journal
        self._fail_fast = fail_fast
        self._recorded: Dict[int, Outcome] = {}
        self.overdue: Set[int] = set()
        """The tasks that ran into their timeouts."""
        self.reason_to_give_up: Optional[str] = None
        """Why the run gives up on all that is not finished; None: it does not."""

    @property
    def unfinished(self) -> List[SubmittedTask]:
        """What was submitted and has no outcome; of several attempts the last one."""
        latest = self._tasks.latest
        return [latest[number] for number in latest if number not in self._recorded]

    @property
    def in_progress(self) -> List[int]:
        """The tasks that continue in Koji when the run stops now."""
        unfinished = {submitted.task_id for submitted in self.unfinished}
        return sorted(filter(self._tasks.goes_on, unfinished))

    def of(self, requests: Sequence[ImageRequest]) -> Tuple[Outcome, ...]:
        """Return what became of each request that was submitted or refused, in their order."""
        found = {outcome.request.number: outcome for outcome in self.unfinished_outcomes()}
        found.update(self._recorded)
        return tuple(found[request.number] for request in requests if request.number in found)

    def unfinished_outcomes(self) -> Tuple[Outcome, ...]:
        """Return the outcomes of what was submitted and is not finished: of a run that stops."""
        waiting = {outcome.request.number: outcome for outcome in self._retries.waiting}
        return tuple(
            self._retries.with_attempts(
                waiting.get(submitted.request.number) or self._tasks.outcome_of(submitted)
            )
            for submitted in self.unfinished
        )

    def record(self, outcome: Outcome) -> None:
        """Record what became of a request for good."""
        outcome = self._retries.with_attempts(outcome)
        request = outcome.request
        self._recorded[request.number] = outcome
        self._host.finished(outcome)
        is_fatal = self._fail_fast and not outcome.ok and not request.can_fail
        if is_fatal and self.reason_to_give_up is None:
            self.reason_to_give_up = "%s has failed (osbuild_fail_fast)" % request.describe()
        # Last: the journal may raise, and host and run must know of the outcome all the same.
        self._journal.outcome(outcome)

    def record_or_retry(self, outcome: Outcome) -> None:
        """Record an outcome, unless its request is to be retried later."""
        if outcome.kind is OutcomeKind.CANCELLED and self._canceller.is_ours(outcome.task_id):
            outcome = self._explained(outcome)
        last = outcome if self.reason_to_give_up is not None else self._retries.schedule(outcome)
        if last is not None:
            self.record(last)

    def find_overdue(self, open_tasks: Set[int], now: float) -> Set[int]:
        """Return which of some tasks should have ended by now; each is logged once."""
        late = {one for one in open_tasks if self._tasks.submitted[one].is_overdue(now)}
        for task_id in sorted(late - self.overdue):
            request = self._tasks.submitted[task_id].request
            logger.warning(
                "%s: task %d has not ended %g s after it was submitted (timeout)",
                request.describe(),
                task_id,
                request.config.timeout,
            )
        self.overdue |= late
        return late

    def _explained(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a task that was cancelled here, with the reason for that."""
        why, kind = self.reason_to_give_up, outcome.kind
        if outcome.task_id in self.overdue:
            timeout = outcome.request.config.timeout
            why = "it had not ended %g s after it was submitted (timeout)" % (timeout or 0)
            kind = OutcomeKind.FAILED
        reason = "task %d was cancelled: %s" % (outcome.task_id or 0, why)
        return with_what_goes_on(replace(outcome, reason=reason, kind=kind))


def defect(error: Exception) -> str:
    """Return the reason of an outcome for an exception that nobody expected."""
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)

"""
Outcomes of requests, as values: of one attempt, and of all attempts together. Pure.

A failed attempt may hold what the next one needs. Its build may still be in progress, as composer
continues when the builder has lost it; and an image in a cloud may have the name that the next one
wants, since composer uploads before it imports. In neither case is there a retry.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Optional, Tuple

from pungi_osbuild.hub import Task
from pungi_osbuild.methods import hidden, method_of
from pungi_osbuild.model import EarlierTry, ImageRequest, Outcome, OutcomeKind, TaskTimes
from pungi_osbuild.run.events import AttemptEnded, OutcomeReached
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.leftovers import KOJI, leftovers_of_cancelled
from pungi_osbuild.timing import RetryPolicy

logger = logging.getLogger(__name__)

LONGEST_REASON = 4000
"""Characters of a reason that the journal keeps; osbuild.json has it whole."""


def failed(job: Job, reason: str, task: Optional[Task] = None) -> Outcome:
    """Return the outcome of a task that failed."""
    return Outcome(
        request=job.wanted,
        kind=OutcomeKind.FAILED,
        task_id=job.task_id,
        attempt=job.wanted.attempt,
        reason=hidden(job.wanted, reason),
        times=task.times if task is not None else TaskTimes(),
    )


def cancelled(job: Job, reason: str, task: Optional[Task] = None) -> Outcome:
    """Return the outcome of a task that somebody cancelled."""
    # A task that no builder has taken never reached composer.
    was_begun = task is None or task.times.started is not None
    goes_on = was_begun and method_of(job.wanted).goes_on_cancelled is not None
    return replace(
        failed(job, reason, task),
        kind=OutcomeKind.CANCELLED,
        leftovers=leftovers_of_cancelled(job.wanted) if goes_on else (),
    )


def refused(request: ImageRequest, reason: str) -> Outcome:
    """Return the outcome of a request that never became a task."""
    return Outcome(
        request=request,
        kind=OutcomeKind.FAILED,
        attempt=request.attempt,
        reason=hidden(request, reason),
    )


def not_submitted(request: ImageRequest, why: str) -> Outcome:
    """Return the outcome of a request that the run no longer submits."""
    outcome = refused(request, "it was not submitted: %s" % why)
    return replace(outcome, kind=OutcomeKind.CANCELLED)


def defect(error: BaseException) -> str:
    """Return the reason of an outcome for an unexpected exception."""
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)


def explained(job: Job, outcome: Outcome, giving_up: Optional[str]) -> Outcome:
    """Return an outcome; of a task that this run has cancelled, with the reason for that."""
    if outcome.kind is not OutcomeKind.CANCELLED or job.cancelling is None:
        return outcome
    why = job.cancelling if job.is_overdue else giving_up or job.cancelling
    kind = OutcomeKind.FAILED if job.is_overdue else OutcomeKind.CANCELLED
    reason = "task %d was cancelled: %s" % (outcome.task_id or 0, why)
    return _with_what_goes_on(replace(outcome, reason=reason, kind=kind))


def _with_what_goes_on(outcome: Outcome) -> Outcome:
    goes_on = method_of(outcome.request).goes_on_cancelled
    if goes_on is None:
        return outcome
    return replace(outcome, reason="%s; %s" % (outcome.reason, goes_on))


def outcome_at_stop(job: Job) -> Outcome:
    """Return the outcome of a request that is not finished when the run stops."""
    if job.result is not None:
        return completed(job, job.result)
    if not job.has_task:
        doubtful = "the run was stopped; whether there is a task is not known"
        outcome = refused(job.wanted, doubtful)
    elif job.is_cancelled:
        stopped = "task %d was cancelled: the run was stopped"
        outcome = _with_what_goes_on(cancelled(job, stopped % job.task_id))
    elif job.has_ended:
        ended = "task %d had ended when the run was stopped; what it built was not collected"
        outcome = failed(job, ended % job.task_id, job.task)
    else:
        goes_on = "the run was stopped before task %d ended; it goes on in Koji"
        outcome = failed(job, goes_on % job.task_id)
    return completed(job, outcome)


def completed(job: Job, outcome: Outcome) -> Outcome:
    """Return an outcome with what is to be reported of the attempts before it in this run."""
    earlier = tuple(
        EarlierTry(one.task_id, one.attempt, one.request.nvr, one.reason) for one in job.earlier
    )
    # What a later attempt has replaced is in use: a tag, or a file of the same name.
    used = {cloud.id for image in outcome.images for cloud in image.built.cloud}
    before, nvr = job.left, outcome.request.nvr
    if outcome.ok and {one.name for one in before if one.place == KOJI} <= {nvr}:
        # Of several composes of one N-V-R Koji lets one work: ours it was. What another has
        # uploaded before it failed is there all the same.
        before = tuple(one for one in before if (one.is_there or one.note) and one.name != nvr)
    left = dict.fromkeys((*before, *outcome.leftovers))
    return replace(
        outcome,
        earlier=earlier,
        leftovers=tuple(leftover for leftover in left if leftover.name not in used),
    )


def obstacle_to_retry(outcome: Outcome, failures: int, policy: RetryPolicy) -> Optional[str]:
    """Return why a request that failed for a transient reason is not retried; None: it is."""
    request = outcome.request
    if outcome.goes_on:
        return "%s is in use" % request.nvr
    if not replace(policy, retries=request.config.retries).should_retry(failures):
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


def not_retried(outcome: Outcome, why: str) -> Outcome:
    """Return an outcome that says why its request is not submitted again."""
    reason = "%s\nlooks transient (%s); not retried: %s"
    return replace(outcome, reason=reason % (outcome.reason, outcome.transient_reason, why))


def finishing(job: Job, outcome: Outcome) -> Tuple[AttemptEnded, OutcomeReached]:
    """Return the events by which it becomes known what has become of a request for good."""
    last = job.submission
    is_submitted = last is not None and job.is_ours and last.attempt == outcome.attempt
    reached = OutcomeReached(
        last.intent if last is not None and is_submitted else None,
        outcome.attempt,
        job.planned.slot,
        outcome.kind,
        outcome.explanation and outcome.explanation[:LONGEST_REASON],
        outcome.leftovers,
    )
    return AttemptEnded(outcome), reached

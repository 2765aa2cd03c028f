"""
A job: a request, and everything that has happened to it. Pure; live and from a journal alike.

:func:`apply` is the one place that says what an event changes. A live run applies events as they
happen; :func:`replay` applies those that a journal kept, and any prefix of any journal can be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Type

from pungi_osbuild.checked import picked
from pungi_osbuild.hub import KojiBuild, Task, TaskState
from pungi_osbuild.methods import ImageStates
from pungi_osbuild.model import ImageRequest, Leftover, Outcome, OutcomeKind
from pungi_osbuild.run import events
from pungi_osbuild.run.events import (
    Bounds,
    Event,
    ImagePlaced,
    OutcomeReached,
    Planned,
    Slot,
    SubmissionIntended,
    SubmissionRefused,
    TaskResumed,
    TaskSubmitted,
)
from pungi_osbuild.run.leftovers import KOJI


@dataclass(frozen=True)
class Submission:
    """
    One submission of a request, and what came of it. Times are seconds since the epoch, by the
    hub's clock.

    :param intent: its number in the journal
    :param block: digest of what the config asked for
    :param sent: digest of exactly what was to be submitted
    :param base_release: without the arch; None where no release was known
    :param server: the hub's address; None where the journal does not say
    :param time: when it was to be submitted
    :param changed: when something was last said of it
    :param task_id: None when that is not known, or there is none
    :param refused: the hub refused it: there is no task
    :param state: of the task, as Koji calls it, when it was last seen; None: not seen
    :param outcome: None when nothing was said
    :param resumed: the last run goes on with it, whatever its outcome was before
    :param waiting: its task was cancelled, and the last run waits for the build
    :param left: what the submissions before have left
    :param may_leave: what it may leave itself, should nobody see it end
    :param leftovers: what all of them have left, when its outcome was known
    """

    intent: int
    slot: Slot
    attempt: int
    block: str
    sent: str
    version: str
    base_release: Optional[str]
    nvr: Optional[str]
    server: Optional[str]
    bounds: Bounds
    time: float
    changed: float
    task_id: Optional[int] = None
    refused: bool = False
    state: Optional[str] = None
    outcome: Optional[OutcomeKind] = None
    reason: Optional[str] = None
    placed: Tuple[ImagePlaced, ...] = ()
    resumed: bool = False
    waiting: bool = False
    left: Tuple[Leftover, ...] = ()
    may_leave: Tuple[Leftover, ...] = ()
    leftovers: Tuple[Leftover, ...] = ()

    @property
    def left_in_all(self) -> Tuple[Leftover, ...]:
        """What there may be of it, and of those before it, when the request is submitted again."""
        if self.refused:
            return self.left
        if self.outcome in (OutcomeKind.FAILED, OutcomeKind.CANCELLED):
            return self.leftovers
        is_built = self.outcome is OutcomeKind.BUILT
        return (
            *self.left,
            *(
                replace(one, is_there=is_built and one.place == KOJI) if is_built else one
                for one in self.may_leave
            ),
        )

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knows if there is a task."""
        return self.task_id is None and not self.refused


@dataclass(frozen=True)
class Job:
    """
    A request and everything that has happened to it.

    :param planned: the request, as the journal has it
    :param submission: the last one; None: there was none
    :param never: what became of it without any submission, and when
    :param server: the hub's address

    What follows is of the present run, and unknown to a journal:

    :param request: as it was submitted last, or is to be submitted next
    :param is_ready: it is to be submitted next
    :param first_attempt: the first that this run submitted, or goes on with; 0: none yet
    :param is_submitting: the hub was sent the submission, and has not answered
    :param is_watched: the run goes on with the task
    :param begun: when it was submitted, by the run's monotonic clock; None: it has no timeout
    :param task: as it was last seen; None: not seen
    :param is_gone: the hub does not know the task any more
    :param images: what composer says of each arch's image
    :param build: that has the N-V-R; None: nobody has it, or it was not asked for
    :param build_asked: when that was asked, by the run's monotonic clock
    :param waits_since: since when the run waits for the build of a task that was cancelled
    :param nvr_taken: whether the N-V-R can be used once more; None: it was not asked for
    :param is_collecting: what the task has built is being read and placed
    :param build_id: of the build to collect, where the task's own result does not say it
    :param cancelling: why the run has its task cancelled
    :param is_overdue: that is a timeout
    :param is_cancel_answered: the hub was asked to, and has answered
    :param is_cancelled: the task is cancelled
    :param result: what became of the last attempt
    :param earlier: what became of those of this run before it
    :param left: what the submissions before have left, of earlier runs, too
    :param replaced: the images of submissions that others have taken the place of
    :param retry_at: when it is to be submitted again, by the run's monotonic clock
    :param retries: made by now because of transient failures
    :param outcome: what became of the request for good
    """

    planned: Planned
    submission: Optional[Submission] = None
    never: Optional[Tuple[OutcomeReached, float]] = None
    server: Optional[str] = None

    request: Optional[ImageRequest] = None
    is_ready: bool = False
    first_attempt: int = 0
    is_submitting: bool = False
    is_watched: bool = False
    begun: Optional[float] = None
    task: Optional[Task] = None
    is_gone: bool = False
    images: ImageStates = ()
    build: Optional[KojiBuild] = None
    build_asked: Optional[float] = None
    waits_since: Optional[float] = None
    nvr_taken: Optional[bool] = None
    is_collecting: bool = False
    build_id: Optional[int] = None
    cancelling: Optional[str] = None
    is_overdue: bool = False
    is_cancel_answered: bool = False
    is_cancelled: bool = False
    result: Optional[Outcome] = None
    earlier: Tuple[Outcome, ...] = ()
    left: Tuple[Leftover, ...] = ()
    replaced: Tuple[ImagePlaced, ...] = ()
    retry_at: Optional[float] = None
    retries: int = 0
    outcome: Optional[Outcome] = None

    @property
    def anew(self) -> Job:
        """The same, as if nothing had been submitted; what was is left."""
        if self.submission is None:
            return self
        replaced = (*self.replaced, *self.submission.placed)
        return Job(self.planned, left=self.submission.left_in_all, replaced=replaced)

    @property
    def wanted(self) -> ImageRequest:
        """The request; for a job of the present run."""
        assert self.request is not None
        return self.request

    @property
    def number(self) -> int:
        """The request's number; for a job of the present run."""
        return self.wanted.number

    @property
    def task_id(self) -> int:
        """The task's id; for a job that has one."""
        assert self.submission is not None
        assert self.submission.task_id is not None
        return self.submission.task_id

    @property
    def has_task(self) -> bool:
        """Whether a submission has become a task."""
        return self.submission is not None and self.submission.task_id is not None

    @property
    def is_ours(self) -> bool:
        """Whether this run has submitted it, or goes on with what an earlier one submitted."""
        return self.first_attempt > 0

    @property
    def in_doubt(self) -> bool:
        """Whether this run has sent a submission of which nobody knows if there is a task."""
        return self.is_ours and self.submission is not None and self.submission.in_doubt

    @property
    def has_ended(self) -> bool:
        """Whether the task is known to have ended, or to be gone."""
        return self.is_gone or (self.task is not None and self.task.state.is_end)

    @property
    def is_open(self) -> bool:
        """Whether the run watches the task until it ends."""
        return self.is_watched and self.has_task and not self.has_ended

    @property
    def goes_on(self) -> bool:
        """Whether the task continues in Koji when the run stops now, as far as is known."""
        is_there = self.is_ours and self.has_task and not self.is_cancelled
        return is_there and not self.has_ended and self.result is None

    @property
    def is_changed(self) -> bool:
        """Whether the config asks for something else by now than was submitted."""
        return self.submission is not None and self.submission.block != self.planned.block


# What an event changes


def apply(job: Job, event: Event, time: float) -> Job:
    """
    Return a job after an event.

    :param time: of the event, in seconds since the epoch by the hub's clock
    """
    if isinstance(event, SubmissionIntended):
        return _intended(job, submission_of(event, job.server, time))
    if isinstance(event, OutcomeReached) and event.intent is None:
        job = replace(job, never=(event, time))
    elif type(event) in _OF_SUBMISSION and job.submission is not None:
        job = replace(job, submission=changed(job.submission, event, time))
    change = _OF_JOB.get(type(event))
    return job if change is None else replace(job, **change(event, job))


def submission_of(event: SubmissionIntended, server: Optional[str], time: float) -> Submission:
    """Return a submission that is about to be made."""
    return picked(Submission, event, Submission, server=server, time=time, changed=time)


def changed(submission: Submission, event: Event, time: float) -> Submission:
    """Return a submission after an event of the journal."""
    return replace(submission, changed=time, **_OF_SUBMISSION[type(event)](event, submission))


def as_submitted(request: ImageRequest, submission: Submission) -> ImageRequest:
    """Return a request with the version, the release and the attempt that were submitted."""
    return replace(
        request,
        version=submission.version,
        base_release=submission.base_release,
        attempt=submission.attempt,
    )


def _intended(job: Job, submission: Submission) -> Job:
    """Return a job with a new submission: what was known of the one before counts no more."""
    return Job(
        planned=job.planned,
        submission=submission,
        server=job.server,
        request=job.request,
        first_attempt=job.first_attempt or submission.attempt,
        is_submitting=True,
        earlier=job.earlier,
        left=job.left,
        replaced=job.replaced,
        retries=job.retries,
    )


def _others_and(event: ImagePlaced, placed: Tuple[ImagePlaced, ...]) -> Tuple[ImagePlaced, ...]:
    return (*(other for other in placed if other.path != event.path), event)


def _resumed(event: TaskResumed, job: Job) -> Dict[str, Any]:
    assert job.submission is not None
    return {
        "request": as_submitted(job.wanted, job.submission),
        "left": job.submission.left,
        "first_attempt": job.submission.attempt,
        "is_watched": not event.waiting,
        "is_cancelled": event.waiting,
        "waits_since": job.build_asked if event.waiting else None,
        "build_asked": None,
        "build_id": job.build.id if job.build is not None and not event.waiting else None,
    }


def _seen(task: Optional[Task], job: Job) -> Dict[str, Any]:
    # A reply that was asked for earlier may arrive later: an end stays the end.
    if job.has_ended and job.task is not None:
        return {}
    return {"task": task, "is_gone": task is None}


def _cancel_answered(event: events.CancelAnswered, job: Job) -> Dict[str, Any]:
    if event.task is None or not event.task.state.is_end:
        return {"is_cancel_answered": True}
    is_cancelled = event.task.state is TaskState.CANCELED
    return {"is_cancel_answered": True, "is_cancelled": is_cancelled, **_seen(event.task, job)}


def _ended(event: events.AttemptEnded, job: Job) -> Dict[str, Any]:
    return {
        "result": event.outcome,
        "is_submitting": False,
        "is_collecting": False,
        "waits_since": None,
        "first_attempt": job.first_attempt or event.outcome.attempt,
    }


def _ready(event: events.ReadyToSubmit, job: Job) -> Dict[str, Any]:
    ready = {"request": event.request, "result": None, "is_ready": True}
    if job.result is not None:
        # The attempt before is over, and stays on record.
        left = (*job.left, *job.result.leftovers)
        return {**ready, "earlier": (*job.earlier, job.result), "left": left}
    if job.submission is None:
        return ready
    replaced = job.replaced if job.is_ours else (*job.replaced, *job.submission.placed)
    return {**ready, "replaced": replaced, "left": job.submission.left_in_all}


_OF_SUBMISSION: Mapping[Type[Any], Callable[[Any, Submission], Dict[str, Any]]] = {
    TaskSubmitted: lambda event, _: {"task_id": event.task_id},
    SubmissionRefused: lambda _event, _: {"refused": True},
    events.StateSeen: lambda event, _: {"state": event.state},
    TaskResumed: lambda event, _: {
        "state": event.state,
        "resumed": True,
        "waiting": event.waiting,
    },
    ImagePlaced: lambda event, before: {"placed": _others_and(event, before.placed)},
    OutcomeReached: lambda event, _: {
        "outcome": event.outcome,
        "reason": event.reason,
        "leftovers": event.leftovers,
        "resumed": False,
        "waiting": False,
    },
}
"""What the events of the journal change of a submission."""

_OF_JOB: Mapping[Type[Any], Callable[[Any, Job], Dict[str, Any]]] = {
    TaskSubmitted: lambda _, job: {"is_submitting": False, "is_watched": job.is_ours},
    SubmissionRefused: lambda _event, _: {"is_submitting": False},
    TaskResumed: _resumed,
    OutcomeReached: lambda _, job: {"outcome": job.result},
    events.TaskSeen: lambda event, job: _seen(event.task, job),
    events.TimeoutBegan: lambda event, _: {"begun": event.at},
    events.ImagesSeen: lambda event, _: {"images": event.images},
    events.BuildSeen: lambda event, _: {"build": event.build, "build_asked": event.at},
    events.NvrChecked: lambda event, _: {"nvr_taken": event.taken},
    events.CollectingBegan: lambda event, _: {
        "is_collecting": True,
        "waits_since": None,
        "build_id": event.build_id,
    },
    events.CancelRequested: lambda event, _: {
        "cancelling": event.why,
        "is_overdue": event.is_timeout,
    },
    events.CancelAnswered: _cancel_answered,
    events.AttemptEnded: _ended,
    events.RetryScheduled: lambda event, job: {
        "retry_at": event.at,
        "retries": job.retries + 1,
        "nvr_taken": None,
    },
    events.ReadyToSubmit: _ready,
}
"""What events change of what is known in the present run."""

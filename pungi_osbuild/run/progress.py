"""The state of a run, as frozen values: live and from a journal alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from typing import Dict, Optional, Tuple

from pungi_osbuild.hub import TaskState
from pungi_osbuild.methods import ImageStates, method_named
from pungi_osbuild.model import Arch, OutcomeKind, Query
from pungi_osbuild.run.job import Job


class Stage(str, Enum):
    """
    Where a request stands: Koji's words for a task, and ours before it and after it.

    The order is that of a request's life.
    """

    PLANNED = "planned"
    FREE = "free"
    ASSIGNED = "assigned"
    OPEN = "open"
    COLLECTING = "collecting"
    """The task has ended; what it built is being read and placed, or its logs are saved."""

    WAITING = "waiting"
    """The task was cancelled, and the run waits for the build that composer goes on with."""

    ENDED = "ended"
    """The task has ended, and no run is there to collect what it built."""

    BUILT = "built"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether there is an outcome."""
        return self in (Stage.BUILT, Stage.FAILED, Stage.CANCELLED)

    @property
    def is_running(self) -> bool:
        """Whether there is a task that has not ended."""
        return self in (Stage.FREE, Stage.ASSIGNED, Stage.OPEN)


STAGE_OF: Dict[TaskState, Stage] = {
    TaskState.FREE: Stage.FREE,
    TaskState.ASSIGNED: Stage.ASSIGNED,
    TaskState.OPEN: Stage.OPEN,
    TaskState.CLOSED: Stage.COLLECTING,
    TaskState.CANCELED: Stage.COLLECTING,
    TaskState.FAILED: Stage.COLLECTING,
}

ENDED_AS: Dict[OutcomeKind, Stage] = {
    OutcomeKind.BUILT: Stage.BUILT,
    OutcomeKind.FAILED: Stage.FAILED,
    OutcomeKind.CANCELLED: Stage.CANCELLED,
}


@dataclass(frozen=True)
class RequestStatus:
    """
    Where a request stands. Times are seconds since the epoch, by the hub's clock.

    :param name: the N of the N-V-R
    :param method: of its Koji task
    :param nvr: None until there is a release
    :param task_id: None until something was submitted, or when nothing was
    :param images: what composer says of each arch's image; none before it does
    :param since: when it was submitted
    :param until: when there was an outcome
    :param reason: why it failed
    """

    variant: str
    arches: Tuple[Arch, ...]
    name: str
    image_type: str
    can_fail: bool
    method: str
    nvr: Optional[str] = None
    task_id: Optional[int] = None
    attempt: int = 1
    stage: Stage = Stage.PLANNED
    images: ImageStates = ()
    since: Optional[float] = None
    until: Optional[float] = None
    reason: Optional[str] = None

    def elapsed(self, now: float) -> Optional[float]:
        """Return the seconds from its submission to its outcome, or to now."""
        if self.since is None:
            return None
        return max(0.0, (now if self.until is None else self.until) - self.since)

    @property
    def state(self) -> str:
        """The state in a word, or a few: composer's own while the task is open and it says one."""
        if self.stage is not Stage.OPEN or not self.images:
            return self.stage.value
        words = list(dict.fromkeys(word for _, word in self.images))
        if len(words) == 1:
            return words[0]
        return ", ".join("%s %s" % (arch, word) for arch, word in self.images)

    def describe(self) -> str:
        """Return how messages call it: variant, arches and image."""
        return "%s %s %s" % (self.variant, ",".join(self.arches), self.name)


IN_DOUBT = "the hub has not answered; whether there is a task is not known"


def status_of(job: Job, is_over: bool = False) -> RequestStatus:
    """
    Return where a job stands, as it is known live or from a journal.

    :param is_over: no run is there to collect what its task builds
    """
    slot, submission = job.planned.slot, job.submission
    known = RequestStatus(
        slot.variant,
        slot.arches,
        slot.name,
        slot.image_type,
        job.planned.can_fail,
        slot.method,
        job.planned.nvr if job.request is None else job.request.nvr,
    )
    if job.is_ready and job.outcome is None:
        return replace(known, attempt=job.wanted.attempt)
    if submission is not None:
        known = replace(
            known,
            nvr=submission.nvr,
            task_id=submission.task_id,
            attempt=submission.attempt,
            since=submission.time,
            reason=submission.reason,
            images=job.images,
        )
    if job.never is not None and (submission is None or job.never[1] >= submission.changed):
        event, time = job.never
        stage = ENDED_AS[event.outcome]
        return replace(known, attempt=event.attempt, stage=stage, until=time, reason=event.reason)
    if submission is None:
        return known
    if submission.resumed:
        stage = Stage.WAITING if submission.waiting and not job.is_collecting else _stage(job)
        return replace(known, stage=as_it_goes_on(stage, is_over), reason=None)
    if submission.outcome is not None:
        return replace(known, stage=ENDED_AS[submission.outcome], until=submission.changed)
    if submission.in_doubt:
        return replace(known, reason=None if job.is_submitting else IN_DOUBT)
    if submission.refused:
        return replace(known, stage=Stage.FAILED, until=submission.changed)
    return replace(known, stage=as_it_goes_on(_stage(job), is_over))


def _stage(job: Job) -> Stage:
    """Return the stage that a task was last seen in; one that was not seen is new."""
    if job.is_collecting or job.is_gone:
        return Stage.COLLECTING
    if job.task is not None:
        return STAGE_OF[job.task.state]
    state = None if job.submission is None else job.submission.state
    return STAGE_OF[TaskState.__members__.get(state or "FREE", TaskState.FREE)]


def as_it_goes_on(stage: Stage, is_over: bool) -> Stage:
    """Return the stage of a task; of one that has ended, when no run is there to collect it."""
    return Stage.ENDED if is_over and stage in (Stage.COLLECTING, Stage.WAITING) else stage


def poll_progress(one: RequestStatus) -> Query[Tuple[int, ImageStates]]:
    """Return the id of a task that runs, with what its builders say of its images by now."""
    task_id = one.task_id or 0
    return task_id, (yield from method_named(one.method).progress(task_id, one.arches))


class Activity(str, Enum):
    """What a run does: whether there is one, and how it ended if there is none."""

    RUNNING = "running"
    ELSEWHERE = "running elsewhere"
    """On another machine, or in another container: from here nobody can tell if it still is."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    BROKEN = "broken off"
    KILLED = "killed"

    @property
    def is_over(self) -> bool:
        """Whether nothing will change by itself, but tasks that go on in Koji."""
        return self not in (Activity.RUNNING, Activity.ELSEWHERE)


@dataclass(frozen=True)
class Progress:
    """
    Where a run stands.

    :param compose_id: "" while nobody knows
    :param now: when this was, seconds since the epoch by the hub's clock
    :param statuses: in the order of the plan
    :param who: the process and its machine, for people; "" where it is this one
    :param is_hub_gone: the run is over, and its hub was there for it alone: a rehearsal's
    """

    compose_id: str
    now: float
    statuses: Tuple[RequestStatus, ...] = ()
    activity: Activity = Activity.RUNNING
    who: str = ""
    is_hub_gone: bool = False

    def count(self, *stages: Stage) -> int:
        """Return how many are in one of some stages."""
        counted = Counter(status.stage for status in self.statuses)
        return sum(counted[stage] for stage in stages)

    @property
    def unfinished(self) -> Tuple[RequestStatus, ...]:
        """Those without an outcome."""
        return tuple(status for status in self.statuses if not status.stage.is_end)

    @property
    def elapsed(self) -> Optional[float]:
        """Seconds from the first submission to the last outcome, or to now."""
        begun = [status.since for status in self.statuses if status.since is not None]
        if not begun:
            return None
        ends = [status.until for status in self.statuses if status.until is not None]
        end = self.now if self.unfinished or not ends else max(ends)
        return max(0.0, end - min(begun))

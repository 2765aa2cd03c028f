"""What an event changes of a job, and that a journal gives the jobs that the run had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Sequence, Tuple

import pytest

from koji_rehearsal import HubSettings
from pungi_osbuild.errors import HubError, RunInterruptedError
from pungi_osbuild.hub import BuildState, KojiBuild, Task, TaskState
from pungi_osbuild.model import ImageRequest, OutcomeKind, TaskTimes
from pungi_osbuild.run import (
    Job,
    ProgressTracker,
    RequestStatus,
    RunOptions,
    Stage,
    events,
    read_journal,
    status,
)
from pungi_osbuild.run.events import (
    AttemptEnded,
    BuildSeen,
    CancelAnswered,
    CancelRequested,
    CollectingBegan,
    Event,
    ImagePlaced,
    ImagesSeen,
    JournalEvent,
    NvrChecked,
    OutcomeReached,
    PlanMade,
    ReadyToSubmit,
    RetryScheduled,
    RunEnded,
    RunStarted,
    Slot,
    StateSeen,
    SubmissionIntended,
    SubmissionRefused,
    TaskResumed,
    TaskSeen,
    TaskSubmitted,
    TimeoutBegan,
)
from pungi_osbuild.run.job import apply
from pungi_osbuild.timing import RetryPolicy
from tests.rehearsed import QUICK
from tests.run.engines import a_job, intended
from tests.run.test_cancel import Scene, a_scene, refused_at_once, wanted
from tests.values import a_failed_outcome, a_request, an_outcome

REQUEST = a_request()
NOW = 2000.0


def a_task(state: TaskState, task_id: int = 5) -> Task:
    return Task(task_id, state, TaskTimes())


OPEN, CLOSED, CANCELED = map(a_task, (TaskState.OPEN, TaskState.CLOSED, TaskState.CANCELED))
BUILD = KojiBuild(BuildState.BUILDING, 5, 9)
BUILT = an_outcome(request=REQUEST)
FAILED = a_failed_outcome(request=REQUEST)
IMAGE = ImagePlaced(0, "Server/x86_64/images/a.qcow2", 3)


def reached(intent: Any = 0) -> OutcomeReached:
    return OutcomeReached(intent, 1, Slot.of(REQUEST), OutcomeKind.FAILED, "why")


def changes(before: Job, event: Event) -> Dict[str, Any]:
    """Return what an event changes: fields of the job, and of its submission as ``last.FIELD``."""
    after = apply(before, event, NOW)
    found = {name: value for name, value in vars(after).items() if value != getattr(before, name)}
    if "submission" in found and before.submission is not None:
        last = found.pop("submission")
        found.update(
            ("last." + name, value)
            for name, value in vars(last).items()
            if value != getattr(before.submission, name)
        )
    return found


PLANNED = a_job(REQUEST)
READY = replace(PLANNED, is_ready=True)
SENT = apply(READY, intended(REQUEST), 1000.0)
WATCHED = apply(SENT, TaskSubmitted(0, 5), 1000.0)
ENDED = apply(WATCHED, TaskSeen(CLOSED), 1000.0)
COLLECTED = apply(ENDED, CollectingBegan(), 1000.0)
CANCELLING = apply(WATCHED, CancelRequested("it takes too long", True), 1000.0)
EARLIER = replace(WATCHED, first_attempt=0, is_watched=False)
OVER = apply(COLLECTED, AttemptEnded(FAILED), 1000.0)
AGAIN = REQUEST.with_attempt(2)
RETRIED = apply(OVER, RetryScheduled(60.0, 30.0), 1000.0)

CASES: Sequence[Tuple[str, Job, Event, Dict[str, Any]]] = (
    ("ready", PLANNED, ReadyToSubmit(AGAIN), {"request": AGAIN, "is_ready": True}),
    (
        "ready once more: the attempt before stays on record",
        OVER,
        ReadyToSubmit(AGAIN),
        {"request": AGAIN, "is_ready": True, "result": None, "earlier": (FAILED,)},
    ),
    (
        "submitted",
        SENT,
        TaskSubmitted(0, 5),
        {"is_submitting": False, "is_watched": True, "last.task_id": 5, "last.changed": NOW},
    ),
    (
        "found: the task of an earlier run is not watched until it is resumed",
        replace(SENT, first_attempt=0, is_submitting=False),
        TaskSubmitted(0, 5),
        {"last.task_id": 5, "last.changed": NOW},
    ),
    (
        "refused",
        SENT,
        SubmissionRefused(0),
        {"is_submitting": False, "last.refused": True, "last.changed": NOW},
    ),
    (
        "resumed",
        replace(EARLIER, build_asked=3.0),
        TaskResumed(0, "OPEN", False),
        {
            "first_attempt": 1,
            "is_watched": True,
            "build_asked": None,
            "last.state": "OPEN",
            "last.resumed": True,
            "last.changed": NOW,
        },
    ),
    (
        "resumed, waiting for a build",
        replace(EARLIER, build_asked=3.0, build=BUILD),
        TaskResumed(0, "CANCELED", True),
        {
            "first_attempt": 1,
            "is_cancelled": True,
            "waits_since": 3.0,
            "build_asked": None,
            "last.state": "CANCELED",
            "last.resumed": True,
            "last.waiting": True,
            "last.changed": NOW,
        },
    ),
    (
        "resumed, with the build that its task has left",
        replace(EARLIER, build_asked=3.0, build=BUILD),
        TaskResumed(0, "FAILED", False),
        {
            "first_attempt": 1,
            "is_watched": True,
            "build_asked": None,
            "build_id": 9,
            "last.state": "FAILED",
            "last.resumed": True,
            "last.changed": NOW,
        },
    ),
    (
        "ended, for the journal",
        WATCHED,
        StateSeen(0, "CLOSED"),
        {"last.state": "CLOSED", "last.changed": NOW},
    ),
    ("placed", COLLECTED, IMAGE, {"last.placed": (IMAGE,), "last.changed": NOW}),
    (
        "placed again: the file of one path counts once",
        apply(COLLECTED, IMAGE, 1000.0),
        replace(IMAGE, size=4),
        {"last.placed": (replace(IMAGE, size=4),), "last.changed": NOW},
    ),
    (
        "finished",
        OVER,
        reached(),
        {
            "outcome": FAILED,
            "last.outcome": OutcomeKind.FAILED,
            "last.reason": "why",
            "last.changed": NOW,
        },
    ),
    (
        "finished without a submission",
        apply(PLANNED, AttemptEnded(FAILED), 1000.0),
        reached(None),
        {"outcome": FAILED, "never": (reached(None), NOW)},
    ),
    ("seen", WATCHED, TaskSeen(OPEN), {"task": OPEN}),
    ("seen, ended", WATCHED, TaskSeen(CLOSED), {"task": CLOSED}),
    ("gone", WATCHED, TaskSeen(None), {"is_gone": True}),
    ("an end stays the end: a late reply that it is open", ENDED, TaskSeen(OPEN), {}),
    ("an end stays the end: another end", ENDED, TaskSeen(CANCELED), {}),
    ("an end stays the end: it is not there any more", ENDED, TaskSeen(None), {}),
    ("the timeout begins", WATCHED, TimeoutBegan(7.0), {"begun": 7.0}),
    ("images", WATCHED, ImagesSeen((("x86_64", "running"),)), {"images": (("x86_64", "running"),)}),
    ("a build", WATCHED, BuildSeen(BUILD, 4.0), {"build": BUILD, "build_asked": 4.0}),
    ("no build", WATCHED, BuildSeen(None, 4.0), {"build_asked": 4.0}),
    ("the N-V-R", RETRIED, NvrChecked(True), {"nvr_taken": True}),
    ("collecting", ENDED, CollectingBegan(), {"is_collecting": True}),
    (
        "collecting a build that was waited for",
        replace(WATCHED, waits_since=3.0),
        CollectingBegan(9),
        {"is_collecting": True, "waits_since": None, "build_id": 9},
    ),
    (
        "to be cancelled",
        WATCHED,
        CancelRequested("it takes too long", True),
        {"cancelling": "it takes too long", "is_overdue": True},
    ),
    (
        "cancelled",
        CANCELLING,
        CancelAnswered(CANCELED),
        {"is_cancel_answered": True, "is_cancelled": True, "task": CANCELED},
    ),
    (
        "too late to cancel",
        CANCELLING,
        CancelAnswered(CLOSED),
        {"is_cancel_answered": True, "task": CLOSED},
    ),
    (
        "cancelled: the hub did not say",
        CANCELLING,
        CancelAnswered(None),
        {"is_cancel_answered": True},
    ),
    ("not cancelled yet", CANCELLING, CancelAnswered(OPEN), {"is_cancel_answered": True}),
    (
        "the attempt has ended",
        COLLECTED,
        AttemptEnded(FAILED),
        {"result": FAILED, "is_collecting": False},
    ),
    (
        "the attempt has ended before there was a task",
        SENT,
        AttemptEnded(FAILED, HubError("x", "y")),
        {"result": FAILED, "is_submitting": False},
    ),
    (
        "it counts as this run's own from then on",
        PLANNED,
        AttemptEnded(FAILED),
        {"result": FAILED, "first_attempt": 1},
    ),
    ("a retry", OVER, RetryScheduled(60.0, 30.0), {"retry_at": 60.0, "retries": 1}),
    (
        "a second retry asks for the N-V-R again",
        replace(RETRIED, nvr_taken=False),
        RetryScheduled(180.0, 60.0),
        {"retry_at": 180.0, "retries": 2, "nvr_taken": None},
    ),
)


@pytest.mark.parametrize(
    ("before", "event", "changed"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_an_event_changes(before: Job, event: Event, changed: Dict[str, Any]) -> None:
    """And nothing besides."""
    assert changes(before, event) == changed


def test_every_event_has_a_case() -> None:
    """Also one that will be added."""
    tried = {type(event) for _, _, event, _ in CASES} | {SubmissionIntended}
    assert tried == {
        event
        for event in vars(events).values()
        if isinstance(event, type)
        and issubclass(event, Event)
        and event not in (Event, JournalEvent, RunStarted, PlanMade, RunEnded)
    }


def test_a_new_submission_starts_over() -> None:
    """What was known of the task before counts no more; what the run has tried does."""
    again = apply(RETRIED, ReadyToSubmit(AGAIN), NOW)
    after = apply(again, intended(AGAIN, intent=3), NOW)
    assert after.submission is not None
    assert (after.submission.intent, after.submission.attempt, after.submission.time) == (3, 2, NOW)
    assert after.in_doubt and after.is_submitting and not after.is_ready
    assert (after.task, after.result, after.retry_at, after.is_collecting) == (None,) * 3 + (False,)
    assert (after.retries, after.earlier, after.first_attempt) == (1, (FAILED,), 1)


def test_an_earlier_outcome_ends_when_the_task_is_resumed() -> None:
    """The journal has it that the request failed; the run goes on with the build all the same."""
    before = apply(replace(OVER, result=FAILED), reached(), 1000.0)
    resumed = apply(replace(before, outcome=None), TaskResumed(0, "FAILED", False), NOW)
    assert resumed.submission is not None and resumed.submission.resumed
    after = apply(apply(resumed, AttemptEnded(BUILT), NOW), reached(), NOW)
    assert after.submission is not None and not after.submission.resumed
    assert after.outcome == BUILT


# What a journal gives, and what the run had


def journaled(job: Job) -> Tuple[Any, ...]:
    return job.planned, job.submission, job.never


def settled(one: RequestStatus) -> RequestStatus:
    """Return a status without what no journal has: composer's words, how an open task stands."""
    return replace(one, images=(), stage=one.stage if one.stage.is_end else Stage.FREE)


def check(scene: Scene, tracker: ProgressTracker) -> None:
    """Hold the jobs that the run had to those of its journal, and what is shown of them."""
    history = read_journal(scene.topdir)
    live = tuple(tracker._jobs[number] for number in sorted(tracker._jobs))
    assert [journaled(job) for job in live] == [journaled(job) for job in history.jobs]
    shown = [settled(one) for one in tracker.snapshot().statuses]
    assert shown == [settled(one) for one in status(scene.topdir).statuses]


def options(tracker: ProgressTracker, **changes: Any) -> RunOptions:
    quick = RetryPolicy((0.01,))
    return replace(RunOptions(polling=QUICK, tracker=tracker, retries=quick), **changes)


def retrying(number: int) -> ImageRequest:
    request = wanted(number)
    return replace(request, config=replace(request.config, retries=2))


def stopped(scene: Scene, requests: Sequence[ImageRequest], **changes: Any) -> ProgressTracker:
    """Have a run stopped at its first pause, by when everything has been submitted."""
    sleep, tracker = scene.times.sleep, ProgressTracker()

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    scene.times.sleep = stop  # type: ignore[method-assign]
    try:
        with pytest.raises(RunInterruptedError):
            scene.run(requests, options(tracker, **changes))
    finally:
        scene.times.sleep = sleep  # type: ignore[method-assign]
    return tracker


@pytest.mark.parametrize(
    ("faults", "kinds"),
    [
        ((), ["built", "built"]),
        (("build:name=image-1",), ["built", "failed"]),
        (("corrupt-upload:name=image-0,times=1",), ["built", "built"]),
        (("corrupt-upload:name=image-0",), ["failed", "built"]),
        (("reset:method=osbuildImage,times=1",), ["built", "built"]),
        (("taken:name=image-1",), ["built", "failed"]),
    ],
    ids=["built", "failed", "retried", "retried and failed", "answer lost", "taken"],
)
def test_a_journal_gives_the_jobs_of_its_run(
    faults: Tuple[str, ...], kinds: Sequence[str], tmp_path: Path
) -> None:
    """Of a run that was finished, and of one that began from what it had left."""
    with a_scene(tmp_path, HubSettings(duration=0), faults) as scene:
        for run in range(2):
            tracker = ProgressTracker()
            result = scene.run([retrying(0), retrying(1)], options(tracker))
            check(scene, tracker)
            if run == 0:
                assert [outcome.kind.value for outcome in result.outcomes] == kinds


@pytest.mark.parametrize("cancels", [False, True])
def test_a_journal_gives_the_jobs_of_a_run_that_was_stopped(cancels: bool, tmp_path: Path) -> None:
    """And of the one that resumed what it had left, also where that was cancelled."""
    with a_scene(tmp_path, HubSettings(duration=100), turns=[200.0, 200.0]) as scene:
        check(scene, stopped(scene, [wanted(0), wanted(1)], cancel_on_stop=cancels))
        tracker = ProgressTracker()
        scene.run([wanted(0), wanted(1)], options(tracker))
        check(scene, tracker)


def test_a_journal_gives_the_jobs_of_a_run_that_gave_up(tmp_path: Path) -> None:
    """One has failed before there was a task; the others were cancelled, or not submitted."""
    with a_scene(tmp_path, HubSettings(duration=100)) as scene:
        tracker = ProgressTracker()
        requests = [replace(refused_at_once(), number=0), wanted(1), wanted(2)]
        scene.run(requests, options(tracker), fail_fast=True)
        check(scene, tracker)

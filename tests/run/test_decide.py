"""The table that says what to do with a job next: each row, and which of several counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Optional, Type, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub import BuildState, KojiBuild, Task, TaskState
from pungi_osbuild.model import ImageRequest, Outcome, OutcomeKind, TaskTimes
from pungi_osbuild.run.decide import ROWS, ROWS_OF_EARLIER_RUNS, Action, NextStep, next_step
from pungi_osbuild.run.events import (
    AttemptEnded,
    Event,
    OutcomeReached,
    ReadyToSubmit,
    RetryScheduled,
    TaskResumed,
)
from pungi_osbuild.run.job import Job, apply
from pungi_osbuild.run.policy import Rebuild, RunPolicy
from pungi_osbuild.run.situation import Facts
from pungi_osbuild.timing import RetryPolicy
from tests.run.engines import a_job
from tests.values import a_failed_outcome, a_request, an_image_config, an_outcome

NOW = 1000.0
POLICY = RunPolicy(retries=RetryPolicy((60.0,)), build_interval=10.0, build_timeout=100.0)
GIVING_UP = Facts(giving_up="another has failed (osbuild_fail_fast)")
OURS = Facts(frozenset({7, 8}))
REQUEST = a_request(arches=("x86_64",))
RETRIED = replace(REQUEST, config=an_image_config(retries=2))
TIMED = replace(REQUEST, config=an_image_config(timeout=30))
FROM_HUB = replace(REQUEST, release_from_hub=True)


def task(state: TaskState) -> Task:
    return Task(7, state, TaskTimes(created=900.0, started=901.0))


def build(state: BuildState, task_id: Optional[int] = 7) -> KojiBuild:
    return KojiBuild(state, task_id, 70)


def ready(**changes: Any) -> Job:
    """Ready to be submitted for the first time."""
    return a_job(REQUEST, is_ready=True, **changes)


def earlier(**changes: Any) -> Job:
    """Submitted by an earlier run: nothing is known of it yet but its task's id."""
    return a_job(REQUEST, 7, **{"first_attempt": 0, "is_watched": False, **changes})


def ours(request: ImageRequest = REQUEST, **changes: Any) -> Job:
    """Submitted by this run, and watched."""
    return a_job(request, 7, **{"first_attempt": 1, "is_watched": True, **changes})


def waiting(**changes: Any) -> Job:
    """Its task was cancelled, and the run waits for the build."""
    known = {"first_attempt": 1, "is_cancelled": True, "waits_since": 990.0, "build_asked": 995.0}
    return a_job(REQUEST, 7, task=task(TaskState.CANCELED), **{**known, **changes})


def result_of(request: ImageRequest, **changes: Any) -> Outcome:
    return a_failed_outcome(request=request, task_id=7, **changes)


def failed(request: ImageRequest = REQUEST, **changes: Any) -> Job:
    """Its task has failed, and was collected."""
    return ours(request, task=task(TaskState.FAILED), result=result_of(request, **changes))


def transient(**changes: Any) -> Job:
    return replace(failed(RETRIED, transient_reason="composer was unavailable"), **changes)


def unsubmitted(job: Job, **changes: Any) -> Job:
    assert job.submission is not None
    return replace(job, submission=replace(job.submission, task_id=None, **changes))


def changed(job: Job) -> Job:
    return replace(job, planned=replace(job.planned, block="another"))


def said(job: Job, outcome: OutcomeKind) -> Job:
    assert job.submission is not None
    return replace(job, submission=replace(job.submission, outcome=outcome))


@dataclass(frozen=True)
class Case:
    """A job in a situation, and what is done with it."""

    row: str
    job: Job
    does: Union[Action, Type[Event]]
    facts: Facts = OURS
    policy: RunPolicy = POLICY

    @property
    def step(self) -> NextStep:
        return next_step(self.job, NOW, self.policy, self.facts)


CHANGED = replace(POLICY, rebuild=Rebuild.CHANGED)
CASES = [
    # What earlier runs have submitted.
    Case("nothing was submitted before", a_job(REQUEST), Action.PREPARE),
    Case("there never was a task", unsubmitted(earlier(), refused=True), Action.PREPARE),
    Case("nobody knows if there is a task", unsubmitted(earlier()), Action.LOOK_UP),
    Case("the hub does not know its task any more", earlier(is_gone=True), Action.PREPARE),
    Case("its task was not asked for", earlier(), Action.ASK_TASK),
    Case(
        "it is to be built again",
        changed(earlier(task=task(TaskState.OPEN))),
        Action.PREPARE,
        policy=CHANGED,
    ),
    *(
        Case("its task goes on, or what became of it was not seen", job, TaskResumed)
        for job in (
            earlier(task=task(TaskState.OPEN)),
            earlier(task=task(TaskState.FREE)),
            earlier(task=task(TaskState.CLOSED)),
            earlier(task=task(TaskState.FAILED)),
            changed(earlier(task=task(TaskState.CLOSED))),
            said(earlier(task=task(TaskState.CLOSED)), OutcomeKind.BUILT),
        )
    ),
    *(
        Case("its task came to nothing, and who has the N-V-R was not asked", job, Action.ASK_BUILD)
        for job in (
            earlier(task=task(TaskState.CANCELED)),
            said(earlier(task=task(TaskState.FAILED)), OutcomeKind.FAILED),
            changed(earlier(task=task(TaskState.FAILED))),
        )
    ),
    *(
        Case("its task came to nothing, and has left a complete build", job, TaskResumed)
        for job in (
            earlier(
                task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.COMPLETE)
            ),
            earlier(
                task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.COMPLETE, 8)
            ),
        )
    ),
    *(
        Case("its task was cancelled, and composer goes on with the build", job, TaskResumed)
        for job in (
            earlier(
                task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.BUILDING)
            ),
            earlier(
                task=task(TaskState.CANCELED),
                build_asked=NOW,
                build=build(BuildState.BUILDING, None),
            ),
        )
    ),
    *(
        Case("its task came to nothing", job, Action.PREPARE)
        for job in (
            earlier(task=task(TaskState.CANCELED), build_asked=NOW),
            earlier(
                task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.COMPLETE, 9)
            ),
            earlier(
                task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.BUILDING, 9)
            ),
            changed(
                earlier(
                    task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.BUILDING)
                )
            ),
            said(
                earlier(
                    task=task(TaskState.FAILED), build_asked=NOW, build=build(BuildState.BUILDING)
                ),
                OutcomeKind.FAILED,
            ),
        )
    ),
    # Before the submission.
    Case("it is finished", replace(failed(), outcome=result_of(REQUEST)), Action.NOTHING),
    Case("it is finished", ready(outcome=result_of(REQUEST)), Action.NOTHING, GIVING_UP),
    Case("it is ready, and the run gives up", ready(), OutcomeReached, GIVING_UP),
    Case("it is ready", ready(), Action.SUBMIT),
    Case("it is ready", ours(is_ready=True, is_watched=False), Action.SUBMIT),
    # An attempt is over.
    Case("it is built", ours(result=an_outcome(request=REQUEST)), OutcomeReached),
    Case("it is built", ours(result=an_outcome(request=REQUEST)), OutcomeReached, GIVING_UP),
    Case("its attempt came to nothing, and the run gives up", failed(), OutcomeReached, GIVING_UP),
    Case(
        "its attempt came to nothing, and the run gives up",
        transient(retry_at=NOW + 60),
        OutcomeReached,
        GIVING_UP,
    ),
    Case("another build has taken its N-V-R", failed(FROM_HUB, nvr_taken=True), Action.NEW_RELEASE),
    Case("its retry is not due yet", transient(retry_at=NOW + 0.1), Action.NOTHING),
    Case(
        "its retry is due, and whether the N-V-R is free was not asked",
        transient(retry_at=NOW),
        Action.CHECK_NVR,
    ),
    Case(
        "its retry is due, and the N-V-R is reserved",
        transient(retry_at=NOW, nvr_taken=True),
        OutcomeReached,
    ),
    Case("its retry is due", transient(retry_at=NOW, nvr_taken=False), ReadyToSubmit),
    Case(
        "its failure is transient, and a retry would be of no use",
        transient(retries=2),
        OutcomeReached,
    ),
    Case(
        "its failure is transient, and a retry would be of no use",
        failed(RETRIED, transient_reason="composer was unavailable", goes_on=True),
        OutcomeReached,
    ),
    Case("its failure is transient", transient(), RetryScheduled),
    Case("its failure is transient", transient(retries=1), RetryScheduled),
    Case("it has failed", failed(), OutcomeReached),
    Case("it has failed", failed(RETRIED), OutcomeReached),
    Case("it has failed", failed(transient_reason="no retries are wanted"), OutcomeReached),
    Case("it has failed", failed(nvr_taken=True), OutcomeReached),
    Case("it has failed", failed(FROM_HUB, nvr_taken=True, attempt=5), OutcomeReached),
    # Somebody is at work on it.
    Case("it is being submitted", unsubmitted(ours(is_submitting=True)), Action.NOTHING),
    Case("it is being submitted", unsubmitted(ours(is_submitting=True)), Action.NOTHING, GIVING_UP),
    Case("it is being collected", ours(is_collecting=True), Action.NOTHING),
    Case("it is being collected", waiting(is_collecting=True, waits_since=None), Action.NOTHING),
    # Composer goes on.
    Case("its build is waited for, and the run gives up", waiting(), OutcomeReached, GIVING_UP),
    Case(
        "its build is waited for, and it is time to ask",
        waiting(build_asked=None),
        Action.ASK_BUILD,
    ),
    Case(
        "its build is waited for, and it is time to ask",
        waiting(build_asked=990.0),
        Action.ASK_BUILD,
    ),
    Case("its build was waited for, and the N-V-R is free again", waiting(), ReadyToSubmit),
    Case(
        "its build was waited for, and the N-V-R is free again",
        waiting(build=build(BuildState.FAILED)),
        ReadyToSubmit,
    ),
    Case(
        "its build was waited for, and is complete",
        waiting(build=build(BuildState.COMPLETE)),
        Action.COLLECT,
    ),
    Case(
        "its build was waited for, and another one has the N-V-R",
        waiting(build=build(BuildState.COMPLETE, 9)),
        AttemptEnded,
    ),
    Case(
        "its build is lost",
        waiting(waits_since=900.0, build=build(BuildState.BUILDING)),
        OutcomeReached,
    ),
    Case("its build is waited for", waiting(build=build(BuildState.BUILDING)), Action.NOTHING),
    # Its task goes on.
    Case("its task has ended", ours(task=task(TaskState.CLOSED)), Action.COLLECT),
    Case("its task has ended", ours(task=task(TaskState.FAILED)), Action.COLLECT, GIVING_UP),
    Case("its task has ended", ours(is_gone=True), Action.COLLECT),
    Case(
        "its task has ended",
        ours(task=task(TaskState.CANCELED), cancelling="timeout"),
        Action.COLLECT,
    ),
    Case("its task is being cancelled", ours(TIMED, cancelling="x", begun=0.0), Action.NOTHING),
    Case("its task takes too long", ours(TIMED, begun=970.0), Action.CANCEL),
    Case("its task takes too long", ours(TIMED, begun=970.0), Action.CANCEL, GIVING_UP),
    Case("its task goes on, and the run gives up", ours(), Action.CANCEL, GIVING_UP),
    Case("its task goes on", ours(), Action.NOTHING),
    Case("its task goes on", ours(TIMED, begun=970.1), Action.NOTHING),
    Case("its task goes on", ours(TIMED), Action.NOTHING),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_the_row_that_counts(case: Case) -> None:
    """The first one that applies, and what it says."""
    step = case.step
    happened = type(step.events[-1]) if step.events else step.action
    assert step.row == case.row
    assert case.does in (step.action, happened)


def test_every_row_has_a_case() -> None:
    """And each row its own name."""
    names = [row.name for row in (*ROWS_OF_EARLIER_RUNS, *ROWS)]
    assert len(names) == len(set(names))
    assert {case.row for case in CASES} == set(names)


def step_of(job: Job, facts: Facts = OURS, policy: RunPolicy = POLICY) -> NextStep:
    return next_step(job, NOW, policy, facts)


def outcome_of(step: NextStep) -> Outcome:
    ended, _ = step.events
    assert isinstance(ended, AttemptEnded)
    return ended.outcome


def after(job: Job) -> Job:
    """Return a job after what follows at once."""
    for event in step_of(job).events:
        job = apply(job, event, NOW)
    return job


def test_the_number_of_the_next_attempt() -> None:
    """What never was a task does not count; what is built again begins from 1."""
    gone = step_of(earlier(is_gone=True)).request
    never = step_of(unsubmitted(earlier(), refused=True)).request
    anew = step_of(changed(earlier(task=task(TaskState.OPEN))), policy=CHANGED).request
    (again,) = step_of(transient(retry_at=NOW, nvr_taken=False)).events
    assert isinstance(again, ReadyToSubmit)
    assert [one and one.attempt for one in (gone, never, anew, again.request)] == [2, 1, 1, 2]


def test_when_a_job_is_looked_at_again() -> None:
    """When its timeout or its retry is due, or its build may be asked for; else when it happens."""
    assert step_of(ours(TIMED, begun=990.0)).at == 1020.0
    assert step_of(ours()).at == math.inf
    assert step_of(transient(retry_at=1234.0)).at == 1234.0
    assert step_of(transient()).events == (RetryScheduled(NOW + 60, 60.0),)
    assert step_of(waiting(build=build(BuildState.BUILDING))).at == 1005.0


def test_a_timeout_is_a_failure_and_giving_up_is_none() -> None:
    """Whoever cancelled the task, the outcome says why."""
    reason = "task 7 was cancelled in Koji, not by this run"
    result = result_of(REQUEST, kind=OutcomeKind.CANCELLED, reason=reason)
    by_hand = outcome_of(step_of(ours(result=result)))
    late = outcome_of(step_of(ours(result=result, cancelling="it was late", is_overdue=True)))
    given_up = outcome_of(step_of(ours(result=result, cancelling="x"), GIVING_UP))
    assert (by_hand.kind, by_hand.reason) == (OutcomeKind.CANCELLED, reason)
    assert late.kind is OutcomeKind.FAILED
    assert (late.reason or "").startswith("task 7 was cancelled: it was late")
    assert given_up.kind is OutcomeKind.CANCELLED
    assert "another has failed (osbuild_fail_fast)" in (given_up.reason or "")


def test_a_build_that_is_left_is_collected_by_its_id() -> None:
    """The task's own result does not say it."""
    left = earlier(task=task(TaskState.CANCELED), build_asked=NOW, build=build(BuildState.COMPLETE))
    assert after(left).build_id == 70
    assert after(waiting(build=build(BuildState.COMPLETE))).build_id == 70
    assert after(ours(task=task(TaskState.CLOSED), build_id=70)).build_id == 70
    assert after(ours(task=task(TaskState.CLOSED))).build_id is None


BUILDS = st.none() | st.builds(build, st.sampled_from(BuildState), st.sampled_from([7, 8, 9, None]))
TASKS = st.none() | st.builds(task, st.sampled_from(TaskState))
TIMES = st.none() | st.sampled_from([0.0, 900.0, NOW, NOW + 1]) | st.floats(900.0, NOW + 1)
JOBS = st.builds(
    lambda request, **changes: a_job(request, 7, **changes),
    st.sampled_from([REQUEST, RETRIED, TIMED, FROM_HUB]),
    first_attempt=st.integers(0, 1),
    is_ready=st.booleans(),
    is_watched=st.booleans(),
    is_submitting=st.booleans(),
    is_collecting=st.booleans(),
    is_gone=st.booleans(),
    begun=TIMES,
    task=TASKS,
    build=BUILDS,
    build_asked=TIMES,
    waits_since=TIMES,
    retry_at=TIMES,
    nvr_taken=st.none() | st.booleans(),
    cancelling=st.none() | st.just("why"),
    retries=st.integers(0, 3),
)


@given(JOBS, st.sampled_from([OURS, GIVING_UP]), st.sampled_from([POLICY, CHANGED]))
def test_there_is_a_step_for_every_job(job: Job, facts: Facts, policy: RunPolicy) -> None:
    """What it needs is there, and who has to wait is not looked at again at once."""
    if job.retry_at is not None:
        job = replace(job, result=result_of(job.wanted, transient_reason="x"))
    step = next_step(job, NOW, policy, facts)
    if step.action in (Action.PREPARE, Action.NEW_RELEASE):
        assert step.request is not None
    if step.action is Action.NOTHING and not step.events:
        assert step.at > NOW


@given(st.floats(0.0, 1e6), st.floats(0.001, 20.0))
def test_what_is_waited_for_is_due_when_the_wait_is_over(asked: float, interval: float) -> None:
    """Whatever floats do: a job that is looked at again and again would keep everything else up."""
    job = waiting(waits_since=asked, build_asked=asked, build=build(BuildState.BUILDING))
    policy = replace(POLICY, build_interval=interval, build_timeout=math.inf)
    until = next_step(job, asked, policy, OURS).at
    for now in (until, until + 1e-9):
        assert next_step(job, now, policy, OURS).action is Action.ASK_BUILD

"""The tracker: what is known of each request by now."""

from __future__ import annotations

import logging
from typing import List

import pytest

from pungi_osbuild.hub import Task, TaskState
from pungi_osbuild.model import TaskTimes
from pungi_osbuild.run import Event, ProgressTracker, Stage, TaskResumed, TaskSubmitted
from pungi_osbuild.run.events import ImagesSeen, ReadyToSubmit, TaskSeen
from pungi_osbuild.run.job import apply
from pungi_osbuild.run.outcomes import finishing
from pungi_osbuild.run.tracked import Heartbeat, RoundRobin, waiting_text
from pungi_osbuild.timing import HEARTBEAT_INTERVAL
from tests.run.engines import a_job, intended
from tests.values import a_failed_outcome, a_request, an_outcome

REQUESTS = tuple(a_request(number=number, arches=("x86_64",)) for number in range(3))


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def tracker(time: Time) -> ProgressTracker:
    tracker = ProgressTracker()
    tracker.plan("Example-1-20261123.t.0", REQUESTS, time)
    return tracker


class Life:
    """What happens to the first request, which a tracker is told of."""

    def __init__(self, tracker: ProgressTracker, time: Time) -> None:
        self.tracker = tracker
        self.time = time
        self.job = a_job(REQUESTS[0])

    def happen(self, *events: Event) -> None:
        for event in events:
            self.job = apply(self.job, event, self.time())
            self.tracker.notify(event, self.job)

    def submit(self, task_id: int, attempt: int = 1) -> None:
        request = REQUESTS[0].with_attempt(attempt)
        self.happen(ReadyToSubmit(request), intended(request), TaskSubmitted(0, task_id))


@pytest.fixture
def life(tracker: ProgressTracker, time: Time) -> Life:
    return Life(tracker, time)


def states(tracker: ProgressTracker) -> List[str]:
    return [status.state for status in tracker.snapshot().statuses]


def seen(number: int, state: TaskState) -> TaskSeen:
    return TaskSeen(Task(number, state, TaskTimes()))


def test_a_request_from_the_plan_to_its_end(life: Life, time: Time) -> None:
    """In Koji's words, then composer's, then ours."""
    tracker = life.tracker
    assert states(tracker) == ["planned"] * 3
    life.submit(11)
    assert states(tracker)[0] == "free"
    time.now += 60
    life.happen(seen(11, TaskState.OPEN))
    assert states(tracker) == ["open", "planned", "planned"]
    life.happen(ImagesSeen((("x86_64", "building"),)))
    assert states(tracker)[0] == "building"
    life.happen(seen(11, TaskState.CLOSED))
    assert states(tracker)[0] == "collecting"
    time.now += 60
    outcome = an_outcome(request=REQUESTS[0], task_id=11)
    life.happen(*finishing(life.job, outcome))
    time.now += 60
    progress = tracker.snapshot()
    assert states(tracker)[0] == "built"
    assert progress.statuses[0].elapsed(progress.now) == 120.0
    assert progress.elapsed == 180.0, "the others are not done"
    life.happen(seen(11, TaskState.OPEN))
    assert states(tracker)[0] == "built", "what comes late changes nothing"


def test_only_the_last_attempt_counts(life: Life) -> None:
    """What was known of the task before it counts no more."""
    life.submit(11)
    life.happen(seen(11, TaskState.FAILED))
    life.submit(12, 2)
    life.happen(seen(12, TaskState.OPEN))
    (status, *_) = life.tracker.snapshot().statuses
    assert (status.task_id, status.attempt, status.stage) == (12, 2, Stage.OPEN)


def test_a_task_of_an_earlier_run_has_its_own_time(life: Life, time: Time) -> None:
    """It was submitted before this run was there."""
    time.now = 400.0
    life.happen(intended(REQUESTS[0]), TaskSubmitted(0, 11))
    time.now = 1000.0
    life.happen(TaskResumed(0, "OPEN", False))
    (status, *_) = life.tracker.snapshot().statuses
    assert (status.stage, status.elapsed(1000.0)) == (Stage.OPEN, 600.0)


def test_what_was_never_submitted_has_an_end_too(life: Life) -> None:
    """Refused by the hub, or never tried."""
    outcome = a_failed_outcome(request=REQUESTS[0], task_id=None, reason="refused")
    life.happen(*finishing(life.job, outcome))
    (status, *_) = life.tracker.snapshot().statuses
    assert (status.stage, status.reason) == (Stage.FAILED, "refused")
    assert status.elapsed(2000.0) is None


def test_images_of_one_task_may_differ(life: Life) -> None:
    """Then each arch is told of."""
    life.submit(11)
    life.happen(seen(11, TaskState.OPEN))
    life.happen(ImagesSeen((("aarch64", "building"), ("x86_64", "success"))))
    assert states(life.tracker)[0] == "aarch64 building, x86_64 success"


def test_a_line_of_log_now_and_then(
    life: Life, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """Not each time that the hub is asked."""
    caplog.set_level(logging.INFO, "pungi_osbuild")
    life.submit(11)
    heartbeat = Heartbeat(life.tracker, time)
    for _ in range(3 * int(HEARTBEAT_INTERVAL)):
        time.now += 1
        heartbeat.beat()
    assert len(caplog.messages) == 3
    assert caplog.messages[0] == (
        "waiting for 3 of 3 tasks (2 planned, 1 free);"
        " the longest for 5 min: Server x86_64 example-guest, task 11"
    )


def test_the_line_of_a_run_that_has_submitted_nothing(tracker: ProgressTracker) -> None:
    """There is no longest then."""
    assert waiting_text(tracker.snapshot()) == "waiting for 3 of 3 tasks (3 planned)"


def test_everybody_has_a_turn() -> None:
    """Also where the same tasks run for long."""
    waiting = list(range(5))
    turns = RoundRobin(2)
    served = [set(turns.next(waiting)) for _ in range(12)]
    assert all(len(chosen) == 2 for chosen in served)
    for start in range(9):
        assert set().union(*served[start : start + 4]) == set(range(5))

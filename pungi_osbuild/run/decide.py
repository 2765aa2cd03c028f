"""
What to do with a job next: a table, read from the top; the first row that applies counts. Pure.

New and resumed runs, retries, timeouts, fail-fast and reserved N-V-Rs are decided here and nowhere
else. The engine does what a step says, and asks again after the next event or at the step's time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Callable, Optional, Tuple, Union

from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run import events
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.outcomes import (
    cancelled,
    completed,
    failed,
    finishing,
    not_retried,
    not_submitted,
)
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.situation import Facts, Situation

_LOST = (
    "task %d was cancelled, and %s is BUILDING still: composer seems to have lost it. Have an"
    " administrator release it (`koji cancel %s`), or take another release; then run this again"
)


class Action(Enum):
    """What somebody has to do besides what follows at once."""

    LOOK_UP = "look for the task of a submission whose answer was lost"
    ASK_TASK = "ask how the task stands"
    ASK_BUILD = "ask who has the N-V-R"
    CHECK_NVR = "ask whether the N-V-R can be used once more"
    PREPARE = "allocate a release, and check that the hub would take the request"
    NEW_RELEASE = "allocate another release"
    SUBMIT = "submit it"
    CANCEL = "cancel its task"
    COLLECT = "read and place what its task has built"
    NOTHING = "nothing"


@dataclass(frozen=True)
class NextStep:
    """
    What to do with a job.

    :param row: the name of the row that says so
    :param events: what follows at once
    :param at: when to look at the job again if nothing happens, by the run's monotonic clock
    :param request: to be prepared
    """

    action: Action
    row: str = ""
    events: Tuple[events.Event, ...] = ()
    at: float = math.inf
    request: Optional[ImageRequest] = None


@dataclass(frozen=True)
class DecisionRow:
    """
    A row of the table.

    :param name: when it applies, in words
    :param applies: whether it does
    :param step: what is done then, or how that follows
    """

    name: str
    applies: Callable[[Situation], bool]
    step: Union[NextStep, Callable[[Situation], NextStep]]


def next_step(job: Job, now: float, policy: RunPolicy, facts: Facts) -> NextStep:
    """
    Return what to do with a job of the present run.

    :param now: by the run's monotonic clock
    :param facts: what is known of the whole run
    """
    situation = Situation(job, now, policy, facts)
    for row in ROWS if job.is_ours or job.is_ready else (*ROWS_OF_EARLIER_RUNS, *ROWS):
        if row.applies(situation):
            step = row.step if isinstance(row.step, NextStep) else row.step(situation)
            return replace(step, row=row.name)
    raise AssertionError("no row for %r" % (job,))


def _always(_s: Situation) -> bool:
    return True


def _happens(*happened: events.Event) -> NextStep:
    return NextStep(Action.NOTHING, events=happened)


def _wait(until: float = math.inf) -> NextStep:
    return NextStep(Action.NOTHING, at=until)


def _prepare(s: Situation) -> NextStep:
    return NextStep(Action.PREPARE, request=s.following)


def _resume(s: Situation, waiting: bool = False) -> NextStep:
    assert s.job.submission is not None
    assert s.job.task is not None
    return _happens(events.TaskResumed(s.job.submission.intent, s.job.task.state.name, waiting))


def _ready(s: Situation) -> NextStep:
    return _happens(events.ReadyToSubmit(s.following))


def _finish(s: Situation, outcome: Outcome) -> NextStep:
    return _happens(*finishing(s.job, completed(s.job, outcome)))


def _collect(build_id: Optional[int]) -> NextStep:
    return NextStep(Action.COLLECT, events=(events.CollectingBegan(build_id),))


def _cancel(why: str, is_timeout: bool = False) -> NextStep:
    # Known before the hub is asked: a poll may show that it was done before the reply does.
    return NextStep(Action.CANCEL, events=(events.CancelRequested(why, is_timeout),))


def _cancel_overdue(s: Situation) -> NextStep:
    timeout = s.job.wanted.config.timeout or 0.0
    return _cancel("it had not ended %g s after it was submitted (timeout)" % timeout, True)


def _retry(s: Situation) -> NextStep:
    pause = s.policy.retries.sleep_time(s.job.retries + 1)
    return _happens(events.RetryScheduled(s.now + pause, pause))


def _given_up(s: Situation) -> NextStep:
    reason = "task %d was cancelled, and its build is not waited for: %s"
    why = s.facts.giving_up
    return _finish(s, cancelled(s.job, reason % (s.job.task_id, why), s.job.task))


def _lost(s: Situation) -> NextStep:
    nvr = s.job.wanted.nvr
    return _finish(s, cancelled(s.job, _LOST % (s.job.task_id, nvr, nvr), s.job.task))


def _taken(s: Situation) -> NextStep:
    reason = "task %d was cancelled, and %s was taken by another build"
    outcome = failed(s.job, reason % (s.job.task_id, s.job.wanted.nvr), s.job.task)
    return _happens(events.AttemptEnded(replace(outcome, nvr_taken=True)))


def _reserved(s: Situation) -> NextStep:
    return _finish(s, not_retried(s.outcome, "%s is reserved" % s.job.wanted.nvr))


ROWS_OF_EARLIER_RUNS = (
    # What earlier runs have submitted, until its state on the hub is known.
    DecisionRow("nothing was submitted before", lambda s: s.job.submission is None, _prepare),
    DecisionRow(
        "there never was a task",
        lambda s: s.job.submission is not None and s.job.submission.refused,
        _prepare,
    ),
    DecisionRow(
        "nobody knows if there is a task",
        lambda s: not s.job.has_task,
        NextStep(Action.LOOK_UP),
    ),
    DecisionRow("the hub does not know its task any more", lambda s: s.job.is_gone, _prepare),
    DecisionRow(
        "its task was not asked for",
        lambda s: s.state is None,
        NextStep(Action.ASK_TASK),
    ),
    DecisionRow("it is to be built again", lambda s: s.is_anew, _prepare),
    DecisionRow(
        "its task goes on, or what became of it was not seen",
        lambda s: s.is_worth_reading,
        _resume,
    ),
    DecisionRow(
        "its task came to nothing, and who has the N-V-R was not asked",
        lambda s: s.job.build_asked is None,
        NextStep(Action.ASK_BUILD),
    ),
    DecisionRow(
        "its task came to nothing, and has left a complete build",
        lambda s: s.has_build,
        _resume,
    ),
    DecisionRow(
        "its task was cancelled, and composer goes on with the build",
        lambda s: s.leaves_building,
        lambda s: _resume(s, waiting=True),
    ),
    DecisionRow("its task came to nothing", _always, _prepare),
)

ROWS = (
    DecisionRow("it is finished", lambda s: s.job.outcome is not None, NextStep(Action.NOTHING)),
    # Before the submission.
    DecisionRow(
        "it is ready, and the run gives up",
        lambda s: s.job.is_ready and s.facts.giving_up is not None,
        lambda s: _finish(s, not_submitted(s.job.wanted, str(s.facts.giving_up))),
    ),
    DecisionRow("it is ready", lambda s: s.job.is_ready, NextStep(Action.SUBMIT)),
    # An attempt is over.
    DecisionRow(
        "it is built",
        lambda s: s.job.result is not None and s.result.ok,
        lambda s: _finish(s, s.result),
    ),
    DecisionRow(
        "its attempt came to nothing, and the run gives up",
        lambda s: s.job.result is not None and s.facts.giving_up is not None,
        lambda s: _finish(s, s.outcome),
    ),
    DecisionRow(
        "another build has taken its N-V-R",
        lambda s: s.job.result is not None and s.takes_other_release,
        lambda s: NextStep(Action.NEW_RELEASE, request=s.following),
    ),
    DecisionRow(
        "its retry is not due yet",
        lambda s: s.job.retry_at is not None and s.now < s.job.retry_at,
        lambda s: _wait(s.job.retry_at or 0.0),
    ),
    DecisionRow(
        # Asked as late as possible: composer may still be building the first attempt.
        "its retry is due, and whether the N-V-R is free was not asked",
        lambda s: s.job.retry_at is not None and s.job.nvr_taken is None,
        NextStep(Action.CHECK_NVR),
    ),
    DecisionRow(
        "its retry is due, and the N-V-R is reserved",
        lambda s: s.job.retry_at is not None and s.job.nvr_taken is True,
        _reserved,
    ),
    DecisionRow("its retry is due", lambda s: s.job.retry_at is not None, _ready),
    DecisionRow(
        "its failure is transient, and a retry would be of no use",
        lambda s: s.job.result is not None and s.is_transient and s.obstacle is not None,
        lambda s: _finish(s, not_retried(s.outcome, str(s.obstacle))),
    ),
    DecisionRow(
        "its failure is transient",
        lambda s: s.job.result is not None and s.is_transient,
        _retry,
    ),
    DecisionRow(
        "it has failed",
        lambda s: s.job.result is not None,
        lambda s: _finish(s, s.outcome),
    ),
    # Somebody is at work on it.
    DecisionRow("it is being submitted", lambda s: s.job.is_submitting, _wait()),
    DecisionRow("it is being collected", lambda s: s.job.is_collecting, _wait()),
    # Its task was cancelled by an earlier run or by somebody, and composer goes on.
    DecisionRow(
        "its build is waited for, and the run gives up",
        lambda s: s.job.waits_since is not None and s.facts.giving_up is not None,
        _given_up,
    ),
    DecisionRow(
        "its build is waited for, and it is time to ask",
        lambda s: s.job.waits_since is not None and s.now >= s.build_due_at,
        NextStep(Action.ASK_BUILD),
    ),
    DecisionRow(
        "its build was waited for, and the N-V-R is free again",
        lambda s: (
            s.job.waits_since is not None and (s.job.build is None or not s.job.build.takes_nvr)
        ),
        _ready,
    ),
    DecisionRow(
        "its build was waited for, and is complete",
        lambda s: s.job.waits_since is not None and s.is_build_ours and not s.is_building,
        lambda s: _collect(s.job.build.id if s.job.build else None),
    ),
    DecisionRow(
        "its build was waited for, and another one has the N-V-R",
        lambda s: s.job.waits_since is not None and not s.is_building,
        _taken,
    ),
    DecisionRow(
        "its build is lost",
        lambda s: s.job.waits_since is not None and s.build_is_lost,
        _lost,
    ),
    DecisionRow(
        "its build is waited for",
        lambda s: s.job.waits_since is not None,
        lambda s: _wait(s.build_due_at),
    ),
    # Its task goes on.
    DecisionRow(
        "its task has ended",
        lambda s: s.job.has_ended,
        lambda s: _collect(s.job.build_id),
    ),
    DecisionRow("its task is being cancelled", lambda s: s.job.cancelling is not None, _wait()),
    DecisionRow("its task takes too long", lambda s: s.now >= s.timeout_at, _cancel_overdue),
    DecisionRow(
        "its task goes on, and the run gives up",
        lambda s: s.facts.giving_up is not None,
        lambda s: _cancel(str(s.facts.giving_up)),
    ),
    DecisionRow("its task goes on", _always, lambda s: _wait(s.timeout_at)),
)

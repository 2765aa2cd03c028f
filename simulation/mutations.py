"""
Mutations: faults put into the engine by hand, each of which the invariants must find.

Each is put into the modules of ``pungi_osbuild.run`` by name, and taken out again. What it replaces
must be there: a mutation of what is no more fails at once, and is not taken for found.
"""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import Unanswered, find_submitted
from pungi_osbuild.methods import arguments, sent_digest
from pungi_osbuild.run import decide, engine, jobs, journal, outcomes, resume, submitting
from pungi_osbuild.run.events import (
    OutcomeReached,
    SubmissionIntended,
    SubmissionRefused,
    TaskSubmitted,
)
from pungi_osbuild.run.job import apply
from pungi_osbuild.run.situation import Situation
from pungi_osbuild.timing import PollPolicy
from simulation.night import Played, play
from simulation.scenario import scenario

PACKAGE = "pungi_osbuild."


@dataclass(frozen=True)
class Mutation:
    """
    A fault of the engine.

    :param breaks: what does not hold any more, in words
    :param put_in: has it in the engine for as long as the context lasts
    :param seed: of a night that shows it; None: none is known
    """

    name: str
    breaks: str
    put_in: Callable[[], ContextManager[None]]
    seed: Optional[int] = None


def found_by(mutation: Mutation, seeds: Sequence[int]) -> Optional[Played]:
    """Return the first night that shows a mutation; the one that is known is the first."""
    known = [] if mutation.seed is None else [mutation.seed]
    with mutation.put_in():
        for seed in (*known, *(one for one in seeds if one not in known)):
            played = play(scenario(seed))
            if played.violations:
                return played
    return None


@contextmanager
def _replaced(owner: Any, name: str, new: Any) -> Iterator[None]:
    """Have something else under a name, in a class or a module and wherever it was imported."""
    old = vars(owner)[name]
    modules = [module for key, module in sorted(sys.modules.items()) if key.startswith(PACKAGE)]
    users = [owner, *(one for one in modules if one is not owner and vars(one).get(name) is old)]
    for user in users:
        setattr(user, name, new)
    try:
        yield
    finally:
        for user in users:
            setattr(user, name, old)


def _without_row(table: str, name: str) -> ContextManager[None]:
    """Leave a row out of one of the decision tables."""
    rows = getattr(decide, table)
    left = tuple(row for row in rows if row.name != name)
    assert len(left) == len(rows) - 1, "no row %r" % name
    return _replaced(decide, table, left)


def _row_without(table: str, names: Sequence[str]) -> ContextManager[None]:
    """Leave several rows out."""
    rows = getattr(decide, table)
    left = tuple(row for row in rows if row.name not in names)
    assert len(left) == len(rows) - len(names), "not all of the rows %r" % (names,)
    return _replaced(decide, table, left)


# The journal


def _append_unflushed(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _intents_late() -> ContextManager[None]:
    original = journal.Journal.append

    def append(self: Any, news: Sequence[Any], time: Optional[float] = None) -> None:
        held = vars(self).setdefault("held", [])
        others = [event for event in news if not isinstance(event, SubmissionIntended)]
        intents = [event for event in news if isinstance(event, SubmissionIntended)]
        if others:
            late, held[:] = [*held], []
            original(self, [*late, *others], time)
        held.extend(intents)
        if held:
            self.next_intent = held[-1].intent + 1

    return _replaced(journal.Journal, "append", append)


def _not_journaled(*left_out: type) -> ContextManager[None]:
    original = journal.Journal.append

    def append(self: Any, news: Sequence[Any], time: Optional[float] = None) -> None:
        original(self, [event for event in news if not isinstance(event, left_out)], time)

    return _replaced(journal.Journal, "append", append)


def _failure_to_write_overlooked() -> ContextManager[None]:
    original = journal.Journal.append

    def append(self: Any, news: Sequence[Any], time: Optional[float] = None) -> None:
        try:
            original(self, news, time)
        except InputError:
            intents = [event.intent for event in news if isinstance(event, SubmissionIntended)]
            self.next_intent = max([self.next_intent, *(one + 1 for one in intents)])

    return _replaced(journal.Journal, "append", append)


def _torn_end_kept() -> ContextManager[None]:
    original = journal.Journal._write

    def write(self: Any, data: bytes) -> None:
        self._is_torn = False
        original(self, data)

    return _replaced(journal.Journal, "_write", write)


def _secret_written() -> ContextManager[None]:
    def sent(request: Any) -> str:
        return "%s %s" % (sent_digest(request), json.dumps(arguments(request)))

    return _replaced(jobs, "sent_digest", sent)


class _NoLock:
    def __init__(self, _folder: Any) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


# Submitting and looking up


def _submitted_again_unasked() -> ContextManager[None]:
    original = submitting.Submitter._task_of

    def task_of(self: Any, request: Any, answer: Any, after: int) -> Optional[int]:
        return None if isinstance(answer, Unanswered) else original(self, request, answer, after)

    return _replaced(submitting.Submitter, "_task_of", task_of)


def _doubt_is_refusal(_hub: Any, _user: int, doubtful: Any, *_: Any) -> List[Any]:
    return [
        (job.number, SubmissionRefused(job.submission.intent))
        for job in doubtful
        if job.submission is not None
    ]


def _looked_for_once(
    hub: Any, user: int, sought: Any, _clock: Any, _check: Any, known: Any = frozenset()
) -> Dict[int, int]:
    return find_submitted(hub, user, sought, known)


# Deciding


def _attempt_not_counted(self: Any) -> Any:
    last = self.job.submission
    return self.job.wanted.with_attempt(1 if last is None or self.is_anew else last.attempt)


def _applied_twice() -> ContextManager[None]:
    original = apply

    def twice(job: Any, event: Any, time: float) -> Any:
        return original(original(job, event, time), event, time)

    return _replaced(jobs, "apply", twice)


def _with_policy(**changes: Any) -> ContextManager[None]:
    original = engine.Engine.__init__

    def begin(self: Any, jobs: Any, work: Any, *more: Any) -> None:
        policy = replace(work.policy, **changes)
        original(self, jobs, replace(work, policy=policy), *more)

    return _replaced(engine.Engine, "__init__", begin)


def _earlier_tries_forgotten(_job: Any, outcome: Any) -> Any:
    return outcome


_OF_EARLIER = "ROWS_OF_EARLIER_RUNS"

MUTATIONS: Tuple[Mutation, ...] = (
    Mutation(
        "unflushed-journal",
        "a line of the journal is on disk before it is acted on",
        partial(_replaced, journal, "_append", _append_unflushed),
        seed=1,
    ),
    Mutation(
        "late-intents",
        "an intent is in the journal before the hub is called",
        _intents_late,
        seed=89,
    ),
    Mutation(
        "unwritten-journal",
        "a run whose journal cannot be written submits nothing",
        _failure_to_write_overlooked,
        seed=125,
    ),
    Mutation(
        "torn-end",
        "half a line is cut off before the next one",
        _torn_end_kept,
        seed=9,
    ),
    Mutation(
        "tasks-not-journaled",
        "the journal says which task a submission has become",
        partial(_not_journaled, TaskSubmitted),
        seed=0,
    ),
    Mutation(
        "outcomes-not-journaled",
        "the journal says what became of each request",
        partial(_not_journaled, OutcomeReached),
        seed=0,
    ),
    Mutation(
        "secret",
        "a task's arguments are in no file",
        _secret_written,
        seed=0,
    ),
    Mutation(
        "no-lock",
        "two runs are never at work on one compose",
        partial(_replaced, journal, "RunLock", _NoLock),
        seed=77,
    ),
    Mutation(
        "lost-answer",
        "a submission that was not answered is looked up before it is sent again",
        _submitted_again_unasked,
        seed=38,
    ),
    Mutation(
        "doubt-forgotten",
        "a submission of an earlier run that was not answered is looked up",
        partial(_replaced, resume, "_looked_up", _doubt_is_refusal),
        seed=26,
    ),
    Mutation(
        "impatient-look-up",
        "a submission is looked for as long as it may be on its way",
        partial(_replaced, resume, "await_submitted", _looked_for_once),
        seed=338,
    ),
    Mutation(
        "submitted-once-more",
        "the task of an earlier run is gone on with",
        partial(_without_row, _OF_EARLIER, "its task goes on, or what became of it was not seen"),
        seed=1,
    ),
    Mutation(
        "reservation-forgotten",
        "an N-V-R that a cancelled task has reserved is waited for",
        partial(
            _without_row,
            _OF_EARLIER,
            "its task was cancelled, and composer goes on with the build",
        ),
        seed=61,
    ),
    Mutation(
        "same-attempt",
        "each try has a number of its own",
        partial(_replaced, Situation, "following", property(_attempt_not_counted)),
        seed=5,
    ),
    Mutation(
        "applied-twice",
        "an event is applied once",
        _applied_twice,
        seed=116,
    ),
    Mutation(
        "retry-unasked",
        "before a retry the hub is asked whether the N-V-R is free",
        partial(
            _row_without,
            "ROWS",
            (
                "its retry is due, and whether the N-V-R is free was not asked",
                "its retry is due, and the N-V-R is reserved",
            ),
        ),
        seed=18,
    ),
    Mutation(
        "no-timeout",
        "a task that takes too long is cancelled",
        partial(_replaced, Situation, "timeout_at", property(lambda _situation: math.inf)),
        seed=146,
    ),
    Mutation(
        "no-fail-fast",
        "after a required failure the rest is cancelled where fail-fast is wanted",
        partial(_with_policy, fail_fast=False),
        seed=146,
    ),
    Mutation(
        "restless",
        "there is a pause between two polls",
        partial(_replaced, PollPolicy, "pause", lambda _policy, _left: 0.0),
        seed=0,
    ),
    Mutation(
        "earlier-tries-forgotten",
        "what earlier tries have left behind is said",
        partial(_replaced, outcomes, "completed", _earlier_tries_forgotten),
        seed=103,
    ),
)
"""All of them."""

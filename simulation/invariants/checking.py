"""The list of all invariants, and what several of them look up in a record."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from simulation.record import (
    Ended,
    HubBuild,
    HubTask,
    Record,
    Run,
    Slot,
)

Check = Callable[[Record], Iterator[str]]


@dataclass(frozen=True)
class Invariant:
    """
    Something that must hold.

    :param words: the sentence that says it
    """

    name: str
    words: str
    check: Check


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and what was found."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return "%s: %s" % (self.invariant, self.what)


INVARIANTS: List[Invariant] = []


def invariant(check: Check) -> Check:
    """Take a check into the list; the first sentence of its docstring says what must hold."""
    words = " ".join((check.__doc__ or "").split())
    INVARIANTS.append(Invariant(check.__name__, words, check))
    return check


def violations(record: Record) -> Tuple[Violation, ...]:
    """Return everything that does not hold."""
    return tuple(Violation(one.name, what) for one in INVARIANTS for what in one.check(record))


def by_slot(record: Record) -> Dict[Slot, List[HubTask]]:
    """Return the tasks of each slot, in their order."""
    found: Dict[Slot, List[HubTask]] = {}
    for task in record.tasks:
        if task.slot is not None:
            found.setdefault(task.slot, []).append(task)
    return found


def is_told(
    record: Record, slot: Slot, build: Optional[HubBuild], before: float = math.inf
) -> bool:
    """Whether a run that ended before some time has said that a build is, or may be, left."""
    if build is None:
        return False
    for run in record.runs_of(slot.compose):
        if run.ended is not None and run.ended > before:
            continue
        for outcome in run.outcomes:
            named = re.search(r"%s(?![\w.])" % re.escape(build.nvr), outcome.reason or "")
            if named or any(name == build.nvr for _, name in outcome.leftovers):
                return True
        task = r"\b%s\b|\b%s\b" % (re.escape(build.nvr), build.task_id)
        if re.search(task, run.said) or any(
            re.search(task, line) for line in run.log if "left alone" in line
        ):
            return True
    return False


def just_ended(record: Record, *how: Ended) -> Iterator[Tuple[str, Run]]:
    """Give the composes whose last run has come to one of these ends."""
    for compose in record.settled:
        run = record.last_run(compose)
        if run is not None and run.how in how:
            yield compose, run

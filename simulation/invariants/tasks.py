"""Tasks and builds, as the hub has them."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, Set

from simulation import causes
from simulation.compose_files import journal_lines
from simulation.invariants.checking import by_slot, invariant, is_told
from simulation.record import (
    HubTask,
    Record,
    Slot,
)


@invariant
def a_request_has_one_task_at_a_time(record: Record) -> Iterator[str]:
    """Each request has at most one task at a time, but where a run was to build it again."""
    for slot, tasks in by_slot(record).items():
        for earlier, later in zip(tasks, tasks[1:]):
            if earlier.overlaps(later) and not _is_rebuilt(record, slot, earlier, later):
                yield "%s: task %d was made while task %d was in progress" % (
                    *(slot, later.id, earlier.id),
                )


@invariant
def a_request_is_not_built_twice(record: Record) -> Iterator[str]:
    """No request is built a second time, but where a run was to, or somebody was told to wait."""
    for slot, tasks in by_slot(record).items():
        built = [(task, build) for task in tasks for build in [record.build_of(task)] if build]
        complete = [(task, build) for task, build in built if build.state == "COMPLETE"]
        for (earlier, before), (later, after) in zip(complete, complete[1:]):
            if earlier.edition != later.edition:
                continue
            is_excused = is_told(record, slot, before, later.created)
            # A run that was killed has said it, too: its journal tells.
            path = record.composes[slot.compose] / "work/global/osbuild/journal.jsonl"
            is_excused = is_excused or _is_outcome_before(path, earlier.nvr, later.nvr)
            if is_excused or _is_rebuilt(record, slot, earlier, later):
                continue
            yield "%s: %s (task %d) was built, and then %s (task %d)" % (
                *(slot, before.nvr, earlier.id, after.nvr, later.id),
            )


@invariant
def every_task_was_intended(record: Record) -> Iterator[str]:
    """The journal has the intent of every task before the hub has the task."""
    for compose in record.settled:
        intended = _intended(record.composes[compose])
        for task in record.tasks:
            is_ours = task.slot is not None and task.slot.compose == compose
            if is_ours and task.nvr not in intended:
                yield "%s: no line intends %s, which is task %d" % (task.slot, task.nvr, task.id)


@invariant
def a_task_is_cancelled_for_a_cause(record: Record) -> Iterator[str]:
    """A run cancels only tasks of its own, for a timeout, fail-fast or because it was stopped."""
    runs = {run.name: run for run in record.runs}
    tasks = {task.id: task for task in record.tasks}
    for exchange in record.exchanges:
        for method, arguments in exchange.calls:
            if method != "cancelTask":
                continue
            task, run = tasks.get(int(arguments[0])), runs[exchange.run]
            if task is None or task.slot is None or task.slot.compose != run.compose:
                yield "%s cancelled task %s, which is not its own" % (run.name, arguments[0])
            elif causes.of_cancelling(record, run, task, exchange.at) is None:
                yield "%s cancelled task %d (%s) for no cause" % (run.name, task.id, task.slot)


def _is_outcome_before(path: Path, earlier: str, later: str) -> bool:
    """Whether a journal has the failure of one submission before the intent of another."""
    intents: Dict[int, str] = {}
    failed: Set[str] = set()
    for line in journal_lines(path)[0]:
        if line["event"] == "intent":
            if line["nvr"] == later:
                return earlier in failed
            intents[line["intent"]] = line["nvr"]
        elif line["event"] == "outcome" and line["outcome"] != "built":
            failed.add(intents.get(line["intent"], ""))
    return False


def _is_rebuilt(record: Record, slot: Slot, earlier: HubTask, later: HubTask) -> bool:
    """
    Whether a run was to build a request again after the earlier task was made.

    What such a run has forgotten stays forgotten, when it was stopped before it submitted anything.
    """
    for run in record.runs_of(slot.compose):
        wants = run.rebuild == "all" or (
            run.rebuild == "changed" and earlier.edition != later.edition
        )
        if wants and earlier.created <= run.began <= later.created:
            return True
    return False


def _intended(topdir: Path) -> Set[str]:
    """Return the N-V-Rs that the journals of a compose intend, those set aside included."""
    found: Set[str] = set()
    for path in sorted((topdir / "work/global/osbuild").glob("journal*.jsonl")):
        lines, _ = journal_lines(path)
        found.update(line["nvr"] for line in lines if line["event"] == "intent")
    return found

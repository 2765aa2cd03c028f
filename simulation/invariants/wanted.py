"""What the config asks for: timeouts, fail-fast, retries; and whose build an image is of."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from simulation.compose_files import ComposeFiles, journal_lines
from simulation.invariants.checking import by_slot, invariant, just_ended
from simulation.record import Ended, HubTask, Record, Run

PROMPT = 60.0
"""Seconds within which a run sees that a task has ended or is late, and acts on it."""

TROUBLE = 300.0
"""Seconds for which a call that went wrong, or an outage, may still be felt."""

_LAST_RETRY = re.compile(r"this was the last of (\d+) retr")

_Key = Tuple[Any, ...]


@invariant
def a_late_task_is_cancelled(record: Record) -> Iterator[str]:
    """A run that goes on cancels a task of its own that takes longer than its timeout."""
    for run in record.runs:
        for task in _own_tasks(record, run):
            timeout = run.timeouts.get(str(task.slot))
            if timeout is None:
                continue
            due = task.created + timeout
            if _was_left_open(record, run, task, due):
                yield "%s: task %d (%s) was not cancelled %.0f s after it was made" % (
                    *(run.name, task.id, task.slot, timeout + PROMPT),
                )


@invariant
def fail_fast_ends_the_rest(record: Record) -> Iterator[str]:
    """Where fail-fast is wanted, nothing is submitted or goes on after a required failure."""
    for run in record.runs:
        if not run.fail_fast or run.how is not Ended.RESULT:
            continue
        tasks = {task.id: task for task in _own_tasks(record, run)}
        ends = [
            task.ended
            for outcome in run.outcomes
            for task in [tasks.get(outcome.task_id or 0)]
            if outcome.kind != "built" and not outcome.can_fail
            if task is not None and task.ended is not None and task.state != "CLOSED"
        ]
        for task in tasks.values() if ends else ():
            if task.created > min(ends) + PROMPT and _is_quiet(record, min(ends), task.created):
                yield "%s: task %d was made after a required failure" % (run.name, task.id)
            if task.created <= min(ends) and _was_left_open(record, run, task, min(ends)):
                yield "%s: task %d was not cancelled after a required failure" % (
                    *(run.name, task.id),
                )


@invariant
def each_try_has_its_number(record: Record) -> Iterator[str]:
    """Tries of a request that became tasks are counted: no number is given twice."""
    for compose in record.settled:
        lines, _ = journal_lines(record.composes[compose] / "work/global/osbuild/journal.jsonl")
        made = {line["intent"] for line in lines if line["event"] == "submitted"}
        last: Dict[_Key, Mapping[str, Any]] = {}
        for line in lines:
            if line["event"] == "plan" and line["anew"]:
                last.clear()
            if line["event"] != "intent":
                continue
            key = (line["name"], *line["arches"])
            before = last.get(key)
            last[key] = line
            if before is None or before["block"] != line["block"]:
                continue
            number = before["attempt"] + (before["intent"] in made)
            if line["attempt"] != number:
                yield "%s: intent %d of %s is attempt %d, not %d" % (
                    *(compose, line["intent"], line["nvr"], line["attempt"], number),
                )


@invariant
def as_many_retries_as_are_wanted(record: Record) -> Iterator[str]:
    """What is said to be the last of some retries comes after the first try and the others."""
    for run in record.runs:
        for outcome in run.outcomes:
            said = _LAST_RETRY.search(outcome.reason or "")
            made = len(record.tasks_of(outcome.slot))
            if said is not None and made <= int(said.group(1)):
                yield "%s: %s: %s, after %d tasks" % (run.name, outcome.slot, said.group(0), made)


@invariant
def no_task_is_made_for_an_own_build(record: Record) -> Iterator[str]:
    """Nothing is submitted for an N-V-R that an earlier task of the request has still."""
    for slot, tasks in by_slot(record).items():
        for position, task in enumerate(tasks):
            for earlier in tasks[:position]:
                build = record.build_of(earlier)
                if build is None or build.nvr != task.nvr or build.created >= task.created:
                    continue
                if build.state not in ("FAILED", "CANCELED"):
                    yield "%s: task %d was made for %s, which task %d has" % (
                        *(slot, task.id, task.nvr, earlier.id),
                    )


@invariant
def each_image_is_of_an_own_build(record: Record) -> Iterator[str]:
    """Everything recorded was built by a task of the compose."""
    whose = {task.id: task.slot for task in record.tasks}
    builders = {build.id: build.task_id for build in record.builds}
    for compose, _run in just_ended(record, Ended.RESULT):
        for path, entry in ComposeFiles(record.composes[compose]).recorded.items():
            slot = whose.get(builders.get(entry["koji"]["build_id"]) or 0)
            if slot is None or slot.compose != compose:
                yield "%s: %s is of a build of another's" % (compose, path)


def _own_tasks(record: Record, run: Run) -> List[HubTask]:
    """Return the tasks that a run has made."""
    others = [one for one in record.runs_of(run.compose) if one is not run]
    return [
        task
        for task in record.tasks
        if task.slot is not None
        and task.slot.compose == run.compose
        and _is_within(run, task.created)
        and not any(_is_within(other, task.created) for other in others)
    ]


def _is_within(run: Run, at: float) -> bool:
    return run.began <= at and (run.ended is None or at <= run.ended)


def _was_left_open(record: Record, run: Run, task: HubTask, due: float) -> bool:
    """Whether a run did not cancel a task from a time on, though it could."""
    end = due + PROMPT
    goes_on = run.ended is not None and run.ended > end
    is_open = task.ended is None or task.ended > end
    return (
        goes_on
        and is_open
        and _is_quiet(record, due, end)
        and not any(
            _is_cancelling(exchange.calls, task.id)
            for exchange in record.exchanges
            if exchange.run == run.name
        )
    )


def _is_quiet(record: Record, start: float, end: float) -> bool:
    """Whether nothing was done to the network meanwhile; an outage lasts a while."""
    return not any(
        start - TROUBLE <= one.at <= end
        for one in record.happenings
        if one.is_of_network or one.kind.startswith("hub.")
    )


def _is_cancelling(calls: Sequence[Tuple[str, Tuple[Any, ...]]], task_id: Optional[int]) -> bool:
    return any(method == "cancelTask" and int(args[0]) == task_id for method, args in calls)

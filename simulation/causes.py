"""
Whether something that happened bears out what a run says: the causes of errors and failures.

A cause is a sentence, or None where there is none.
"""

from __future__ import annotations

from typing import Callable, List, Optional

from simulation.record import Ended, Happening, HubTask, Record, Run, ToldOutcome

FILE_FAULTS = (
    *("checksum", "missing", "cut", "wrong-bytes", "gone", "lost-upload"),
    *("odd-upload", "odd-archive", "no-range", "slow", "redirect"),
)
"""Faults of the rehearsal after which a task has succeeded, and its images cannot be placed."""

SLACK = 0.001
"""Seconds by which two clocks may round differently."""


def of_cancelling(record: Record, run: Run, task: HubTask, at: float) -> Optional[str]:
    """Return why a run cancelled a task of its own."""
    timeout = run.timeouts.get(str(task.slot))
    if timeout is not None and at - task.created >= timeout - SLACK:
        return "the task is older than its timeout"
    if run.fail_fast and (run.how is not Ended.RESULT or _has_required_failure(run)):
        return "fail-fast"
    if run.cancels and (run.how is not Ended.RESULT or _was_stopped(record, run)):
        return "the run was stopped"
    return None


def of_error(record: Record, run: Run) -> Optional[str]:
    """Return why a run raised an error."""
    if any(one.compose == run.compose and one.name != run.name for one in _beside(record, run)):
        return "another run was in progress"
    if _first(record, run, lambda one: one.is_of_network) and run.error in _OF_HUB:
        return "the network"
    if of_disk(record, run) is not None:
        return "the disk"
    if run.error == "ConfigError" and (record.builds or record.faults):
        # Preflight: the hub would refuse a request that is required.
        return "the hub's record"
    if run.error in _OF_HUB and record.faults:
        return "a fault of the hub"
    return None


_OF_HUB = ("HubError", "HubFaultError", "ReplyError", "UnansweredError", "ConfigError")


def of_outcome(record: Record, run: Run, outcome: ToldOutcome) -> Optional[str]:
    """Return why a request was not built."""
    task = next((one for one in record.tasks if one.id == outcome.task_id), None)
    if task is None:
        return _of_no_task(record, run, outcome)
    if task.state == "FAILED":
        return "the task failed"
    if task.state == "CANCELED":
        return _of_cancelled(record, task)
    if task.state == "CLOSED":
        return _of_unplaced(record, run)
    return of_anything(record, run)


def of_lasting(record: Record, run: Run, outcome: ToldOutcome) -> Optional[str]:
    """Return why a request cannot be built, however often it is tried."""
    task = next((one for one in record.tasks if one.id == outcome.task_id), None)
    build = None if task is None else record.build_of(task)
    if task is not None and task.state == "FAILED":
        return "the task failed"
    timeout = run.timeouts.get(str(outcome.slot))
    lasted = 0.0 if task is None or task.ended is None else task.ended - task.created
    if timeout is not None and lasted >= timeout - SLACK:
        return "its timeout is shorter than it takes"
    if run.fail_fast and _has_required_failure(run, outcome):
        return "fail-fast"
    if outcome.nvr is not None and _is_others(record, outcome, outcome.nvr):
        return "its N-V-R is another's"
    is_built = any(one.nvr == outcome.nvr and one.state == "COMPLETE" for one in record.builds)
    if is_built and any(one.rebuild != "nothing" for one in record.runs_of(run.compose)):
        return "it was to be built again, with the release that it has"
    if build is not None and build.state in ("DELETED", "CANCELED", "BUILDING"):
        return "its build is %s" % build.state.lower()
    if any(one.nvr == outcome.nvr and one.state == "DELETED" for one in record.builds):
        return "its build is deleted"
    if build is not None and build.state == "COMPLETE" and record.has_fault(*FILE_FAULTS):
        return "its file is not what it should be"
    if task is not None and task.state != "CLOSED" and record.results_in == "status":
        return "its upload is named in no output: the task did not come to its end"
    return None


def of_refusal(record: Record, run: Run) -> Optional[str]:
    """Return why nothing is submitted any more, however often it is tried: preflight says so."""
    own = {task.id for task in record.tasks if task.slot and task.slot.compose == run.compose}
    has_rebuilt = any(one.rebuild != "nothing" for one in record.runs_of(run.compose))
    for build in record.builds:
        is_lost = build.state in ("DELETED", "BUILDING") or build.task_id not in own
        if run.error == "ConfigError" and build.nvr in run.said and (is_lost or has_rebuilt):
            return "%s is %s" % (build.nvr, build.state.lower())
    return None


def of_disk(record: Record, run: Run) -> Optional[str]:
    """Return what happened to the disk of a run, before its end."""
    found = _first(record, run, lambda one: one.is_of_disk)
    return None if found is None else found.kind


def of_anything(record: Record, run: Run) -> Optional[str]:
    """Return anything that happened to a run, its hub or its machine before its end."""
    found = _first(record, run, lambda _one: True)
    if found is not None:
        return found.kind
    return "a fault of the hub" if record.faults else None


def _of_no_task(record: Record, run: Run, outcome: ToldOutcome) -> Optional[str]:
    if outcome.nvr is not None and any(build.nvr == outcome.nvr for build in record.builds):
        return "its N-V-R is taken"
    if run.fail_fast and _has_required_failure(run, outcome):
        return "fail-fast"
    return of_anything(record, run)


def _of_cancelled(record: Record, task: HubTask) -> Optional[str]:
    by_person = any(
        one.kind == "cancel-task" and one.whom == "task %d" % task.id for one in record.happenings
    )
    if by_person:
        return "somebody cancelled it"
    by_run = any(
        method == "cancelTask" and arguments and int(arguments[0]) == task.id
        for exchange in record.exchanges
        for method, arguments in exchange.calls
    )
    # Why it did so is judged by itself.
    return "a run cancelled it" if by_run else None


def _of_unplaced(record: Record, run: Run) -> Optional[str]:
    if record.has_fault(*FILE_FAULTS):
        return "a fault of the file"
    if _first(record, run, lambda one: one.is_of_network or one.is_of_disk):
        return "network or disk"
    if any(one.kind in ("delete-build", "stop") for one in record.happenings):
        return "somebody did it"
    return "the run was stopped" if run.how is not Ended.RESULT else None


def _first(record: Record, run: Run, wanted: Callable[[Happening], bool]) -> Optional[Happening]:
    """Return the first of what happened by the end of a run: what harms may show much later."""
    for one in record.happenings:
        if (run.ended is None or one.at <= run.ended) and wanted(one):
            return one
    return None


def _beside(record: Record, run: Run) -> List[Run]:
    """Return the runs that were in progress at the same time."""
    return [
        other
        for other in record.runs
        if other.began <= (run.ended if run.ended is not None else run.began)
        and (other.ended is None or other.ended >= run.began)
    ]


def _was_stopped(record: Record, run: Run) -> bool:
    return any(one.kind == "stop" and one.whom == run.compose for one in record.happenings)


def _has_required_failure(run: Run, beside: Optional[ToldOutcome] = None) -> bool:
    return any(
        one.kind != "built" and not one.can_fail and one is not beside for one in run.outcomes
    )


def _is_others(record: Record, outcome: ToldOutcome, nvr: str) -> bool:
    own = {task.id for task in record.tasks_of(outcome.slot)}
    return any(build.nvr == nvr and build.task_id not in own for build in record.builds)

"""What a task is, what became of it, and its children."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from koji_rehearsal.records import Task
from koji_rehearsal.replies import task_info
from koji_rehearsal.rpc import METHODS, Caller
from koji_rehearsal.state import State
from koji_rehearsal.values import whole_number
from koji_rehearsal.wire import TASK_STATES, GenericError


@METHODS.method("getTaskInfo(task_id, request=False, strict=False)")
def get_task_info(caller: Caller, task_id: Any, request: Any, strict: Any) -> Any:
    """Return a task; of a list of ids a list, in order, None where there is none."""
    if isinstance(task_id, list):
        return [_info(caller, one, request, strict) for one in task_id]
    return _info(caller, task_id, request, strict)


def _info(caller: Caller, task_id: Any, request: Any, strict: Any) -> Optional[Dict[str, Any]]:
    task = caller.state.tasks.get(whole_number(task_id))
    if task is None:
        if strict:
            raise GenericError("query returned no rows")
        return None
    return task_info(task, bool(request))


@METHODS.method("getTaskRequest(taskId)")
def get_task_request(caller: Caller, task_id: Any) -> List[Any]:
    """Return a task's arguments."""
    return list(_known(caller, task_id).request)


@METHODS.method("getTaskResult(taskId, raise_fault=True)")
def get_task_result(caller: Caller, task_id: Any, raise_fault: Any) -> Any:
    """Return what a task ended with, or raise it."""
    task = _known(caller, task_id)
    if task.state == TASK_STATES["CANCELED"]:
        raise GenericError("Task %d is canceled" % task.id)
    if not task.ended:
        raise GenericError("Task %d is not finished" % task.id)
    if task.fault is None:
        return task.result
    if raise_fault:
        task.fault.throw()
    return task.fault.to_wire()


@METHODS.method("taskFinished(taskId)")
def task_finished(caller: Caller, task_id: Any) -> bool:
    """Whether a task has ended."""
    return _known(caller, task_id).ended


@METHODS.method("getTaskChildren(task_id, request=False, strict=False)")
def get_task_children(
    caller: Caller, task_id: Any, request: Any, strict: Any
) -> List[Dict[str, Any]]:
    """Return a task's subtasks."""
    number = whole_number(task_id)
    if strict:
        _known(caller, number)
    return _children(caller.state, number, bool(request))


@METHODS.method("getTaskDescendents(task_id, request=False)")
def get_task_descendents(caller: Caller, task_id: Any, request: Any) -> Dict[str, Any]:
    """Return the subtasks of a task and of all below it, by id; the ids are text."""
    found: Dict[str, Any] = {}
    waiting = [whole_number(task_id)]
    while waiting:
        number = waiting.pop()
        children = _children(caller.state, number, bool(request))
        found[str(number)] = children
        waiting.extend(child["id"] for child in children)
    return found


def _children(state: State, task_id: int, request: bool) -> List[Dict[str, Any]]:
    numbers = state.children.get(task_id, ())
    return [task_info(state.tasks[number], request) for number in numbers]


def _known(caller: Caller, task_id: Any) -> Task:
    task = caller.state.tasks.get(whole_number(task_id))
    if task is None:
        raise GenericError("No such task")
    return task


@METHODS.method(
    "listBuildroots(hostID=None, tagID=None, state=None, rpmID=None, archiveID=None,"
    " taskID=None, buildrootID=None, repoID=None, queryOpts=None)"
)
def list_buildroots(_caller: Caller, *_: Any) -> List[Any]:
    """Return no buildroots: the rehearsal keeps none."""
    return []

"""Tasks: what became of them, how they are found, and the files that they leave."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import column_number, ordered, timestamp, whole_number
from koji_rehearsal.encoding import TASK_STATES, GenericError
from koji_rehearsal.records import Task
from koji_rehearsal.replies import CHANNEL_ID, listed_task, task_info
from koji_rehearsal.state import State


@API.call("getTaskInfo(task_id, request=False, strict=False)")
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


@API.call("getTaskRequest(taskId)")
def get_task_request(caller: Caller, task_id: Any) -> List[Any]:
    """Return a task's arguments."""
    return list(_known(caller, task_id).request)


@API.call("getTaskResult(taskId, raise_fault=True)")
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


@API.call("taskFinished(taskId)")
def task_finished(caller: Caller, task_id: Any) -> bool:
    """Whether a task has ended."""
    return _known(caller, task_id).ended


@API.call("getTaskChildren(task_id, request=False, strict=False)")
def get_task_children(
    caller: Caller, task_id: Any, request: Any, strict: Any
) -> List[Dict[str, Any]]:
    """Return a task's subtasks."""
    number = whole_number(task_id)
    if strict:
        _known(caller, number)
    return _children(caller.state, number, bool(request))


@API.call("getTaskDescendents(task_id, request=False)")
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


@API.call(
    "listBuildroots(hostID=None, tagID=None, state=None, rpmID=None, archiveID=None,"
    " taskID=None, buildrootID=None, repoID=None, queryOpts=None)"
)
def list_buildroots(_caller: Caller, *_: Any) -> List[Any]:
    """Return no buildroots: the rehearsal keeps none."""
    return []


Test = Callable[[Task], bool]

_LISTS: Mapping[str, Callable[[Task], Any]] = {
    "arch": lambda _task: "noarch",
    "state": lambda task: task.state,
}
_NUMBERS: Mapping[str, Callable[[Task], Any]] = {
    "owner": lambda task: task.owner,
    "host_id": lambda task: task.host_id,
    "channel_id": lambda _task: CHANNEL_ID,
    "parent": lambda task: task.parent,
}
_TIMES: Mapping[str, Callable[[Task], Any]] = {
    "created": lambda task: task.create_ts,
    "started": lambda task: task.start_ts,
    "complete": lambda task: task.completion_ts,
    "completed": lambda task: task.completion_ts,
}


@API.call("listTasks(opts=None, queryOpts=None)")
def list_tasks(caller: Caller, opts: Any, query_opts: Any) -> Any:
    """
    Return the tasks that fit all options; an option that is unknown selects nothing, as in Koji.

    Rows are made only for what is shown: a hub carries many tasks.
    """
    options = dict(opts or {})
    tests = _tests(options)
    tasks = [task for task in _among(caller.state, options) if all(test(task) for test in tests)]
    users = caller.state.users
    query = dict(query_opts or {})
    if query.get("countOnly"):
        return ordered([{} for _ in tasks], {**query, "order": None})
    decode = bool(options.get("decode"))
    tasks.sort(key=_last_change)
    rows = [listed_task(task, users[task.owner], decode) for task in tasks]
    return ordered(rows, query)


def _among(state: State, options: Mapping[str, Any]) -> Iterable[Task]:
    """Give the tasks to look at: of many, those that ended late are few."""
    for name in ("completeAfter", "completedAfter"):
        if options.get(name) is not None:
            return state.ended_since(timestamp(options[name]))
    return state.tasks.values()


def _last_change(task: Task) -> Tuple[float, int]:
    """Return what rows come by that nobody wants sorted: in the order of their last change."""
    return task.completion_ts or task.start_ts or task.create_ts, -task.id


def _tests(options: Mapping[str, Any]) -> List[Test]:
    tests: List[Test] = []
    for name, column in _LISTS.items():
        tests += _of_list(options, name, column)
    for name, column in _NUMBERS.items():
        tests += _of_number(options, name, column)
    for name, column in _TIMES.items():
        tests += _of_time(options, name, column)
    if "method" in options:
        method = options["method"]
        tests.append(lambda task: bool(task.method == method))
    return tests


def _of_list(
    options: Mapping[str, Any], name: str, column: Callable[[Task], Any]
) -> Iterable[Test]:
    if name in options:
        wanted = set(options[name])
        yield lambda task: column(task) in wanted
    if "not_" + name in options:
        unwanted = set(options["not_" + name])
        yield lambda task: column(task) not in unwanted


def _of_number(
    options: Mapping[str, Any], name: str, column: Callable[[Task], Any]
) -> Iterable[Test]:
    if name in options:
        wanted = _numbers(options[name], name)
        yield lambda task: column(task) in wanted
    if "not_" + name in options:
        unwanted = _numbers(options["not_" + name], name)
        yield lambda task: column(task) not in unwanted


def _numbers(value: Any, column: str) -> Dict[Any, None]:
    values = value if isinstance(value, list) else [value]
    return {None if one is None else column_number(one, column): None for one in values}


def _of_time(
    options: Mapping[str, Any], name: str, column: Callable[[Task], Any]
) -> Iterable[Test]:
    if options.get(name + "Before") is not None:
        before = timestamp(options[name + "Before"])
        yield lambda task: column(task) is not None and column(task) < before
    if options.get(name + "After") is not None:
        after = timestamp(options[name + "After"])
        yield lambda task: column(task) is not None and column(task) > after


VOLUME = "DEFAULT"


@API.call("listTaskOutput(taskID, stat=False, all_volumes=False, strict=False)")
def list_task_output(caller: Caller, task_id: Any, stat: Any, all_volumes: Any, strict: Any) -> Any:
    """Return names, or by name volumes, or what ``stat`` says; sizes are text."""
    number = whole_number(task_id)
    if strict and number not in caller.state.tasks:
        raise GenericError("Task doesn't exist")
    paths = caller.context.store.outputs(number)
    if stat:
        stats = {path.name: _stat(path) for path in paths}
        return {name: {VOLUME: one} for name, one in stats.items()} if all_volumes else stats
    if all_volumes:
        return {path.name: [VOLUME] for path in paths}
    return [path.name for path in paths]


def _stat(path: Path) -> Dict[str, Any]:
    found = path.stat()
    return {
        "st_atime": found.st_atime,
        "st_ctime": found.st_ctime,
        "st_mtime": found.st_mtime,
        "st_size": str(found.st_size),
    }


@API.call("downloadTaskOutput(taskID, fileName, offset=0, size=-1, volume=None)")
def download_task_output(
    caller: Caller, task_id: Any, file_name: Any, offset: Any, size: Any, volume: Any
) -> str:
    """Return a piece of a file, in base64."""
    number = whole_number(task_id)
    name = str(file_name)
    if ".." in name:
        raise GenericError("Invalid file name: %s" % name)
    if volume is not None:
        get_volume(caller, volume, True)
    path = caller.context.store.output(number, name)
    if path is None:
        raise GenericError('no file "%s" output by task %d' % (name, number))
    start, length = whole_number(offset or 0), whole_number(size)
    with path.open("rb") as source:
        source.seek(start)
        content = source.read() if length < 0 else source.read(length)
    return base64.b64encode(content).decode("ascii")


@API.call("getVolume(volume, strict=False)")
def get_volume(_caller: Caller, volume: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return the one volume that there is."""
    if volume in (0, VOLUME):
        return {"id": 0, "name": VOLUME}
    if strict:
        raise GenericError("No such volume: %s" % volume)
    return None


@API.call("listVolumes()")
def list_volumes(_caller: Caller) -> Any:
    """Return all volumes."""
    return [{"id": 0, "name": VOLUME}]

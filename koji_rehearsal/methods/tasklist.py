"""Finding tasks: by state, owner, method and time."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple

from koji_rehearsal.records import Task
from koji_rehearsal.replies import CHANNEL_ID, listed_task
from koji_rehearsal.rpc import METHODS, Caller
from koji_rehearsal.state import State
from koji_rehearsal.values import column_number, ordered, timestamp

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


@METHODS.method("listTasks(opts=None, queryOpts=None)")
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

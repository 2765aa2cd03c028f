"""Submitting an image task and cancelling it."""

from __future__ import annotations

from functools import partial
from typing import Any
from xmlrpc.client import Fault

from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import whole_number
from koji_rehearsal.encoding import FOREIGN, ActionNotAllowed, GenericError, ParameterError
from koji_rehearsal.records import Task
from koji_rehearsal.task_methods import TASK_METHODS, RehearsedMethod


def register_task_method(method: RehearsedMethod) -> None:
    """
    Let hubs take tasks of one more method.

    :raises ValueError: there is one of that name
    """
    if method.name in TASK_METHODS:
        raise ValueError("there is a task method %s already" % method.name)
    TASK_METHODS[method.name] = method
    _take_calls_of(method)


def unregister_task_method(method: RehearsedMethod) -> None:
    """Let hubs take no more tasks of a method that was registered."""
    del TASK_METHODS[method.name]
    API.remove(method.name)


def _take_calls_of(method: RehearsedMethod) -> None:
    API.call(method.signature, writes=True)(partial(_submit, method))


def _submit(method: RehearsedMethod, caller: Caller, *values: Any) -> int:
    """
    Submit an image task; neither target nor image type is looked at before it is taken.

    :returns: the task's id
    """
    caller.require_perm("image")
    *arguments, priority = values
    refusal = method.refusal(arguments)
    if refusal is not None:
        raise ParameterError(refusal)
    _check_priority(caller, priority)
    assert caller.user is not None
    request = method.stored(arguments)
    return caller.context.builder.submit(caller.user.id, method, request, caller.now).id


for _method in TASK_METHODS.values():
    _take_calls_of(_method)


def _check_priority(caller: Caller, priority: Any) -> None:
    """Refuse a priority above the usual; any other is dropped, as koji-osbuild does."""
    if not priority:
        return
    if not isinstance(priority, (int, float)):
        raise Fault(
            FOREIGN,
            "<class 'TypeError'>: '<' not supported between instances of %r and 'int'"
            % type(priority).__name__,
        )
    if priority < 0 and not caller.has_perm("admin"):
        raise ActionNotAllowed("only admins may create high-priority tasks")


@API.call("cancelTask(task_id, recurse=True)", writes=True)
def cancel_task(caller: Caller, task_id: Any, _recurse: Any) -> None:
    """Cancel a task that has not ended; composer is not told."""
    task = _task(caller, task_id)
    is_owner = caller.user is not None and task.owner == caller.user.id
    if not is_owner and not caller.has_perm("admin"):
        raise ActionNotAllowed("Cannot cancel task, not owner")
    caller.context.builder.cancel(task, caller.now)


@API.call("cancelTaskFull(task_id, strict=True)", writes=True)
def cancel_task_full(caller: Caller, task_id: Any, strict: Any) -> None:
    """Cancel a task and all that belong to it; admins only."""
    caller.require_perm("admin")
    task = _task(caller, task_id)
    if task.parent is not None and strict:
        raise GenericError("Task %d is not top-level (parent=%d)" % (task.id, task.parent))
    caller.context.builder.cancel(task, caller.now)


def _task(caller: Caller, task_id: Any) -> Task:
    number = whole_number(task_id)
    task = caller.state.tasks.get(number)
    if task is None:
        raise GenericError("No such task: %d" % number)
    return task

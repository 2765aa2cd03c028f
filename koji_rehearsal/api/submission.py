"""Submitting an image task and cancelling it."""

from __future__ import annotations

from typing import Any
from xmlrpc.client import Fault

from koji_rehearsal import schema
from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import whole_number
from koji_rehearsal.encoding import FOREIGN, ActionNotAllowed, GenericError, ParameterError
from koji_rehearsal.records import Task


@API.call(
    "osbuildImage(name, version, distro, image_type, target, arches, opts=None, priority=None)",
    writes=True,
)
def osbuild_image(
    caller: Caller,
    name: Any,
    version: Any,
    distro: Any,
    image_type: Any,
    target: Any,
    arches: Any,
    opts: Any,
    priority: Any,
) -> int:
    """
    Submit an image task; neither target nor image type is looked at before it is taken.

    :returns: the task's id
    """
    caller.require_perm("image")
    arguments = [name, version, distro, image_type, target, arches, opts]
    refusal = schema.refusal(arguments)
    if refusal is not None:
        raise ParameterError(refusal)
    if isinstance(image_type, list):
        arguments[3] = image_type[0]
    _check_priority(caller, priority)
    assert caller.user is not None
    return caller.context.builder.submit(caller.user.id, arguments, caller.now).id


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

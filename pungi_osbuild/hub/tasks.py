"""Image tasks on the hub: submitting them, and asking which have ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from pungi_osbuild.checked import Struct, integer, structs, unrelated_reply, unusable_reply
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.batch import Batch
from pungi_osbuild.hub.session import Hub, UnansweredError
from pungi_osbuild.methods import arguments, digest_of, method_names
from pungi_osbuild.model import (
    Call,
    HubFaultError,
    ImageRequest,
    Query,
    Reply,
    TaskTimes,
)

PAGE = 500
MAX_PAGES = 200
"""Pages asked for at once: a hundred thousand image tasks that ended lately are not ours."""


class TaskState(Enum):
    """Koji's task states (koji.TASK_STATES)."""

    FREE = 0
    OPEN = 1
    CLOSED = 2
    CANCELED = 3
    ASSIGNED = 4
    FAILED = 5

    @property
    def is_end(self) -> bool:
        """Whether a task stays in this state."""
        return self in END_STATES


END_STATES = (TaskState.CLOSED, TaskState.CANCELED, TaskState.FAILED)


@dataclass(frozen=True)
class Task:
    """A task as the hub sees it. Times are the hub's own."""

    id: int
    state: TaskState
    times: TaskTimes


@dataclass(frozen=True)
class Unanswered:
    """
    A submission whose answer was lost: there may be a task, or there may be none.

    It must not be submitted again before the hub was asked for the task
    (:mod:`pungi_osbuild.hub.lookup`).

    :param reason: what became of the answer
    """

    reason: str


def submit(hub: Hub, request: ImageRequest) -> Union[int, Unanswered]:
    """
    Submit a request and return its task id.

    :raises HubFaultError: the hub refused it; no task was made
    :raises HubError: the hub could not be reached; no task was made
    """
    try:
        task_id = hub.call_once(request.config.method, *arguments(request))
    except UnansweredError as error:
        return Unanswered(error.reason)
    try:
        return integer(task_id, "the reply to %s" % request.config.method)
    except ReplyError as error:
        # The task may be there all the same.
        return Unanswered(error.reason)


def ended_since(owner: int, since: float, method: str) -> Query[Tuple[Task, ...]]:
    """
    Return the tasks of a user and a method that have ended since a time.

    One SELECT of a few milliseconds on the hub, whatever number of tasks is open
    (found by experiment on kojihub 1.35.3).

    :param owner: the user's id; a name makes the hub fail
    :param since: seconds since the epoch, by the hub's clock
    """
    opts = {
        "owner": owner,
        "method": method,
        "state": [state.value for state in END_STATES],
        "completeAfter": since,
    }
    found: List[Task] = []
    for _ in range(MAX_PAGES):
        query = {"limit": PAGE, "offset": len(found), "order": "id"}
        (reply,) = yield [Call("listTasks", (opts, query))]
        page = own_tasks(reply.get(), owner, method, PAGE)
        ended = [_task(item) for item in page]
        for item, task in zip(page, ended):
            if not task.state.is_end:
                raise unrelated_reply("%s, state" % item.place, "an end", task.state.name)
        found.extend(ended)
        if len(page) < PAGE:
            return tuple(found)
    raise unusable_reply("listTasks", "at most %d tasks" % (PAGE * MAX_PAGES), len(found))


def newest(hub: Hub, owner: int, method: str) -> Optional[Task]:
    """Return the task of a user and a method that was made last; None where there is none."""
    opts = {"owner": owner, "method": method}
    reply = hub.call("listTasks", opts, {"limit": 1, "order": "-id"})
    page = own_tasks(reply, owner, method, 1)
    return _task(page[0]) if page else None


def own_tasks(reply: object, owner: int, method: str, limit: int) -> Tuple[Struct, ...]:
    """
    Return the rows of a reply to listTasks.

    :param owner: the user that was asked for
    :param method: that was asked for
    :param limit: rows that were asked for
    :raises ReplyError: it does not look as it should; there are more rows; a row is a task of
        another user or method
    """
    page = structs(reply, "listTasks")
    if len(page) > limit:
        raise unrelated_reply("listTasks", "%d tasks at most" % limit, "%d tasks" % len(page))
    for item in page:
        item.expect("owner", owner)
        item.expect("method", method)
    return page


def look_up(ids: Sequence[int], method: Optional[str] = None) -> Query[Tuple[Task, ...]]:
    """
    Return the state of each of some tasks; one that the hub does not know is left out.

    The hub makes one SELECT for each id, so this is for few of them.

    :param method: of all of them; None: each builds images
    """
    if not ids:
        return ()
    (reply,) = yield [Call("getTaskInfo", (list(ids),))]
    return read_tasks(reply.get(), ids, method)


def sent_digests(hub: Hub, methods: Mapping[int, str]) -> Dict[int, str]:
    """
    Return the digests of the arguments of some tasks, by id.

    One that the hub does not know is left out; all are, where it refuses to say.

    :param methods: of the tasks, by id
    :raises HubError: the hub could not be reached
    :raises ReplyError: the reply does not look as it should
    """
    ids = list(methods)
    if not ids:
        return {}
    try:
        reply = hub.call("getTaskInfo", ids, request=True)
    except HubFaultError:
        return {}
    found: Dict[int, str] = {}
    for item in _asked_for(reply, ids, None):
        task_id, sent = item.integer("id"), item.raw("request")
        item.expect("method", methods[task_id])
        if isinstance(sent, (list, tuple)):
            found[task_id] = digest_of(methods[task_id], sent)
    return found


def cancel(hub: Hub, ids: Sequence[int]) -> Tuple[Dict[int, str], Tuple[Task, ...]]:
    """
    Cancel tasks, in one multicall; a task that has ended is left as it is.

    The hub does not tell osbuild-composer: it goes on, and may still upload the image and import
    the build, whose N-V-R stays reserved (found by experiment with koji-osbuild on kojihub
    1.35.3).

    :returns: what the hub said of those that it would not cancel, and what became of each task:
        the hub says nothing when a task had ended by itself
    :raises HubFaultError: the hub refused the call as a whole
    :raises HubError: the hub could not be reached
    """
    if not ids:
        return {}, ()
    batch = Batch()
    answers = {task_id: batch.ask(Call("cancelTask", (task_id,)), Reply.itself) for task_id in ids}
    states = batch.ask(Call("getTaskInfo", (list(ids),)), Reply.get)
    batch.send(hub)
    faults = {task_id: answer().fault for task_id, answer in answers.items()}
    refusals = {task_id: fault.text for task_id, fault in faults.items() if fault is not None}
    return refusals, read_tasks(states(), ids)


def read_tasks(reply: object, ids: Sequence[int], method: Optional[str] = None) -> Tuple[Task, ...]:
    """
    Return the tasks in a reply to getTaskInfo; one that the hub does not know is left out.

    :param ids: that were asked for, in order
    :param method: of all of them; None: each builds images
    :raises ReplyError: it does not look as it should, or is about other tasks
    """
    return tuple(_task(item) for item in _asked_for(reply, ids, method))


def _asked_for(reply: object, ids: Sequence[int], method: Optional[str]) -> Iterator[Struct]:
    if not isinstance(reply, list):
        raise unusable_reply("getTaskInfo", "a list", reply)
    if len(reply) != len(ids):
        raise unrelated_reply("getTaskInfo", "%d tasks" % len(ids), "%d tasks" % len(reply))
    for task_id, value in zip(ids, reply):
        if value is not None:
            item = Struct(value, "getTaskInfo %d" % task_id)
            item.expect("id", task_id)
            wanted = method_names() if method is None else (method,)
            if item.raw("method") not in wanted:
                where = "%s, method" % item.place
                raise unrelated_reply(where, " or ".join(wanted), item.raw("method"))
            yield item


def _task(item: Struct) -> Task:
    times = TaskTimes(
        created=item.optional("create_ts", item.seconds),
        started=item.optional("start_ts", item.seconds),
        ended=item.optional("completion_ts", item.seconds),
    )
    return Task(item.integer("id"), item.choice("state", TaskState), times)

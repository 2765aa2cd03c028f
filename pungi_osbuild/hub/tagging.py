"""
Tagging a build whose own task did not: one that was cancelled, or that could not tag it then.

composer finishes and imports a build whose task was cancelled; nobody tags it then (found by
experiment with koji-osbuild on kojihub 1.35.3).
"""

from __future__ import annotations

from functools import partial
from typing import Callable

from pungi_osbuild.checked import integer, structs, unusable_reply
from pungi_osbuild.hub.batch import Batch, execute
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.hub.targets import read_target, target_call
from pungi_osbuild.hub.tasks import TaskState, look_up
from pungi_osbuild.model import Call, Reply


def tag_build(hub: Hub, target: str, build_id: int, wait: Callable[[], None]) -> None:
    """
    Tag a build into the destination tag of a target, and wait until that is done.

    Nothing is done where it is tagged already.

    :param target: the target's name
    :param wait: called before the hub is asked again; may raise to end the waiting
    :raises HubFaultError: the hub refused, or the tagging has failed
    :raises HubError: the hub could not be reached
    :raises ReplyError: there is no such target, or a reply does not look as it should
    """
    batch = Batch()
    known = batch.ask(target_call(target), partial(read_target, target))
    tagged = batch.ask(Call("listTags", (build_id,)), Reply.get)
    batch.send(hub)
    found = known()
    if found is None:
        raise unusable_reply("the build target %s" % target, "there", None)
    tags = structs(tagged(), "the tags of build %d" % build_id)
    if found.dest_tag in {tag.text("name") for tag in tags}:
        return
    task_id = hub.call_once("tagBuild", found.dest_tag, build_id)
    task_id = integer(task_id, "the reply to tagBuild")
    while True:
        tasks = execute(hub, look_up([task_id], "tagBuild"))
        if not tasks or tasks[0].state.is_end:
            break
        wait()
    if not tasks or tasks[0].state is not TaskState.CLOSED:
        # The fault that the task has ended with says why.
        hub.call("getTaskResult", task_id)
        raise unusable_reply("the result of tagBuild task %d" % task_id, "a fault", None)

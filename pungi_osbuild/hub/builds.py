"""
Builds: the next release of a package, which N-V-Rs are taken, and tagging.

A build is tagged here whose own task did not do it: one that was cancelled, or that could not tag
it then. composer finishes and imports a build whose task was cancelled; nobody tags it then (found
by experiment with koji-osbuild on kojihub 1.35.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Callable, FrozenSet, Iterable, Optional

from pungi_osbuild.checked import Struct, integer, structs, unusable_reply
from pungi_osbuild.hub.batch import Batch, execute
from pungi_osbuild.hub.preflight_calls import read_target, target_call
from pungi_osbuild.hub.session import Hub, UnansweredError
from pungi_osbuild.hub.tasks import TaskState, look_up
from pungi_osbuild.model import Call, HubFaultError, Reply
from pungi_osbuild.timing import UNANSWERED_TRIES


class BuildState(Enum):
    """``koji.BUILD_STATES``."""

    BUILDING = 0
    COMPLETE = 1
    DELETED = 2
    FAILED = 3
    CANCELED = 4


@dataclass(frozen=True)
class KojiBuild:
    """
    A build that Koji knows.

    :param task_id: None where Koji does not say: composer names it when it imports the build
    :param id: 0 where nobody needs it
    """

    state: BuildState
    task_id: Optional[int] = None
    id: int = 0

    @property
    def takes_nvr(self) -> bool:
        """Whether no other build can have its N-V-R; those of FAILED and CANCELED ones can be
        had again.
        """
        return self.state not in (BuildState.FAILED, BuildState.CANCELED)


@dataclass(frozen=True)
class NextRelease:
    """
    What the hub answers when it is asked for the next release of a name and version.

    :param release: None where it cannot say ("Unable to increment release value")
    :param newest: the release that it cannot increment
    """

    release: Optional[str] = None
    newest: Optional[str] = None


def next_release(hub: Hub, name: str, version: str) -> NextRelease:
    """
    Return the release that the hub would give the next build of a name and version.

    :raises HubFaultError: for anything that the hub refuses, but that it cannot say
    :raises ReplyError: it is no release
    """
    try:
        release = hub.call("getNextRelease", {"name": name, "version": version})
    except HubFaultError as fault:
        if "Unable to increment" in fault.text:
            newest = re.search(r"release value: (\S{1,200})", fault.text)
            return NextRelease(newest=newest.group(1) if newest else None)
        raise
    if not isinstance(release, str) or not re.fullmatch(r"[\w.+~^]{1,200}", release):
        raise unusable_reply("getNextRelease", "a release", release)
    return NextRelease(release)


def taken(hub: Hub, nvrs: Iterable[str]) -> FrozenSet[str]:
    """
    Return which of some N-V-Rs are BUILDING, COMPLETE or DELETED, in one multicall.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: a reply does not look as a build does
    """
    batch = Batch()
    answers = {
        nvr: batch.ask(build_call(nvr), partial(read_taken, nvr)) for nvr in sorted(set(nvrs))
    }
    batch.send(hub)
    return frozenset(nvr for nvr, is_taken in answers.items() if is_taken())


def build_call(nvr: str) -> Call:
    """Return the call that asks for the build of an N-V-R."""
    return Call("getBuild", (nvr,))


def read_build(nvr: str, reply: Reply) -> Optional[KojiBuild]:
    """
    Return the build that :func:`build_call` asked for; None where there is none.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a build does
    """
    value = reply.get()
    if value is None:
        return None
    build = Struct(value, "getBuild %s" % nvr)
    build.expect("nvr", nvr)
    return KojiBuild(
        build.choice("state", BuildState),
        build.optional("task_id", build.integer),
        build.optional("id", build.integer) or 0,
    )


def read_taken(nvr: str, reply: Reply) -> bool:
    """
    Whether the build that :func:`build_call` asked for is BUILDING, COMPLETE or DELETED.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a build does
    """
    build = read_build(nvr, reply)
    return build is not None and build.takes_nvr


def tag_build(hub: Hub, target: str, build_id: int, wait: Callable[[], None]) -> None:
    """
    Tag a build into the destination tag of a target, and wait until that is done.

    Nothing is done where it is tagged already; a call whose answer is lost may have done it.

    :param target: the target's name
    :param wait: called before the hub is asked again; may raise to end the waiting
    :raises HubFaultError: the hub refused, or the tagging has failed
    :raises HubError: the hub could not be reached
    :raises ReplyError: there is no such target, or a reply does not look as it should
    """
    for left in reversed(range(UNANSWERED_TRIES)):
        tag = _tag_to_be_in(hub, target, build_id)
        if tag is None:
            return
        try:
            task_id = integer(hub.call_once("tagBuild", tag, build_id), "the reply to tagBuild")
            break
        except UnansweredError:
            if not left:
                raise
            wait()
    while True:
        tasks = execute(hub, look_up([task_id], "tagBuild"))
        if not tasks or tasks[0].state.is_end:
            break
        wait()
    is_done = tasks and tasks[0].state is TaskState.CLOSED
    # One whose answer was lost may have been first.
    if not is_done and _tag_to_be_in(hub, target, build_id) is not None:
        # The fault that the task has ended with says why.
        hub.call("getTaskResult", task_id)
        raise unusable_reply("the result of tagBuild task %d" % task_id, "a fault", None)


def _tag_to_be_in(hub: Hub, target: str, build_id: int) -> Optional[str]:
    """Return the destination tag of a target; None where a build is in it."""
    batch = Batch()
    known = batch.ask(target_call(target), partial(read_target, target))
    tagged = batch.ask(Call("listTags", (build_id,)), Reply.get)
    batch.send(hub)
    found = known()
    if found is None:
        raise unusable_reply("the build target %s" % target, "there", None)
    tags = structs(tagged(), "the tags of build %d" % build_id)
    return None if found.dest_tag in {tag.text("name") for tag in tags} else found.dest_tag

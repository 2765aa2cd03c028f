"""What the hub knows of N-V-Rs: the next release of a package, and which are taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import FrozenSet, Iterable, Optional

from pungi_osbuild.checked import Struct, unusable_reply
from pungi_osbuild.hub.batch import Batch
from pungi_osbuild.hub.session import Hub
from pungi_osbuild.model import Call, HubFaultError, Reply


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
        build.integer_or_none("task_id"),
        build.integer_or_none("id") or 0,
    )


def read_taken(nvr: str, reply: Reply) -> bool:
    """
    Whether the build that :func:`build_call` asked for is BUILDING, COMPLETE or DELETED.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a build does
    """
    build = read_build(nvr, reply)
    return build is not None and build.takes_nvr

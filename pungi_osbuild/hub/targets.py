"""
What the hub knows of build targets: where builds go, and what their tag takes.

Each question is a call to put into a multicall, and a function that reads the reply to it. The
replies are those of kojihub 1.35.3, found by experiment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pungi_osbuild.hub.session import Call, Reply
from pungi_osbuild.hub.wire import Struct, unusable


@dataclass(frozen=True)
class Target:
    """
    A build target.

    :param dest_tag: name of the tag that builds go to
    """

    name: str
    dest_tag: str


@dataclass(frozen=True)
class Tag:
    """
    A tag.

    :param locked: nobody can tag a build into it, not even an admin
    """

    name: str
    locked: bool


def target_call(name: str) -> Call:
    """Return the call that asks for a build target."""
    return Call("getBuildTarget", (name,))


def read_target(name: str, reply: Reply) -> Optional[Target]:
    """
    Return the target that :func:`target_call` asked for; None where there is none.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply does not look as a target does
    """
    value = _value(reply)
    if value is None:
        return None
    target = Struct(value, "getBuildTarget %s" % name)
    return Target(target.text("name"), target.text("dest_tag_name"))


def tag_call(name: str) -> Call:
    """Return the call that asks for a tag."""
    return Call("getTag", (name,))


def read_tag(name: str, reply: Reply) -> Tag:
    """
    Return the tag that :func:`tag_call` asked for.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: there is no such tag, although a target names it, or the reply does not
        look as a tag does
    """
    tag = Struct(_value(reply), "getTag %s" % name)
    return Tag(tag.text("name"), _truth(tag.plain("locked"), "%s, locked" % tag.where))


def listed_call(tag: str, package: str) -> Call:
    """
    Return the call that asks whether a tag takes a package.

    Koji asks itself only when a build is tagged, at the very end of its task.

    :param tag: the tag's name
    """
    return Call("checkTagPackage", (tag, package))


def read_listed(tag: str, package: str, reply: Reply) -> bool:
    """
    Whether a package is in a tag's list, its own or an inherited one, and is not blocked there.

    :raises HubFaultError: the hub refused the call
    :raises ReplyError: the reply is neither true nor false
    """
    return _truth(_value(reply), "checkTagPackage %s %s" % (tag, package))


def _value(reply: Reply) -> Any:
    if reply.fault is not None:
        raise reply.fault
    return reply.value


def _truth(value: object, where: str) -> bool:
    # Neither 0 nor an empty text: a guess here would be a build that cannot be tagged.
    if not isinstance(value, bool):
        raise unusable(where, "true or false", value)
    return value

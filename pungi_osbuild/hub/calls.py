"""
Calls as they go over the wire: what they may cost, and what their replies are held against.

A reply that is longer than its call's bound is refused while it is read. One that does not match
its request is refused by the function that reads it (:meth:`pungi_osbuild.checked.Struct.expect`).

===================== =================================================== =====================
call                  what of the reply must match the request            where
===================== =================================================== =====================
getTaskResult         nothing in it but the build, see getBuild           ``methods``
getBuild (id)         id, N-V-R and its parts; the task that named it     ``methods``, ``live``
getBuild (N-V-R)      N-V-R                                               ``builds``
listArchives          the build of each archive                           ``methods``
getArchive            id and build                                        ``live``
compose-status.json   the build, where it names one                       ``methods``
(a task method)       a task younger than the intent, and no other's      ``run.submitting``
getTaskInfo           one task for each id, in order: id and method       ``tasks``
listTasks             owner and method; of ends the state; rows asked for ``tasks``
cancelTask            nothing; see the getTaskInfo that goes with it      ``tasks``
tagBuild              the task's id and method, by getTaskInfo            ``builds``
getBuildTarget        name                                                ``preflight_calls``
getTag                name                                                ``preflight_calls``
getBuildConfig        name of the tag                                     ``preflight_calls``
downloadTaskOutput    no more bytes than asked for                        ``methods``
multiCall             one reply for each call, in order                   ``session``
===================== =================================================== =====================

The replies to checkTagPackage, listTags, getLoggedInUser, getPerms, getArchiveTypes,
getNextRelease, listTaskOutput and getAPIVersion name nothing that was asked for.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Sequence

import koji

from pungi_osbuild.checked import unusable_reply
from pungi_osbuild.model import Call, HubFaultError, Reply

MIB = 1024 * 1024

MAX_REPLY = 32 * MIB
"""Bytes of a reply, unpacked: five times what the longest of a real hub had. XML-RPC becomes up to
four times as many bytes in memory."""

ORDINARY = 1 * MIB
"""Bytes of a reply to any other call than these. A fault may quote the whole request."""

_LONG: Mapping[str, int] = {
    "getBuild": 4 * MIB,  # extra: every file of the build, and what its image is made of
    "getTaskInfo": 8 * MIB,  # a run's tasks, or some with their arguments
    "listArchives": 8 * MIB,  # the same for each archive
    "listTasks": 8 * MIB,  # five hundred tasks, or fifty with their arguments
}


def max_reply(method: str, kwargs: Mapping[str, Any]) -> int:
    """
    Return how many bytes the reply to a call may have.

    :param kwargs: of the call; what is downloaded is asked for by its size
    """
    size = kwargs.get("size") if method == "downloadTaskOutput" else None
    if isinstance(size, int):
        return ORDINARY + size * 3 // 2  # base64
    return _LONG.get(method, ORDINARY)


def on_the_wire(call: Call) -> Dict[str, Any]:
    """Return a call as ``multiCall`` takes it."""
    return {
        "methodName": call.method,
        "params": koji.encode_args(*call.args, **dict(call.kwargs)),
    }


def read_replies(calls: Sequence[Call], entries: object) -> Iterator[Reply]:
    """
    Give a reply for each call: never one call's for another's.

    :raises ReplyError: there is not one reply for each call
    """
    if not isinstance(entries, (list, tuple)):
        raise unusable_reply("a multicall", "a list", entries)
    if len(entries) != len(calls):
        raise unusable_reply("a multicall", "a list of %d replies" % len(calls), entries)
    for call, entry in zip(calls, entries):
        yield _reply(call, entry)


def _reply(call: Call, entry: object) -> Reply:
    """Return what an entry says: a list of one value, or a struct of a fault."""
    where = "the reply to %s in a multicall" % call.method
    if isinstance(entry, dict):
        code, text = entry.get("faultCode"), entry.get("faultString")
        if not isinstance(code, int) or isinstance(code, bool) or not isinstance(text, str):
            raise unusable_reply(where, "a fault", entry)
        return Reply(fault=HubFaultError(code, text))
    if not isinstance(entry, (list, tuple)) or len(entry) != 1:
        raise unusable_reply(where, "a list of one value", entry)
    return Reply(value=entry[0])

"""
What a call may cost, and what its reply is held against.

A reply that is longer than its call's bound is refused while it is read. One that does not match
its request is refused by the function that reads it (:meth:`pungi_osbuild.checked.Struct.expect`).

===================== =================================================== =====================
call                  what of the reply must match the request            where
===================== =================================================== =====================
getTaskResult         nothing in it but the build, see getBuild           ``results``
getBuild (id)         id, N-V-R and its parts; the task that named it     ``results``, ``live``
getBuild (N-V-R)      N-V-R                                               ``releases``
listArchives          the build of each archive                           ``results``
getArchive            id and build                                        ``live``
compose-status.json   the build, where it names one                       ``composestatus``
osbuildImage          a task younger than the intent, and no other's      ``submitting``
getTaskInfo           one task for each id, in order: id and method       ``tasks``
listTasks             owner and method; of ends the state; rows asked for ``tasks``
cancelTask            nothing; see the getTaskInfo that goes with it      ``tasks``
tagBuild              the task's id and method, by getTaskInfo            ``tagging``
getBuildTarget        name                                                ``targets``
getTag                name                                                ``targets``
getBuildConfig        name of the tag                                     ``targets``
downloadTaskOutput    no more bytes than asked for                        ``results``
multiCall             one reply for each call, in order                   ``session``
===================== =================================================== =====================

The replies to checkTagPackage, listTags, getLoggedInUser, getPerms, getArchiveTypes,
getNextRelease, listTaskOutput and getAPIVersion name nothing that was asked for.
"""

from __future__ import annotations

from typing import Any, Mapping

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

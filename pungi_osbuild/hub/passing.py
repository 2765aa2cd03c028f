"""
Which failures may pass: told by what the builder and composer say of them.

Composer's own builds are not judged: a package that is missing today is missing in five minutes,
and of the words of a build's log nobody knows which are an error's cause. What may pass lies around
a build: composer did not answer the builder, it could not register or import the build because of
Koji or the way there, the file arrived at Koji corrupted, a worker died. Koji's refusals, which say
why, never pass.
"""

from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence

HEARTBEAT_MISSED = 27
"""Composer's error id of a job whose worker has died (``ErrorJobMissingHeartbeat``)."""

_CORRUPTED = re.compile(r"Corrupted upload|uploaded file .*(size|checksum) mismatch", re.IGNORECASE)

_SERVER = re.compile(
    r"\b(HTTP )?50[0234]\b.{0,3}(Internal|Bad Gateway|Service|Gateway|Server|error|responses?)"
    r"|Internal Server Error|Bad Gateway|Service (Temporarily )?Unavailable|Gateway Time-?out"
    r"|too many 50\d error responses|IMAGE-BUILDER-COMPOSER-10\d\d\b",
    re.IGNORECASE,
)
"""Composer's own internal errors are IMAGE-BUILDER-COMPOSER-1000 and up; its refusals have other
hundreds (read in its Cloud API v2)."""

_WAY = re.compile(
    r"connection (was )?(refused|reset|aborted|timed out)|Connection(Refused|Reset|Aborted)?Error"
    r"|RemoteDisconnected|broken pipe|i/o timeout|timed out|TLS handshake timeout|unexpected EOF"
    r"|no route to host|network is unreachable|no such host|Name or service not known"
    r"|Temporary failure in name resolution|NewConnectionError",
    re.IGNORECASE,
)

_KOJI = re.compile(
    r"ServerOffline|server is offline|database outage|OperationalError|code: 1014\b"
    r"|AuthExpired|session .{0,40}has expired|code: 1007\b|unable to obtain a session",
    re.IGNORECASE,
)


def of_builder(said: str) -> Optional[str]:
    """
    Return what may pass of what a builder says that had no answer from composer.

    :param said: the fault of the task
    """
    if _SERVER.search(said):
        return "composer answered with an error of its own"
    if _WAY.search(said):
        return "composer could not be reached"
    return None


def of_registration(said: str) -> Optional[str]:
    """
    Return what may pass of what composer says of registering or importing a build.

    :param said: from ``koji-init.log.json`` or ``koji-import.log.json``
    """
    if _CORRUPTED.search(said):
        return "the upload to Koji was corrupted"
    if _KOJI.search(said) or _SERVER.search(said) or _WAY.search(said):
        return "composer could not work with Koji"
    return None


def of_image(error_ids: Iterable[int]) -> Optional[str]:
    """
    Return what may pass of an image's error.

    :param error_ids: composer's, of the error and of those that it comes from
    """
    return "composer lost a worker" if HEARTBEAT_MISSED in error_ids else None


def all_of(judged: Sequence[Optional[str]]) -> Optional[str]:
    """
    Return what may pass of several reasons: nothing, where one of them will not.

    :param judged: what may pass of each
    """
    passing = [one for one in judged if one is not None]
    if not passing or len(passing) < len(judged):
        return None
    return "; ".join(dict.fromkeys(passing))

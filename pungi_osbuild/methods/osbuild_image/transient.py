"""
Which failures are transient: by osbuild-composer's error codes, and by words where it has none.

A failure is transient only where something says so: what nobody knows is not retried. The codes
are those of composer 180; which of them come of a mistake was measured there, the others were read
in its source.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, FrozenSet, Mapping, Optional, Sequence

from pungi_osbuild.methods.errorbody import ErrorBody

if TYPE_CHECKING:
    from pungi_osbuild.methods.osbuild_image.composestatus import JobError


class Transient(str, Enum):
    """Why a failure may not happen again; the value is for people."""

    UNAVAILABLE = "composer was unavailable"
    UNREACHABLE = "composer could not be reached"
    INTERNAL = "composer had an internal error"
    QUEUE = "composer could not write to its job queue"
    KOJI = "composer could not work with Koji"
    CORRUPTED = "the upload to Koji was corrupted"
    WORKER_LOST = "composer lost a worker"
    WORKER_TIMEOUT = "composer's worker ran out of time"
    NETWORK = "composer's worker had network trouble"


_QUEUE = 1005
"""composer could not queue its jobs: a mistake in the request, most of the time."""

_OF_QUEUE = re.compile(
    r"^(cannot write job|error writing to|error connecting to database|error enqueuing job"
    r"|error starting database transaction|error inserting dependency"
    r"|error notifying jobs channel|unable to commit database transaction)\b"
)
"""How the details of a 1005 begin that is composer's own trouble (measured with a full disk; the
database's were read)."""

_OF_REQUEST = re.compile(r"^(blueprint|options) validation failed\b")
"""How they begin when the request is at fault, whatever it quotes."""

_TRANSIENT_CODES: Mapping[int, Transient] = {
    1001: Transient.INTERNAL,
    **dict.fromkeys((1012, 1013, 1016, 1017, 1019), Transient.INTERNAL),
}
"""Of composer's API, the second line while reading a compose. All others are permanent: 3 to 7, 20,
21, 25, 27, 29, 30, 35, 37 to 47, 1000, 1004 and 10001 are mistakes of the request, 2, 28, 401 and
1020 settings of a server."""

_TRANSIENT_STATUSES: FrozenSet[int] = frozenset({429, 502, 503, 504})
"""HTTP statuses of a proxy before composer."""

HEARTBEAT_MISSED = 27
_TRANSIENT_JOBS: Mapping[int, Transient] = {
    HEARTBEAT_MISSED: Transient.WORKER_LOST,
    40: Transient.WORKER_TIMEOUT,
}
"""Error ids of jobs. 2, 4, 20, 21, 29, 32, 34, 39 and 42 are permanent, and so is what nobody
knows: of the words of a build's log nobody can tell which are the cause."""

KOJI_JOBS: FrozenSet[int] = frozenset({14, 15, 16})
"""Error ids of what composer does with Koji: building there, registering, importing."""

_BY_TEXT: FrozenSet[int] = frozenset({11, 12, 25, 30, 33, 36})
"""Error ids of jobs that use the network: uploads, repositories, registries, ostree."""

_CORRUPTED = re.compile(r"Corrupted upload|uploaded file .*(size|checksum) mismatch", re.IGNORECASE)

_SERVER = re.compile(
    r"\b50[234]\b.{0,3}(Bad Gateway|Service|Gateway|error|responses?)"
    r"|Bad Gateway|Service (Temporarily )?Unavailable|Gateway Time-?out"
    r"|too many 50\d error responses",
    re.IGNORECASE,
)

_NETWORK = re.compile(
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


_QUEUED_BEFORE = frozenset({_QUEUE, 10001})
_CHECKED_FIRST = re.compile(
    r"^(OpenSCAP customization error|requested repository not found|invalid Koji task ID)"
)
"""How the details of a 10001 begin that comes before anything is queued (measured)."""


def may_have_queued(body: ErrorBody) -> bool:
    """Whether composer's refusal leaves the job in its queue that reserves the N-V-R."""
    return body.code in _QUEUED_BEFORE and not _CHECKED_FIRST.search(body.details)


def is_refusal(body: ErrorBody) -> bool:
    """Whether composer, or a proxy before it, has not taken the request: it says what is wrong."""
    if body.code is None:
        return body.status is not None and body.status < 500
    return body.code < 1000 or body.code in (1000, 1004, 1020, 10001)


def of_answer(body: ErrorBody) -> Optional[Transient]:
    """
    Return why an answer that the builder got is transient.

    :param body: composer's, or that of a proxy before it
    """
    if body.code is None:
        return Transient.UNAVAILABLE if body.status in _TRANSIENT_STATUSES else None
    if body.code == _QUEUE and not _OF_REQUEST.search(body.details):
        if _OF_QUEUE.search(body.details):
            return Transient.QUEUE
        # What composer quotes is the request's: a ref may be called anything.
        said = re.sub(r'"[^"]*"', "", body.details)
        return Transient.NETWORK if _NETWORK.search(said) else None
    return _TRANSIENT_CODES.get(body.code)


def of_connection(said: str) -> Optional[Transient]:
    """
    Return why a builder's own error is transient that had no answer from composer.

    :param said: the fault of the task
    """
    if _SERVER.search(said):
        return Transient.UNAVAILABLE
    return Transient.UNREACHABLE if _NETWORK.search(said) else None


def of_koji(said: str) -> Optional[Transient]:
    """
    Return why what composer says of registering or importing a build is transient.

    Koji's refusals, which say why, are permanent.

    :param said: from ``koji-init.log.json``, ``koji-import.log.json``, or of a job with one of
        ``KOJI_JOBS``
    """
    if _CORRUPTED.search(said):
        return Transient.CORRUPTED
    if _KOJI.search(said) or _SERVER.search(said) or _NETWORK.search(said):
        return Transient.KOJI
    return None


def of_job(error: JobError) -> Optional[Transient]:
    """Return why the error of a job is transient: of its causes, where it has some, all are."""
    if error.causes:
        judged = [of_job(cause) for cause in error.causes]
        return judged[0] if all(judged) else None
    if error.id in KOJI_JOBS:
        return of_koji(error.text)
    if error.id in _BY_TEXT and (_NETWORK.search(error.text) or _SERVER.search(error.text)):
        return Transient.NETWORK
    return None if error.id is None else _TRANSIENT_JOBS.get(error.id)


def all_of(judged: Sequence[Optional[Transient]]) -> Optional[str]:
    """
    Return why several failures are transient: they are not, where one of them is not.

    :param judged: why each is
    """
    reasons = [one.value for one in judged if one is not None]
    if not reasons or len(reasons) < len(judged):
        return None
    return " and ".join(dict.fromkeys(reasons))

"""The kinds of fault: what each is called, means, and can be asked for with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Tuple

from koji_rehearsal.faults.fault_options import ALWAYS, IMAGE_KEYS, ONCE, Times


class Group(str, Enum):
    """Where a fault happens."""

    NETWORK = "the network and the hub"
    BUILD = "builds and uploads"
    FILE = "files"

    @property
    def keys(self) -> Tuple[str, ...]:
        """The keys of every fault of the group."""
        return (*IMAGE_KEYS, *(("method",) if self is Group.NETWORK else ()), "times")


@dataclass(frozen=True)
class _Row:
    """A kind as it is declared: its name and what :class:`FaultKind` says of it."""

    name: str
    group: Group
    meaning: str
    more_keys: Tuple[str, ...]
    times: Times
    needs_login: bool = False
    downloads: bool = False


def _network(
    name: str,
    meaning: str,
    *more_keys: str,
    times: Times = ONCE,
    needs_login: bool = False,
    downloads: bool = False,
) -> _Row:
    return _Row(name, Group.NETWORK, meaning, more_keys, times, needs_login, downloads)


def _build(name: str, meaning: str, *more_keys: str, times: Times = ALWAYS) -> _Row:
    return _Row(name, Group.BUILD, meaning, more_keys, times)


def _file(name: str, meaning: str, *more_keys: str, times: Times = ALWAYS) -> _Row:
    return _Row(name, Group.FILE, meaning, more_keys, times)


class FaultKind(str, Enum):
    """The kinds of fault, by the name they are asked for with."""

    group: Group
    meaning: str
    """What goes wrong, in a sentence for people."""

    keys: Tuple[str, ...]
    """The keys that it may be asked for with."""

    times: Times
    """Which occasions it hits by default."""

    needs_login: bool
    """Whether it has no effect on a client that has not logged in."""

    downloads: bool
    """Whether it can hit the download of a file as well as a call."""

    def __new__(cls, row: _Row) -> FaultKind:
        """Make a kind of its row."""
        kind = str.__new__(cls, row.name)
        kind._value_ = row.name
        kind.group = row.group
        kind.meaning = row.meaning
        kind.keys = (*row.group.keys, *row.more_keys)
        kind.times = row.times
        kind.needs_login = row.needs_login
        kind.downloads = row.downloads
        return kind

    # Network: instead of an answer

    REFUSED = _network(
        "refused",
        "Every connection breaks, and new ones are refused for some seconds.",
        "seconds",
        downloads=True,
    )
    DROP = _network(
        "drop", "The connection breaks, and the call is not carried out.", downloads=True
    )
    HTTP_400 = _network(
        "http-400",
        "The hub's HTTP 400 as text, Invalid request: Request too long; not carried out.",
    )
    HTTP_403 = _network(
        "http-403", "A proxy's HTTP 403, Forbidden; not carried out.", downloads=True
    )
    HTTP_413 = _network(
        "http-413", "A proxy's HTTP 413, Request Entity Too Large; not carried out."
    )
    HTTP_429 = _network(
        "http-429", "A proxy's HTTP 429, Too Many Requests; not carried out.", downloads=True
    )
    HTTP_500 = _network(
        "http-500", "The web server's error page with HTTP 500; not carried out.", downloads=True
    )
    HTTP_502 = _network(
        "http-502", "A proxy's HTTP 502, Bad Gateway; not carried out.", downloads=True
    )
    HTTP_503 = _network(
        "http-503", "A proxy's HTTP 503, Service Unavailable; not carried out.", downloads=True
    )
    HTTP_504 = _network(
        "http-504", "A proxy's HTTP 504, Gateway Timeout; not carried out.", downloads=True
    )
    ERROR_PAGE = _network(
        "error-page",
        "An HTML error page with HTTP 200; not carried out.",
        downloads=True,
    )
    OFFLINE = _network("offline", "The hub says ServerOffline; not carried out.")
    SESSION_EXPIRED = _network(
        "session-expired",
        "The hub says that the session has expired; not carried out.",
        needs_login=True,
    )
    SESSION_CLOSED = _network(
        "session-closed",
        "The hub no longer knows the session; not carried out.",
        needs_login=True,
    )
    DENIED = _network(
        "denied", "The user lacks the permission for the call, every time.", times=ALWAYS
    )
    NO_METHOD = _network("no-method", "The hub has no such method, every time.", times=ALWAYS)

    # Network: the call is carried out

    RESET = _network(
        "reset",
        "The call is carried out; the connection breaks before the reply.",
        needs_login=True,
    )
    CUT_REPLY = _network(
        "cut-reply",
        "The call is carried out; the reply's XML is cut off in the middle.",
        needs_login=True,
    )
    LATE = _network(
        "late",
        "The call is carried out at once; the reply comes some seconds later.",
        "seconds",
        needs_login=True,
        downloads=True,
    )
    OUTAGE = _network(
        "outage", "After the call, some requests are told that the server is offline.", "requests"
    )
    RESTART = _network(
        "restart",
        "After the call, some requests get no answer, as while a hub restarts.",
        "requests",
        needs_login=True,
    )
    EXPIRE = _network(
        "expire", "The session that made the call expires after it.", needs_login=True
    )

    # Builds and uploads

    BUILD = _build("build", "osbuild fails in a stage; the task and the Koji build fail.", "reason")
    ESCAPES = _build(
        "escapes", "osbuild fails, and what composer says of it is full of terminal escapes."
    )
    UPLOAD = _build(
        "upload",
        "The upload to the cloud fails; what other arches have uploaded stays there.",
        "reason",
    )
    DEPSOLVE = _build(
        "depsolve",
        "The manifest cannot be made: a package is missing, two conflict, a repository is lost.",
        "reason",
    )
    REGISTER = _build(
        "register", "Composer cannot register the build with Koji, whose database is away."
    )
    CORRUPT_UPLOAD = _build(
        "corrupt-upload",
        "All is built and uploaded to clouds, then the import fails: Koji gets a corrupted file.",
    )
    COMPOSER_REFUSES = _build(
        "composer-refuses",
        "Composer refuses the request with an error code. 1005 leaves the N-V-R reserved, and the"
        " arches before the one it is of are built but never imported.",
        "code",
    )
    COMPOSER_FULL = _build(
        "composer-full",
        "Composer cannot write its job queue: HTTP 500 with error 1005; nothing was begun.",
    )
    COMPOSER_ERROR = _build(
        "composer-error", "Composer's proxy answers the request with HTTP 503; nothing was begun."
    )
    COMPOSER_TIMEOUT = _build(
        "composer-timeout",
        "A proxy answers the request with HTTP 504: the task fails, but composer goes on.",
    )
    COMPOSER_DOWN = _build(
        "composer-down",
        "The builder cannot reach composer: the task fails with a traceback; nothing was begun.",
    )
    COMPOSER_RESET = _build(
        "composer-reset",
        "The connection to composer breaks before its answer: a traceback, but it goes on.",
    )
    COMPOSER_LOST = _build(
        "composer-lost",
        "Composer does not answer the builder's first question: the task fails, it goes on.",
        "answer",
    )
    COMPOSER_LOST_LATER = _build(
        "composer-lost-later",
        "Composer answers the builder's first question, and no later one, and goes on.",
        "answer",
    )
    TAKEN = _build(
        "taken", "Another build takes the N-V-R just before this one registers it.", times=ONCE
    )
    RESERVED = _build(
        "reserved",
        "Another build that is still BUILDING has the N-V-R when this one registers it.",
        times=ONCE,
    )
    LOST_UPLOAD = _build(
        "lost-upload", "The build succeeds, and nothing says what became of the upload."
    )
    ODD_UPLOAD = _build(
        "odd-upload", "Composer tells of one more upload, to a cloud that nobody here knows."
    )
    ODD_ARCHIVE = _build(
        "odd-archive", "The build holds one more archive, of an unrecognised kind."
    )

    # Files

    CHECKSUM = _file(
        "checksum", "The image's file differs from the checksum that Koji has recorded."
    )
    MISSING = _file("missing", "The image is listed but was imported without its file.")
    CUT = _file("cut", "The download of the image ends early.")
    SLOW = _file("slow", "The image is served at 16 KiB a second.")
    WRONG_BYTES = _file(
        "wrong-bytes",
        "A byte of the download is wrong; the file on Koji's volume is right.",
        times=ONCE,
    )
    NO_RANGE = _file(
        "no-range",
        "The server ignores ranges and always serves the whole image.",
    )
    REDIRECT = _file(
        "redirect",
        "The server redirects to the same path on localhost, or on another server.",
        "to",
    )
    GONE = _file("gone", "HTTP 404: the image is not found.", times=ONCE)

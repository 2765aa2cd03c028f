"""The kinds of fault, in groups: what each is called, means, and can be asked for with."""

from __future__ import annotations

from enum import Enum
from typing import Any, Tuple

from pungi_osbuild.rehearsal.faults.keys import ALWAYS, IMAGE_KEYS, ONCE, Times


class Group(str, Enum):
    """What a fault is a fault of."""

    WAY = "the way to the hub"
    BUILD = "builds and uploads"
    FILE = "files"
    REPLY = "what the hub says"

    @property
    def keys(self) -> Tuple[str, ...]:
        """The keys of every fault of the group."""
        more = ("method",) if self is Group.WAY else ()
        return (*IMAGE_KEYS, *more, "times")


SUBMISSION = "osbuildImage"
"""The call that a fault of the way to the hub meets, unless it names another."""


def _kind(
    name: str,
    group: Group,
    meaning: str,
    *more: str,
    times: Times = ALWAYS,
    needs_login: bool = False,
    downloads: bool = False,
    methods: Tuple[str, ...] = (SUBMISSION,),
) -> Tuple[Any, ...]:
    """
    Return a row of the table of kinds.

    :param more: keys that not every fault of the group has
    """
    return name, group, meaning, (*group.keys, *more), times, needs_login, downloads, methods


class FaultKind(str, Enum):
    """The kinds of fault, by the name they are asked for with."""

    group: Group
    meaning: str
    """What goes wrong, in a sentence for people."""

    keys: Tuple[str, ...]
    """The keys that it may be asked for with."""

    times: Times
    """When it hits, unless it is asked for otherwise."""

    needs_login: bool
    """Whether it says nothing to a client that has not logged in."""

    downloads: bool
    """Whether it can meet the download of a file as well as a call."""

    methods: Tuple[str, ...]
    """The calls that meet it, unless it names another."""

    def __new__(
        cls,
        name: str,
        group: Group,
        meaning: str,
        keys: Tuple[str, ...],
        times: Times,
        needs_login: bool,
        downloads: bool,
        methods: Tuple[str, ...],
    ) -> FaultKind:
        """Make a kind of what :func:`_kind` returns."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.group = group
        kind.meaning = meaning
        kind.keys = keys
        kind.times = times
        kind.needs_login = needs_login
        kind.downloads = downloads
        kind.methods = methods
        return kind

    # The way to the hub: instead of an answer

    REFUSED = _kind(
        "refused",
        Group.WAY,
        "Every connection breaks, and new ones are refused for some seconds.",
        "seconds",
        times=ONCE,
        downloads=True,
    )
    DROP = _kind(
        "drop",
        Group.WAY,
        "The connection breaks, and the call is not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_500 = _kind(
        "http-500",
        Group.WAY,
        "The web server's error page with HTTP 500; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_502 = _kind(
        "http-502",
        Group.WAY,
        "A proxy's HTTP 502, Bad Gateway; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_503 = _kind(
        "http-503",
        Group.WAY,
        "A proxy's HTTP 503, Service Unavailable; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_504 = _kind(
        "http-504",
        Group.WAY,
        "A proxy's HTTP 504, Gateway Timeout; not carried out.",
        times=ONCE,
        downloads=True,
    )
    ERROR_PAGE = _kind(
        "error-page",
        Group.WAY,
        "An error page in HTML that claims to be fine, HTTP 200; not carried out.",
        times=ONCE,
        downloads=True,
    )
    OFFLINE = _kind(
        "offline",
        Group.WAY,
        "The hub says ServerOffline; not carried out.",
        times=ONCE,
    )
    SESSION_EXPIRED = _kind(
        "session-expired",
        Group.WAY,
        "The session has expired, says the hub, and carries nothing out.",
        times=ONCE,
        needs_login=True,
    )
    SESSION_CLOSED = _kind(
        "session-closed",
        Group.WAY,
        "The hub does not know the session any more, and carries nothing out.",
        times=ONCE,
        needs_login=True,
    )
    DENIED = _kind(
        "denied",
        Group.WAY,
        "The user lacks the permission for the call, every time.",
    )
    NO_METHOD = _kind(
        "no-method",
        Group.WAY,
        "The hub has no such method, every time.",
    )

    # The way to the hub: the call is carried out

    RESET = _kind(
        "reset",
        Group.WAY,
        "The call is carried out, and the connection breaks before the reply.",
        times=ONCE,
        needs_login=True,
    )
    CUT_REPLY = _kind(
        "cut-reply",
        Group.WAY,
        "The call is carried out, and the reply's XML ends in its middle.",
        times=ONCE,
        needs_login=True,
    )
    LATE = _kind(
        "late",
        Group.WAY,
        "The call is carried out at once, and the reply comes some seconds later.",
        "seconds",
        times=ONCE,
        needs_login=True,
        downloads=True,
    )
    OUTAGE = _kind(
        "outage",
        Group.WAY,
        "After the call, some requests are told that the server is offline.",
        "requests",
        times=ONCE,
    )
    RESTART = _kind(
        "restart",
        Group.WAY,
        "After the call, some requests get no answer, as while a hub restarts.",
        "requests",
        times=ONCE,
        needs_login=True,
    )
    EXPIRE = _kind(
        "expire",
        Group.WAY,
        "The session that has made the call expires after it.",
        times=ONCE,
        needs_login=True,
    )

    # Builds and uploads

    BUILD = _kind(
        "build",
        Group.BUILD,
        "osbuild fails; the task and the Koji build fail.",
    )
    ESCAPES = _kind(
        "escapes",
        Group.BUILD,
        "osbuild fails, and what composer says of it is full of terminal escapes.",
    )
    UPLOAD = _kind(
        "upload",
        Group.BUILD,
        "The upload to the cloud fails; what other arches have uploaded stays there.",
    )
    DEPSOLVE = _kind(
        "depsolve",
        Group.BUILD,
        "A package is missing: the manifest cannot be made, however often it is tried.",
    )
    REGISTER = _kind(
        "register",
        Group.BUILD,
        "Composer cannot register the build with Koji, whose database is away.",
    )
    CORRUPT_UPLOAD = _kind(
        "corrupt-upload",
        Group.BUILD,
        "All is built and uploaded to clouds, and Koji finds the file it gets corrupted.",
    )
    COMPOSER_ERROR = _kind(
        "composer-error",
        Group.BUILD,
        "Composer answers the request with HTTP 503; nothing was begun.",
    )
    COMPOSER_LOST = _kind(
        "composer-lost",
        Group.BUILD,
        "Composer answers the builder's questions with HTTP 503: the task fails, composer goes on.",
    )
    COMPOSER_DOWN = _kind(
        "composer-down",
        Group.BUILD,
        "The builder cannot reach composer; the task fails with a traceback, not Koji's fault.",
    )
    TAKEN = _kind(
        "taken",
        Group.BUILD,
        "Another build takes the N-V-R just before this one registers it.",
        times=ONCE,
    )
    LOST_UPLOAD = _kind(
        "lost-upload",
        Group.BUILD,
        "The build succeeds, and nothing says what became of the upload.",
    )
    ODD_UPLOAD = _kind(
        "odd-upload",
        Group.BUILD,
        "Composer tells of one more upload, to a cloud that nobody here knows.",
    )
    ODD_ARCHIVE = _kind(
        "odd-archive",
        Group.BUILD,
        "The build holds one more archive, of an unrecognised kind.",
    )

    # Files

    CHECKSUM = _kind(
        "checksum",
        Group.FILE,
        "The image's file differs from the checksum that Koji has recorded.",
    )
    MISSING = _kind(
        "missing",
        Group.FILE,
        "The image is listed but was imported without its file.",
    )
    CUT = _kind(
        "cut",
        Group.FILE,
        "The download of the image ends early.",
    )
    SLOW = _kind(
        "slow",
        Group.FILE,
        "The image is served at 16 KiB a second.",
    )
    WRONG_BYTES = _kind(
        "wrong-bytes",
        Group.FILE,
        "A byte of the download is wrong; the file on Koji's volume is right.",
        times=ONCE,
    )
    NO_RANGE = _kind(
        "no-range",
        Group.FILE,
        "The server knows no ranges: it serves the whole image, whatever it is asked for.",
    )
    REDIRECT = _kind(
        "redirect",
        Group.FILE,
        "The image is elsewhere, says the server: at the same path of localhost, or of another.",
        "to",
    )
    GONE = _kind(
        "gone",
        Group.FILE,
        "The image is not found, HTTP 404.",
        times=ONCE,
    )

    # What the hub says

    WRONG_TYPE = _kind(
        "wrong-type",
        Group.REPLY,
        "A reply, or a field in it, is of a type that it should not be, or is not there.",
        "method",
        "field",
        "value",
    )
    ODD_FAULT = _kind(
        "odd-fault",
        Group.REPLY,
        "The call fails, in words that are full of control characters.",
        "method",
    )
    ODD_NAME = _kind(
        "odd-name",
        Group.REPLY,
        "The image's archive has a name that leads elsewhere, or can be none.",
        "name_is",
        methods=("listArchives",),
    )
    WRONG_SIZE = _kind(
        "wrong-size",
        Group.REPLY,
        "The image's archive is told to have another size; without a size, twice its own.",
        "size",
        methods=("listArchives",),
    )
    MANY_ARCHIVES = _kind(
        "many-archives",
        Group.REPLY,
        "The build holds as many more archives as are counted, a million or so.",
        "count",
        methods=("listArchives",),
    )
    DEEP_EXTRA = _kind(
        "deep-extra",
        Group.REPLY,
        "What the image's archive holds besides is nested as deep as is counted.",
        "count",
        methods=("listArchives",),
    )
    HUGE_EXTRA = _kind(
        "huge-extra",
        Group.REPLY,
        "What the image's archive holds besides is a text of that many bytes.",
        "size",
        methods=("listArchives",),
    )
    HUGE_STATUS = _kind(
        "huge-status",
        Group.REPLY,
        "compose-status.json is of that many bytes, a gigabyte or so.",
        "size",
        methods=("downloadTaskOutput", "listTaskOutput"),
    )

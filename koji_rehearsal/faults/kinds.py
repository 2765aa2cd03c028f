"""The kinds of fault: what each is called, means, and can be asked for with."""

from __future__ import annotations

from enum import Enum
from typing import Tuple

from koji_rehearsal.faults.fault_options import ONCE, Times
from koji_rehearsal.faults.groups import Group, declared


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
        """Make a kind of what :func:`declared` returns."""
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

    REFUSED = declared(
        "refused",
        Group.WAY,
        "Every connection breaks, and new ones are refused for some seconds.",
        "seconds",
        times=ONCE,
        downloads=True,
    )
    DROP = declared(
        "drop",
        Group.WAY,
        "The connection breaks, and the call is not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_400 = declared(
        "http-400",
        Group.WAY,
        "The hub's HTTP 400 as text, Invalid request: Request too long; not carried out.",
        times=ONCE,
    )
    HTTP_403 = declared(
        "http-403",
        Group.WAY,
        "A proxy's HTTP 403, Forbidden; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_413 = declared(
        "http-413",
        Group.WAY,
        "A proxy's HTTP 413, Request Entity Too Large; not carried out.",
        times=ONCE,
    )
    HTTP_429 = declared(
        "http-429",
        Group.WAY,
        "A proxy's HTTP 429, Too Many Requests; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_500 = declared(
        "http-500",
        Group.WAY,
        "The web server's error page with HTTP 500; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_502 = declared(
        "http-502",
        Group.WAY,
        "A proxy's HTTP 502, Bad Gateway; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_503 = declared(
        "http-503",
        Group.WAY,
        "A proxy's HTTP 503, Service Unavailable; not carried out.",
        times=ONCE,
        downloads=True,
    )
    HTTP_504 = declared(
        "http-504",
        Group.WAY,
        "A proxy's HTTP 504, Gateway Timeout; not carried out.",
        times=ONCE,
        downloads=True,
    )
    ERROR_PAGE = declared(
        "error-page",
        Group.WAY,
        "An error page in HTML that claims to be fine, HTTP 200; not carried out.",
        times=ONCE,
        downloads=True,
    )
    OFFLINE = declared(
        "offline",
        Group.WAY,
        "The hub says ServerOffline; not carried out.",
        times=ONCE,
    )
    SESSION_EXPIRED = declared(
        "session-expired",
        Group.WAY,
        "The session has expired, says the hub, and carries nothing out.",
        times=ONCE,
        needs_login=True,
    )
    SESSION_CLOSED = declared(
        "session-closed",
        Group.WAY,
        "The hub does not know the session any more, and carries nothing out.",
        times=ONCE,
        needs_login=True,
    )
    DENIED = declared(
        "denied",
        Group.WAY,
        "The user lacks the permission for the call, every time.",
    )
    NO_METHOD = declared(
        "no-method",
        Group.WAY,
        "The hub has no such method, every time.",
    )

    # The way to the hub: the call is carried out

    RESET = declared(
        "reset",
        Group.WAY,
        "The call is carried out, and the connection breaks before the reply.",
        times=ONCE,
        needs_login=True,
    )
    CUT_REPLY = declared(
        "cut-reply",
        Group.WAY,
        "The call is carried out, and the reply's XML ends in its middle.",
        times=ONCE,
        needs_login=True,
    )
    LATE = declared(
        "late",
        Group.WAY,
        "The call is carried out at once, and the reply comes some seconds later.",
        "seconds",
        times=ONCE,
        needs_login=True,
        downloads=True,
    )
    OUTAGE = declared(
        "outage",
        Group.WAY,
        "After the call, some requests are told that the server is offline.",
        "requests",
        times=ONCE,
    )
    RESTART = declared(
        "restart",
        Group.WAY,
        "After the call, some requests get no answer, as while a hub restarts.",
        "requests",
        times=ONCE,
        needs_login=True,
    )
    EXPIRE = declared(
        "expire",
        Group.WAY,
        "The session that has made the call expires after it.",
        times=ONCE,
        needs_login=True,
    )

    # Builds and uploads

    BUILD = declared(
        "build",
        Group.BUILD,
        "osbuild fails in a stage; the task and the Koji build fail.",
    )
    ESCAPES = declared(
        "escapes",
        Group.BUILD,
        "osbuild fails, and what composer says of it is full of terminal escapes.",
    )
    UPLOAD = declared(
        "upload",
        Group.BUILD,
        "The upload to the cloud fails; what other arches have uploaded stays there.",
    )
    DEPSOLVE = declared(
        "depsolve",
        Group.BUILD,
        "A package is missing: the manifest cannot be made, however often it is tried.",
    )
    REGISTER = declared(
        "register",
        Group.BUILD,
        "Composer cannot register the build with Koji, whose database is away.",
    )
    CORRUPT_UPLOAD = declared(
        "corrupt-upload",
        Group.BUILD,
        "All is built and uploaded to clouds, then the import fails: Koji gets a corrupted file.",
    )
    COMPOSER_REFUSES = declared(
        "composer-refuses",
        Group.BUILD,
        "Composer refuses the request with an error code. 1005 leaves the N-V-R reserved, and the"
        " arches before the one it is of are built but never imported.",
        "code",
    )
    COMPOSER_FULL = declared(
        "composer-full",
        Group.BUILD,
        "Composer cannot write its job queue: HTTP 500 with error 1005; nothing was begun.",
    )
    COMPOSER_ERROR = declared(
        "composer-error",
        Group.BUILD,
        "Composer's proxy answers the request with HTTP 503; nothing was begun.",
    )
    COMPOSER_TIMEOUT = declared(
        "composer-timeout",
        Group.BUILD,
        "A proxy answers the request with HTTP 504: the task fails, but composer goes on.",
    )
    COMPOSER_DOWN = declared(
        "composer-down",
        Group.BUILD,
        "The builder cannot reach composer: the task fails with a traceback; nothing was begun.",
    )
    COMPOSER_RESET = declared(
        "composer-reset",
        Group.BUILD,
        "The connection to composer breaks before its answer: a traceback, but it goes on.",
    )
    COMPOSER_LOST = declared(
        "composer-lost",
        Group.BUILD,
        "Composer does not answer the builder's first question: the task fails, it goes on.",
        "answer",
    )
    COMPOSER_LOST_LATER = declared(
        "composer-lost-later",
        Group.BUILD,
        "Composer answers the builder's first question, and no later one, and goes on.",
        "answer",
    )
    TAKEN = declared(
        "taken",
        Group.BUILD,
        "Another build takes the N-V-R just before this one registers it.",
        times=ONCE,
    )
    RESERVED = declared(
        "reserved",
        Group.BUILD,
        "Another build that is still BUILDING has the N-V-R when this one registers it.",
        times=ONCE,
    )
    LOST_UPLOAD = declared(
        "lost-upload",
        Group.BUILD,
        "The build succeeds, and nothing says what became of the upload.",
    )
    ODD_UPLOAD = declared(
        "odd-upload",
        Group.BUILD,
        "Composer tells of one more upload, to a cloud that nobody here knows.",
    )
    ODD_ARCHIVE = declared(
        "odd-archive",
        Group.BUILD,
        "The build holds one more archive, of an unrecognised kind.",
    )

    # Files

    CHECKSUM = declared(
        "checksum",
        Group.FILE,
        "The image's file differs from the checksum that Koji has recorded.",
    )
    MISSING = declared(
        "missing",
        Group.FILE,
        "The image is listed but was imported without its file.",
    )
    CUT = declared(
        "cut",
        Group.FILE,
        "The download of the image ends early.",
    )
    SLOW = declared(
        "slow",
        Group.FILE,
        "The image is served at 16 KiB a second.",
    )
    WRONG_BYTES = declared(
        "wrong-bytes",
        Group.FILE,
        "A byte of the download is wrong; the file on Koji's volume is right.",
        times=ONCE,
    )
    NO_RANGE = declared(
        "no-range",
        Group.FILE,
        "The server knows no ranges: it serves the whole image, whatever it is asked for.",
    )
    REDIRECT = declared(
        "redirect",
        Group.FILE,
        "The image is elsewhere, says the server: at the same path of localhost, or of another.",
        "to",
    )
    GONE = declared(
        "gone",
        Group.FILE,
        "The image is not found, HTTP 404.",
        times=ONCE,
    )

    # What the hub says

    WRONG_TYPE = declared(
        "wrong-type",
        Group.REPLY,
        "A reply, or a field in it, is of a type that it should not be, or is not there.",
        "method",
        "field",
        "value",
    )
    ODD_FAULT = declared(
        "odd-fault",
        Group.REPLY,
        "The call fails, in words that are full of control characters.",
        "method",
    )
    ODD_NAME = declared(
        "odd-name",
        Group.REPLY,
        "The image's archive has a name that leads elsewhere, or can be none.",
        "name_is",
        methods=("listArchives",),
    )
    WRONG_SIZE = declared(
        "wrong-size",
        Group.REPLY,
        "The image's archive is told to have another size; without a size, twice its own.",
        "size",
        methods=("listArchives",),
    )
    MANY_ARCHIVES = declared(
        "many-archives",
        Group.REPLY,
        "The build holds as many more archives as are counted, a million or so.",
        "count",
        methods=("listArchives",),
    )
    DEEP_EXTRA = declared(
        "deep-extra",
        Group.REPLY,
        "What the image's archive holds besides is nested as deep as is counted.",
        "count",
        methods=("listArchives",),
    )
    HUGE_EXTRA = declared(
        "huge-extra",
        Group.REPLY,
        "What the image's archive holds besides is a text of that many bytes.",
        "size",
        methods=("listArchives",),
    )
    HUGE_STATUS = declared(
        "huge-status",
        Group.REPLY,
        "compose-status.json is of that many bytes, a gigabyte or so.",
        "size",
        methods=("downloadTaskOutput", "listTaskOutput"),
    )

"""
Downloads of Koji's files, where its volume is not mounted.

A download that breaks off goes on where it stopped: the server is asked for the rest (RFC 9110,
14: ``Range``, with ``If-Range`` so that it is the rest of the same file). One that knows nothing of
ranges sends all of it again, and what was had already is passed over.
"""

from __future__ import annotations

import logging
import queue
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Dict, Generator, Iterator, List, Optional, Tuple
from urllib.parse import quote, urljoin, urlsplit

import requests

from pungi_osbuild.checked import printable
from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import PlacementError
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.timeouts import Deadline, Limit, OverdueError, SpeedFloor, TimedAdapter
from pungi_osbuild.secrets import bare_address, hide, hide_known, secrets_in
from pungi_osbuild.timing import (
    CONNECT_TIMEOUT,
    FIRST_BYTE_TIMEOUT,
    SLOW_WINDOWS,
    SPEED_WINDOW,
    DownloadRetry,
)

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024
"""Bytes that are read at once, and that a try or a minute of it must bring to count as progress."""

REDIRECTS = 5
"""How often a server may send us on for one file; always on the host that the profile names."""

_FOR_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses of a server that may say otherwise soon."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:\d{1,19}|\*)", re.ASCII)

_SYSTEM_SAID = re.compile(r"""(?:\[Errno -?\d+\] |Error\(\d+, ')([^'")]+)""")


@contextmanager
def download(
    profile: Profile,
    path: str,
    size: Optional[int] = None,
    session: Optional[DownloadSession] = None,
) -> Iterator[Iterator[bytes]]:
    """
    Give the content of a file of Koji's, in chunks of at most ``CHUNK`` bytes, over HTTP.

    :param path: below Koji's topurl
    :param size: bytes that the file has by what Koji says; None: nobody knows. No more are read
        than one chunk beyond them
    :param session: that the downloads of a run share; None: of this one alone
    :raises PlacementError: it cannot be had; also while it is read
    """
    if not profile.topurl:
        raise PlacementError(
            "Koji's files cannot be had: the profile %r has no topurl, and its volume %r is not"
            " mounted here" % (profile.name, profile.topdir),
            "Set topurl in the profile, or mount Koji's volume.",
        )
    url = "%s/%s" % (profile.files_url, quote(path))
    with ExitStack() as stack:
        session = session or stack.enter_context(DownloadSession())
        chunks = _Download(url, size, session).chunks()
        stack.callback(chunks.close)
        yield chunks


class _HttpSession(requests.Session):
    """
    Goes nowhere by itself; requests would also read the whole body of a reply that says so.

    ``limit`` holds for what is sent and received now.
    """

    def __init__(self) -> None:
        super().__init__()
        self.limit: Optional[Limit] = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, TimedAdapter(lambda: self.limit))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return where a reply sends us: nowhere."""


class DownloadSession:
    """
    What the downloads of a run share: connections that are kept from one to the next, and how they
    are retried. Use it as a context manager.

    Thread-safe. There are as many connections as downloads at the same time.
    """

    def __init__(
        self, retries: Optional[DownloadRetry] = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.retries = retries or DownloadRetry()
        self.clock = clock
        self.has_answered = False
        """Whether there is a server at the address. Only ever set, so it needs no lock."""
        self._idle: queue.LifoQueue[_HttpSession] = queue.LifoQueue()
        self._made: List[_HttpSession] = []

    def __enter__(self) -> DownloadSession:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._made:
            session.close()

    @contextmanager
    def lent(self) -> Iterator[_HttpSession]:
        """Lend one that nobody uses."""
        try:
            session = self._idle.get_nowait()
        except queue.Empty:
            session = _HttpSession()
            self._made.append(session)
        try:
            yield session
        finally:
            self._idle.put(session)


class _BrokenOffError(Exception):
    """A try ended early; the next may go on."""


class _UnavailableError(Exception):
    """There is no server, or none that is ready to answer."""


class _Download:
    """One file on its way, over as many connections as it takes."""

    def __init__(self, url: str, size: Optional[int], session: DownloadSession) -> None:
        self._url = url
        self._size = size
        self._session = session
        self._clock = session.clock
        self._had = 0
        self._version: Optional[_Version] = None

    def chunks(self) -> Generator[bytes, None, None]:
        """Give the content."""
        retries, monotonic = self._session.retries, self._clock.monotonic
        in_vain = unanswered = 0
        unavailable_since = monotonic()
        while True:
            before = self._had
            try:
                yield from self._try()
                return
            except _UnavailableError as error:
                if not unanswered:
                    unavailable_since = monotonic()
                tries = unanswered = unanswered + 1
                failure: Exception = error
                passed = monotonic() - unavailable_since
                policy = retries.unavailable
                if not self._session.has_answered:
                    policy = policy.at_first()
            except (requests.RequestException, _BrokenOffError, OverdueError, OSError) as error:
                unanswered = 0
                moved = self._had - before >= CHUNK and not isinstance(error, OverdueError)
                tries = in_vain = 1 if moved else in_vain + 1
                failure, passed, policy = error, 0.0, retries.broken_off
            if not policy.should_retry(tries, passed):
                raise self._failed(failure, tries) from failure
            pause = policy.sleep_time(tries, passed)
            logger.warning(
                "the download of %s stopped after %d bytes: %s; it is tried again in %d s",
                *(bare_address(self._url), self._had, self._hidden(_why(failure)), pause),
            )
            self._clock.sleep(pause)

    def _try(self) -> Iterator[bytes]:
        with self._session.lent() as session, self._ask(session) as response:
            session.limit = SpeedFloor(self._clock, CHUNK, SPEED_WINDOW, SLOW_WINDOWS, self._warn)
            left = self._expected(response)
            skipped = self._skipped(response)
            for chunk in _received(response):
                if left is not None:
                    left -= len(chunk)
                begin = min(skipped, len(chunk))
                skipped -= begin
                if begin < len(chunk):
                    self._had += len(chunk) - begin
                    yield chunk[begin:] if begin else chunk
            # urllib3 before 2.0 takes a connection that was closed early for the end of the file.
            if self._had < (self._size or 0) if left is None else left > 0:
                raise _BrokenOffError("the server closed the connection")

    def _warn(self, count: int) -> None:
        logger.warning(
            "the download of %s hardly moves: %d bytes in the last minute, %d in all",
            *(bare_address(self._url), count, self._had),
        )

    def _ask(self, session: _HttpSession) -> requests.Response:
        """Return the response that holds the file, or the rest of it; nothing of it is read yet."""
        url = self._url
        for _ in range(REDIRECTS):
            session.limit = Deadline(FIRST_BYTE_TIMEOUT, self._clock)
            try:
                response = session.get(
                    url, headers=self._headers(), stream=True, timeout=CONNECT_TIMEOUT
                )
            except (requests.exceptions.SSLError, ValueError) as error:  # no address, no trust
                raise self._refused(_why(error)) from error
            except (requests.ConnectionError, requests.Timeout, OverdueError) as error:
                raise _UnavailableError(_why(error)) from error
            self._session.has_answered = True
            if not response.is_redirect:
                break
            response.close()
            url = self._sent_on(url, response.headers["Location"])
        else:
            raise self._refused("it is redirected more than %d times" % REDIRECTS)
        status = response.status_code
        if status in (200, 206):
            return response
        response.close()
        said = printable("%d %s" % (status, response.reason or "")).strip()[:100]
        if status in _FOR_NOW:
            raise _UnavailableError("the server says %s" % said)
        raise self._refused("the server says %s" % said)

    def _headers(self) -> Dict[str, str]:
        # As it is: a .tar.gz must not arrive unpacked, nor a disk packed once more.
        headers = {"Accept-Encoding": "identity"}
        if self._had:
            headers["Range"] = "bytes=%d-" % self._had
            if self._version is not None and self._version.validator:
                headers["If-Range"] = self._version.validator
        return headers

    def _sent_on(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
            here, there = _origin(self._url), _origin(target)
        except ValueError as error:
            said = printable(location)[:200]
            raise self._refused("the server sends us on to %s" % said) from error
        if there != here and there[:2] != ("https", here[1]):
            raise self._refused(
                "the server sends us on to %s" % printable("%s://%s:%s" % there)[:200],
                "Koji's files are taken from the host in topurl alone. If that is the right"
                " place, name it in the profile's topurl.",
            )
        return target

    def _expected(self, response: requests.Response) -> Optional[int]:
        """Return how many bytes the server says that it sends."""
        told = response.headers.get("Content-Length", "")
        return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else None

    def _skipped(self, response: requests.Response) -> int:
        """Return how many of the bytes that come were had already."""
        version = _Version.of(response)
        if not self._had:
            self._version = version
            return 0
        if response.status_code == 200:
            if version != self._version:
                raise self._refused("it was replaced in Koji while it was downloaded")
            return self._had
        told = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if told is None or int(told[1]) != self._had:
            raise self._refused("the server sends another part than it was asked for")
        return 0

    def _hidden(self, said: str) -> str:
        """Return what a library says of the address, without the login in it."""
        return hide_known(said, secrets_in(self._url))

    def _failed(self, error: Exception, tries: int) -> PlacementError:
        had = " (after %d bytes; %d tries brought no more)" % (self._had, tries)
        return self._refused(_why(error) + (had if self._had else " (%d tries)" % tries))

    def _refused(self, why: str, solution: str = "") -> PlacementError:
        return PlacementError(
            "%s cannot be downloaded: %s" % (bare_address(self._url), self._hidden(why)),
            solution or "Check the address; when it answers, run this again.",
        )


@dataclass(frozen=True)
class _Version:
    """What tells one version of a file behind an address from another."""

    etag: str
    modified: str
    length: str

    @classmethod
    def of(cls, response: requests.Response) -> _Version:
        get = response.headers.get
        return cls(get("ETag", ""), get("Last-Modified", ""), get("Content-Length", ""))

    @property
    def validator(self) -> str:
        """What ``If-Range`` may hold: never a weak ETag (RFC 9110, 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


def _origin(url: str) -> Tuple[str, Optional[str], Optional[int]]:
    """Return whose address it is: scheme, host and port.

    :raises ValueError: it is none
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _received(response: requests.Response) -> Iterator[bytes]:
    """Give what arrives, undecoded whatever the server says of it."""
    while True:
        try:
            chunk = response.raw.read(CHUNK, decode_content=False)
        except (OSError, OverdueError):
            raise
        except Exception as error:  # urllib3 raises its own kinds here, requests does not wrap them
            raise _BrokenOffError(_why(error)) from error
        if not chunk:
            return
        yield chunk


def _why(error: Exception) -> str:
    """Return what went wrong in a line: of what urllib3 wraps, what the system said."""
    text = hide(printable(" ".join(str(error).split())))
    cut = re.search(r"IncompleteRead\((\d+) bytes read, (\d+) more expected\)", text)
    if cut:
        return "it ended after %s bytes, %s more were expected" % cut.groups()
    said = _SYSTEM_SAID.search(text)
    return said[1] if said else text[:300]

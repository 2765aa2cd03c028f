"""HTTP: XML-RPC at ``/kojihub``, Koji's files below ``/kojifiles``, pages below ``/koji``."""

from __future__ import annotations

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Callable, Optional, Tuple
from urllib.parse import unquote, urlsplit

from koji_rehearsal.api.users_and_hosts import KOJI_VERSION
from koji_rehearsal.connections import HubServer, Site
from koji_rehearsal.dispatch import Credentials, ParsedRequest
from koji_rehearsal.downloads import Download, plan
from koji_rehearsal.errorpages import TOO_LONG, ErrorPage, bad_request, error_page
from koji_rehearsal.faults import Fault, FaultKind, RequestFaults
from koji_rehearsal.network_faults import PAGES
from koji_rehearsal.pages import POLICY, Page
from koji_rehearsal.reply_rewriter import Body, ReplyRewriter
from koji_rehearsal.request_log import RequestLog
from koji_rehearsal.sameorigin import foreign
from koji_rehearsal.settings import HubSettings

HUB_PATH = "/kojihub"
FILES_PATH = "/kojifiles/"
MAX_REQUEST = 4 * 1024 * 1024
"""Bytes of a call: Koji's own limit, over which a hub says ``Request too long``."""

MAX_DRAINED = 16 * MAX_REQUEST
"""Bytes that are read and dropped, so that a client that sends too much still gets an answer."""

UPLOAD = "application/octet-stream"
"""The content type by which a Koji hub knows an upload."""

CHUNK = 256 * 1024
SLOW_CHUNK = 16 * 1024
SLOW_PAUSE = 1.0
"""Seconds between two such pieces of a file that is served slowly."""

NOT_ALLOWED = "Method Not Allowed\nThis is an XML-RPC server. Only POST requests are accepted.\n"
"""What a hub answers to anything but a POST."""


def serve(
    settings: HubSettings, request_log: RequestLog, make_site: Callable[[str], Site]
) -> HubServer:
    """
    Return a server for a hub, listening.

    :param make_site: given the server's address, returns what it serves
    :raises OSError: the port is taken, or the host is none of this machine's
    """
    return HubServer(settings, request_log, make_site, _Handler)


class _Connection(BaseHTTPRequestHandler):
    """How requests are read from one connection, and answers are written to it."""

    server: HubServer
    protocol_version = "HTTP/1.1"
    server_version = "rehearsal"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = CHUNK

    def date_time_string(self, timestamp: Optional[float] = None) -> str:
        """Return what the ``Date`` header says: the hub's time, as its other times are."""
        return super().date_time_string(
            self.server.site.dispatcher.time() if timestamp is None else timestamp
        )

    def setup(self) -> None:
        """Limit how long a client may keep the thread waiting."""
        super().setup()
        self.connection.settimeout(self.server.settings.patience)

    def _length(self) -> Optional[int]:
        """Return the length of a request's body; None when the request was refused."""
        told = self.headers.get("Content-Length", "")
        if not (told.isascii() and told.isdigit() and len(told) < 20):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(told) > MAX_DRAINED:
            self.close_connection = True
            self._send_error(bad_request(TOO_LONG))
            return None
        return int(told)

    def _body(self, length: int) -> Optional[bytes]:
        """
        Return a request's body, or the start of one that is too long.

        :returns: None when it did not come, or not in time
        """
        until = time.monotonic() + self.server.settings.patience
        kept = bytearray()
        left = length
        while left:
            try:
                chunk = self.rfile.read1(min(CHUNK, left))
            except OSError:
                chunk = b""
            if not chunk or time.monotonic() > until:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
                return None
            left -= len(chunk)
            if len(kept) <= MAX_REQUEST:
                kept += chunk
        return bytes(kept)

    def _reset_connection(self) -> None:
        """End the connection without an answer: the client sees a reset."""
        self.close_connection = True
        self.server.reset_connection(self.connection)

    def _head(
        self, kind: str, length: int, *more: Tuple[str, str], status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def _send_error(self, page: ErrorPage) -> None:
        more = (("Koji-Version", KOJI_VERSION),) if page.kind == "text/plain" else ()
        self._head(page.kind, len(page.body), *more, status=page.status)
        self.wfile.write(page.body)

    def _refuse_method(self, with_body: bool) -> None:
        """Answer as a hub does to anything but a POST."""
        self.close_connection = True
        body = NOT_ALLOWED.encode()
        more = (("Koji-Version", KOJI_VERSION), ("Allow", "POST"))
        self._head("text/plain", len(body), *more, status=HTTPStatus.METHOD_NOT_ALLOWED)
        if with_body:
            self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, reason: Optional[str] = None) -> None:
        # The unread rest of a request would be taken for the next one.
        self.close_connection = True
        self.send_error(status, explain=reason)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the hub prints nothing, and has its request log."""


class _Handler(_Connection):
    """What is answered to each request of a connection."""

    def parse_request(self) -> bool:
        """Read a request's head; a request from another site's web page is refused."""
        if not super().parse_request():
            return False
        hosts, origins = (self.headers.get_all(name, []) for name in ("Host", "Origin"))
        reached = self.connection.getsockname()[0].replace("::ffff:", "")
        own = frozenset({self.server.settings.host.lower(), reached})
        try:
            asked = "" if self.path.startswith("/") else urlsplit(self.path).netloc
        except ValueError:
            asked = self.path
        reason = foreign(hosts, origins, asked, own)
        if reason is not None:
            self.server.request_log.count(requests=1)
            self._refuse(HTTPStatus.FORBIDDEN, reason)
        return reason is None

    def do_POST(self) -> None:
        """Answer a call."""
        self.server.request_log.count(requests=1)
        if urlsplit(self.path).path.rstrip("/") != HUB_PATH:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        length = self._length()
        if length is None:
            return
        body = self._body(length)
        if body is None:
            return
        site = self.server.site
        if site.context.network_faults.silent():
            self._reset_connection()
            return
        request_faults = site.context.network_faults.for_request()
        if length > MAX_REQUEST:
            self._send_error(bad_request(TOO_LONG))
            return
        is_upload = self.headers.get("Content-Type") == UPLOAD
        asked = ParsedRequest() if is_upload else ParsedRequest.read(body)
        if asked.unreadable is not None:
            self._send_error(bad_request(asked.unreadable))
            return
        fault = site.dispatcher.instead(asked, request_faults)
        if not self._is_hit(fault):
            rewriter = site.make_rewriter()
            reply = self._answer(asked, is_upload, request_faults, fault, rewriter)
            self._deliver(rewriter.body(reply), request_faults)

    def _is_hit(self, fault: Optional[Fault]) -> bool:
        """Reset the connection or answer with a page, where a fault says so; return whether."""
        if fault is None:
            return False
        if fault.kind in PAGES:
            self._send_error(error_page(fault.kind))
        elif fault.kind is FaultKind.DROP:
            self._reset_connection()
        elif fault.kind is FaultKind.REFUSED:
            self._reset_connection()
            self.server.refuse_connections(fault.option("seconds"))
        else:
            return False
        return True

    def _deliver(self, body: Body, request_faults: RequestFaults) -> None:
        """Send a reply, or what a fault leaves of it."""
        harm = {fault.kind: fault for fault in request_faults.afterwards}
        if FaultKind.LATE in harm:
            self.server.site.pause(harm[FaultKind.LATE].option("seconds"))
        if FaultKind.RESET in harm:
            self._reset_connection()
        elif FaultKind.CUT_REPLY in harm:
            self._reply(body, body.length // 2)
        else:
            self._reply(body, body.length)

    def _answer(
        self,
        asked: ParsedRequest,
        is_upload: bool,
        request_faults: RequestFaults,
        fault: Optional[Fault],
        rewriter: ReplyRewriter,
    ) -> bytes:
        dispatcher = self.server.site.dispatcher
        if is_upload:
            return dispatcher.refuse("A rehearsal hub takes no uploads")
        credentials = Credentials(
            self.headers.get("Koji-Session-Id"),
            self.headers.get("Koji-Session-Key"),
            self.headers.get("Koji-Session-Callnum"),
        )
        return dispatcher.answer(asked, credentials, request_faults, fault, rewriter)

    def _reply(self, body: Body, length: int) -> None:
        self._head("text/xml", length, ("Koji-Version", KOJI_VERSION))
        for piece in body.pieces(length):
            self.wfile.write(piece)

    def do_GET(self) -> None:
        """Serve a page or a file."""
        self._serve(with_body=True)

    def do_HEAD(self) -> None:
        """Serve the headers of a page or a file."""
        self._serve(with_body=False)

    def do_PUT(self) -> None:
        """Refuse what a hub does not know."""
        self.server.request_log.count(requests=1)
        if urlsplit(self.path).path.rstrip("/") == HUB_PATH:
            self._refuse_method(with_body=True)
        else:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)

    do_DELETE = do_PATCH = do_OPTIONS = do_PUT  # noqa: N815  http.server calls them so

    def _serve(self, with_body: bool) -> None:
        self.server.request_log.count(requests=1)
        address = urlsplit(self.path)
        path = unquote(address.path)
        page = self.server.site.pages.answer(path, address.query)
        if page is not None:
            self._send_page(page, with_body)
            return
        if path.rstrip("/") == HUB_PATH:
            self._refuse_method(with_body)
            return
        below = path[len(FILES_PATH) :] if path.startswith(FILES_PATH) else ""
        found = self.server.site.context.store.served(below) if below else None
        if found is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        if self._download_is_hit(below):
            return
        site = self.server.site
        met = site.dispatcher.read(lambda context, _now: context.network_faults.met_by_file(below))
        wanted = self.headers.get("Range")
        download = plan(found.stat().st_size, wanted, met, address.path, self._other_name())
        # As text a browser shows it, and never as a page.
        readable = found.suffix in (".json", ".log", ".txt")
        kind = "text/plain; charset=utf-8" if readable else "application/octet-stream"
        more = (("X-Content-Type-Options", "nosniff"), *download.headers)
        self._head(kind, download.promised, *more, status=download.status)
        if with_body:
            self._send_file(found, download)

    def _other_name(self) -> str:
        """Return this server's address by another name of this machine."""
        return "http://localhost:%d" % self.server.server_port

    def _download_is_hit(self, below: str) -> bool:
        """Apply the faults of a download; return whether one has ended it."""
        site = self.server.site
        request_faults = site.context.network_faults.for_request()
        fault = site.dispatcher.read(
            lambda context, _now: context.network_faults.instead_of_download(request_faults, below)
        )
        for late in request_faults.afterwards:
            site.pause(late.option("seconds"))
        return self._is_hit(fault)

    def _send_page(self, page: Page, with_body: bool) -> None:
        more = [("Content-Security-Policy", POLICY), ("Cache-Control", "no-store")]
        if page.location is not None:
            more.append(("Location", page.location))
        self._head("text/html; charset=utf-8", len(page.body), *more, status=page.status)
        if with_body:
            self.wfile.write(page.body)

    def _send_file(self, path: Path, download: Download) -> None:
        site = self.server.site
        left = download.sent
        self.server.request_log.count(downloads=1, bytes_served=left)
        spoils = download.spoils
        with path.open("rb") as source:
            source.seek(download.start)
            while left:
                chunk = source.read(min(SLOW_CHUNK if download.slow else CHUNK, left))
                left -= len(chunk)
                self.wfile.write(bytes([chunk[0] ^ 0xFF]) + chunk[1:] if spoils else chunk)
                spoils = False
                if download.slow and left:
                    self.wfile.flush()
                    site.pause(SLOW_PAUSE)
        if download.sent < download.promised:
            self.close_connection = True

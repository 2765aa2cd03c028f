"""HTTP: XML-RPC at ``/kojihub``, Koji's files below ``/kojifiles``, pages below ``/koji``."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Callable, Dict, Optional, Set, Tuple
from urllib.parse import unquote, urlsplit

from pungi_osbuild.rehearsal.dispatch import Credentials, Dispatcher
from pungi_osbuild.rehearsal.ledger import Ledger
from pungi_osbuild.rehearsal.methods.people import KOJI_VERSION
from pungi_osbuild.rehearsal.pages import POLICY, Page, Pages
from pungi_osbuild.rehearsal.rpc import Office
from pungi_osbuild.rehearsal.settings import HubSettings

HUB_PATH = "/kojihub"
FILES_PATH = "/kojifiles/"
MAX_REQUEST = 4 * 1024 * 1024
"""Bytes of a call: Koji's own limit, over which a hub says ``Request too long``."""

MAX_DRAINED = 16 * MAX_REQUEST
"""Bytes that are read and thrown away, so that a client that sends too much hears why."""

UPLOAD = "application/octet-stream"
"""The content type by which a Koji hub knows an upload."""

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
"""Addresses that nobody can connect to, and what is told instead, which reaches the hub."""

CHUNK = 256 * 1024
SLOW_CHUNK = 16 * 1024
SLOW_PAUSE = 1.0
"""Seconds between two such pieces of a file that is served slowly."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Site:
    """
    What is served.

    :param pause: waits for seconds
    """

    dispatcher: Dispatcher
    pages: Pages
    office: Office
    pause: Callable[[float], object]


class HubServer(ThreadingHTTPServer):
    """
    The HTTP server of a hub, a thread for each connection.

    It listens as soon as it is made. Threads and connections are kept, so that :meth:`close`
    leaves none behind: clients keep their connections open, and a thread that waits on one would
    wait for ever.

    :param make_site: given the server's address, returns what it serves
    :raises OSError: the port is taken, or the host is none of this machine's
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, settings: HubSettings, ledger: Ledger, make_site: Callable[[str], Site]
    ) -> None:
        self.ledger = ledger
        self.settings = settings
        if ":" in settings.host:
            self.address_family = socket.AF_INET6
        self._open: Dict[Any, threading.Thread] = {}
        self._open_lock = threading.Lock()
        self._broken: Set[Any] = set()
        super().__init__((settings.host, settings.port), _Handler)
        try:
            host = EVERY_ADDRESS.get(settings.host, settings.host)
            named = "[%s]" % host if ":" in host else host
            self.address = "http://%s:%d" % (named, self.server_address[1])
            self.site = make_site(self.address)
        except BaseException:
            self.server_close()
            raise

    def server_bind(self) -> None:
        """Bind without asking what the host is called, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name = self.settings.host
        self.server_port = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests of a connection in a thread of its own, while there are not many."""
        self.ledger.count(connections=1)
        with self._open_lock:
            full = len(self._open) >= self.settings.max_connections
        if full:
            with suppress(OSError):
                request.sendall(BUSY)
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="rehearsal-connection",
            daemon=True,
        )
        with self._open_lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that has ended."""
        if request in self._broken:
            self._broken.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)
        with self._open_lock:
            self._open.pop(request, None)

    def break_off(self, request: Any) -> None:
        """Let a connection end with a reset, once its request is done with."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._broken.add(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that breaks: clients may leave when they like."""

    def close(self) -> None:
        """Stop listening, close every connection and wait for their threads."""
        self.server_close()
        with self._open_lock:
            left = dict(self._open)
        for request in left:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: HubServer
    protocol_version = "HTTP/1.1"
    server_version = "rehearsal"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = CHUNK

    def setup(self) -> None:
        """Let nobody wait for ever."""
        super().setup()
        self.connection.settimeout(self.server.settings.patience)

    def do_POST(self) -> None:
        """Answer a call."""
        self.server.ledger.count(requests=1)
        if urlsplit(self.path).path.rstrip("/") != HUB_PATH:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        length = self._length()
        if length is None:
            return
        body = self._body(length)
        if body is None:
            return
        trouble = self.server.site.office.trouble
        if trouble.silent():
            self._vanish()
            return
        reply = self._answer(body, length)
        if trouble.loses_reply():
            self._vanish()
        else:
            self._reply(reply)

    def _vanish(self) -> None:
        """Break the connection without a word: the client sees a reset."""
        self.close_connection = True
        self.server.break_off(self.connection)

    def _answer(self, body: bytes, length: int) -> bytes:
        dispatcher = self.server.site.dispatcher
        if length > MAX_REQUEST:
            return dispatcher.refuse("Request too long")
        if self.headers.get("Content-Type") == UPLOAD:
            return dispatcher.refuse("A rehearsal hub takes no uploads")
        credentials = Credentials(
            self.headers.get("Koji-Session-Id"),
            self.headers.get("Koji-Session-Key"),
            self.headers.get("Koji-Session-Callnum"),
        )
        return dispatcher.answer(body, credentials)

    def _reply(self, reply: bytes) -> None:
        self._head("text/xml", len(reply), ("Koji-Version", KOJI_VERSION))
        self.wfile.write(reply)

    def _length(self) -> Optional[int]:
        """Return the length of a request's body; None when the request was refused."""
        told = self.headers.get("Content-Length", "")
        if not (told.isascii() and told.isdigit() and len(told) < 20):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(told) > MAX_DRAINED:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
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

    def do_GET(self) -> None:
        """Serve a page or a file."""
        self._serve(with_body=True)

    def do_HEAD(self) -> None:
        """Serve what is to be known of a page or a file."""
        self._serve(with_body=False)

    def do_PUT(self) -> None:
        """Refuse what a hub does not know."""
        self.server.ledger.count(requests=1)
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)

    do_DELETE = do_PATCH = do_OPTIONS = do_PUT  # noqa: N815  http.server calls them so

    def _serve(self, with_body: bool) -> None:
        self.server.ledger.count(requests=1)
        address = urlsplit(self.path)
        path = unquote(address.path)
        page = self.server.site.pages.answer(path, address.query)
        if page is not None:
            self._send_page(page, with_body)
            return
        if path.rstrip("/") == HUB_PATH:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
            return
        below = path[len(FILES_PATH) :] if path.startswith(FILES_PATH) else ""
        found = self.server.site.office.store.served(below) if below else None
        if found is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        size = found.stat().st_size
        # As text a browser shows it, and never as a page.
        readable = found.suffix in (".json", ".log", ".txt")
        kind = "text/plain; charset=utf-8" if readable else "application/octet-stream"
        self._head(kind, size, ("X-Content-Type-Options", "nosniff"))
        if with_body:
            self._send_file(found, size, below)

    def _send_page(self, page: Page, with_body: bool) -> None:
        more = [("Content-Security-Policy", POLICY), ("Cache-Control", "no-store")]
        if page.location is not None:
            more.append(("Location", page.location))
        self._head("text/html; charset=utf-8", len(page.body), *more, status=page.status)
        if with_body:
            self.wfile.write(page.body)

    def _send_file(self, path: Path, size: int, below: str) -> None:
        site = self.server.site
        cut, slow = below in site.office.state.cut_files, below in site.office.state.slow_files
        left = size // 2 if cut else size
        self.server.ledger.count(downloads=1, bytes_served=left)
        with path.open("rb") as source:
            while left:
                chunk = source.read(min(SLOW_CHUNK if slow else CHUNK, left))
                self.wfile.write(chunk)
                left -= len(chunk)
                if slow and left:
                    self.wfile.flush()
                    site.pause(SLOW_PAUSE)
        if cut:
            self.close_connection = True

    def _head(
        self, kind: str, length: int, *more: Tuple[str, str], status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def _refuse(self, status: HTTPStatus) -> None:
        # What was not read of a request would be taken for the next one.
        self.close_connection = True
        self.send_error(status)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the hub is quiet, and keeps a ledger."""

"""HTTP: XML-RPC at ``/kojihub``, Koji's files below ``/kojifiles``, pages below ``/koji``."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Callable, Container, Dict, Optional, Tuple
from urllib.parse import unquote, urlsplit

from pungi_osbuild.rehearsal.dispatch import BadRequestError, Credentials, Dispatcher
from pungi_osbuild.rehearsal.ledger import Ledger
from pungi_osbuild.rehearsal.methods.people import KOJI_VERSION
from pungi_osbuild.rehearsal.pages import POLICY, Page, Pages
from pungi_osbuild.rehearsal.store import Store

HUB_PATH = "/kojihub"
FILES_PATH = "/kojifiles/"
MAX_REQUEST = 16 * 1024 * 1024
"""Bytes: far more than any call a client makes, few enough for a laptop."""

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Site:
    """
    What is served.

    :param cut_files: paths below topdir whose download ends early; it grows while builds end
    """

    dispatcher: Dispatcher
    pages: Pages
    store: Store
    cut_files: Container[str]


_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  read, not bound


def _reached_as(host: str) -> str:
    """Return what stands in an address for the host that is listened on."""
    reached = _EVERYWHERE.get(host, host)
    return "[%s]" % reached if ":" in reached else reached


class HubServer(ThreadingHTTPServer):
    """
    The HTTP server of a hub, a thread for each connection.

    It listens as soon as it is made. Threads and connections are kept, so that :meth:`close`
    leaves none behind: clients keep their connections open, and a thread that waits on one would
    wait for ever.

    :param make_site: given the server's address, returns what it serves
    :raises OSError: the port is taken
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, host: str, port: int, ledger: Ledger, make_site: Callable[[str], Site]
    ) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.ledger = ledger
        self._open: Dict[Any, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__((host, port), _Handler)
        try:
            self.address = "http://%s:%d" % (_reached_as(host), self.server_address[1])
            self.site = make_site(self.address)
        except BaseException:
            self.server_close()
            raise

    def server_bind(self) -> None:
        """Bind without asking what the host is called, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = (
            str(self.server_address[0]),
            int(self.server_address[1]),
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests of a connection in a thread of its own."""
        self.ledger.count(connections=1)
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
        super().shutdown_request(request)
        with self._open_lock:
            self._open.pop(request, None)

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

    def do_POST(self) -> None:
        """Answer a call."""
        self.server.ledger.count(requests=1)
        body = self._body()
        if body is None:
            return
        if urlsplit(self.path).path.rstrip("/") != HUB_PATH:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        credentials = Credentials(
            self.headers.get("Koji-Session-Id"),
            self.headers.get("Koji-Session-Key"),
            self.headers.get("Koji-Session-Callnum"),
        )
        try:
            reply = self.server.site.dispatcher.answer(body, credentials)
        except BadRequestError:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        self._head("text/xml", len(reply), ("Koji-Version", KOJI_VERSION))
        self.wfile.write(reply)

    def _body(self) -> Optional[bytes]:
        """Return the body of a request; None when it was refused."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > MAX_REQUEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def do_GET(self) -> None:
        """Serve a page or a file."""
        self._serve(with_body=True)

    def do_HEAD(self) -> None:
        """Serve what is to be known of a page or a file."""
        self._serve(with_body=False)

    def _serve(self, with_body: bool) -> None:
        self.server.ledger.count(requests=1)
        address = urlsplit(self.path)
        path = unquote(address.path)
        page = self.server.site.pages.answer(path, address.query)
        if page is not None:
            self._send_page(page, with_body)
            return
        below = path[len(FILES_PATH) :] if path.startswith(FILES_PATH) else ""
        found = self.server.site.store.served(below) if below else None
        if found is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        size = found.stat().st_size
        # As text a browser shows it, and never as a page.
        readable = found.suffix in (".json", ".log", ".txt")
        kind = "text/plain; charset=utf-8" if readable else "application/octet-stream"
        self._head(kind, size, ("X-Content-Type-Options", "nosniff"))
        if with_body:
            self._send_file(found, size, below in self.server.site.cut_files)

    def _send_page(self, page: Page, with_body: bool) -> None:
        more = [("Content-Security-Policy", POLICY), ("Cache-Control", "no-store")]
        if page.location is not None:
            more.append(("Location", page.location))
        self._head("text/html; charset=utf-8", len(page.body), *more, status=page.status)
        if with_body:
            self.wfile.write(page.body)

    def _send_file(self, path: Path, size: int, cut: bool) -> None:
        left = size // 2 if cut else size
        self.server.ledger.count(downloads=1, bytes_served=left)
        with path.open("rb") as source:
            while left:
                chunk = source.read(min(CHUNK, left))
                self.wfile.write(chunk)
                left -= len(chunk)
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

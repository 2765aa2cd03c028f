"""A proxy before a hub: chosen requests fail on their way there, or on their way back."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, List, Sequence, Tuple, Union

from koji_rehearsal import RehearsalHub

LIMIT = 30
PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Back soon<br></body></html>"


class NetworkFault(Enum):
    """What happens to a request; whether the hub has seen it by then."""

    RESET = ("reset", False)
    LOST = ("the hub answers, and the connection breaks", True)
    BAD_GATEWAY = ("502", False)
    UNAVAILABLE = ("503", False)
    GATEWAY_TIMEOUT = ("504, though the hub answers", True)
    SERVER_ERROR = ("500, though the hub answers", True)
    PAGE = ("a page for people with status 200", False)
    TRUNCATED = ("XML that ends early", True)
    CUT = ("fewer bytes than were told", True)
    OFFLINE = ("ServerOffline", False)
    EXPIRED = ("AuthExpired", False)
    CLOSED = ("AuthError", False)
    DATABASE = ("the hub loses its database", False)

    @property
    def is_seen(self) -> bool:
        """Whether the hub does what it is asked for."""
        return self.value[1]


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer of a proxy's, or of the web layer before the hub, which does not see it."""

    status: int
    body: bytes = b""
    kind: str = "text/plain"
    headers: Tuple[Tuple[str, str], ...] = ()
    is_seen = False


_STATUSES = {
    NetworkFault.BAD_GATEWAY: 502,
    NetworkFault.UNAVAILABLE: 503,
    NetworkFault.GATEWAY_TIMEOUT: 504,
    NetworkFault.SERVER_ERROR: 500,
    NetworkFault.PAGE: 200,
}
_FAULTS = {
    NetworkFault.OFFLINE: (1014, "server is offline"),
    NetworkFault.EXPIRED: (1007, 'session "1" has expired'),
    NetworkFault.CLOSED: (1002, "Invalid session or bad credentials"),
    NetworkFault.DATABASE: (
        1,
        "Traceback (most recent call last):\n  File ...\npsycopg2.OperationalError: server closed"
        " the connection unexpectedly\n",
    ),
}


class FaultyProxy:
    """
    Stands before a hub. Use it as a context manager, within the hub's.

    :param fault: what happens
    :param stage: a method; requests that call it, in a multicall or not, meet the fault; empty:
        all do
    :param times: so many of them
    :param skip: after so many have passed
    """

    def __init__(
        self,
        hub: RehearsalHub,
        fault: Union[NetworkFault, Refusal],
        stage: str,
        times: int = 1,
        skip: int = 0,
    ) -> None:
        found = re.match(r"http://127\.0\.0\.1:(\d+)/", hub.server)
        assert found is not None, hub.server
        self._there = int(found.group(1))
        self._fault_to_make = fault
        self._stage = b">%s<" % stage.encode("ascii") if stage else b""
        self._left = times
        self._skip = skip
        self._lock = threading.Lock()
        self._made: List[Any] = []
        self.met: List[Tuple[str, ...]] = []
        """The methods of each request that met the fault."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or a reply waits 40 ms for an ACK

            def do_POST(self) -> None:
                proxy._answer(self)

            def do_GET(self) -> None:
                proxy._pass(self, b"")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

            def process_request(self, request: Any, client_address: Any) -> None:
                proxy._made.append(request)
                super().process_request(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for one in self._made:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def stand_before(self, profile: Path) -> None:
        """Have a profile lead to the proxy and no more to the hub; files are fetched as before."""
        text = profile.read_text("utf-8")
        profile.write_text(
            text.replace("server = http://127.0.0.1:%d/" % self._there, self._here), "utf-8"
        )

    def begin(self) -> None:
        """Let nothing pass from now on, whatever was to be skipped."""
        with self._lock:
            self._skip = 0

    @property
    def _here(self) -> str:
        return "server = http://127.0.0.1:%d/" % self.port

    def _is_hit(self, body: bytes) -> bool:
        with self._lock:
            if self._stage not in body or not self._left:
                return False
            if self._skip:
                self._skip -= 1
                return False
            self._left -= 1
            methods = re.findall(rb"(?:<methodName>|<string>)(\w+)<", body)
            self.met.append(tuple(method.decode("ascii") for method in methods[:1]))
            return True

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if not self._is_hit(body):
            self._pass(handler, body)
            return
        fault = self._fault_to_make
        reply = self._forwarded(handler, body)[2] if fault.is_seen else b""
        if isinstance(fault, Refusal):
            _send(handler, fault.status, fault.kind, fault.body, headers=fault.headers)
        elif fault in (NetworkFault.RESET, NetworkFault.LOST):
            self._break(handler)
        elif fault in _STATUSES:
            _send(handler, _STATUSES[fault], "text/html", PAGE)
        elif fault in _FAULTS:
            _send(handler, 200, "text/xml", _fault(*_FAULTS[fault]))
        elif fault is NetworkFault.TRUNCATED:
            _send(handler, 200, "text/xml", reply[: len(reply) // 2])
        else:
            _send(handler, 200, "text/xml", reply[: len(reply) // 2], len(reply))
            handler.close_connection = True

    def _pass(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        status, kind, reply = self._forwarded(handler, body)
        _send(handler, status, kind, reply)

    def _forwarded(self, handler: BaseHTTPRequestHandler, body: bytes) -> Tuple[int, str, bytes]:
        there = http.client.HTTPConnection("127.0.0.1", self._there, timeout=LIMIT)
        try:
            there.request(str(handler.command), handler.path, body or None, dict(handler.headers))
            reply = there.getresponse()
            return reply.status, reply.headers.get("Content-Type", ""), reply.read()
        finally:
            there.close()

    def _break(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Closed here, with what is unread in it: the other side sees a reset.
        handler.connection.close()


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    kind: str,
    body: bytes,
    length: int = -1,
    headers: Sequence[Tuple[str, str]] = (),
) -> None:
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length < 0 else length))
    handler.end_headers()
    handler.wfile.write(body)


def _fault(code: int, text: str) -> bytes:
    import xmlrpc.client

    return xmlrpc.client.dumps(xmlrpc.client.Fault(code, text)).encode("utf-8")

"""A file server that does what it is told: cut, lie, send on, hang up."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Optional


@dataclass
class FileServer:
    """
    One file at every path.

    :param cut_after: bytes after which each reply breaks off, by the number of the request
    :param ranges: whether it knows what a range is
    :param statuses: sent instead of the file, by the number of the request
    :param lie: changes the headers of a reply
    :param asked: the headers of every request
    """

    content: bytes
    cut_after: Callable[[int], Optional[int]] = lambda _number: None
    ranges: bool = True
    reset: bool = False
    statuses: Callable[[int], Optional[int]] = lambda _number: None
    reason: str = ""
    location: str = ""
    lie: Callable[[int, Dict[str, str]], Dict[str, str]] = lambda _number, headers: headers
    asked: List[Any] = field(default_factory=list)
    sent: int = 0
    address: str = ""

    @contextmanager
    def serving(self) -> Iterator[FileServer]:
        """Serve, at ``address``."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.address = "http://127.0.0.1:%d" % server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(site: FileServer) -> Any:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or a reply waits 40 ms for an ACK

        def do_GET(self) -> None:
            number = len(site.asked)
            site.asked.append(self.headers)
            self.close_connection = True
            status = site.statuses(number)
            if status is not None:
                self._head(status, {"Content-Length": "0", "Location": site.location})
                return
            begin = self._begin() if site.ranges else 0
            rest = site.content[begin:]
            headers = {"Content-Length": str(len(rest)), "ETag": '"1"'}
            if begin:
                last = len(site.content) - 1
                headers["Content-Range"] = "bytes %d-%d/%d" % (begin, last, last + 1)
            self._head(206 if begin else 200, site.lie(number, headers))
            cut = site.cut_after(number)
            with suppress(OSError):
                self.wfile.write(rest[:cut])
                site.sent += len(rest[:cut])
            if cut is not None and site.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

        def _begin(self) -> int:
            told = self.headers.get("Range", "bytes=0-")
            return int(told.split("=")[1].rstrip("-"))

        def _head(self, status: int, headers: Dict[str, str]) -> None:
            self.send_response(status, site.reason or None)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return Handler

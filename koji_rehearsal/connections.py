"""The connections of a hub's HTTP server: a thread for each, and none left behind."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Callable, Dict, Optional, Set, Type

from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.dispatch import Dispatcher
from koji_rehearsal.pages import Pages
from koji_rehearsal.reply_rewriter import ReplyRewriter
from koji_rehearsal.request_log import RequestLog
from koji_rehearsal.settings import HubSettings

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
"""Addresses that nobody can connect to, and what is shown instead."""

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Site:
    """
    What is served.

    :param pause: waits for seconds
    :param make_rewriter: returns what may change the reply to a request, one for each
    """

    dispatcher: Dispatcher
    pages: Pages
    context: HubContext
    pause: Callable[[float], object]
    make_rewriter: Callable[[], ReplyRewriter]


class HubServer(ThreadingHTTPServer):
    """
    The HTTP server of a hub, a thread for each connection.

    It listens as soon as it is made. :meth:`close` ends every connection and joins its thread:
    clients keep connections open, and a thread that waits for a request would wait forever.

    :param make_site: given the server's address, returns what it serves
    :param handler: answers the requests of one connection
    :raises OSError: the port is taken, or the host is none of this machine's
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        settings: HubSettings,
        request_log: RequestLog,
        make_site: Callable[[str], Site],
        handler: Type[BaseHTTPRequestHandler],
    ) -> None:
        self.request_log = request_log
        self.settings = settings
        if ":" in settings.host:
            self.address_family = socket.AF_INET6
        self._open: Dict[Any, threading.Thread] = {}
        self._open_lock = threading.Lock()
        self._broken: Set[Any] = set()
        self._refusing_for: Optional[float] = None
        self._closing = threading.Event()
        super().__init__((settings.host, settings.port), handler)
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

    def service_actions(self) -> None:
        """Do what is due on the hub; the listening thread calls this at every poll."""
        self.site.dispatcher.advance()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests of a connection in a thread of its own, up to the limit."""
        self.request_log.count(connections=1)
        # Only the listening thread adds to _open, so the limit holds although the lock is taken
        # twice; threads of connections only remove themselves.
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

    def reset_connection(self, request: Any) -> None:
        """Make a connection end with a reset when its request is finished."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._broken.add(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a connection that breaks: clients may leave at any time."""

    def listen(self, poll_interval: float) -> None:
        """
        Answer until :meth:`stop_listening`; the thread that listens runs this.

        :param poll_interval: seconds between two looks whether to stop
        """
        while not self._closing.is_set():
            self.serve_forever(poll_interval)
            if self._refusing_for is not None:
                self._refuse_connections(self._refusing_for)
                self._refusing_for = None

    def stop_listening(self) -> None:
        """Make :meth:`listen` return."""
        self._closing.set()
        self.shutdown()

    def refuse_connections(self, seconds: float) -> None:
        """
        Refuse new connections for a while, and reset all open ones.

        Called by a connection's thread, which must not close the listening socket itself: the
        listening thread does, once ``shutdown`` has made :meth:`listen` go round.
        """
        self._refusing_for = seconds
        self.shutdown()

    def _refuse_connections(self, seconds: float) -> None:
        """Keep the port bound without listening, so that no other process takes it."""
        self.socket.close()
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        with self._open_lock:
            for request in self._open:
                with suppress(OSError):  # already closed by its client
                    self.reset_connection(request)
                    request.shutdown(socket.SHUT_RDWR)
        self._closing.wait(seconds)
        self.server_activate()

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

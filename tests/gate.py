"""A gate before a hub: requests pass, are held, or are told of."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Callable, List

from koji_rehearsal import RehearsalHub

LIMIT = 30
"""Seconds after which a request that is held passes all the same: a test has failed then."""


def call_of(method: str) -> bytes:
    """Return what a request has in it that calls a method by itself, not in a multicall."""
    return b"<methodName>%s<" % method.encode("ascii")


ANY_CALL = b"<methodName>"


class Gate:
    """
    Stands before a hub. Use it as a context manager, within the hub's.

    A request that is held is not seen by the hub before :meth:`open`.
    """

    def __init__(self, hub: RehearsalHub) -> None:
        found = re.match(r"http://127\.0\.0\.1:(\d+)/", hub.server)
        assert found is not None, hub.server
        self._there = int(found.group(1))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._here: int = self._listening.getsockname()[1]
        self._sockets: List[socket.socket] = []
        self._open = threading.Event()
        self._open.set()
        self._held = b""
        self._told: Callable[[], None] = lambda: None
        self.holding = threading.Event()
        """Set when a request is held."""

    def __enter__(self) -> Gate:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        for one in (self._listening, *self._sockets):
            _end(one)

    def stand_before(self, profile: Path) -> None:
        """Have a profile lead to the gate and no more to the hub."""
        text = profile.read_text("utf-8")
        profile.write_text(text.replace(":%d/" % self._there, ":%d/" % self._here), "utf-8")

    def hold(self, what: bytes = ANY_CALL) -> None:
        """Hold requests that have something in them, from now on."""
        self._held = what
        self._open.clear()

    def tell(self, what: bytes, told: Callable[[], None]) -> None:
        """Have something done when a request has something in it; held, if it is, after that."""
        self._told = told
        self._held = what

    def open(self) -> None:
        """Let pass what was held, and everything."""
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._there))
            self._sockets += [near, far]
            for ends in ((near, far, self._wait), (far, near)):
                threading.Thread(target=_pass, args=ends, daemon=True).start()

    def _wait(self, data: bytes) -> None:
        if self._held and self._held in data:
            self._told()
            if not self._open.is_set():
                self.holding.set()
                self._open.wait(LIMIT)


def _pass(
    source: socket.socket, sink: socket.socket, wait: Callable[[bytes], object] = len
) -> None:
    with suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            wait(data)
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(one: socket.socket) -> None:
    with suppress(OSError):  # it has ended already
        one.shutdown(socket.SHUT_RDWR)
    one.close()

"""
HTTP whose time is limited as a whole, not for each read alone.

requests and urllib3 limit the time of one read, so a server that sends a byte a second, headers
without an end or one ``100 Continue`` after another is never overdue. Here every read and every
write of a connection first asks a limit how long it may wait.
"""

from __future__ import annotations

import http.client
import io
import socket
from functools import cache, partial
from typing import Any, Callable, Optional, Protocol

from requests.adapters import HTTPAdapter

from pungi_osbuild.clock import SLICE, Clock

PIECE = 16 * 1024
"""Bytes that are sent at once."""


class OverdueError(Exception):
    """A transfer took longer than it may. Neither urllib3 nor requests knows or wraps it."""


class Limit(Protocol):
    """How long a transfer may go on."""

    def check(self) -> None:
        """
        Return when the transfer may go on, for ``SLICE`` seconds at most.

        :raises OverdueError: it may not
        """

    def received(self, count: int) -> None:
        """Note that some bytes have arrived."""


class Deadline:
    """
    A moment by which a transfer must be over, whatever arrives until then.

    :param seconds: from now
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._begin = clock.monotonic()
        self._seconds = seconds

    def shorten(self, seconds: float) -> None:
        """Be over in some seconds from now, if not earlier. Called from any thread."""
        self._seconds = min(self._seconds, self._clock.monotonic() - self._begin + seconds)

    def check(self) -> None:
        """
        Return while there is time.

        :raises OverdueError: the deadline has passed
        """
        passed = self._clock.monotonic() - self._begin
        if passed >= self._seconds:
            raise OverdueError("no complete reply after %d s" % passed)

    def received(self, count: int) -> None:
        """Change nothing: a trickle is no reply."""


class SpeedFloor:
    """
    A speed below which a transfer is given up.

    :param floor: bytes that must arrive in each ``window``
    :param window: seconds
    :param windows: how many slow ones in a row are too many
    :param slow: called after each slow one, with the bytes that have arrived in it
    """

    def __init__(
        self,
        clock: Clock,
        floor: int,
        window: float,
        windows: int,
        slow: Callable[[int], None],
    ) -> None:
        self._clock = clock
        self._floor = floor
        self._window = window
        self._windows = windows
        self._slow = slow
        self._begin = clock.monotonic()
        self._count = self._in_a_row = 0

    def check(self) -> None:
        """
        Return while enough arrives.

        :raises OverdueError: it does not, and has not for a while
        """
        now = self._clock.monotonic()
        if now - self._begin < self._window:
            return
        is_slow = self._count < self._floor
        self._in_a_row = self._in_a_row + 1 if is_slow else 0
        if is_slow:
            self._slow(self._count)
        if self._in_a_row >= self._windows:
            raise OverdueError(
                "less than %d KiB a minute for %d min"
                % (
                    self._floor * 60 / self._window / 1024,
                    self._windows * self._window / 60,
                )
            )
        self._begin, self._count = now, 0

    def received(self, count: int) -> None:
        """Note that some bytes have arrived."""
        self._count += count


class TimedAdapter(HTTPAdapter):
    """
    Connections that keep to a limit. For one thread at a time.

    :param limit: gives the limit that holds now; None: no other than those of requests
    """

    def __init__(self, limit: Callable[[], Optional[Limit]]) -> None:
        self._limit = limit
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections, as requests does."""
        super().init_poolmanager(*args, **kwargs)
        self._time(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pools of connections through a proxy, as requests does."""
        is_new = args[0] not in self.proxy_manager
        manager = super().proxy_manager_for(*args, **kwargs)
        if is_new:
            self._time(manager)
        return manager

    def _time(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: partial(_pool, made, self._limit)
            for scheme, made in manager.pool_classes_by_scheme.items()
        }


def _pool(made: Any, limit: Callable[[], Optional[Limit]], *args: Any, **kwargs: Any) -> Any:
    pool = made(*args, **kwargs)
    pool.ConnectionCls = partial(_connection, _timed(pool.ConnectionCls), limit)
    return pool


def _connection(made: Any, limit: Callable[[], Optional[Limit]], *args: Any, **kwargs: Any) -> Any:
    connection = made(*args, **kwargs)
    connection.limit = limit
    connection.response_class = partial(_Response, limit)
    return connection


@cache
def _timed(made: Any) -> Any:
    """Return a class of connections that sends within the limit."""

    class Connection(made):  # type: ignore[misc]  # one of urllib3's
        limit: Callable[[], Optional[Limit]]

        def send(self, data: Any) -> None:
            """Send bytes; what is no bytes is sent as urllib3 does."""
            if not isinstance(data, (bytes, bytearray, memoryview)):
                super().send(data)
                return
            if self.sock is None:
                self.connect()
            left = memoryview(data)
            while left:
                left = left[_within(self.limit, self.sock, partial(_send, left)) :]

    return Connection


def _send(left: memoryview, sock: socket.socket) -> int:
    return sock.send(left[:PIECE])


class _Response(http.client.HTTPResponse):
    """Reads its head and its body within the limit."""

    def __init__(
        self, limit: Callable[[], Optional[Limit]], sock: Any, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Socket(limit, sock))


class _Socket(io.RawIOBase):
    """
    What arrives on a socket.

    :param sock: stays open until this is closed, as with a file that Python itself makes of it
    """

    def __init__(self, limit: Callable[[], Optional[Limit]], sock: Any) -> None:
        self._limit = limit
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is; 0 at the end."""
        count = _within(self._limit, self._sock, lambda sock: sock.recv_into(buffer))
        limit = self._limit()
        if limit is not None:
            limit.received(count)
        return count

    def close(self) -> None:
        """Let the socket go."""
        self._file.close()
        super().close()


def _within(limit: Callable[[], Optional[Limit]], sock: Any, act: Callable[[Any], int]) -> int:
    """Do something with a socket, which may have to be waited for."""
    while True:
        current = limit()
        if current is None:
            return act(sock)
        current.check()
        if sock.gettimeout() != SLICE:
            sock.settimeout(SLICE)
        try:
            return act(sock)
        except socket.timeout:
            continue

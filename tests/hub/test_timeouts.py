"""Calls and downloads that never quite stop moving: given up by time, which tests count."""

from __future__ import annotations

import itertools
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple

import pytest

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PlacementError
from pungi_osbuild.hub import DownloadSession, Hub, UnansweredError, download, timeouts
from pungi_osbuild.hub.downloads import CHUNK
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.timeouts import Deadline, OverdueError, SpeedFloor
from pungi_osbuild.timing import SLOW_WINDOWS, DownloadRetry

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@dataclass
class Server:
    """
    Takes connections and does with each as it is told.

    :param act: gets the number of the connection and the connection; ends at an OSError
    :param tls: wraps each connection
    """

    act: Callable[[int, Any], None]
    tls: Optional[ssl.SSLContext] = None
    port: int = 0
    taken: List[Any] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        try:
            yield self
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            for one in self.taken:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            for number in itertools.count():
                taken, _ = listening.accept()
                self.taken.append(taken)
                threading.Thread(target=self._serve, args=(number, taken), daemon=True).start()

    def _serve(self, number: int, taken: Any) -> None:
        with suppress(OSError):
            if self.tls is not None:
                taken = self.tls.wrap_socket(taken, server_side=True)
                self.taken.append(taken)
            self.act(number, taken)


class Ticks:
    """A clock that goes on by some seconds whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._count = 0

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=self._next, sleep=lambda seconds: None)

    def _next(self) -> float:
        self._count += 1
        return self._count * self._step


def forever(begin: bytes, piece: bytes) -> Callable[[int, Any], None]:
    """Return a server that answers every request and never comes to an end."""

    def act(_number: int, taken: Any) -> None:
        taken.recv(65536)
        taken.sendall(begin)
        pause = threading.Event()
        while True:
            taken.sendall(piece)
            pause.wait(0.001)

    return act


def a_hub(port: int, clock: Clock, scheme: str = "http", **more: Any) -> Hub:
    server = "%s://127.0.0.1:%d/kojihub" % (scheme, port)
    profile = Profile("test", server, "", "", "/nowhere", authtype="noauth", **more)
    return Hub(profile, call_clock=clock)


ENDLESS = {
    "body": (HEAD + b"Content-Length: 1000000\r\n\r\n", b"<"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "headers": (HEAD, b"X-More: 1\r\n"),
    "one header": (HEAD + b"X-More: ", b"1"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "status line": (b"", b"H"),
    "packed body": (HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\0\0"),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_reply_that_trickles_is_overdue(kind: str) -> None:
    """Whatever trickles: each read brings something, and the whole never comes."""
    with Server(forever(*ENDLESS[kind])).serving() as server:
        with pytest.raises(HubError) as caught:
            a_hub(server.port, Ticks(7).clock).call("getBuild", 1)
        assert len(server.taken) == 3, "it is tried again, and then any other call"
    said = caught.value.reason
    # Of headers that come quickly, Python itself takes a hundred.
    assert "no complete reply after" in said or (kind == "headers" and "100 headers" in said)


def test_a_submission_that_is_overdue_may_have_been_taken() -> None:
    """It is looked up, and not sent again."""
    with Server(forever(*ENDLESS["body"])).serving() as server:
        with pytest.raises(UnansweredError, match="no complete reply after"):
            a_hub(server.port, Ticks(7).clock).call_once("osbuildImage")
        assert len(server.taken) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "SLICE", 0.01)


@pytest.mark.usefixtures("impatient")
def test_a_hub_that_reads_no_request_is_overdue() -> None:
    """The request is longer than what the system takes off our hands."""
    held = threading.Event()

    def act(_number: int, _taken: Any) -> None:
        held.wait(60)

    with Server(act).serving() as server:
        with pytest.raises(HubError, match="no complete reply after"):
            a_hub(server.port, Ticks(7).clock).call("getBuild", "x" * 2**25)
        held.set()


@pytest.mark.usefixtures("impatient")
def test_a_call_under_way_is_hurried() -> None:
    """Whoever stops the run waits for seconds, not for what is left of two minutes."""
    waiting, held = threading.Event(), threading.Event()

    def act(_number: int, taken: Any) -> None:
        taken.recv(65536)
        waiting.set()
        held.wait(60)

    stands, goes_on = Clock(monotonic=lambda: 0.0), Ticks(1)
    moving = threading.Event()
    clock = Clock(
        monotonic=lambda: goes_on.clock.monotonic() if moving.is_set() else stands.monotonic()
    )
    with Server(act).serving() as server:
        hub = a_hub(server.port, clock)
        said: List[str] = []

        def call() -> None:
            with pytest.raises(HubError) as caught:
                hub.call("getBuild", 1)
            said.append(caught.value.reason)

        thread = threading.Thread(target=call)
        thread.start()
        assert waiting.wait(30)
        hub.hurry()
        moving.set()
        thread.join(30)
        held.set()
    assert len(said) == 1 and "no complete reply after 10 s" in said[0]


def a_certificate(folder: Path) -> Tuple[Path, ssl.SSLContext]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -keyout"
    made = [*command.split(), str(key), "-out", str(cert), "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(made, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    return cert, tls


def test_a_reply_that_is_quick_is_whole(tmp_path: Path) -> None:
    """In pieces of any kind, and over TLS; and the connection serves the next call."""
    body = (
        b"<?xml version='1.0'?><methodResponse><params><param><value><int>1</int></value>"
        b"</param></params></methodResponse>"
    )
    requests: List[bytes] = []

    def act(_number: int, taken: Any) -> None:
        while True:
            request = b""
            while b"</methodCall>" not in request:
                data = taken.recv(65536)
                if not data:
                    return
                request += data
            requests.append(request)
            taken.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD)
            taken.sendall(b"Content-Length: %d\r\n\r\n" % len(body))
            for start in range(0, len(body), 10):
                taken.sendall(body[start : start + 10])

    cert, tls = a_certificate(tmp_path)
    for scheme, context in (("http", None), ("https", tls)):
        requests.clear()
        options = {"session_options": (("serverca", str(cert)),)}
        with Server(act, context).serving() as server:
            with a_hub(server.port, Clock(), scheme, **options) as hub:
                assert hub.call("getBuild", "x" * 100_000) == 1
            assert len(requests) == 2
            assert requests[1].count(b"x") >= 100_000


def test_an_endless_reply_over_tls_is_overdue(tmp_path: Path) -> None:
    """The socket is another one there."""
    cert, tls = a_certificate(tmp_path)
    options = {"session_options": (("serverca", str(cert)),)}
    server = Server(forever(*ENDLESS["body"]), tls)
    with server.serving(), pytest.raises(HubError, match="no complete reply after"):
        a_hub(server.port, Ticks(7).clock, "https", **options).call("getBuild", 1)


def fetch(port: int, clock: Clock) -> bytes:
    """Download a file of ten chunks."""
    topurl = "http://127.0.0.1:%d" % port
    profile = Profile("test", "http://127.0.0.1:1/kojihub", topurl, "", "/nowhere")
    session = DownloadSession(DownloadRetry.within(30.0), clock)
    with session, download(profile, "a.raw", 10 * CHUNK, session) as chunks:
        return b"".join(chunks)


def test_a_download_that_hardly_moves_is_logged_and_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A line a minute, five minutes for each connection, and as many of them as bring nothing."""
    begin = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % (10 * CHUNK)
    with Server(forever(begin, b"x")).serving() as server:
        with pytest.raises(PlacementError, match="less than 1024 KiB a minute for 5 min"):
            fetch(server.port, Ticks(20).clock)
        assert len(server.taken) == 6
    lines = [one.getMessage() for one in caplog.records if "hardly moves" in one.getMessage()]
    assert len(lines) == 6 * SLOW_WINDOWS


def test_a_file_that_never_begins_to_come_is_given_up() -> None:
    """Headers without an end are no beginning."""
    server = Server(forever(b"HTTP/1.1 200 OK\r\nX: ", b"x"))
    with server.serving(), pytest.raises(PlacementError, match="no complete reply after"):
        fetch(server.port, Ticks(40).clock)


def passing(*times: float) -> Clock:
    left = iter(times)
    return Clock(monotonic=lambda: next(left))


@pytest.mark.parametrize(
    ("arrived", "told", "ends"),
    [
        ([100, 100, 100], [], False),
        ([99, 100, 0], [99, 0], False),
        ([99, 0, 100, 5, 5], [99, 0, 5, 5], False),
        ([100, 99, 0, 1], [99, 0, 1], True),
    ],
)
def test_a_floor_of_speed(arrived: List[int], told: List[int], ends: bool) -> None:
    """Three slow minutes in a row are too many; a quick one between them forgives."""
    slow: List[int] = []
    clock = passing(0.0, *(60.0 * number for number in range(1, len(arrived) + 1)))
    floor = SpeedFloor(clock, 100, 60, 3, slow.append)
    ended = False
    for count in arrived:
        floor.received(count)
        try:
            floor.check()
        except OverdueError:
            ended = True
    assert (slow, ended) == (told, ends)


def test_a_deadline_can_only_become_shorter() -> None:
    """By the time that has passed already."""
    deadline = Deadline(120, passing(1000.0, 1050.0, 1059.0, 1059.5, 1060.0))
    deadline.shorten(10)
    deadline.check()
    deadline.shorten(500)
    with pytest.raises(OverdueError, match="after 60 s"):
        deadline.check()

"""
The way to the hub and back: below requests, above the rehearsal's dispatcher, without a socket.

koji's session, its XML-RPC and the product's own adapters are the real ones; what they send is
given to the hub at a virtual time, and what may go wrong on a real way goes wrong as the seed says.
"""

from __future__ import annotations

import email.utils
import io
import os
from pathlib import Path
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Tuple
from urllib.parse import unquote, urlsplit

import koji
import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from koji_rehearsal import HubContent, HubSettings, RehearsalHub, Submission
from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.connections import Site
from koji_rehearsal.dispatch import MULTICALLS, Credentials, ParsedRequest
from koji_rehearsal.downloads import plan
from koji_rehearsal.encoding import ServerOffline, TaskFault, as_fault, fault_response
from koji_rehearsal.server import FILES_PATH
from pungi_osbuild.clock import SLICE
from simulation.injection import Injection
from simulation.prng import Prng
from simulation.schedule import Schedule

ADDRESS = "http://koji.simulated"
FOREVER = 1e9

BEFORE = (
    "net.refuse",
    "net.lose-request",
    "net.hold-request",
    "net.gateway",
    "net.busy",
    "hub.offline",
    "hub.database",
    "hub.session-lost",
    "net.lose-answer",
    "net.gateway-late",
    "net.cut-answer",
    "net.garble",
    "net.repeat",
    "net.slow",
)
"""What a call can meet; of several the first one counts."""

OF_FILES = ("net.refuse", "net.lose-request", "net.gateway", "net.cut-answer", "net.slow")
"""What the download of a file can meet."""

HELD = 118.0
"""Seconds after which a request that was held reaches the hub at the latest: as long as a call may
take (``CALL_TIMEOUT``), which is how long a lost submission is looked for."""


_NO_DATABASE = (
    "<class 'psycopg2.OperationalError'>: psycopg2.OperationalError: server closed the connection"
    " unexpectedly"
)
"""As kojihub says it, which has rolled back what it had begun."""


class Limit(Protocol):
    """How long a transfer may go on; the product's adapters have one."""

    def check(self) -> None:
        """Raise when it may not go on."""

    def received(self, count: int) -> None:
        """Note that some bytes have arrived."""


class HubHere:
    """
    The rehearsal hub of a world, called in this process.

    :param now: the hub's time
    """

    def __init__(
        self, settings: HubSettings, content: HubContent, topdir: Path, now: Callable[[], float]
    ) -> None:
        self.rehearsal = RehearsalHub(settings, topdir, content, clock=now)
        self.site: Site = self.rehearsal.serve_here(ADDRESS)
        self.context: HubContext = self.site.context
        self._write, self._now = self.context.store.write_build_file, now
        self.context.store.write_build_file = self._write_build_file  # type: ignore[method-assign]

    def _write_build_file(self, path: str, content: bytes) -> None:
        """Write a file of a build, as old as it is in the world: its time gets into images.json."""
        self._write(path, content)
        os.utime(self.context.store.topdir / path, (self._now(), self._now()))

    @property
    def submissions(self) -> Tuple[Submission, ...]:
        """Every image task that was submitted, in order."""
        return self.rehearsal.submissions

    def read(self, reader: Callable[[HubContext, float], Any]) -> Any:
        """Return what a function reads of the hub's state, or does to it, at the present time."""
        return self.site.dispatcher.read(reader)

    def cancel(self, task_id: int) -> None:
        """Cancel a task, as an administrator does."""
        self.read(
            lambda context, now: (
                context.builder.cancel(context.state.tasks[task_id], now)
                if task_id in context.state.tasks
                else None
            )
        )

    def answer(self, asked: ParsedRequest, headers: Mapping[str, str]) -> bytes:
        """Return the reply to a request."""
        credentials = Credentials(
            headers.get("Koji-Session-Id"),
            headers.get("Koji-Session-Key"),
            headers.get("Koji-Session-Callnum"),
        )
        faults = self.context.network_faults.for_request()
        return self.site.dispatcher.answer(asked, credentials, faults)

    def forget_session(self, headers: Mapping[str, str]) -> None:
        """Close the session of a request, as a hub's database that was restored has."""
        number = headers.get("Koji-Session-Id")
        if number is not None:
            self.context.state.sessions.pop(int(number), None)


class Network:
    """
    The network of a world.

    :param step: called at each step, with its kind and subject
    :param note: called with what is to be in the trace
    """

    def __init__(
        self,
        schedule: Schedule,
        hub: HubHere,
        injection: Injection,
        prng: Prng,
        step: Callable[[str, str], int],
        note: Callable[[str, str], None],
    ) -> None:
        self._schedule = schedule
        self._hub = hub
        self._injection = injection
        self._prng = prng
        self._step = step
        self._note = note
        self._down_until = 0.0
        self._how_down = "refuse"
        self.calls: Dict[str, int] = {}
        """How many requests of each name were sent."""
        self.polls: List[float] = []
        """When each request was sent, virtual seconds."""

    def down(self, seconds: float, how: str = "refuse") -> None:
        """
        Have nobody reach the hub for a time from now on.

        :param how: "refuse", "silence", "gateway" or "offline"
        """
        self._down_until = self._schedule.now + seconds
        self._how_down = how
        self._note("hub-down", "%s for %d s" % (how, seconds))

    def up(self) -> None:
        """Have the hub answer again."""
        self._down_until = self._schedule.now
        self._note("hub-up", "")

    def send(self, adapter: Any, request: requests.PreparedRequest, timeout: Any) -> Any:
        """
        Carry a request to the hub, and the answer back.

        :param adapter: of requests, through which it comes
        :param timeout: seconds, or those for the connection and for reading
        """
        limit: Optional[Limit] = getattr(adapter, "_limit", lambda: None)()
        way = _Way(self._schedule, request, limit, timeout)
        if request.method == "POST":
            status, headers, body = self._call(way, request)
        else:
            status, headers, body = self._file(way, request)
        raw = HTTPResponse(
            body=_Body(body, limit),
            headers=headers,
            status=status,
            reason={200: "OK", 206: "Partial Content"}.get(status, "Error"),
            preload_content=False,
            decode_content=False,
        )
        return adapter.build_response(request, raw)

    def _call(self, way: _Way, request: requests.PreparedRequest) -> _Answer:
        body = request.body or b""
        asked = ParsedRequest.read(body if isinstance(body, bytes) else body.encode())
        name = _name(asked)
        number = self._step("call", name)
        self.calls[name] = self.calls.get(name, 0) + 1
        self.polls.append(self._schedule.now)
        met = self._injection.first(BEFORE, name, self._schedule.now, number)
        kind, prng = met or ("", self._prng)
        if self._schedule.now < self._down_until:
            kind, prng = "down", self._prng
        if kind:
            self._note("fault", "%s %s" % (kind if kind != "down" else "hub is down", name))
        way.wait(prng.between(0.001, 0.02))
        answer = self._before(way, kind, prng, asked, request)
        if answer is not None:
            return answer
        reply = self._ask(asked, request.headers)
        if kind == "net.repeat" and prng.chance(0.5):
            self._hold(prng, asked, request)
        elif kind == "net.repeat":
            again = self._ask(asked, request.headers)
            reply = again if prng.chance(0.5) else reply
        self._step("answer", name)
        way.wait(prng.between(1.0, 45.0) if kind == "net.slow" else prng.between(0.001, 0.05))
        if kind == "net.lose-answer":
            way.lost(prng)
        if kind == "net.gateway-late":
            return _page(504, self._date())
        if kind == "net.garble":
            return _page(200, self._date())
        head = {
            "Content-Type": "text/xml",
            "Content-Length": str(len(reply)),
            "Koji-Version": "1.35.3",
            "Date": self._date(),
        }
        if kind == "net.cut-answer":
            reply = reply[: prng.below(len(reply))]
        return 200, head, reply

    def _before(
        self,
        way: _Way,
        kind: str,
        prng: Prng,
        asked: ParsedRequest,
        request: requests.PreparedRequest,
    ) -> Optional[_Answer]:
        """Do what happens to a request before the hub has it; None: it arrives."""
        if kind == "down":
            kind = {
                "refuse": "net.refuse",
                "silence": "net.lose-request",
                "gateway": "net.gateway",
                "offline": "hub.offline",
            }[self._how_down]
        if kind == "net.refuse":
            way.refused()
        if kind == "net.lose-request":
            way.lost(prng)
        if kind == "net.hold-request":
            self._hold(prng, asked, request)
            way.lost(prng)
        if kind == "net.gateway":
            return _page(prng.choice((502, 503)), self._date())
        if kind == "net.busy":
            return _page(429, self._date(), {"Retry-After": str(1 + prng.below(90))})
        if kind == "hub.offline":
            return self._fault(as_fault(ServerOffline("server is offline")))
        if kind == "hub.database":
            return self._fault(TaskFault(1, _NO_DATABASE))
        if kind == "hub.session-lost":
            self._hub.forget_session(request.headers)
        return None

    def _fault(self, fault: TaskFault) -> _Answer:
        head = {"Content-Type": "text/xml", "Date": self._date()}
        return 200, head, fault_response(fault)

    def _hold(self, prng: Prng, asked: ParsedRequest, request: requests.PreparedRequest) -> None:
        """Have the hub be given a request later, whose answer nobody gets."""
        headers = dict(request.headers)
        when = self._schedule.now + prng.between(0.0, HELD)
        self._schedule.at(when, lambda: self._late(asked, headers))

    def _late(self, asked: ParsedRequest, headers: Mapping[str, str]) -> None:
        is_lost = self._schedule.now < self._down_until
        self._note("late-request", "%s%s" % (_name(asked), " is lost" if is_lost else ""))
        if not is_lost:
            self._hub.answer(asked, headers)

    def _ask(self, asked: ParsedRequest, headers: Mapping[str, str]) -> bytes:
        """Let the hub answer: what it does to its own files is none of the machine's steps."""
        with self._schedule.outside():
            return self._hub.answer(asked, headers)

    def _file(self, way: _Way, request: requests.PreparedRequest) -> _Answer:
        path = unquote(urlsplit(request.url or "").path)
        number = self._step("download", Path(path).suffix)
        met = self._injection.first(
            OF_FILES, "download " + Path(path).suffix, self._schedule.now, number
        )
        kind, prng = met or ("", self._prng)
        if self._schedule.now < self._down_until:
            kind = "net.refuse"
        if kind:
            self._note("fault", "%s download" % kind)
        way.wait(prng.between(0.001, 0.02))
        if kind == "net.refuse":
            way.refused()
        if kind == "net.lose-request":
            way.lost(prng)
        if kind == "net.gateway":
            return _page(prng.choice((502, 503)), self._date())
        if kind == "net.slow":
            way.wait(prng.between(1.0, 200.0))
        with self._schedule.outside():
            status, head, content = self._served(path, request.headers.get("Range"))
        if kind == "net.cut-answer" and content:
            content = content[: prng.below(len(content))]
        return status, head, content

    def _served(self, path: str, wanted: Optional[str]) -> _Answer:
        """Return the file at a path, or what a fault of the rehearsal's leaves of it."""
        below = path[len(FILES_PATH) :]
        found = self._hub.context.store.served(below)
        if found is None:
            return _page(404, self._date())
        met = self._hub.read(lambda context, _now: context.network_faults.met_by_file(below))
        download = plan(found.stat().st_size, wanted, met, path, ADDRESS)
        content = found.read_bytes()[download.start : download.start + download.sent]
        if download.spoils and content:
            content = bytes([content[0] ^ 0xFF]) + content[1:]
        head = {"Content-Length": str(download.promised), "Date": self._date()}
        return int(download.status), {**head, **dict(download.headers)}, content

    def _date(self) -> str:
        return email.utils.formatdate(self._hub.site.dispatcher.time(), usegmt=True)


_Answer = Tuple[int, Dict[str, str], bytes]


class _Way:
    """The way of one request: how long it may take, and how it ends where it ends early."""

    def __init__(
        self,
        schedule: Schedule,
        request: requests.PreparedRequest,
        limit: Optional[Limit],
        timeout: Any,
    ) -> None:
        self._schedule = schedule
        self._request = request
        self._limit = limit
        seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        self._seconds = seconds or FOREVER

    def wait(self, seconds: float) -> None:
        """Let time pass, as long as the client waits."""
        if self._limit is None:
            if seconds >= self._seconds:
                self._schedule.sleep(self._seconds)
                raise requests.ReadTimeout("Read timed out.", request=self._request)
            self._schedule.sleep(seconds)
            return
        end = self._schedule.now + seconds
        while self._schedule.now < end:
            self._limit.check()
            self._schedule.sleep(min(SLICE, end - self._schedule.now))
        self._limit.check()

    def lost(self, prng: Prng) -> None:
        """Nothing comes: a reset after a while, or silence until the client gives up."""
        self.wait(FOREVER if prng.chance(0.5) else prng.between(0.0, 20.0))
        reset = ConnectionResetError(104, "Connection reset by peer")
        raise requests.ConnectionError(
            ProtocolError("Connection aborted.", reset), request=self._request
        )

    def refused(self) -> None:
        """There is no connection."""
        why: Any = NewConnectionError(
            None,  # type: ignore[arg-type]  # it is only named in the text
            "Failed to establish a new connection: [Errno 111] Connection refused",
        )
        raise requests.ConnectionError(
            MaxRetryError(None, ADDRESS, why),  # type: ignore[arg-type]
            request=self._request,
        )


class _Body(io.BytesIO):
    """A body that arrives within its limit."""

    def __init__(self, content: bytes, limit: Optional[Limit]) -> None:
        super().__init__(content)
        self._limit = limit

    def read(self, size: Optional[int] = -1) -> bytes:
        """Read some bytes."""
        piece = super().read(size)
        if self._limit is not None:
            self._limit.check()
            self._limit.received(len(piece))
        return piece


def _name(asked: ParsedRequest) -> str:
    """Return what a request is called: its method, or those in its multicall."""
    if asked.method in MULTICALLS:
        return "+".join(sorted({method for method, _, _ in asked.calls}))
    return asked.method


def _page(status: int, date: str, more: Mapping[str, str] = MappingProxyType({})) -> _Answer:
    body = b"<html><body><h1>%d</h1></body></html>" % status
    head = {"Content-Type": "text/html", "Content-Length": str(len(body)), "Date": date}
    return status, {**head, **more}, body


def _without_logout(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a destructor that has no session of a world log out: its process is no more."""

    def forget(session: Any) -> None:
        if not str(session.__dict__.get("baseurl", "")).startswith(ADDRESS):
            original(session)

    return forget


# For good: sessions of killed processes are collected at any time, after the world, too.
koji.ClientSession.__del__ = _without_logout(koji.ClientSession.__del__)

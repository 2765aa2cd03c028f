"""The rehearsal hub: a Koji hub, its builder and composer, for as long as it runs."""

from __future__ import annotations

import difflib
import threading
import time
from pathlib import Path
from typing import Callable, Optional, Sequence, Tuple

from koji_rehearsal.api_registry import API, HubContext
from koji_rehearsal.builder import Addresses, Builder
from koji_rehearsal.connections import HubServer, Site
from koji_rehearsal.dispatch import Dispatcher
from koji_rehearsal.encoding import BUILD_STATES
from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.faults import Fault, FaultPlan
from koji_rehearsal.faults.fault_spec import ANY, DOWNLOAD
from koji_rehearsal.hub_content import HubContent
from koji_rehearsal.network_faults import NetworkFaults
from koji_rehearsal.pages import WEB_PATH, Pages
from koji_rehearsal.reply_rewriter import PlainReplies, ReplyRewriter
from koji_rehearsal.request_log import Call, Counters, Request, RequestLog
from koji_rehearsal.server import FILES_PATH, HUB_PATH, serve
from koji_rehearsal.settings import HubSettings
from koji_rehearsal.state import State
from koji_rehearsal.state_file import StateFile
from koji_rehearsal.store import Store
from koji_rehearsal.submissions import Submission, SubmissionFile, submissions

POLL_INTERVAL = 0.05
"""Seconds after which the listening thread sees that it should stop."""


_BEGUN = time.time() - time.monotonic()


def steady_time() -> float:
    """Return the time that the host had at first, and what has passed since: nobody can set it."""
    return _BEGUN + time.monotonic()


class HubClock:
    """
    Seconds since the epoch, as the hub has them; it starts with the time of the given clock.

    :param speed: hub seconds in one second of the given clock
    """

    def __init__(self, clock: Callable[[], float], speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._read_at = clock()
        self._showed = self._read_at

    def __call__(self) -> float:
        """Return the hub's time."""
        return self._showed + (self._clock() - self._read_at) * self._speed

    def not_before(self, when: float) -> None:
        """Go on from a time on the hub, when it is later than what the clock shows."""
        self._showed += max(0.0, when - self())


class RehearsalHub:
    """
    A Koji hub that builds nothing real. Use it as a context manager, once.

    It listens on ``settings.host`` only, which is 127.0.0.1 by default; after
    :meth:`stop` none of its threads and sockets is left; it prints nothing.

    :param topdir: where Koji's files go; created if missing
    :param content: what it knows at first; None: that of the recorded hub
    :param clock: seconds since the epoch
    :param sleep: waits for seconds, where a file is served slowly
    :param make_rewriter: returns what may change the reply to a request, one for each
    """

    def __init__(
        self,
        settings: HubSettings,
        topdir: Path,
        content: Optional[HubContent] = None,
        clock: Callable[[], float] = steady_time,
        sleep: Callable[[float], object] = time.sleep,
        make_rewriter: Callable[[], ReplyRewriter] = PlainReplies,
    ) -> None:
        self._sleep = sleep
        self._make_rewriter = make_rewriter
        self.settings = settings
        self.topdir = topdir.absolute()
        self._content = content or HubContent.golden()
        self._clock = HubClock(clock, settings.speed)
        self._state_file: Optional[StateFile] = None
        self._submitted: Optional[SubmissionFile] = None
        self.resumed = False
        """Whether it started from a state file."""
        self._dispatcher: Optional[Dispatcher] = None
        self._request_log = RequestLog()
        self._server: Optional[HubServer] = None
        self._address_here: Optional[str] = None
        self._thread: Optional[threading.Thread] = None

    def __enter__(self) -> RehearsalHub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """
        Listen and answer.

        :raises RehearsalError: the host is not this machine's, the port is taken, topdir cannot be
            made, or a fault is of a call that the hub does not have
        """
        store = self._make_store()
        try:
            self._server = serve(
                self.settings, self._request_log, lambda address: self._make_site(address, store)
            )
        except (OSError, OverflowError) as error:
            raise RehearsalError(
                "cannot listen on port %d of %s: %s"
                % (
                    self.settings.port,
                    self.settings.host,
                    getattr(error, "strerror", None) or error,
                ),
                "Choose another with --port; 0 takes any free port. --host takes a name or address"
                " of this machine.",
            ) from error
        self._thread = threading.Thread(
            target=self._server.listen,
            args=(POLL_INTERVAL,),
            name="rehearsal-hub",
            daemon=True,
        )
        self._thread.start()

    def serve_here(self, address: str) -> Site:
        """
        Return what :meth:`start` would serve, for a client in this process that needs no socket.

        :param address: what the hub calls itself: scheme and host
        :raises RehearsalError: as :meth:`start`
        """
        self._address_here = address
        return self._make_site(address, self._make_store())

    def stop(self) -> None:
        """Stop answering and close everything; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None and self._server is not None:
            self._server.stop_listening()
            thread.join()
            self._server.close()
            if self._dispatcher is not None:
                # Reading saves, too.
                self._dispatcher.read(lambda _context, _now: None)

    @property
    def logs_in(self) -> bool:
        """Whether calls need a login, as on a real hub."""
        return self._content.anonymous is None

    @property
    def state_problem(self) -> Optional[str]:
        """Why the state was not saved the last time; None: it was, or nobody asked for it."""
        kept = (self._state_file, self._submitted)
        return next((one.problem for one in kept if one is not None and one.problem), None)

    @property
    def submissions(self) -> Tuple[Submission, ...]:
        """Every image that was submitted, also before a restart, in order."""
        if self._dispatcher is None:
            return ()
        return self._dispatcher.read(lambda context, _now: submissions(context.state))

    @property
    def server(self) -> str:
        """The address of the hub's XML-RPC."""
        return self._address + HUB_PATH

    @property
    def topurl(self) -> str:
        """The address of Koji's files."""
        return self._address + FILES_PATH.rstrip("/")

    @property
    def weburl(self) -> str:
        """The address of the hub's web pages."""
        return self._address + WEB_PATH

    @property
    def calls(self) -> Tuple[Call, ...]:
        """Every call so far, in order."""
        return self._request_log.calls

    @property
    def requests(self) -> Tuple[Request, ...]:
        """Every request so far that was a call, in the order of their answers."""
        return self._request_log.requests

    @property
    def counters(self) -> Counters:
        """How much the hub was asked so far."""
        return self._request_log.counters

    @property
    def _address(self) -> str:
        if self._address_here is not None:
            return self._address_here
        if self._server is None:
            raise RuntimeError("BUG: a hub has no address before it is started")
        return self._server.address

    def _make_store(self) -> Store:
        try:
            return Store(self.topdir)
        except OSError as error:
            raise RehearsalError(
                "cannot create the hub's folder %s: %s" % (self.topdir, error.strerror or error),
                "Choose another with --topdir.",
            ) from error

    def _make_site(self, address: str, store: Store) -> Site:
        state = State(self._content, self._clock())
        addresses = Addresses(
            server=address + HUB_PATH,
            topurl=address + FILES_PATH.rstrip("/"),
            composer=address + "/composer",
        )
        faults = FaultPlan(self.settings.faults)
        builder = Builder(state, store, self.settings, addresses, faults)
        network_faults = NetworkFaults(faults, state)
        context = HubContext(state, builder, store, network_faults)
        if self.settings.state_file is not None:
            self._state_file = StateFile(self.settings.state_file, state, builder, faults)
            restored = self._state_file.restore()
            self.resumed = restored is not None
            self._clock.not_before(restored or 0.0)
            _discard_unfinished(state, store)
        if self.settings.submissions_file is not None:
            self._submitted = SubmissionFile(self.settings.submissions_file, state, self.resumed)
        _check_methods(faults.faults)
        self._dispatcher = Dispatcher(
            context, self._request_log, self._clock, self.settings, self._save
        )
        pages = Pages(self._dispatcher, address + HUB_PATH)
        return Site(self._dispatcher, pages, context, self._sleep, self._make_rewriter)

    def _save(self, now: float) -> None:
        if self._state_file is not None:
            self._state_file.save(now)
        if self._submitted is not None:
            self._submitted.save()


def _discard_unfinished(state: State, store: Store) -> None:
    """Remove the files of imports that a killed hub did not finish: they are repeated."""
    for build in state.builds.values():
        if build.state == BUILD_STATES["BUILDING"]:
            store.discard_build(build.folder)


def _check_methods(faults: Sequence[Fault]) -> None:
    """Refuse a fault that no call could ever hit."""
    known = (*API.names(), DOWNLOAD, ANY)
    for fault in faults:
        if fault.method is not None and fault.method not in known:
            near = difflib.get_close_matches(fault.method, known, n=1)
            raise RehearsalError(
                "the hub has no call %s, which fault %s names" % (fault.method, fault.spec),
                "Did you mean %s?" % near[0]
                if near
                else "`koji call system.listMethods` lists the hub's methods.",
            )

"""The rehearsal hub: a Koji hub, its builder and composer, for as long as it runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable, Optional, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.rehearsal.builder import Addresses, Builder
from pungi_osbuild.rehearsal.content import HubContent
from pungi_osbuild.rehearsal.dispatch import Dispatcher
from pungi_osbuild.rehearsal.ledger import Call, Counters, Ledger
from pungi_osbuild.rehearsal.rpc import Office
from pungi_osbuild.rehearsal.server import FILES_PATH, HUB_PATH, HubServer, Site
from pungi_osbuild.rehearsal.settings import HubSettings
from pungi_osbuild.rehearsal.state import State
from pungi_osbuild.rehearsal.store import Store

POLL_INTERVAL = 0.05
"""Seconds after which the listening thread sees that it should stop."""


class RehearsalHub:
    """
    A Koji hub that builds nothing real. Use it as a context manager, once.

    Guarantees: it listens on ``settings.host`` only, which is 127.0.0.1 by default; after
    :meth:`stop` no thread and no socket of it is left; it prints nothing.

    :param topdir: where Koji's files go; made when it is not there
    :param content: what it knows at first; None: that of the hub it imitates
    :param clock: seconds since the epoch
    """

    def __init__(
        self,
        settings: HubSettings,
        topdir: Path,
        content: Optional[HubContent] = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.topdir = topdir.absolute()
        self._content = content or HubContent.golden()
        self._clock = clock
        self._ledger = Ledger()
        self._server: Optional[HubServer] = None
        self._thread: Optional[threading.Thread] = None

    def __enter__(self) -> RehearsalHub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """
        Listen and answer.

        :raises InputError: the host is none of this machine's, the port is taken, or topdir cannot
            be made
        """
        store = self._make_store()
        try:
            self._server = HubServer(
                self.settings, self._ledger, lambda address: self._make_site(address, store)
            )
        except (OSError, OverflowError) as error:
            raise InputError(
                "port %d cannot be listened on at %s: %s"
                % (
                    self.settings.port,
                    self.settings.host,
                    getattr(error, "strerror", None) or error,
                ),
                "Name another one with --port; 0 takes any that is free.",
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(POLL_INTERVAL,),
            name="rehearsal-hub",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close everything; again does nothing."""
        thread, self._thread = self._thread, None
        if thread is not None and self._server is not None:
            self._server.shutdown()
            thread.join()
            self._server.close()

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
        """The address where a Koji's web pages would be."""
        return self._address + "/koji"

    @property
    def calls(self) -> Tuple[Call, ...]:
        """Every call so far, in order."""
        return self._ledger.calls

    @property
    def counters(self) -> Counters:
        """How much the hub was asked so far."""
        return self._ledger.counters

    @property
    def _address(self) -> str:
        if self._server is None:
            raise RuntimeError("BUG: a hub has no address before it is started")
        return self._server.address

    def _make_store(self) -> Store:
        try:
            return Store(self.topdir)
        except OSError as error:
            raise InputError(
                "the hub's folder %s cannot be made: %s" % (self.topdir, error.strerror or error),
                "Name another one with --topdir.",
            ) from error

    def _make_site(self, address: str, store: Store) -> Site:
        state = State(self._content, self._clock())
        addresses = Addresses(
            server=address + HUB_PATH,
            topurl=address + FILES_PATH.rstrip("/"),
            composer=address + "/composer",
        )
        builder = Builder(state, store, self.settings, addresses)
        office = Office(state, builder, store)
        return Site(
            Dispatcher(office, self._ledger, self._clock, self.settings), store, state.cut_files
        )

"""
Faults between the hub and its clients.

They begin with a call and are counted in requests, not in seconds, so that the same client always
meets the same faults.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Iterable, Mapping, Optional, Sequence, Tuple

from koji_rehearsal import affected_images
from koji_rehearsal.encoding import ActionNotAllowed, GenericError, ServerOffline
from koji_rehearsal.faults import Fault, FaultKind, FaultPlan, Group, RequestFaults
from koji_rehearsal.faults.fault_spec import DOWNLOAD
from koji_rehearsal.records import Session
from koji_rehearsal.state import State

PERMISSION = "image"
"""What the hub says that a user lacks, where a call is denied."""

PAGES = (
    FaultKind.HTTP_400,
    FaultKind.HTTP_403,
    FaultKind.HTTP_413,
    FaultKind.HTTP_429,
    FaultKind.HTTP_500,
    FaultKind.HTTP_502,
    FaultKind.HTTP_503,
    FaultKind.HTTP_504,
    FaultKind.ERROR_PAGE,
)
"""Faults that answer a request with a web server's page."""

_BROKEN = (FaultKind.REFUSED, FaultKind.DROP, *PAGES)
_INSTEAD = (
    *_BROKEN,
    FaultKind.OFFLINE,
    FaultKind.SESSION_EXPIRED,
    FaultKind.SESSION_CLOSED,
)
"""Faults of a whole request, which is not carried out."""

_REFUSALS = (FaultKind.DENIED, FaultKind.NO_METHOD)
"""Faults of a call; others in the same multicall are carried out."""

_HARMED = (FaultKind.RESET, FaultKind.CUT_REPLY, FaultKind.LATE)
"""Faults of the reply."""

NamedCall = Tuple[str, Sequence[Any], Mapping[str, Any]]
"""A method, its positional arguments and its named ones."""


class NetworkFaults:
    """
    Network faults in progress. Thread-safe, unless a method says otherwise.

    :param state: the hub's tables, in which a session may be let expire
    """

    def __init__(self, faults: FaultPlan, state: State) -> None:
        self._faults = faults
        self._state = state
        self._lock = threading.Lock()
        self._offline = 0
        self._silent = 0

    def for_request(self) -> RequestFaults:
        """Return what a request will have met; one for each."""
        return RequestFaults(self._faults)

    def instead(self, request_faults: RequestFaults, calls: Iterable[NamedCall]) -> Optional[Fault]:
        """Return the fault that a request meets instead of an answer. Under the hub's lock."""
        hits = [
            request_faults.met(
                _INSTEAD, method, affected_images.of_call(self._state, method, args, options)
            )
            for method, args, options in calls
        ]
        return next((hit for hit in hits if hit is not None), None)

    def instead_of_download(self, request_faults: RequestFaults, below: str) -> Optional[Fault]:
        """
        Return the fault that a download meets instead of a file. Under the hub's lock.

        :param below: the file's path below Koji's topdir
        """
        found = affected_images.of_file(self._state, below)
        subject = None if found is None else found[0]
        late = request_faults.met((FaultKind.LATE,), DOWNLOAD, subject)
        if late is not None:
            request_faults.remember(late)
        return request_faults.met(_BROKEN, DOWNLOAD, subject)

    def met_by_file(self, below: str) -> Mapping[FaultKind, Fault]:
        """Return the faults that a file meets while it is served. Under the hub's lock."""
        found = affected_images.of_file(self._state, below)
        if found is None:
            return {}
        return {
            fault.kind: fault
            for fault in self._faults.of(Group.FILE)
            if fault.is_about(found[0]) and self._faults.count(fault, below)
        }

    def begin(self, fault: Fault, session: Optional[int]) -> None:
        """
        Do what a fault of a whole request does in the hub. Under the hub's lock.

        :param session: the id of the request's session
        :raises koji.ServerOffline: that is the fault
        """
        if fault.kind is FaultKind.OFFLINE:
            raise ServerOffline("server is offline")
        if session is None or session not in self._state.sessions:
            return
        if fault.kind is FaultKind.SESSION_EXPIRED:
            self._expire(session)
        if fault.kind is FaultKind.SESSION_CLOSED:
            del self._state.sessions[session]

    def refuse(
        self,
        request_faults: RequestFaults,
        method: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
    ) -> None:
        """
        Refuse a call, where a fault says so. Under the hub's lock.

        :raises koji.GenericError: so
        """
        subject = affected_images.of_call(self._state, method, args, options)
        fault = request_faults.met(_REFUSALS, method, subject)
        if fault is None:
            return
        if fault.kind is FaultKind.NO_METHOD:
            raise GenericError("Invalid method: %s" % method)
        raise ActionNotAllowed("%s permission required" % PERMISSION)

    def done(
        self,
        request_faults: RequestFaults,
        session: Optional[Session],
        method: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
    ) -> None:
        """Begin what is to begin with a call that was carried out. Under the hub's lock."""
        subject = affected_images.of_call(self._state, method, args, options)

        def met(kind: FaultKind) -> Optional[Fault]:
            return request_faults.met((kind,), method, subject)

        outage, restart = met(FaultKind.OUTAGE), met(FaultKind.RESTART)
        with self._lock:
            if outage is not None:
                self._offline = outage.option("requests")
            if restart is not None:
                self._silent = restart.option("requests")
        for kind in _HARMED:
            harm = met(kind)
            if harm is not None:
                request_faults.remember(harm)
        if met(FaultKind.EXPIRE) is not None and session is not None:
            self._expire(session.id)

    def _expire(self, session: int) -> None:
        sessions = self._state.sessions
        sessions[session] = replace(sessions[session], expired=True)

    def offline(self) -> bool:
        """Whether a request is to be answered that the server is offline; asked once for each."""
        with self._lock:
            self._offline, is_offline = max(0, self._offline - 1), self._offline > 0
        return is_offline

    def silent(self) -> bool:
        """Whether a request is to be dropped unread; asked once for each."""
        with self._lock:
            self._silent, is_silent = max(0, self._silent - 1), self._silent > 0
        return is_silent

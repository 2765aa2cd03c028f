"""
What goes wrong between the hub and its clients, where a fault was asked for.

It begins with the submission of an image and is counted in requests, not in seconds, so that the
same client meets the same trouble every time.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Optional, Sequence

from pungi_osbuild.rehearsal.faults import FaultBook, FaultKind
from pungi_osbuild.rehearsal.records import Session
from pungi_osbuild.rehearsal.state import State

REQUESTS = 3
"""How many requests an outage or a restart meets."""


class Trouble:
    """
    Trouble that is under way. Thread-safe, but :meth:`submitted` is called under the hub's lock.

    :param faults: what was asked for
    :param state: the hub's tables, in which a session may be let expire
    """

    def __init__(self, faults: FaultBook, state: State) -> None:
        self._faults = faults
        self._state = state
        self._lock = threading.Lock()
        self._offline = 0
        self._silent = 0
        self._request = threading.local()

    def submitted(
        self,
        name: str,
        version: str,
        arches: Sequence[str],
        image_type: str,
        session: Optional[Session],
    ) -> None:
        """Begin what is to begin with the submission of an image, by the thread that answers it."""

        def begins(kind: FaultKind) -> bool:
            return self._faults.hits_once(kind, name, version, arches, image_type)

        with self._lock:
            if begins(FaultKind.OUTAGE):
                self._offline = REQUESTS
            if begins(FaultKind.RESTART):
                self._silent = REQUESTS
        if begins(FaultKind.RESET):
            self._request.lost = True
        if session is not None and begins(FaultKind.EXPIRE):
            sessions = self._state.sessions
            sessions[session.id] = replace(sessions[session.id], expired=True)

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

    def loses_reply(self) -> bool:
        """Whether the reply to the request that this thread has answered is to be lost."""
        lost = bool(getattr(self._request, "lost", False))
        self._request.lost = False
        return lost

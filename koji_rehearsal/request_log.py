"""What a hub was asked: every request and call in order, and counts. Thread-safe."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.masking import HIDDEN


@dataclass(frozen=True)
class Call:
    """
    A call of a method; those in a multicall stand by themselves.

    :param user: who made it; None: nobody who was logged in
    :param params: its positional arguments and, where it has some, a last dict of the named ones;
        values as JSON has them, passwords hidden
    """

    user: Optional[str]
    method: str
    params: Tuple[Any, ...]


@dataclass(frozen=True)
class Request:
    """
    An HTTP request that is a call, or a multicall.

    :param at: seconds since the epoch by the hub's clock, when it came
    :param busy: seconds of processor time that its answer took
    :param methods: that were called; empty when it was refused before
    """

    at: float
    busy: float
    methods: Tuple[str, ...]


@dataclass(frozen=True)
class Counters:
    """
    How much a hub was asked.

    :param connections: TCP connections
    :param requests: HTTP requests
    :param calls: of methods, multicalls by what is in them
    :param logins: that succeeded
    :param downloads: files that were served, wholly or in part
    :param bytes_served: of those files
    """

    connections: int = 0
    requests: int = 0
    calls: int = 0
    logins: int = 0
    downloads: int = 0
    bytes_served: int = 0


class RequestLog:
    """Keeps requests, calls and counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: List[Call] = []
        self._requests: List[Request] = []
        self._counters = Counters()

    @property
    def calls(self) -> Tuple[Call, ...]:
        """All calls so far."""
        with self._lock:
            return tuple(self._calls)

    @property
    def requests(self) -> Tuple[Request, ...]:
        """All requests so far that were calls."""
        with self._lock:
            return tuple(self._requests)

    @property
    def counters(self) -> Counters:
        """The counts so far."""
        with self._lock:
            return self._counters

    def record(
        self, user: Optional[str], method: str, args: Sequence[Any], options: Mapping[str, Any]
    ) -> None:
        """Keep a call."""
        shown = list(args)
        if method == "login" and len(shown) > 1:
            shown[1] = HIDDEN
        kept = {key: HIDDEN if key == "password" else value for key, value in options.items()}
        params = [*shown, kept] if kept else shown
        # A copy: what was asked must not change when the hub works on it.
        call = Call(user, method, tuple(json.loads(json.dumps(params, default=repr))))
        with self._lock:
            self._calls.append(call)
            self._counters = replace(self._counters, calls=self._counters.calls + 1)

    def answered(self, request: Request) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(request)

    def count(self, **more: int) -> None:
        """Add to counts by name."""
        with self._lock:
            added = {name: getattr(self._counters, name) + value for name, value in more.items()}
            self._counters = replace(self._counters, **added)

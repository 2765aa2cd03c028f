"""From a request to a reply: the session, the clock, the method; multicalls."""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar
from xmlrpc.client import Fault

from pungi_osbuild.rehearsal.ledger import Ledger
from pungi_osbuild.rehearsal.methods import METHODS
from pungi_osbuild.rehearsal.records import Session, User
from pungi_osbuild.rehearsal.rpc import Caller, Office
from pungi_osbuild.rehearsal.state import by_name
from pungi_osbuild.rehearsal.wire import (
    AuthError,
    ParameterError,
    RetryError,
    SequenceError,
    as_fault,
    fault_response,
    read_call,
    response,
    split_options,
)

_Seen = TypeVar("_Seen")

MULTICALLS = ("multiCall", "system.multicall")


@dataclass(frozen=True)
class Credentials:
    """The headers that koji sends in a session: ``Koji-Session-Id``, ``-Key``, ``-Callnum``."""

    id: Optional[str] = None
    key: Optional[str] = field(default=None, repr=False)
    callnum: Optional[str] = None


class BadRequestError(Exception):
    """The body of a request is no XML-RPC call."""


class Dispatcher:
    """
    Answers requests, one after another.

    :param clock: seconds since the epoch
    :param keep: called with the time before each reply, e.g. to save what has changed
    """

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        clock: Callable[[], float],
        keep: Callable[[float], None] = lambda _now: None,
    ) -> None:
        self._keep = keep
        self._office = office
        self._ledger = ledger
        self._clock = clock
        self._now = clock()
        self._lock = threading.Lock()

    def answer(self, body: bytes, credentials: Credentials) -> bytes:
        """
        Return the reply to a request.

        :raises BadRequestError: it cannot be read
        """
        try:
            method, params = read_call(body)
        except Exception as error:
            raise BadRequestError("Invalid request: %s" % error) from error
        with self._lock:
            try:
                return response(self._answer(method, params, credentials))
            except Exception as error:
                return fault_response(as_fault(error))
            finally:
                self._keep(self._now)

    def look(self, reader: Callable[[Office, float], _Seen]) -> _Seen:
        """
        Return what a function reads of the hub as it is now, while nothing else happens.

        :param reader: called with the office and the time
        """
        with self._lock:
            now = self._tick()
            self._keep(now)
            return reader(self._office, now)

    def _answer(self, method: str, params: Sequence[Any], credentials: Credentials) -> Any:
        session = self._session(credentials, method)
        if method not in MULTICALLS:
            return self._call(session, method, params)
        args, _ = split_options(params)
        if len(args) != 1 or not isinstance(args[0], list):
            raise ParameterError("multiCall() takes one list of calls")
        return [self._call_of_many(session, call) for call in args[0]]

    def _session(self, credentials: Credentials, method: str) -> Optional[Session]:
        """Return the session that a request belongs to; it counts its calls."""
        if credentials.id is None:
            return None
        sessions = self._office.state.sessions
        session = sessions.get(int(credentials.id)) if credentials.id.isdigit() else None
        if session is None or session.key != credentials.key:
            raise AuthError("Invalid session or bad credentials")
        callnum = _callnum(credentials.callnum)
        if callnum is not None and session.callnum is not None:
            if session.callnum > callnum:
                raise SequenceError("%d > %d (session %d)" % (session.callnum, callnum, session.id))
            if session.callnum == callnum:
                raise RetryError("unable to retry call %d (method %s)" % (callnum, method))
        session = replace(session, callnum=callnum, update_ts=self._tick())
        sessions[session.id] = session
        return session

    def _tick(self) -> float:
        """Let everything happen that is due, and return the time; it never goes back."""
        self._now = max(self._now, round(self._clock(), 6))
        self._office.builder.advance(self._now)
        return self._now

    def _call(self, session: Optional[Session], method: str, params: Sequence[Any]) -> Any:
        args, options = split_options(params)
        user = self._user(session)
        self._ledger.record(session.user.name if session else None, method, args, options)
        caller = Caller(self._office, user, session, self._tick())
        result = METHODS.call(caller, method, args, options)
        if method == "login":
            self._ledger.count(logins=1)
        return result

    def _user(self, session: Optional[Session]) -> Optional[User]:
        state = self._office.state
        if session is not None:
            return session.user
        anonymous = state.content.anonymous
        return None if anonymous is None else by_name(state.users, anonymous)

    def _call_of_many(self, session: Optional[Session], call: Any) -> Any:
        """Return a call's result in a list, or its fault; the other calls go on."""
        try:
            method, params = _named(call)
            return [self._call(session, method, params)]
        except Fault as fault:
            return as_fault(fault).to_wire()
        except Exception as error:
            lines = traceback.format_exception_only(type(error), error)
            return {
                **as_fault(error).to_wire(),
                "traceback": ["Traceback (most recent call last):\n", *lines],
            }


def _callnum(text: Optional[str]) -> Optional[int]:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise AuthError("Invalid callnum: %r" % text) from None


def _named(call: Any) -> Tuple[str, List[Any]]:
    if not isinstance(call, Mapping) or "methodName" not in call:
        raise ParameterError("a call without a methodName: %r" % (call,))
    struct: Dict[str, Any] = dict(call)
    return str(struct["methodName"]), list(struct.get("params") or ())

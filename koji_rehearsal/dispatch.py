"""From a request to a reply: the session, the clock, the method; multicalls."""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple, TypeVar
from xmlrpc.client import Fault as XmlFault

from koji_rehearsal.api import API
from koji_rehearsal.api_registry import Caller, HubContext, Signature
from koji_rehearsal.encoding import (
    FOREIGN,
    AuthError,
    AuthExpired,
    AuthLockError,
    GenericError,
    RetryError,
    SequenceError,
    ServerOffline,
    TaskFault,
    as_fault,
    as_fault_of_many,
    fault_response,
    read_call,
    response,
    split_options,
)
from koji_rehearsal.faults import Fault, FaultPlan, RequestFaults
from koji_rehearsal.network_faults import NamedCall
from koji_rehearsal.records import Session, User
from koji_rehearsal.reply_rewriter import PlainReplies, ReplyRewriter
from koji_rehearsal.request_log import Request, RequestLog
from koji_rehearsal.settings import HubSettings
from koji_rehearsal.state import by_name

_Read = TypeVar("_Read")

MULTICALLS = ("multiCall", "system.multicall")
WITHOUT_LOCK = ("exclusiveSession", "login", "logout")
"""What a session may call although another one of its user is exclusive."""

_MULTICALL = Signature.parse("multiCall(calls)")


@dataclass(frozen=True)
class Credentials:
    """The headers that koji sends in a session: ``Koji-Session-Id``, ``-Key``, ``-Callnum``."""

    id: Optional[str] = None
    key: Optional[str] = field(default=None, repr=False)
    callnum: Optional[str] = None


@dataclass(frozen=True)
class _Requester:
    """
    Who makes a call, as far as a request tells.

    :param session: None: without a login, or one that has expired
    :param renewing: the session that has expired
    :param request_faults: what goes wrong on the way
    :param rewriter: changes the reply
    """

    session: Optional[Session] = None
    renewing: Optional[Session] = None
    request_faults: RequestFaults = field(default_factory=lambda: RequestFaults(FaultPlan(())))
    rewriter: ReplyRewriter = field(default_factory=PlainReplies)


@dataclass(frozen=True)
class ParsedRequest:
    """
    A request, read.

    :param calls: one, or those in a multicall
    :param unreadable: why it cannot be read, for the web layer
    :param error: why it is no call, a fault
    """

    method: str = ""
    params: Tuple[Any, ...] = ()
    calls: Tuple[NamedCall, ...] = ()
    unreadable: Optional[str] = None
    error: Optional[Exception] = None

    @classmethod
    def read(cls, body: bytes) -> ParsedRequest:
        """Return what a request's body asks."""
        if not body:
            return cls(unreadable="Empty request")
        try:
            method, params = read_call(body)
        except Exception as error:
            return cls(unreadable=str(error))
        try:
            return cls(method, params, tuple(_named(method, params)))
        except Exception as error:
            return cls(error=error)


class Dispatcher:
    """
    Answers requests, one at a time. Whatever comes, there is an answer.

    One lock guards all of the hub's state. Connections' threads take it for each request, pages and
    downloads for each reading, the listening thread for what is due.

    :param clock: seconds since the epoch
    :param keep: called with the time before each reply, e.g. to save what has changed
    """

    def __init__(
        self,
        context: HubContext,
        request_log: RequestLog,
        clock: Callable[[], float],
        settings: HubSettings,
        keep: Callable[[float], None] = lambda _now: None,
    ) -> None:
        self._keep = keep
        self._context = context
        self._request_log = request_log
        self._clock = clock
        self._settings = settings
        self._now = clock()
        self._lock = threading.Lock()

    def instead(self, asked: ParsedRequest, request_faults: RequestFaults) -> Optional[Fault]:
        """Return the fault that a request meets instead of being carried out, if there is one."""
        with self._lock:
            return self._context.network_faults.instead(request_faults, asked.calls)

    def answer(
        self,
        asked: ParsedRequest,
        credentials: Credentials,
        request_faults: RequestFaults,
        fault: Optional[Fault] = None,
        rewriter: ReplyRewriter = PlainReplies(),  # noqa: B008  has no state
    ) -> bytes:
        """
        Return the reply to a request; to one that is no call, too, it is a fault.

        :param request_faults: collects what goes wrong with the reply
        :param fault: of the whole request, which :meth:`instead` has found
        :param rewriter: changes what calls return
        """
        at, begun = self._clock(), time.thread_time()
        try:
            if asked.error is not None:
                return _refusal(asked.error)
            with self._lock:
                try:
                    result = self._answer(asked, credentials, request_faults, fault, rewriter)
                    return response(result)
                finally:
                    self._keep(self._now)
        except Exception as error:
            return _refusal(error)
        finally:
            methods = tuple(method for method, _, _ in asked.calls)
            self._request_log.answered(Request(at, time.thread_time() - begun, methods))

    def refuse(self, reason: str) -> bytes:
        """Return the reply to a request that is not taken at all."""
        return _refusal(GenericError(reason))

    def advance(self) -> None:
        """Do what is due, so that the next request need not wait for it."""
        with self._lock:
            self._tick()

    def time(self) -> float:
        """Return the hub's time, in seconds since the epoch."""
        return self._clock()

    def read(self, reader: Callable[[HubContext, float], _Read]) -> _Read:
        """
        Return what a function reads of the hub's present state, under the lock.

        :param reader: called with the context and the time
        """
        with self._lock:
            now = self._tick()
            self._keep(now)
            return reader(self._context, now)

    def _answer(
        self,
        asked: ParsedRequest,
        credentials: Credentials,
        request_faults: RequestFaults,
        fault: Optional[Fault],
        rewriter: ReplyRewriter,
    ) -> Any:
        now = self._tick()
        self._require_online(now)
        if fault is not None:
            told = credentials.id
            self._context.network_faults.begin(fault, None if told is None else int(told))
        request = self._request(credentials, asked.method, now)
        request = replace(request, request_faults=request_faults, rewriter=rewriter)
        result, wrote = self._dispatch(request, asked.method, asked.params)
        if wrote:
            self._remember(request, credentials)
        return result

    def _tick(self) -> float:
        """Do everything that is due, and return the time, which never goes back."""
        self._now = max(self._now, round(self._clock(), 6))
        self._context.builder.advance(self._now)
        return self._now

    def _require_online(self, now: float) -> None:
        since = now - self._context.state.started_ts
        if any(one.start <= since < one.start + one.lasts for one in self._settings.outages):
            raise ServerOffline("server is offline")
        if self._context.network_faults.offline():
            raise ServerOffline("server is offline")

    # sessions

    def _request(self, credentials: Credentials, method: str, now: float) -> _Requester:
        """Return the session that a request belongs to, when it may make that call."""
        if credentials.id is None:
            return _Requester()
        sessions = self._context.state.sessions
        session = sessions.get(int(credentials.id))
        if session is None or session.key != credentials.key:
            raise AuthError("Invalid session or bad credentials")
        session = self._aged(session, now)
        if session.expired and method != "login":
            raise AuthExpired('session "%d" has expired' % session.id)
        _check_callnum(session, credentials, method)
        if session.expired:
            return _Requester(renewing=session)
        if self._locked_out(session) and method not in WITHOUT_LOCK:
            raise AuthLockError("User locked by another session")
        session = replace(session, update_ts=now)
        sessions[session.id] = session
        return _Requester(session)

    def _aged(self, session: Session, now: float) -> Session:
        """Return a session, expired together with its subsessions when its time is over."""
        lifetime = self._settings.session_lifetime
        since = session.start_ts if session.renew_ts is None else session.renew_ts
        if lifetime is None or now <= since + lifetime:
            return session
        sessions = self._context.state.sessions
        for other in list(sessions.values()):
            if session.id in (other.id, other.master):
                sessions[other.id] = replace(other, expired=True)
        return sessions[session.id]

    def _locked_out(self, session: Session) -> bool:
        return not session.exclusive and any(
            other.exclusive and other.user == session.user and other.id != session.master
            for other in self._context.state.sessions.values()
        )

    def _remember(self, request: _Requester, credentials: Credentials) -> None:
        """Keep the number of a call that changed something, unless it closed its session."""
        if request.session is None or credentials.callnum is None:
            return
        sessions = self._context.state.sessions
        session = sessions.get(request.session.id)
        if session is not None:
            sessions[session.id] = replace(session, callnum=int(credentials.callnum))

    # calls

    def _dispatch(
        self, request: _Requester, method: str, params: Sequence[Any]
    ) -> Tuple[Any, bool]:
        """Return the result of a call, and whether it changed something."""
        if method not in MULTICALLS:
            return self._call(request, method, params), API.writes(method)
        (calls,) = _MULTICALL.bind(*split_options(params))
        results = [self._call_of_many(request, call) for call in calls]
        return [result for result, _ in results], any(wrote for _, wrote in results)

    def _call(self, request: _Requester, method: str, params: Sequence[Any]) -> Any:
        args, options = split_options(params)
        session = self._current(request.session)
        self._request_log.record(session.user.name if session else None, method, args, options)
        user = self._user(session)
        caller = Caller(self._context, user, session, self._tick(), request.renewing)
        self._context.network_faults.refuse(request.request_faults, method, args, options)
        result = API.invoke(caller, method, args, options)
        if method == "login":
            self._request_log.count(logins=1)
        self._context.network_faults.done(request.request_faults, session, method, args, options)
        state, store = self._context.state, self._context.store
        return request.rewriter.result(state, store, method, args, options, result)

    def _current(self, session: Optional[Session]) -> Optional[Session]:
        """Return a session as it is now: an earlier call of a multicall may have changed it."""
        if session is None:
            return None
        return self._context.state.sessions.get(session.id, session)

    def _user(self, session: Optional[Session]) -> Optional[User]:
        state = self._context.state
        if session is not None:
            return session.user
        anonymous = state.content.anonymous
        return None if anonymous is None else by_name(state.users, anonymous)

    def _call_of_many(self, request: _Requester, call: Any) -> Tuple[Any, bool]:
        """Return a call's result in a list, or its fault; the other calls go on."""
        try:
            result, wrote = self._dispatch(request, call["methodName"], call["params"])
        except XmlFault as fault:
            return as_fault(fault).to_wire(), False
        except Exception as error:
            lines = traceback.format_exception_only(type(error), error)
            told: List[str] = ["Traceback (most recent call last):\n", *lines]
            return {**as_fault_of_many(error).to_wire(), "traceback": told}, False
        return [result], wrote


def _named(method: str, params: Sequence[Any]) -> Iterator[NamedCall]:
    """Give the calls of a request, as far as they are ones: one, or those in a multicall."""
    if method not in MULTICALLS:
        args, options = split_options(params)
        yield method, args, options
        return
    for calls in params[:1]:
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("params"), list):
                args, options = split_options(call["params"])
                yield str(call.get("methodName")), args, options


def _refusal(error: Exception) -> bytes:
    try:
        return fault_response(as_fault(error))
    except Exception:
        # The error's text cannot be sent; the refusal can.
        return fault_response(TaskFault(FOREIGN, str(type(error))))


def _check_callnum(session: Session, credentials: Credentials, method: str) -> None:
    if credentials.callnum is None:
        return
    try:
        callnum = int(credentials.callnum)
    except ValueError:
        raise AuthError("Invalid callnum: %r" % credentials.callnum) from None
    if session.callnum is None:
        return
    if session.callnum > callnum:
        raise SequenceError("%d > %d (session %d)" % (session.callnum, callnum, session.id))
    if session.callnum == callnum:
        raise RetryError(
            "unable to retry call %d (method %s) for session %d" % (callnum, method, session.id)
        )

"""
Calls to the hub, through a few ``koji.ClientSession`` objects that threads share.

A session is not safe to use from two threads at once, and every session costs a login and a TCP
connection. So there are few, each is lent to one caller at a time, and the one used last is lent
first: a run that makes its calls one after another has one session.

A call is sent once for each try, and retries are made as its
:class:`~pungi_osbuild.timing.RetryPolicy` says.
koji's own retries are not used: after a reply that was lost, a session that expires meanwhile would
have koji send the call once more under a new number, and the hub do it twice.
"""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple
from xmlrpc.client import Fault as XmlRpcFault

import koji

from pungi_osbuild.checked import printable
from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub.calls import MAX_REPLY, ORDINARY, max_reply, on_the_wire, read_replies
from pungi_osbuild.hub.connection_problem import (
    OFFLINE,
    ConnectionProblem,
    ConnectionProblemError,
    connection_problem,
    is_login_refused,
    one_line,
)
from pungi_osbuild.hub.hubtime import HubTime
from pungi_osbuild.hub.login import log_in, login_failed, no_kerberos, nobody_logged_in
from pungi_osbuild.hub.outage import Outage, unreachable
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.transport import ClientSession
from pungi_osbuild.model import MAX_FAULT, Call, HubFaultError, Reply
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import (
    CALL_TIMEOUT,
    LOGINS_PER_CALL,
    LOGOUT_TIMEOUT,
    NO_OUTAGE,
    STOPPING_CALL_TIMEOUT,
    UNANSWERED_TRIES,
    RateLimiter,
    RetryPolicy,
)

logger = logging.getLogger(__name__)

SESSIONS = 4

_KOJI_RETRIES = {"max_retries": 1, "retry_interval": 0, "offline_retry": False, "anon_retry": False}
"""What is left of koji's own retries: its logins make a second try at once, and need one."""

MULTICALL_BATCH = 100
"""Calls in one multicall: a few hundred milliseconds of one hub worker at most."""


class UnansweredError(HubError):
    """
    A call that must not be made twice was sent, and its answer was lost.

    The hub may have done what it was asked for. Look there before it is asked again.
    """


class Hub:
    """
    A Koji hub, logged in to.

    Use it as a context manager. Guarantees: at most ``SESSIONS`` logins and connections at a time,
    and one more while it is hurried; a call that the hub answers with a fault raises
    :class:`HubFaultError`; one that it does not answer is retried, as the policy says, and then
    raises :class:`~pungi_osbuild.errors.HubError`. A session that has expired or was closed is
    logged in again.

    :param retries: of calls that the hub does not answer; the default: it is not waited for
    :param clock: by which a hub that is unavailable is waited for
    :param stop: ends that waiting
    :param limiter: of all calls together; None: one with the default rate
    :param call_clock: by which one call is overdue
    """

    def __init__(
        self,
        profile: Profile,
        retries: RetryPolicy = NO_OUTAGE,
        clock: Clock = SYSTEM_CLOCK,
        stop: Optional[StopFlag] = None,
        limiter: Optional[RateLimiter] = None,
        call_clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.profile = profile
        self.time = HubTime(clock)
        self._outage = Outage(profile, retries, clock, stop or StopFlag())
        self._call_clock = call_clock
        self._limiter = limiter or RateLimiter()
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._made: List[Any] = []
        self._count = 0
        self._hurried = False
        self._lock = threading.Lock()

    def __enter__(self) -> Hub:
        self.call("getAPIVersion")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for session in self._made:
            # A session that is not ended expires by itself; whoever stops does not wait for it.
            if kind is None and session.logged_in:
                self._log_out(session)
            # koji would log out once more when the object goes, and wait for hours.
            session.logged_in = False
            if session.rsession is not None:
                session.rsession.close()

    def _log_out(self, session: Any) -> None:
        session.opts.update(timeout=LOGOUT_TIMEOUT, max_retries=0)
        try:
            session.logout()
        except Exception as error:
            logger.debug("logging out failed: %s", error)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """
        Make one call, again where it is not answered: the hub may do it twice.

        :returns: the reply as it came: untrusted
        :raises HubFaultError: the hub answered with a fault
        :raises HubError: the hub could not be reached
        """
        return self._ask(method, args, kwargs)

    def call_once(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """
        Make a call that must not be made twice; otherwise as :meth:`call`.

        It is made again only when the hub can not have done it: there was no connection, or the
        hub refused to listen.

        :raises UnansweredError: it was sent, and the answer was lost
        """
        return self._ask(method, args, kwargs, once=True)

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        """
        Make many calls in few requests, ``MULTICALL_BATCH`` in each; one alone goes by itself.

        :returns: one reply for each call, in order; a fault of one says nothing of the others
        :raises HubFaultError: the multicall itself was refused
        :raises HubError: the hub could not be reached
        :raises ReplyError: it is not one reply for each call
        """
        if len(calls) == 1:
            return (self._reply_to(calls[0]),)
        replies: List[Reply] = []
        for start in range(0, len(calls), MULTICALL_BATCH):
            batch = calls[start : start + MULTICALL_BATCH]
            wanted = [on_the_wire(call) for call in batch]
            limit = sum(max_reply(call.method, dict(call.kwargs)) for call in batch)
            answer = self._ask("multiCall", (wanted,), {}, limit=min(limit, MAX_REPLY))
            replies.extend(read_replies(batch, answer))
        return tuple(replies)

    def _reply_to(self, call: Call) -> Reply:
        try:
            return Reply(self.call(call.method, *call.args, **dict(call.kwargs)))
        except HubFaultError as fault:
            return Reply(fault=fault)

    def hurry(self) -> None:
        """
        Give up on calls soon from now on: the run is being stopped, and somebody waits.

        There may be one more session now: all others may be waiting for a hub that hangs.
        """
        # The flag first: a session that another thread makes meanwhile either sees it or is seen.
        self._hurried = True
        self._outage.hurry()
        for session in self._made:
            session.hurry(STOPPING_CALL_TIMEOUT)

    @property
    def timeout(self) -> float:
        """Seconds that a call may take."""
        own: Optional[float] = dict(self.profile.session_options).get("timeout")
        return min(own or CALL_TIMEOUT, CALL_TIMEOUT)

    def user_id(self) -> int:
        """
        Return the id of the user that tasks are submitted as.

        :raises HubError: nobody is logged in
        """
        user = self.call("getLoggedInUser")
        if not isinstance(user, dict) or not isinstance(user.get("id"), int):
            raise nobody_logged_in(self.profile)
        return int(user["id"])

    def _ask(
        self,
        method: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        once: bool = False,
        limit: Optional[int] = None,
    ) -> Any:
        if limit is None:
            limit = max_reply(method, kwargs)
        tries = alone = 0
        while True:
            tries += 1
            try:
                with self._lent() as session:
                    answer = self._answer(session, method, args, kwargs, limit)
            except ConnectionProblemError as error:
                problem = error.problem
            else:
                self._outage.answered()
                return answer
            if problem.refused is not None:
                self._check_refusal(problem, problem.refused, once)
            if once and problem.acted:
                raise UnansweredError(
                    "the hub at %s did not answer %s: %s"
                    % (self.profile.server, method, problem.text),
                    "Look with `koji list-tasks --mine` what came of it before you run this again.",
                )
            # Before it waits: what was answered while it waits says nothing of this try.
            alone = alone + 1 if tries > 1 and self._answers_another() else 0
            if alone >= UNANSWERED_TRIES:
                raise self._deaf_to(method, problem)
            self._outage.wait(problem, tries)

    def _check_refusal(self, problem: ConnectionProblem, status: int, once: bool) -> None:
        """
        Find out what an HTTP 4xx refuses: a call, all calls, or whoever asks at a wrong address.

        All calls: it is waited for, as for a hub that is unavailable. Of a question that alone is
        refused the same is done, in vain: it is given up after ``UNANSWERED_TRIES`` tries.

        :raises HubFaultError: a call that must not be made twice is refused, as a malformed or too
            long one; others are answered
        :raises HubError: it is the first answer from there: the address may be wrong
        """
        if not self._outage.has_answered:
            raise unreachable(self.profile, problem.text)
        if once and self._answers_another():
            raise HubFaultError(status, problem.text)

    def _answer(
        self,
        session: Any,
        method: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        limit: int = ORDINARY,
    ) -> Any:
        """
        Make one try of a call, in a session that is logged in.

        :param limit: bytes that the reply may have
        :raises ConnectionProblemError: the hub did not answer
        """
        logins = 0
        while True:
            if not session.logged_in and self._logs_in:
                logins += 1
                with _translated(self.profile, session):
                    log_in(session, self.profile)
            # By itself: what cannot be put into words is no connection problem.
            prepared = session._prepCall(method, args, kwargs)
            self._limiter.wait()
            try:
                with _translated(self.profile, session):
                    return _checked(_send(session, prepared, limit))
            except _SessionGoneError as gone:
                # The hub has not looked at the call: it expired, was closed, or the hub forgot it.
                session.setSession(None)
                if logins >= LOGINS_PER_CALL or not self._logs_in:
                    raise login_failed(self.profile, gone) from gone

    @property
    def _logs_in(self) -> bool:
        return self.profile.authtype != "noauth"

    def _answers_another(self) -> bool:
        """Whether the hub answers the simplest call there is."""
        try:
            with self._lent() as session:
                self._answer(session, "getAPIVersion", (), {})
        except (ConnectionProblemError, HubFaultError, PungiOsbuildError):
            return False
        return True

    def _deaf_to(self, method: str, problem: ConnectionProblem) -> HubError:
        return HubError(
            "the Koji hub at %s answers, but never %s: %s"
            % (self.profile.server, method, problem.text),
            "Tell whoever runs the hub; its log says more. Then run this again.",
        )

    # A session is used by one thread at a time: koji numbers the calls of each, and the hub refuses
    # those that arrive out of order. Also one whose call failed is put back: it was renewed.
    @contextmanager
    def _lent(self) -> Iterator[Any]:
        session = self._take()
        try:
            yield session
        finally:
            self._idle.put(session)

    def _take(self) -> Any:
        with self._lock:
            try:
                return self._idle.get_nowait()
            except queue.Empty:
                has_room = self._count < SESSIONS + self._hurried
                self._count += has_room
        if not has_room:
            # Without the lock, and without a limit: whoever has one puts it back in the end, since
            # no call takes longer than its timeouts.
            return self._idle.get()
        return self._make()

    def _make(self) -> Any:
        options = {**dict(self.profile.session_options), **_KOJI_RETRIES}
        options["timeout"] = self.timeout
        if self.profile.user:
            options.update(user=self.profile.user, password=self.profile.password)
        session = ClientSession(self.profile.hub_url, options, self.time.heard, self._call_clock)
        self._made.append(session)
        if self._hurried:
            session.hurry(STOPPING_CALL_TIMEOUT)
        return session


def _send(session: Any, prepared: Tuple[Any, ...], limit: int) -> Any:
    """
    Send a call once; koji's own way would send it again, under a new number, too.

    :param limit: bytes that the reply may have
    """
    session.max_reply = limit
    try:
        return session._sendOneCall(*prepared)
    except XmlRpcFault as fault:
        raise koji.convertFault(fault) from fault
    except Exception:
        # The connection may hold the rest of a reply.
        session.new_session()
        raise


def _checked(answer: Any) -> Any:
    """
    Return an answer; a multicall that the hub went away under is none.

    :raises ConnectionProblemError: it went away
    """
    for entry in answer if isinstance(answer, list) else ():
        if isinstance(entry, dict) and entry.get("faultCode") == OFFLINE:
            text = printable(" ".join(str(entry.get("faultString"))[:MAX_FAULT].split()))
            raise ConnectionProblemError(ConnectionProblem(text, is_hub=True))
    return answer


class _SessionGoneError(Exception):
    """The hub does not take the session: it has expired, was closed, or the hub forgot it."""


@contextmanager
def _translated(profile: Profile, session: Any) -> Iterator[None]:
    """
    Turn what koji raises into a fault, a connection problem, or an error in the user's words.

    :raises ConnectionProblemError: it is transient
    """
    was_logged_in = session.logged_in
    try:
        yield
    except PungiOsbuildError:
        raise
    except Exception as error:
        problem = connection_problem(error)
        if problem is not None:
            raise ConnectionProblemError(
                replace(problem, text=profile.hidden(problem.text))
            ) from error
        if isinstance(error, koji.AuthError):
            if was_logged_in and not isinstance(error, koji.AuthLockError):
                raise _SessionGoneError(one_line(error)) from error
            raise login_failed(profile, error) from error
        if isinstance(error, XmlRpcFault):
            raise HubFaultError(int(error.faultCode), str(error.faultString)) from error
        if isinstance(error, koji.GenericError) and error.fromFault:
            raise HubFaultError(error.faultCode, str(error)) from error
        if isinstance(error, ImportError):
            raise no_kerberos(profile, error) from error
        if is_login_refused(error):
            raise login_failed(profile, error) from error
        if isinstance(error, (koji.GenericError, OSError)):
            raise unreachable(profile, one_line(error)) from error
        raise

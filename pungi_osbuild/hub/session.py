"""
Calls to the hub, through a few ``koji.ClientSession`` objects that threads share.

A session is not safe to use from two threads at once, and every session costs a login and a TCP
connection. So there are few, each is lent to one caller at a time, and the one used last is lent
first: a run that makes its calls one after another has one session.
"""

from __future__ import annotations

import logging
import queue
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from xmlrpc.client import Error as XmlRpcError
from xmlrpc.client import Fault as XmlRpcFault

import koji
import requests

from pungi_osbuild.errors import HubError, InputError
from pungi_osbuild.hub.pace import Pace
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.wire import unusable

logger = logging.getLogger(__name__)

SESSIONS = 4
TIMEOUT = 120
"""Seconds that a call may take: all that are made here are quick. koji's own is twelve hours."""

LOGOUT_TIMEOUT = 5
"""Seconds; the work is done by then."""

_HURRIED = {"timeout": 10, "max_retries": 1, "retry_interval": 1}
"""Seconds and tries of a call at most while somebody waits for the run to stop."""

MULTICALL_BATCH = 100
"""Calls in one multicall: a few hundred milliseconds of one hub worker at most."""


class HubFaultError(Exception):
    """
    The hub answered a call with a fault. What that means is the caller's to say.

    :param code: koji's faultCode; 1 is an exception that is not koji's own
    :param text: the fault string
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Call:
    """One call of a multicall."""

    method: str
    args: Tuple[Any, ...] = ()
    kwargs: Tuple[Tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Reply:
    """The answer to one call of a multicall: a value, or a fault."""

    value: Any = None
    fault: Optional[HubFaultError] = None

    def get(self) -> Any:
        """
        Return the value as it came: untrusted.

        :raises HubFaultError: there is none, but a fault
        """
        if self.fault is not None:
            raise self.fault
        return self.value


class Hub:
    """
    A Koji hub, logged in to.

    Use it as a context manager. Guarantees: at most ``SESSIONS`` logins and connections, and one
    more while it is hurried; a call that the hub answers with a fault raises
    :class:`HubFaultError`; one that it does not answer raises
    :class:`~pungi_osbuild.errors.HubError`.

    :param pace: that all calls keep together; None: :mod:`pungi_osbuild.hub.pace`'s own
    """

    def __init__(self, profile: Profile, pace: Optional[Pace] = None) -> None:
        self.profile = profile
        self._pace = pace or Pace()
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._made: List[Any] = []
        self._count = 0
        self._hurried = False
        self._lock = threading.Lock()

    def __enter__(self) -> Hub:
        with self._lent() as session:
            self._first_contact(session)
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
        Make one call.

        :returns: the reply as it came: untrusted
        :raises HubFaultError: the hub answered with a fault
        :raises HubError: the hub could not be reached
        """
        with self._lent() as session, _translated(self.profile):
            self._pace.wait()
            return session._callMethod(method, args, kwargs)

    def call_once(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """
        Make a call that must not be made twice; otherwise as :meth:`call`.

        A session that is logged in numbers its calls, so the hub refuses one that arrives again
        and koji may retry. An anonymous session (a rehearsal's) has no such net: koji sends its
        call again only when the connection broke before there was any answer.
        """
        with self._lent() as session, _translated(self.profile):
            self._pace.wait()
            return session._callMethod(method, args, kwargs, retry=session.logged_in)

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
        if not calls:
            return ()
        replies: List[Reply] = []
        with self._lent() as session, _translated(self.profile):
            for start in range(0, len(calls), MULTICALL_BATCH):
                batch = calls[start : start + MULTICALL_BATCH]
                wanted = [_on_the_wire(call) for call in batch]
                self._pace.wait()
                replies.extend(_replies(batch, session._callMethod("multiCall", (wanted,))))
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
        self._hurried = True
        for session in self._made:
            session.opts.update(_hurried(session.opts))

    def user_id(self) -> int:
        """
        Return the id of the user that tasks are submitted as.

        :raises HubError: nobody is logged in
        """
        user = self.call("getLoggedInUser")
        if not isinstance(user, dict) or not isinstance(user.get("id"), int):
            raise nobody_logged_in(self.profile)
        return int(user["id"])

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
            return self._idle.get()
        try:
            # Without the lock: logging in may take its time, and others go on meanwhile.
            return self._make()
        except BaseException:
            with self._lock:
                self._count -= 1
            raise

    def _make(self) -> Any:
        options = dict(self.profile.session_options)
        options["timeout"] = min(options.get("timeout") or TIMEOUT, TIMEOUT)
        if self.profile.user:
            options.update(user=self.profile.user, password=self.profile.password)
        if self._hurried:
            options.update(_hurried(options))
        session = koji.ClientSession(self.profile.server, options)
        if self._made:
            with _translated(self.profile):
                log_in(session, self.profile)
        self._made.append(session)
        return session

    def _first_contact(self, session: Any) -> None:
        # koji's defaults wait ten minutes for a hub that does not answer; a mistyped profile
        # should not take that long to show.
        patient = {key: session.opts.get(key) for key in ("max_retries", "retry_interval")}
        session.opts.update(max_retries=1, retry_interval=1)
        with _translated(self.profile):
            log_in(session, self.profile)
            session.getAPIVersion()
        session.opts.update(patient)


def _hurried(options: Mapping[str, Any]) -> Dict[str, int]:
    return {key: min(most, options.get(key, most)) for key, most in _HURRIED.items()}


def log_in(session: Any, profile: Profile) -> None:
    """
    Log a session in by the profile's own method, as ``koji`` itself does.

    The order is that of koji 1.36's ``koji_cli.lib.activate_session``: noauth; a certificate;
    user and password; Kerberos.

    :raises InputError: user or password is missing
    :raises HubError: the profile asks for a method that nobody knows
    """
    if profile.authtype == "noauth":
        return
    if profile.authtype == "ssl" or (profile.authtype is None and _is_file(profile.cert)):
        session.ssl_login(profile.cert, None, profile.serverca)
    elif profile.authtype == "password" or (profile.authtype is None and profile.user):
        if not profile.user or profile.password is None:
            raise InputError(
                "profile %r logs in by user and password, and the %s was not given"
                % (profile.name, "password" if profile.user else "user"),
                "`pungi-osbuild` takes them with --user and --password-file. Inside Pungi they"
                " cannot be given: use a profile that logs in by Kerberos or certificate there.",
            )
        session.login()
    elif profile.authtype in (None, "kerberos"):
        kerberos = {"principal": profile.principal, "keytab": profile.keytab}
        session.gssapi_login(**{key: value for key, value in kerberos.items() if value})
    else:
        raise HubError(
            "profile %r has authtype %r, which nobody knows" % (profile.name, profile.authtype),
            "Use kerberos, ssl, password or noauth.",
        )


def _is_file(path: str) -> bool:
    return bool(path) and Path(path).is_file()


def nobody_logged_in(profile: Profile) -> HubError:
    """Return the error for a hub that takes us for nobody."""
    return HubError(
        "nobody is logged in at %s" % profile.server,
        "Give the profile %r an authtype that logs in (kerberos, ssl or password); image"
        " tasks cannot be submitted anonymously." % profile.name,
    )


def _on_the_wire(call: Call) -> Dict[str, Any]:
    return {
        "methodName": call.method,
        "params": koji.encode_args(*call.args, **dict(call.kwargs)),
    }


def _replies(calls: Sequence[Call], entries: object) -> Iterator[Reply]:
    """Give a reply for each call: never one call's for another's."""
    if not isinstance(entries, (list, tuple)):
        raise unusable("a multicall", "a list", entries)
    if len(entries) != len(calls):
        raise unusable("a multicall", "a list of %d replies" % len(calls), entries)
    for call, entry in zip(calls, entries):
        yield _reply(call, entry)


def _reply(call: Call, entry: object) -> Reply:
    """Return what an entry says: a list of one value, or a struct of a fault."""
    where = "the reply to %s in a multicall" % call.method
    if isinstance(entry, dict):
        code, text = entry.get("faultCode"), entry.get("faultString")
        if not isinstance(code, int) or isinstance(code, bool) or not isinstance(text, str):
            raise unusable(where, "a fault", entry)
        return Reply(fault=HubFaultError(code, text))
    if not isinstance(entry, (list, tuple)) or len(entry) != 1:
        raise unusable(where, "a list of one value", entry)
    return Reply(value=entry[0])


@contextmanager
def _translated(profile: Profile) -> Iterator[None]:
    """Turn what koji raises into a fault or an error in the user's words."""
    try:
        yield
    except XmlRpcFault as fault:
        raise HubFaultError(int(fault.faultCode), str(fault.faultString)) from fault
    except koji.RetryError as error:
        raise HubError(
            "the hub at %s did a call whose reply was lost" % profile.server,
            "Look with `koji list-tasks --mine` what came of it before you run this again.",
        ) from error
    except koji.AuthError as error:
        raise HubError(
            "logging in at %s failed: %s" % (profile.server, _one_line(error)),
            "Check the profile %r, and your ticket (`klist`), certificate or password."
            % profile.name,
        ) from error
    except koji.GenericError as error:
        if error.fromFault:
            raise HubFaultError(error.faultCode, str(error)) from error
        raise _unreachable(profile, error) from error
    except ImportError as error:
        raise HubError(
            "the profile %r logs in by Kerberos, and koji has no library for that: %s"
            % (profile.name, _one_line(error)),
            "Take koji from your distribution, or install requests-gssapi.",
        ) from error
    except (requests.RequestException, OSError, XmlRpcError) as error:
        raise _unreachable(profile, error) from error


def _unreachable(profile: Profile, error: Exception) -> HubError:
    return HubError(
        "the Koji hub at %s cannot be used: %s" % (profile.server, _one_line(error)),
        "Check `koji --profile=%s hello`; when that works, run this again." % profile.name,
    )


def _one_line(error: Exception) -> str:
    """Return an error in one line: of what urllib3 wraps, what the system said."""
    text = " ".join(str(error).split())
    said = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    if said:
        return said.group(1)
    return text if len(text) <= 300 else text[:297] + "..."

"""Logins and sessions: expiry and renewal, subsessions, exclusive sessions, logout."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any, Dict, Optional

from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import times_of
from koji_rehearsal.encoding import ActionNotAllowed, AuthError, AuthLockError, GenericError
from koji_rehearsal.records import Session, User
from koji_rehearsal.state import by_name


@API.call("login(user, password, opts=None, renew=False, exclusive=False)")
def login(
    caller: Caller, name: Any, password: Any, _opts: Any, renew: Any, exclusive: Any
) -> Dict[str, Any]:
    """Log in; the reply is what every further call carries in its headers."""
    if caller.session is not None:
        raise AuthError("Already logged in")
    user = by_name(caller.state.users, name)
    if user is None or not user.account.accepts(password):
        raise AuthError("invalid username or password")
    if renew and caller.renewing is not None:
        session = _renewed(caller, caller.renewing, user)
    else:
        session = _new_session(caller, user)
    if exclusive and not session.exclusive:
        _make_exclusive(caller, session, force=False)
    return _session_info(session)


@API.call("subsession()")
def subsession(caller: Caller) -> Dict[str, Any]:
    """Open a session that ends with the caller's and shares its exclusiveness."""
    session = _required(caller)
    master = session.id if session.master is None else session.master
    return _session_info(_new_session(caller, session.user, master))


@API.call("logout(session_id=None)")
def logout(caller: Caller, session_id: Any) -> None:
    """End a session and its subsessions: the caller's, or another of the same user."""
    session = _required(caller)
    number = session.id if session_id is None else session_id
    other = caller.state.sessions.get(number)
    own = other is not None and other.user == session.user
    if not own and not caller.has_perm("admin"):
        raise ActionNotAllowed("only admins or owner may logout other session")
    _close(caller, number)


@API.call("logoutChild(session_id)")
def logout_child(caller: Caller, session_id: Any) -> None:
    """End a subsession of the caller's."""
    session = _required(caller)
    child = caller.state.sessions.get(session_id)
    if child is not None and child.master == session.id:
        _close(caller, session_id)


@API.call("exclusiveSession(force=False)")
def exclusive_session(caller: Caller, force: Any) -> None:
    """Lock out the user's other sessions; by force also the one that has locked out this one."""
    _make_exclusive(caller, _required(caller), bool(force))


@API.call("sharedSession()")
def shared_session(caller: Caller) -> None:
    """Let the user's other sessions in again."""
    session = _required(caller)
    caller.state.sessions[session.id] = replace(session, exclusive=False)


@API.call("getSessionInfo(details=False, user_id=None)")
def get_session_info(caller: Caller, _details: Any, _user_id: Any) -> Optional[Dict[str, Any]]:
    """Return the caller's session."""
    session = caller.session
    if session is None:
        return None
    return {
        "authtype": 0,
        "callnum": session.callnum,
        "exclusive": session.exclusive or None,
        "expired": session.expired,
        "master": session.master,
        **times_of("renew", session.renew_ts),
        **times_of("start", session.start_ts),
        **times_of("update", session.update_ts),
        "user_id": session.user.id,
    }


@API.call("showSession()")
def show_session(caller: Caller) -> str:
    """Return the caller's session as text."""
    session = caller.session
    return "session: None" if session is None else "session: %d" % session.id


def _required(caller: Caller) -> Session:
    if caller.session is None:
        raise AuthError("Not logged in")
    return caller.session


def _session_info(session: Session) -> Dict[str, Any]:
    return {"session-id": session.id, "session-key": session.key, "header-auth": True}


def _new_key(user: User) -> str:
    return "%d-%s" % (user.id, secrets.token_urlsafe(20))


def _new_session(caller: Caller, user: User, master: Optional[int] = None) -> Session:
    state = caller.state
    state.session_count += 1
    session = Session(
        state.session_count, _new_key(user), user, caller.now, caller.now, master=master
    )
    state.sessions[session.id] = session
    return session


def _renewed(caller: Caller, expired: Session, user: User) -> Session:
    """Return a session that had expired, which keeps its number and gets another key."""
    # The client counts its calls from nought again.
    session = replace(
        expired,
        key=_new_key(user),
        update_ts=caller.now,
        renew_ts=caller.now,
        expired=False,
        callnum=None,
    )
    caller.state.sessions[session.id] = session
    return session


def _make_exclusive(caller: Caller, session: Session, force: bool) -> None:
    if session.master is not None:
        raise GenericError("subsessions cannot become exclusive")
    if session.exclusive:
        raise GenericError("session is already exclusive")
    sessions = caller.state.sessions
    for other in list(sessions.values()):
        if other.exclusive and other.user == session.user:
            if not force:
                raise AuthLockError("Cannot get exclusive session")
            del sessions[other.id]
    sessions[session.id] = replace(session, exclusive=True)


def _close(caller: Caller, number: Any) -> None:
    sessions = caller.state.sessions
    for session in list(sessions.values()):
        if number in (session.id, session.master):
            del sessions[session.id]

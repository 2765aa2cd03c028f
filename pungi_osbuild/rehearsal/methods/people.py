"""Who is who: logins, users and permissions, hosts and channels; and the hub itself."""

from __future__ import annotations

import secrets
from typing import Any, Dict, List, Optional

from pungi_osbuild.rehearsal.builder import HOST_ID
from pungi_osbuild.rehearsal.records import Session, User
from pungi_osbuild.rehearsal.replies import CHANNEL_ID, PERMISSIONS, user_info
from pungi_osbuild.rehearsal.rpc import METHODS, Caller
from pungi_osbuild.rehearsal.state import by_name
from pungi_osbuild.rehearsal.values import times_of
from pungi_osbuild.rehearsal.wire import AuthError, GenericError

KOJI_VERSION = "1.35.3"
HOST_NAME = "rehearsal-builder"


@METHODS.method("getAPIVersion()")
def get_api_version(_caller: Caller) -> int:
    """Return the version of Koji's API."""
    return 1


@METHODS.method("getKojiVersion()")
def get_koji_version(_caller: Caller) -> str:
    """Return the version of the Koji that this hub imitates."""
    return KOJI_VERSION


@METHODS.method("listMethods()", prefix="system.")
def system_list_methods(_caller: Caller) -> List[str]:
    """Return the names of all methods."""
    return METHODS.names()


@METHODS.method("login(user, password, opts=None, renew=False, exclusive=False)")
def login(
    caller: Caller, name: Any, password: Any, _opts: Any, _renew: Any, _exclusive: Any
) -> Dict[str, Any]:
    """Log in; the reply is what every further call carries in its headers."""
    if caller.session is not None:
        raise AuthError("Already logged in")
    user = by_name(caller.state.users, name)
    if user is None or not user.account.accepts(password):
        raise AuthError("invalid username or password")
    state = caller.state
    state.session_count += 1
    key = "%d-%s" % (state.session_count, secrets.token_urlsafe(20))
    session = Session(state.session_count, key, user, caller.now, caller.now)
    state.sessions[session.id] = session
    return {"session-id": session.id, "session-key": session.key, "header-auth": True}


@METHODS.method("logout(session_id=None)")
def logout(caller: Caller, session_id: Any) -> None:
    """End a session: the caller's, or another of the same user."""
    sessions = caller.state.sessions
    if caller.session is None:
        raise AuthError("Not logged in")
    number = caller.session.id if session_id is None else session_id
    other = sessions.get(number)
    if other is None or other.user != caller.session.user:
        raise AuthError("Not session owner or session not found: %s" % number)
    del sessions[number]


@METHODS.method("getLoggedInUser()")
def get_logged_in_user(caller: Caller) -> Optional[Dict[str, Any]]:
    """Return who the caller is; without a login the rehearsal user, if there is one."""
    if caller.user is None:
        return None
    return {**user_info(caller.user), "authtype": 0, "krb_principal": None}


@METHODS.method("getSessionInfo(details=False, user_id=None)")
def get_session_info(caller: Caller, _details: Any, _user_id: Any) -> Optional[Dict[str, Any]]:
    """Return the caller's session."""
    session = caller.session
    if session is None:
        return None
    return {
        "authtype": 0,
        "callnum": None,
        "exclusive": None,
        "expired": False,
        "master": None,
        "renew_time": None,
        "renew_ts": None,
        **times_of("start", session.start_ts),
        **times_of("update", session.update_ts),
        "user_id": session.user.id,
    }


@METHODS.method("showSession()")
def show_session(caller: Caller) -> str:
    """Return the caller's session as text."""
    session = caller.session
    return "session: None" if session is None else "session: %d" % session.id


@METHODS.method("hasPerm(perm, strict=False)")
def has_perm(caller: Caller, perm: Any, _strict: Any) -> bool:
    """Whether the caller has that very permission."""
    return caller.has_perm(perm)


@METHODS.method("getPerms()")
def get_perms(caller: Caller) -> List[str]:
    """Return the caller's permissions."""
    return [] if caller.user is None else list(caller.user.perms)


@METHODS.method("getAllPerms()")
def get_all_perms(_caller: Caller) -> List[Dict[str, Any]]:
    """Return all permissions that there are."""
    return [
        {"description": description, "id": number, "name": name}
        for number, (name, description) in enumerate(PERMISSIONS.items(), 1)
    ]


def _find_user(caller: Caller, wanted: Any, strict: bool) -> Optional[User]:
    users = caller.state.users
    if wanted is None:
        return caller.user
    if isinstance(wanted, dict):
        wanted = wanted.get("id", wanted.get("name"))
    user = users.get(wanted) if isinstance(wanted, int) else by_name(users, wanted)
    if user is None and strict:
        raise GenericError("No such user: %r" % (wanted,))
    return user


@METHODS.method("getUser(userInfo=None, strict=False, krb_princs=True, groups=False)")
def get_user(
    caller: Caller, wanted: Any, strict: Any, _krb_princs: Any, _groups: Any
) -> Optional[Dict[str, Any]]:
    """Return a user by id or name."""
    user = _find_user(caller, wanted, bool(strict))
    return None if user is None else user_info(user)


@METHODS.method("getUserPerms(userID=None, with_groups=True)")
def get_user_perms(caller: Caller, wanted: Any, _with_groups: Any) -> List[str]:
    """Return a user's permissions."""
    user = _find_user(caller, wanted, True)
    return [] if user is None else list(user.perms)


@METHODS.method("getHost(hostInfo, strict=False, event=None)")
def get_host(caller: Caller, wanted: Any, strict: Any, _event: Any) -> Optional[Dict[str, Any]]:
    """Return the one builder."""
    if wanted not in (HOST_ID, HOST_NAME):
        if strict:
            raise GenericError("Invalid hostInfo: %s" % wanted)
        return None
    return {
        "id": HOST_ID,
        "user_id": len(caller.state.users) + 1,
        "name": HOST_NAME,
        "update_ts": round(caller.now, 6),
        "ready": True,
        "task_load": 0.0,
        "arches": "x86_64",
        "capacity": 1000.0,
        "description": None,
        "comment": None,
        "enabled": True,
    }


@METHODS.method("getChannel(channelInfo, strict=False)")
def get_channel(_caller: Caller, wanted: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return the channel of image tasks."""
    if wanted in (CHANNEL_ID, "image"):
        return {
            "id": CHANNEL_ID,
            "name": "image",
            "description": None,
            "enabled": True,
            "comment": None,
        }
    if strict:
        raise GenericError("Invalid type for channelInfo: %s" % wanted)
    return None

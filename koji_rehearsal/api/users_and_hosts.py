"""Users and permissions, the one builder and its channel, and the hub itself."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.builder import HOST_ID
from koji_rehearsal.conversions import ordered
from koji_rehearsal.encoding import GenericError
from koji_rehearsal.records import User
from koji_rehearsal.replies import CHANNEL_ID, PERMISSIONS, user_info
from koji_rehearsal.state import by_name

KOJI_VERSION = "1.35.3"
HOST_NAME = "rehearsal-builder"


@API.call("getAPIVersion()")
def get_api_version(_caller: Caller) -> int:
    """Return the version of Koji's API."""
    return 1


@API.call("getKojiVersion()")
def get_koji_version(_caller: Caller) -> str:
    """Return the version of the Koji that this hub imitates."""
    return KOJI_VERSION


@API.call("listMethods()", prefix="system.")
def system_list_methods(_caller: Caller) -> List[str]:
    """Return the names of all methods."""
    return API.names()


@API.call("getLoggedInUser()")
def get_logged_in_user(caller: Caller) -> Optional[Dict[str, Any]]:
    """Return who the caller is; without a login the rehearsal user, if there is one."""
    if caller.user is None:
        return None
    return {**user_info(caller.user), "authtype": 0, "krb_principal": None}


@API.call("hasPerm(perm, strict=False)")
def has_perm(caller: Caller, perm: Any, _strict: Any) -> bool:
    """Whether the caller has that very permission."""
    return caller.has_perm(perm)


@API.call("getPerms()")
def get_perms(caller: Caller) -> List[str]:
    """Return the caller's permissions."""
    return [] if caller.user is None else list(caller.user.perms)


@API.call("getAllPerms()")
def get_all_perms(_caller: Caller) -> List[Dict[str, Any]]:
    """Return all permissions that there are."""
    return [
        {"description": description, "id": number, "name": name}
        for number, (name, description) in enumerate(PERMISSIONS.items(), 1)
    ]


def find_user(caller: Caller, wanted: Any, strict: bool) -> Optional[User]:
    """
    Return a user by id, name, or a dict with one of them; None: the caller.

    :raises koji.GenericError: there is none, when strict
    """
    users = caller.state.users
    if wanted is None:
        return caller.user
    if isinstance(wanted, dict):
        wanted = wanted.get("id", wanted.get("name"))
    user = users.get(wanted) if isinstance(wanted, int) else by_name(users, wanted)
    if user is None and strict:
        raise GenericError("No such user: %r" % (wanted,))
    return user


@API.call("getUser(userInfo=None, strict=False, krb_princs=True, groups=False)")
def get_user(
    caller: Caller, wanted: Any, strict: Any, _krb_princs: Any, _groups: Any
) -> Optional[Dict[str, Any]]:
    """Return a user by id or name."""
    user = find_user(caller, wanted, bool(strict))
    return None if user is None else user_info(user)


@API.call("getUserPerms(userID=None, with_groups=True)")
def get_user_perms(caller: Caller, wanted: Any, _with_groups: Any) -> List[str]:
    """Return a user's permissions."""
    user = find_user(caller, wanted, True)
    return [] if user is None else list(user.perms)


@API.call("getHost(hostInfo, strict=False, event=None)")
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


@API.call("getChannel(channelInfo, strict=False)")
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


@API.call(
    "listHosts(arches=None, channelID=None, ready=None, enabled=None, userID=None, queryOpts=None)"
)
def list_hosts(
    caller: Caller,
    arches: Any,
    channel_id: Any,
    ready: Any,
    enabled: Any,
    _user_id: Any,
    query_opts: Any,
) -> Any:
    """Return the builder, when it fits."""
    host = get_host(caller, HOST_ID, True, None)
    assert host is not None
    wanted = [arches] if isinstance(arches, str) else arches
    fits = (
        (not wanted or set(wanted) & set(host["arches"].split()))
        and channel_id in (None, CHANNEL_ID)
        and ready in (None, host["ready"])
        and enabled in (None, host["enabled"])
    )
    return ordered([host] if fits else [], query_opts)


@API.call("listChannels(hostID=None, event=None, enabled=None)")
def list_channels(caller: Caller, host_id: Any, _event: Any, enabled: Any) -> List[Dict[str, Any]]:
    """Return the channel of image tasks."""
    channel = get_channel(caller, CHANNEL_ID, True)
    assert channel is not None
    fits = host_id in (None, HOST_ID) and enabled in (None, channel["enabled"])
    return [channel] if fits else []


@API.call("mavenEnabled()")
def maven_enabled(_caller: Caller) -> bool:
    """Return False: this hub has images alone."""
    return False


@API.call("winEnabled()")
def win_enabled(_caller: Caller) -> bool:
    """Return False: this hub has images alone."""
    return False

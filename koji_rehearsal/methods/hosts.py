"""The one builder, its one channel, and what the hub is there for."""

from __future__ import annotations

from typing import Any, Dict, List

from koji_rehearsal.builder import HOST_ID
from koji_rehearsal.methods.people import get_channel, get_host
from koji_rehearsal.replies import CHANNEL_ID
from koji_rehearsal.rpc import METHODS, Caller
from koji_rehearsal.values import ordered


@METHODS.method(
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


@METHODS.method("listChannels(hostID=None, event=None, enabled=None)")
def list_channels(caller: Caller, host_id: Any, _event: Any, enabled: Any) -> List[Dict[str, Any]]:
    """Return the channel of image tasks."""
    channel = get_channel(caller, CHANNEL_ID, True)
    assert channel is not None
    fits = host_id in (None, HOST_ID) and enabled in (None, channel["enabled"])
    return [channel] if fits else []


@METHODS.method("mavenEnabled()")
def maven_enabled(_caller: Caller) -> bool:
    """Return False: this hub has images alone."""
    return False


@METHODS.method("winEnabled()")
def win_enabled(_caller: Caller) -> bool:
    """Return False: this hub has images alone."""
    return False

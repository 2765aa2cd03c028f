"""Calls of a multicall and their replies, as they go over the wire."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Sequence

import koji

from pungi_osbuild.checked import unusable_reply
from pungi_osbuild.model import Call, HubFaultError, Reply


def on_the_wire(call: Call) -> Dict[str, Any]:
    """Return a call as ``multiCall`` takes it."""
    return {
        "methodName": call.method,
        "params": koji.encode_args(*call.args, **dict(call.kwargs)),
    }


def read_replies(calls: Sequence[Call], entries: object) -> Iterator[Reply]:
    """
    Give a reply for each call: never one call's for another's.

    :raises ReplyError: there is not one reply for each call
    """
    if not isinstance(entries, (list, tuple)):
        raise unusable_reply("a multicall", "a list", entries)
    if len(entries) != len(calls):
        raise unusable_reply("a multicall", "a list of %d replies" % len(calls), entries)
    for call, entry in zip(calls, entries):
        yield _reply(call, entry)


def _reply(call: Call, entry: object) -> Reply:
    """Return what an entry says: a list of one value, or a struct of a fault."""
    where = "the reply to %s in a multicall" % call.method
    if isinstance(entry, dict):
        code, text = entry.get("faultCode"), entry.get("faultString")
        if not isinstance(code, int) or isinstance(code, bool) or not isinstance(text, str):
            raise unusable_reply(where, "a fault", entry)
        return Reply(fault=HubFaultError(code, text))
    if not isinstance(entry, (list, tuple)) or len(entry) != 1:
        raise unusable_reply(where, "a list of one value", entry)
    return Reply(value=entry[0])

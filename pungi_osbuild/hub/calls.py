"""Calls of a multicall, their replies, and the faults that the hub answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

import koji

from pungi_osbuild.checked import printable, unusable_reply

MAX_FAULT = 64 * 1024
"""Characters of a fault that are kept."""


class HubFaultError(Exception):
    """
    The hub answered a call with a fault. What that means is the caller's to say.

    :param code: koji's faultCode; 1 is an exception that is not koji's own
    :param text: the fault string; what is kept of it is made printable
    """

    def __init__(self, code: int, text: str) -> None:
        if len(text) > MAX_FAULT:  # of a traceback, the last line says why
            text = "%s\n...\n%s" % (text[: MAX_FAULT // 2], text[-MAX_FAULT // 2 :])
        super().__init__(printable(text))
        self.code = code
        self.text = printable(text)


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

    def itself(self) -> Reply:
        """Return the reply, for whoever reads it together with another."""
        return self

    def get(self) -> Any:
        """
        Return the value as it came: untrusted.

        :raises HubFaultError: there is none, but a fault
        """
        if self.fault is not None:
            raise self.fault
        return self.value


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

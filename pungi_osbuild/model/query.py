"""Queries to a Koji hub and their replies, as values: no connection is needed to write one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generator, Optional, Sequence, Tuple, TypeVar

from pungi_osbuild.checked import printable

MAX_FAULT = 64 * 1024
"""Characters of a fault that are kept."""

MAX_REASON = 2000
"""Characters of a fault that are shown."""

Value = TypeVar("Value")


class HubFaultError(Exception):
    """
    The hub answered a call with a fault. Its meaning depends on the caller.

    :param code: koji's faultCode; 1 is an exception that is not koji's own
    :param text: the fault string; what is kept of it is made printable
    """

    def __init__(self, code: int, text: str) -> None:
        if len(text) > MAX_FAULT:  # of a traceback, the last line says why
            text = "%s\n...\n%s" % (text[: MAX_FAULT // 2], text[-MAX_FAULT // 2 :])
        super().__init__(printable(text))
        self.code = code
        self.text = printable(text)

    @property
    def reason(self) -> str:
        """The fault in one line: of a traceback, which is a builder's own, the last one."""
        # What a hub's schema says it has checked, and against what, holds the whole request.
        text = self.text.partition("\nFailed validating ")[0]
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        if not lines:
            return "fault %d without a text" % self.code
        said = lines[-1] if lines[0].startswith("Traceback") else " ".join(lines)
        return said if len(said) <= MAX_REASON else said[: MAX_REASON - 3] + "..."


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


Query = Generator[Sequence[Call], Sequence[Reply], Value]
"""
A question to the hub that takes several turns: it yields calls, gets a reply for each, and returns
what it has found out. ``hub/`` executes it, many at the same time.
"""

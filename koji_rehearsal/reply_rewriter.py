"""
Where a reply may be changed on its way out.

A hub of people changes none. The tests of clients have rewriters of their own, for replies that no
hub should give: of wrong types, too large to stand in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Protocol, Sequence

from koji_rehearsal.state import State
from koji_rehearsal.store import Store


class Body(Protocol):
    """The body of a reply."""

    @property
    def length(self) -> int:
        """Bytes."""

    def pieces(self, length: int) -> Iterator[bytes]:
        """Give its first bytes."""


@dataclass(frozen=True)
class PlainBody:
    """A body that is in memory as a whole."""

    content: bytes = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.content)

    def pieces(self, length: int) -> Iterator[bytes]:
        """Give its first bytes."""
        yield self.content[:length]


class ReplyRewriter(Protocol):
    """Changes what one request is answered."""

    def result(
        self,
        state: State,
        store: Store,
        method: str,
        args: Sequence[Any],
        options: Mapping[str, Any],
        result: Any,
    ) -> Any:
        """
        Return the result of a call. Under the hub's lock.

        :raises koji.GenericError: the call is to fail, although it was carried out
        """

    def body(self, reply: bytes) -> Body:
        """Return the body of the reply."""


class PlainReplies:
    """Leaves everything as it is."""

    def result(self, *given: Any) -> Any:
        """Return the result as it was."""
        return given[-1]

    def body(self, reply: bytes) -> Body:
        """Return the reply."""
        return PlainBody(reply)

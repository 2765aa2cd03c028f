"""
Replies that are too large to be made: they are sent in pieces, and stand nowhere as a whole.

A method returns a placeholder where something huge is to be; when the reply is sent, the huge
thing is sent in its place.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple, Union

PIECE = 192 * 1024
"""Bytes that are made at a time; a multiple of 3, for base64."""

NUMBER = b"@NUMBER@"
"""What stands for the number of a row; so many digits has that."""


@dataclass(frozen=True)
class Repeated:
    """
    Something that is repeated.

    :param body: in which :data:`NUMBER` stands for the number of the repetition
    """

    body: bytes
    times: int

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.body) * self.times

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes."""
        many = max(1, PIECE // max(1, len(self.body)))
        for first in range(0, self.times, many):
            last = min(self.times, first + many)
            if NUMBER in self.body:
                yield b"".join(
                    self.body.replace(NUMBER, b"%0*d" % (len(NUMBER), number))
                    for number in range(first, last)
                )
            else:
                yield self.body * (last - first)


@dataclass(frozen=True)
class Padded:
    """
    A file that is as large as one likes: another one's content, and blanks before its end.

    :param content: ends with a brace, as JSON does
    :param size: bytes
    """

    content: bytes = field(repr=False)
    size: int

    def read(self, start: int, length: int) -> bytes:
        """Return a piece of it."""
        end = min(self.size, start + length)
        head, tail = self.content[:-1], self.content[-1:]
        wanted = head[start:end]
        blanks = min(end, self.size - len(tail)) - max(start, len(head))
        wanted += b" " * max(0, blanks)
        return wanted + (tail if start < self.size <= end else b"")


@dataclass(frozen=True)
class InBase64:
    """A piece of a file, in base64."""

    source: Padded
    start: int
    count: int

    @property
    def length(self) -> int:
        """Bytes."""
        return (self.count + 2) // 3 * 4

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes."""
        for done in range(0, self.count, PIECE):
            many = min(PIECE, self.count - done)
            yield base64.b64encode(self.source.read(self.start + done, many))


Huge = Union[Repeated, InBase64]


class Swelling:
    """The huge things of one reply."""

    def __init__(self) -> None:
        # Not to be guessed, lest what a client has sent be taken for one.
        self._mark = "swelling-%s-" % secrets.token_hex(16)
        self._huge: Dict[str, Tuple[Huge, ...]] = {}

    def text(self, huge: Huge) -> str:
        """Return a placeholder for a huge text."""
        return self._put(huge)

    def element(self, *huge: Huge) -> str:
        """Return a placeholder for values that are XML themselves."""
        return self._put(*huge, whole=True)

    def _put(self, *huge: Huge, whole: bool = False) -> str:
        name = "%s%d%s" % (self._mark, len(self._huge), "w" if whole else "t")
        self._huge[name] = huge
        return name

    def body(self, reply: bytes) -> Body:
        """Return a reply with the huge things in their places."""
        if not self._huge:
            return Body((reply,))
        mark = re.escape(self._mark.encode())
        whole = rb"<value>\s*<string>(%s\d+w)</string>\s*</value>" % mark
        parts: List[Union[bytes, Huge]] = []
        end = 0
        for found in re.finditer(whole + rb"|(%s\d+t)" % mark, reply):
            parts.append(reply[end : found.start()])
            parts.extend(self._huge[(found.group(1) or found.group(2)).decode()])
            end = found.end()
        return Body((*parts, reply[end:]))


@dataclass(frozen=True)
class Body:
    """The body of a reply."""

    parts: Tuple[Union[bytes, Huge], ...] = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes."""
        return sum(len(part) if isinstance(part, bytes) else part.length for part in self.parts)

    def pieces(self, length: int) -> Iterator[bytes]:
        """Give its first bytes."""
        for part in self.parts:
            for piece in (part,) if isinstance(part, bytes) else part.pieces():
                yield piece[:length]
                length = max(0, length - len(piece))


def as_large(path: Path, size: int) -> Padded:
    """Return a file that is there, but of a size, or its own where that is larger."""
    content = path.read_bytes().rstrip()
    return Padded(content, max(size, len(content)))


def nested(depth: int) -> Tuple[Any, ...]:
    """Return a struct in a struct and so on, as XML."""
    return (
        Repeated(b"<value><struct><member><name>a</name>", depth),
        Repeated(b"<value><int>1</int></value>", 1),
        Repeated(b"</member></struct></value>", depth),
    )

"""The text of a checksum file: for each image a comment with its size, then its checksum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Collection, Iterable, List, Optional, Sequence, Tuple

_SIZE = re.compile(r"# (?P<name>.+): (?P<size>\d{1,20}) bytes", re.ASCII)
_SUM = re.compile(r"(?P<type>[A-Za-z0-9_-]+) \((?P<name>.+)\) = (?P<value>[0-9a-fA-F]+)", re.ASCII)


@dataclass(frozen=True)
class Line:
    """
    One checksum of one file.

    :param size: bytes; None where the file does not say it
    :param type: in lower case, e.g. ``sha256``
    """

    name: str
    size: Optional[int]
    type: str
    value: str

    def text(self) -> str:
        """Return the lines, as Pungi writes them."""
        comment = "" if self.size is None else "# %s: %d bytes\n" % (self.name, self.size)
        return "%s%s (%s) = %s\n" % (comment, self.type.upper(), self.name, self.value)


@dataclass(frozen=True)
class ChecksumFile:
    """
    The content of a checksum file.

    :param lines: the checksums
    :param head: lines of anything else before the first checksum, e.g. of a signature
    :param tail: such lines after it
    """

    lines: Tuple[Line, ...] = ()
    head: Tuple[str, ...] = ()
    tail: Tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ChecksumFile:
        """Return the content of a text, whatever stands in it."""
        lines: List[Line] = []
        head: List[str] = []
        tail: List[str] = []
        waiting: List[str] = []  # at most one: a comment belongs to the checksum below it
        for line in _lines(text):
            found = _SUM.fullmatch(line)
            size = _size(waiting, found["name"]) if found else None
            if size is not None:
                waiting = []
            (tail if lines else head).extend(waiting)
            waiting = [] if found else [line]
            if found:
                lines.append(Line(found["name"], size, found["type"].lower(), found["value"]))
        (tail if lines else head).extend(waiting)
        return cls(tuple(lines), tuple(head), tuple(tail))

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the file."""
        return not (self.lines or self.head or self.tail)

    def without(self, names: Collection[str]) -> ChecksumFile:
        """Return the content without the checksums of some files."""
        kept = tuple(line for line in self.lines if line.name not in names)
        return ChecksumFile(kept, self.head, self.tail)

    def with_lines(self, new: Iterable[Line]) -> ChecksumFile:
        """Return the content with more checksums, in Pungi's order."""
        return ChecksumFile(tuple(sorted({*self.lines, *new}, key=_order)), self.head, self.tail)

    def text(self) -> str:
        """Return the text of the file."""
        head = "".join("%s\n" % line for line in self.head)
        tail = "".join("%s\n" % line for line in self.tail)
        return head + "".join(line.text() for line in self.lines) + tail


def _lines(text: str) -> List[str]:
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def _size(waiting: Sequence[str], name: str) -> Optional[int]:
    found = _SIZE.fullmatch(waiting[0]) if waiting else None
    return int(found["size"]) if found and found["name"] == name else None


def _order(line: Line) -> Tuple[str, int, str, str]:
    return (line.name, -1 if line.size is None else line.size, line.type, line.value)

"""
The lines of a journal: bytes become entries, and damage is noticed. Pure.

Each line carries a checksum over itself and the checksum of the line before. So a line that was
changed, lost, doubled or moved is noticed, wherever it is. Only the end of the file may be torn: a
run that was killed while it wrote leaves the beginning of a line, which was never acted on.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

VERSION = 3

_DIGITS = 16
_END = re.compile(rb', "checksum": "([0-9a-f]{%d})"\}' % _DIGITS)
_END_SIZE = len(', "checksum": ""}') + _DIGITS
_TORN = re.compile(rb"(\{[ -~]*)?\0*")
"""The beginning of a line, which is printable ASCII; a power cut may leave NULs for what had not
reached the disk."""


@dataclass(frozen=True)
class Damage:
    """
    A line that is not what a run wrote there.

    :param line: its number, from 1
    :param why: what is wrong with it
    """

    line: int
    why: str


@dataclass(frozen=True)
class Lines:
    """
    What a journal consists of.

    :param entries: of all lines before the first damaged one
    :param size: of their lines, in bytes; behind that the file is torn or damaged
    :param checksum: of the last of them; "" when there is none
    :param foreign: the version of a journal that is not for this program
    """

    entries: Tuple[Mapping[str, Any], ...] = ()
    size: int = 0
    checksum: str = ""
    damage: Optional[Damage] = None
    foreign: Optional[str] = None


def line_of(entry: Mapping[str, Any], previous: str) -> Tuple[bytes, str]:
    """
    Return the line of an entry, and its checksum.

    :param previous: the checksum of the line before; "" for the first line
    """
    text = json.dumps({"v": VERSION, **entry}, sort_keys=True).encode("ascii")
    checksum = _checksum(text, previous)
    return b'%s, "checksum": "%s"}\n' % (text[:-1], checksum.encode("ascii")), checksum


def read_lines(content: bytes) -> Lines:
    """
    Return what a journal consists of.

    :param content: of the file, whole or cut off anywhere
    """
    entries: List[Dict[str, Any]] = []
    size, checksum = 0, ""
    # Not splitlines(): it splits at characters that a text may have inside.
    *lines, rest = content.split(b"\n")
    damage = foreign = None
    for number, line in enumerate(lines, 1):
        found = _entry(line, checksum)
        if found is None:
            foreign = _foreign(line) if number == 1 else None
            why = "it was changed, or a line before it was lost, doubled or moved"
            damage = Damage(number, why if foreign is None else "it is of version %s" % foreign)
            break
        entry, checksum = found
        entries.append(entry)
        size += len(line) + 1
    else:
        if rest and not _is_torn(rest, checksum):
            damage = Damage(len(lines) + 1, "it is not the beginning of a line")
    return Lines(tuple(entries), size, checksum, damage, foreign)


def _entry(line: bytes, previous: str) -> Optional[Tuple[Dict[str, Any], str]]:
    """Return the entry of a line and its checksum; None for a line that no run wrote there."""
    text, end = line[:-_END_SIZE] + b"}", _END.fullmatch(line[-_END_SIZE:])
    checksum = _checksum(text, previous)
    if end is None or end.group(1).decode("ascii") != checksum:
        return None
    entry = _object(text)
    return None if entry is None or entry.get("v") != VERSION else (entry, checksum)


def _is_torn(rest: bytes, previous: str) -> bool:
    """Whether this is the beginning of a line, and not a line whose newline was changed."""
    return _TORN.fullmatch(rest) is not None and _entry(rest[:-1], previous) is None


def _foreign(line: bytes) -> Optional[str]:
    """Return the version in the first line of a journal when it is not this one."""
    version = (_object(line) or {}).get("v", VERSION)
    return None if version == VERSION else repr(version)[:20]


def _object(text: bytes) -> Optional[Dict[str, Any]]:
    try:
        entry = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _checksum(text: bytes, previous: str) -> str:
    return hashlib.sha256(previous.encode("ascii") + text).hexdigest()[:_DIGITS]

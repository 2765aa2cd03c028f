"""The keys of a fault: what each of them may say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional, Sequence, Tuple

IMAGE_KEYS = ("name", "version", "arch", "image_type")
"""The keys that say which images a fault is about."""

MOST = 10**12
"""The largest number that a key takes."""

LONGEST = 3600.0
"""Seconds that anything may be made to last."""


@dataclass(frozen=True)
class Times:
    """
    Which of the occasions a fault takes, counted from 1.

    :param last: None: all from the first one on
    """

    first: int = 1
    last: Optional[int] = None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def __str__(self) -> str:
        last = "" if self.last is None else str(self.last)
        return last if self.first == 1 and last else "%d..%s" % (self.first, last)


ONCE = Times(1, 1)
ALWAYS = Times()


@dataclass(frozen=True)
class Key:
    """
    A key.

    :param wanted: what its value is, for people
    :param read: returns the value of a text, or raises ValueError
    :param default: what a fault that could have it has otherwise, where that is not nothing
    """

    wanted: str
    read: Callable[[str], Any] = str
    default: Any = None


def read_times(text: str) -> Times:
    """
    Return what ``3``, ``2..4`` or ``3..`` means.

    :raises ValueError: it is something else
    """
    found = re.fullmatch(r"(?:(\d{1,9})\.\.)?(\d{1,9})?", text, re.ASCII)
    if found is None or not any(found.groups()):
        raise ValueError(text)
    first, last = found.groups()
    times = Times(int(first or 1), None if last is None else int(last))
    if times.first < 1 or (times.last is not None and times.last < times.first):
        raise ValueError(text)
    return times


def _number(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if re.fullmatch(r"-?\d{1,13}", text, re.ASCII) is None:
            raise ValueError(text)
        value = int(text)
        if not least <= value <= MOST:
            raise ValueError(text)
        return value

    return read


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= LONGEST:
        raise ValueError(text)
    return value


def _server(text: str) -> str:
    if re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", text, re.ASCII) is None:
        raise ValueError(text)
    return text


def _choice(known: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return read


def _one_number(*known: int) -> Callable[[str], int]:
    return lambda text: int(_choice(tuple(map(str, known)))(text))


REASONS: Mapping[str, Tuple[str, ...]] = {
    "build": ("scriptlet", "selinux", "space", "initramfs"),
    "depsolve": ("missing", "conflict", "repository"),
    "upload": ("busy", "denied", "quota"),
}
"""Why something goes wrong, by the kind of fault; the first is meant where none is given."""

KEYS: Mapping[str, Key] = {
    "name": Key("the N of an N-V-R"),
    "version": Key("the V of an N-V-R"),
    "arch": Key("an arch, e.g. aarch64"),
    "image_type": Key("an image type"),
    "method": Key("a method of the hub, download or any"),
    "times": Key("a number, or numbers like 2..4 or 3..", read_times),
    "requests": Key("a number of requests, 1 or more", _number(1), 3),
    "seconds": Key("seconds, up to %d" % LONGEST, _seconds, 1.0),
    "code": Key("one of 4, 5, 6, 30, 1005", _one_number(4, 5, 6, 30, 1005), 1005),
    "answer": Key("page, an error page of HTTP 503, or none", _choice(("page", "none")), "page"),
    "reason": Key("a reason"),
    "to": Key("the address of another server, http://HOST[:PORT]", _server),
}
"""All keys, in the order in which they are told."""


def shown(values: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return keys and values as they are written, in the order of the keys."""
    return tuple("%s=%s" % (key, _text(values[key])) for key in KEYS if key in values)


def _text(value: Any) -> str:
    return "%g" % value if isinstance(value, float) else str(value)

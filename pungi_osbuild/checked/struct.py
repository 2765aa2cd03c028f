"""
Checked reading of untrusted JSON and XML-RPC values.

What a hub sends and what stands in a file was written by others: every value is checked for its
type and bounded before it is used. One that does not look as it should is an error that names its
place, never a ``KeyError`` far away.
"""

from __future__ import annotations

import heapq
import json
import re
import reprlib
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from typing import (
    Callable,
    Iterator,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
)

from pungi_osbuild.checked.text import name_flaw, printable
from pungi_osbuild.clock import ISO_FORMAT, YEAR_10000
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.secrets import hide, hide_in

MAX_TEXT = 4096
MAX_ITEMS = 10_000
MAX_SHOWN = 120
_SHOWN_DEEP = 4
MAX_INTEGER = 2**63 - 1
"""What Koji's database could hold."""

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

_E = TypeVar("_E", bound=Enum)
_V = TypeVar("_V")


def unusable_reply(place: str, expected: str, value: object) -> ReplyError:
    """Return the error for a reply that does not look as it should."""
    shown = _shown(value)
    return ReplyError(
        "the hub's reply cannot be used: %s should be %s, and is %s" % (place, expected, shown),
        "Look at it in Koji; if it is as it should be there, report this with the text above.",
    )


def unrelated_reply(place: str, wanted: object, value: object) -> ReplyError:
    """Return the error for a reply to another question than the one that was asked."""
    return ReplyError(
        "the hub's reply does not match the request: %s should be %s, but is %s"
        % (place, _shown(wanted), _shown(value)),
        "Look at it in Koji. If that agrees with the request, something between here and the hub"
        " mixes up replies.",
    )


def _shown(value: object) -> str:
    """Return the beginning of a value as Python writes it, however large or deep it is."""
    try:
        shown = hide(_SHORT.repr(value))
    except (ValueError, RecursionError):  # a number of more digits than Python writes
        shown = "a %s" % type(value).__name__
    return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 3] + "..."


class _Short(reprlib.Repr):
    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002
        # Before it is cut, and at its end: half a secret cannot be recognized any more.
        shown = hide(x[:MAX_TEXT])
        return repr(shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "...")


_SHORT = _Short()
_SHORT.maxlevel = _SHOWN_DEEP
_SHORT.maxstring = _SHORT.maxother = MAX_SHOWN


def _unusable_file(place: str, expected: str, value: object) -> ValueError:  # noqa: ARG001
    # Whoever reads a file knows its name, and makes one error of it and this.
    return ValueError("%s is not %s" % (place or "it", expected))


@dataclass(frozen=True)
class ValueOrigin:
    """
    Where values come from, and so how they are read: a file of ours or productmd's, or a hub.

    From a hub a missing key says what null says, and texts and lists are bounded one by one; a
    file is bounded as a whole. A hub's texts end in people's terminals: they are made
    :func:`printable`, and lose their secrets, where they enter.

    :param error: makes the error for a value: from its place, what should be there, and what is
    """

    error: Callable[[str, str, object], Exception]
    is_hub: bool


HUB = ValueOrigin(unusable_reply, is_hub=True)
"""Replies and task output of a hub: :class:`~pungi_osbuild.errors.ReplyError`."""

FILE = ValueOrigin(_unusable_file, is_hub=False)
"""Files on this machine: :class:`ValueError`."""


class Struct:
    """
    One JSON object or XML-RPC struct. What cannot be used raises the error of its origin.

    Keys that nobody asks for are no error: a later version may add some.

    :param value: as it came
    :param place: how errors call it, e.g. ``archive 12`` or ``payload.tasks[0]``
    :raises Exception: the origin's error; it is not an object
    """

    def __init__(self, value: object, place: str, origin: ValueOrigin = HUB) -> None:
        self.origin = origin
        if not isinstance(value, Mapping):
            raise self.origin.error(place, "an object", value)
        self.value: Mapping[str, object] = value
        self.place = place

    def text(self, key: str) -> str:
        """Return a text; from a hub it is :func:`printable` and without secrets."""
        value = self._text(key)
        return hide(value) if self.origin.is_hub else value

    def _text(self, key: str) -> str:
        value, is_hub = self.raw(key), self.origin.is_hub
        if not isinstance(value, str) or (is_hub and len(value) > MAX_TEXT):
            raise self.error(key, "a text")
        return printable(value) if is_hub else value

    def text_or_none(self, key: str) -> Optional[str]:
        """Return a text, or None for null."""
        return None if self.raw(key) is None else self.text(key)

    def optional(self, key: str, read: Callable[[str], _V]) -> Optional[_V]:
        """
        Return a value, or None for null.

        :param read: the method that reads it otherwise, e.g. :meth:`integer`
        """
        return None if self.raw(key) is None else read(key)

    def line(self, key: str) -> str:
        """Return a text that is one printable line: nothing that a terminal or script would do."""
        value = self.address(key)
        return hide(value) if self.origin.is_hub else value

    def address(self, key: str) -> str:
        """Return one printable line as it came: an address may be signed, and so be a secret."""
        value = self._text(key)
        if not value or not value.isprintable():
            raise self.error(key, "one line of text")
        return value

    def texts(self, key: str) -> Tuple[str, ...]:
        """Return a list of texts."""
        return texts(self.raw(key), self._place(key), self.origin)

    def filename(self, key: str) -> str:
        """Return a name that is safe as the last part of a path."""
        return plain_name(self.text(key), self._place(key), self.origin)

    def integer(self, key: str) -> int:
        """Return a whole number that is not negative."""
        return integer(self.raw(key), self._place(key), self.origin)

    def seconds(self, key: str) -> float:
        """Return seconds since the epoch, before the year 10000."""
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, "a time in seconds")
        if not 0 <= value < YEAR_10000:  # nor is it what JSON calls NaN
            raise self.error(key, "a time in seconds")
        return float(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        return flag(self.raw(key), self._place(key), self.origin)

    def choice(self, key: str, choices: Type[_E]) -> _E:
        """Return the member of an enum whose value is there."""
        value = self.raw(key)
        for member in choices:
            if type(member.value) is type(value) and member.value == value:
                return member
        raise self.error(key, "one of %s" % ", ".join(str(member.value) for member in choices))

    def struct(self, key: str) -> Struct:
        """Return an object."""
        return Struct(self.raw(key), self._place(key), self.origin)

    def struct_or_none(self, *path: str) -> Optional[Struct]:
        """Return the object that some keys lead to, or None where one of them leads to null."""
        found = self
        for key in path:
            if found.raw(key) is None:
                return None
            found = found.struct(key)
        return found

    def structs(self, key: str) -> Tuple[Struct, ...]:
        """Return a list of objects; from a hub a missing one is empty."""
        value = self.raw(key)
        if value is None and self.origin.is_hub:
            return ()
        return structs(value, self._place(key), self.origin)

    def expect(self, key: str, wanted: object) -> None:
        """
        Compare a hub's value with what was asked for.

        :raises ReplyError: it is another, or missing: the reply answers another question
        """
        value = self.value.get(key)
        # Names that were asked for may come from an earlier reply, made printable.
        said = printable(value) if isinstance(value, str) else value
        if type(said) is not type(wanted) or said != wanted:
            raise unrelated_reply(self._place(key), wanted, value)

    def raw(self, key: str) -> object:
        """Return a value as it came; None for a missing one, where that says the same."""
        if key not in self.value and not self.origin.is_hub:
            raise ValueError("%s is missing" % self._place(key))
        return self.value.get(key)

    def has(self, key: str) -> bool:
        """Whether the key is there; from a hub, with a value that is not null."""
        return self.value.get(key) is not None if self.origin.is_hub else key in self.value

    def __iter__(self) -> Iterator[str]:
        """Give the keys, sorted; from a hub ``MAX_ITEMS`` at most."""
        most = MAX_ITEMS if self.origin.is_hub else len(self.value)
        return iter(heapq.nsmallest(most, map(str, self.value)))

    def error(self, key: str, expected: str) -> Exception:
        """Return the error for a value that is not what it should be."""
        value = hide_in(self.value.get(key), key, _SHOWN_DEEP)
        return self.origin.error(self._place(key), expected, value)

    def _place(self, key: str) -> str:
        return (
            "".join((self.place, ", " if self.origin.is_hub else ".", key)) if self.place else key
        )


def path_below(struct: Struct, key: str) -> str:
    """Return a path that stays below the folder it is relative to."""
    value = struct.text(key)
    if "\0" in value or any(part in ("", ".", "..") for part in value.split("/")):
        raise struct.error(key, "a path below its folder")
    return value


def iso_seconds(struct: Struct, key: str) -> int:
    """Return a time, written as ISO 8601 in UTC, in seconds since the epoch."""
    text = struct.text(key)
    try:
        if not _ISO_TIME.fullmatch(text):
            raise ValueError(text)
        time = datetime.strptime(text, ISO_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        raise struct.error(key, "a time like 2026-11-23T07:03:27Z") from None
    return int(time.timestamp())


def integer(value: object, place: str, origin: ValueOrigin = HUB) -> int:
    """Return a whole number from 0 to ``MAX_INTEGER``."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        raise origin.error(place, "a whole number", value)
    return value


def flag(value: object, place: str, origin: ValueOrigin = HUB) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise origin.error(place, "true or false", value)
    return value


def texts(value: object, place: str, origin: ValueOrigin = HUB) -> Tuple[str, ...]:
    """Return a list of texts."""
    items = _items(value, place, origin)
    most = MAX_TEXT if origin.is_hub else sys.maxsize
    if not all(isinstance(item, str) and len(item) <= most for item in items):
        raise origin.error(place, "a list of texts", value)
    return tuple(hide(printable(str(item))) if origin.is_hub else str(item) for item in items)


def structs(value: object, place: str, origin: ValueOrigin = HUB) -> Tuple[Struct, ...]:
    """Return a list of objects."""
    items = _items(value, place, origin)
    where = "%s [%d]" if origin.is_hub else "%s[%d]"
    return tuple(Struct(item, where % (place, index), origin) for index, item in enumerate(items))


def _items(value: object, place: str, origin: ValueOrigin) -> Sequence[object]:
    if not isinstance(value, (list, tuple)) or (origin.is_hub and len(value) > MAX_ITEMS):
        raise origin.error(place, "a list", value)
    return value


def plain_name(name: str, place: str, origin: ValueOrigin = HUB) -> str:
    """Return a name when it can be nothing but a name in a folder."""
    if name_flaw(name) is not None:
        raise origin.error(place, "a plain file name", name)
    return name


def json_struct(content: bytes, place: str, origin: ValueOrigin = HUB) -> Struct:
    """Return the object in a JSON document."""
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise origin.error(place, "JSON", content[:80]) from error
    return Struct(value, place, origin)

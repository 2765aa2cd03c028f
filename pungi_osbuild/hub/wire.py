"""
Reading what a hub sends: every value is checked for its type and bounded before it is used.

A hub is another machine with other people's code; a reply that does not look as it should is an
error that says which part of which reply, never a ``KeyError`` far away. And its words end in
people's terminals: what a terminal would take for a command is made visible here, where they enter.
"""

from __future__ import annotations

import heapq
import json
import reprlib
from typing import Mapping, Optional, Tuple

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.model import name_flaw, printable
from pungi_osbuild.secrets import hide, hide_in

MAX_TEXT = 4096
MAX_ITEMS = 10_000
MAX_SHOWN = 120
MAX_NUMBER = 2**63 - 1
MAX_SECONDS = 253402300800


class Struct:
    """
    One struct of a reply.

    :param value: as it came
    :param where: how errors call it, e.g. ``archive 12``
    :raises ReplyError: it is not a struct
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise unusable(where, "a struct", value)
        self._value = value
        self.where = where

    def text(self, key: str) -> str:
        """Return a text of at most ``MAX_TEXT`` characters, :func:`printable`, without secrets."""
        return hide(self._text(key))

    def _text(self, key: str) -> str:
        value = self._value.get(key)
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise unusable("%s, %s" % (self.where, key), "a text", hide_in(value, key, 4))
        return printable(value)

    def line(self, key: str) -> str:
        """Return a text that is one printable line: nothing that a terminal or script would do."""
        return hide(self.address(key))

    def address(self, key: str) -> str:
        """Return one printable line as it came: an address may be signed, and so be a secret."""
        value = self._text(key)
        if not value or not value.isprintable():
            raise unusable("%s, %s" % (self.where, key), "one line of text", hide(value))
        return value

    def maybe_text(self, key: str) -> Optional[str]:
        """Return a text, or None where there is none."""
        return None if self._value.get(key) is None else self.text(key)

    def integer(self, key: str) -> int:
        """Return a whole number that is not negative."""
        return number(self._value.get(key), "%s, %s" % (self.where, key))

    def maybe_seconds(self, key: str) -> Optional[float]:
        """Return seconds since the epoch, before the year 10000, or None where there are none."""
        value = self._value.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise unusable("%s, %s" % (self.where, key), "a time in seconds", value)
        if not 0 <= value < MAX_SECONDS:  # nor is it one that is no number
            raise unusable("%s, %s" % (self.where, key), "a time in seconds", value)
        return float(value)

    def flag(self, key: str) -> bool:
        """Whether a value is true; a missing one is not."""
        return self._value.get(key) is True

    def expect(self, key: str, wanted: object) -> None:
        """
        Compare a value with what was asked for.

        :raises ReplyError: it is another, or missing: the reply answers another question
        """
        value = self._value.get(key)
        # Names that were asked for may come from an earlier reply, made printable.
        said = printable(value) if isinstance(value, str) else value
        if type(said) is not type(wanted) or said != wanted:
            raise not_asked_for("%s, %s" % (self.where, key), wanted, value)

    def filename(self, key: str) -> str:
        """Return a name that is safe as the last part of a path."""
        return plain_name(self.text(key), "%s, %s" % (self.where, key))

    def maybe_struct(self, key: str) -> Optional[Struct]:
        """Return a struct in this one, or None where there is none."""
        value = self._value.get(key)
        return None if value is None else Struct(value, "%s, %s" % (self.where, key))

    def structs(self, key: str) -> Tuple[Struct, ...]:
        """Return a list of structs; a missing one is empty."""
        value = self._value.get(key)
        return () if value is None else structs(value, "%s, %s" % (self.where, key))

    def names(self) -> Tuple[str, ...]:
        """Return the names of what is in it, sorted; at most ``MAX_ITEMS``."""
        return tuple(heapq.nsmallest(MAX_ITEMS, map(str, self._value)))

    def plain(self, key: str) -> object:
        """Return a value as it came, to be shown and nothing else."""
        value: object = self._value.get(key)
        return value

    def has(self, key: str) -> bool:
        """Whether there is something of that name."""
        return self._value.get(key) is not None


def number(value: object, where: str) -> int:
    """
    Return a whole number that is not negative, and that Koji's database could hold.

    :raises ReplyError: it is none
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
        raise unusable(where, "a whole number", value)
    return value


def structs(value: object, where: str) -> Tuple[Struct, ...]:
    """Return a list of structs.

    :raises ReplyError: it is not one, or longer than ``MAX_ITEMS``
    """
    if not isinstance(value, (list, tuple)) or len(value) > MAX_ITEMS:
        raise unusable(where, "a list", value)
    return tuple(Struct(item, "%s [%d]" % (where, index)) for index, item in enumerate(value))


def plain_name(name: str, where: str) -> str:
    """Return a name from the hub when it can be nothing but a name in a folder.

    :raises ReplyError: it could lead out of the folder, or could not be made there
    """
    if name_flaw(name) is not None:
        raise unusable(where, "a plain file name", name)
    return name


def json_struct(text: bytes, where: str) -> Struct:
    """Return the struct in a JSON file.

    :raises ReplyError: it is not JSON, or not a struct
    """
    try:
        return Struct(json.loads(text.decode("utf-8")), where)
    except (ValueError, RecursionError) as error:
        raise unusable(where, "JSON", text[:80]) from error


def unusable(where: str, wanted: str, value: object) -> ReplyError:
    """Return the error for a reply that does not look as it should."""
    shown = _shown(value)
    return ReplyError(
        "the hub's reply cannot be used: %s should be %s, and is %s" % (where, wanted, shown),
        "Look at it in Koji; if it is as it should be there, report this with the text above.",
    )


def not_asked_for(where: str, wanted: object, value: object) -> ReplyError:
    """Return the error for a reply to another question than the one that was asked."""
    return ReplyError(
        "the hub's reply does not match the request: %s should be %s, but is %s"
        % (where, _shown(wanted), _shown(value)),
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
_SHORT.maxlevel = 4
_SHORT.maxstring = _SHORT.maxother = MAX_SHOWN

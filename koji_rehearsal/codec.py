"""
Rows as JSON and back: what the hub remembers over a restart.

JSON has neither tuples nor rows. Each is written as an object with one key that begins with a
dollar sign: ``{"$tuple": [...]}``, ``{"$Task": {...}}``; so is a dict that JSON cannot hold.
"""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from typing import Any, Callable, Dict, List, Mapping, Tuple, Type

MARK = "$"


class CodecError(Exception):
    """What should be rows is something else."""


class Codec:
    """
    Writes and reads values that are made of frozen rows, enums and plain values.

    Encoded rows are remembered for as long as they are written again: of a hub's thousands of rows
    few change between two writings.

    :param kinds: the dataclasses and enums there may be
    """

    def __init__(self, *kinds: Type[Any]) -> None:
        self._kinds: Mapping[str, Type[Any]] = {MARK + kind.__name__: kind for kind in kinds}
        self._written: Dict[int, Tuple[Any, str]] = {}
        self._kept: Dict[int, Tuple[Any, str]] = {}

    def encode(self, value: Any) -> str:
        """
        Return a value as JSON on one line; what is no value of a hub is written as its text.

        :raises CodecError: a row is of no known kind
        """
        self._kept = {}
        text = self._text(value)
        self._written = self._kept
        return text

    def _text(self, value: Any) -> str:
        # What there is most of first: a hub has thousands of rows and indexes of them.
        kind = type(value)
        if kind is str:
            return _quoted(value)
        if kind is int:
            return str(value)
        if kind is tuple:
            return '{"$tuple":[%s]}' % ",".join(map(self._text, value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._row(value)
        if isinstance(value, dict):
            return self._dict(value)
        if isinstance(value, list):
            return "[%s]" % ",".join(map(self._text, value))
        if isinstance(value, Enum):
            return self._marked(MARK + type(value).__name__, json.dumps(value.value))
        if value is None or isinstance(value, (bool, int, float, str)):
            return json.dumps(value)
        for name, (kind, _) in _COLLECTIONS.items():
            if isinstance(value, kind):
                return self._marked(name, "[%s]" % ",".join(map(self._text, value)))
        return json.dumps(str(value))

    def _row(self, row: Any) -> str:
        known = self._written.get(id(row)) or self._kept.get(id(row))
        if known is None:
            name = MARK + type(row).__name__
            fields = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
            known = (row, self._marked(name, self._dict(fields)))
        self._kept[id(row)] = known
        return known[1]

    def _dict(self, value: Mapping[Any, Any]) -> str:
        if all(isinstance(key, str) and not key.startswith(MARK) for key in value):
            items = ("%s:%s" % (_quoted(key), self._text(one)) for key, one in value.items())
            return "{%s}" % ",".join(items)
        pairs = ("[%s,%s]" % (self._text(key), self._text(one)) for key, one in value.items())
        return self._marked(MARK + "dict", "[%s]" % ",".join(pairs))

    def _marked(self, name: str, text: str) -> str:
        if name not in self._kinds and name not in _COLLECTIONS and name != MARK + "dict":
            raise CodecError("BUG: %s is no kind of row that a hub remembers" % name[1:])
        return "{%s:%s}" % (json.dumps(name), text)

    def decode(self, value: Any) -> Any:
        """
        Return what was encoded, from parsed JSON.

        :raises CodecError: it was not encoded like this
        """
        if isinstance(value, list):
            return [self.decode(one) for one in value]
        if not isinstance(value, dict):
            return value
        name = next(iter(value), "")
        if not name.startswith(MARK):
            return {key: self.decode(one) for key, one in value.items()}
        try:
            return self._decode_marked(name, value[name])
        except (TypeError, ValueError, KeyError) as error:
            raise CodecError("%s: %s" % (name, error)) from error

    def _decode_marked(self, name: str, inner: Any) -> Any:
        if name == MARK + "dict":
            return {self.decode(key): self.decode(one) for key, one in inner}
        if name in _COLLECTIONS:
            return _COLLECTIONS[name][1](self.decode(inner))
        kind = self._kinds[name]
        if issubclass(kind, Enum):
            return kind(inner)
        return kind(**{key: self.decode(one) for key, one in inner.items()})


_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii
_COLLECTIONS: Mapping[str, Tuple[Type[Any], Callable[[List[Any]], Any]]] = {
    MARK + "tuple": (tuple, tuple),
    MARK + "set": (set, set),
    MARK + "frozenset": (frozenset, frozenset),
}

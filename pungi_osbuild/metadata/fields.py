"""Reading JSON that others may have written: every value is checked before it is used."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any, Iterator, List, Mapping, Optional, Tuple

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_END_OF_TIME = 253402300800
"""The first second of the year 10000, which ISO 8601 has no four digits for."""

_LARGEST = 2**63 - 1


class Fields:
    """
    An object of a JSON document. Every method raises ValueError naming the place.

    Keys that nobody asks for are no error: a later minor version of a format may add some.

    :param value: what stands there
    :param place: where that is, e.g. ``payload.tasks[0]``
    """

    def __init__(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise ValueError("%s is not an object" % (place or "it"))
        self.value: Mapping[str, Any] = value
        self.place = place

    def text(self, key: str) -> str:
        """Return a string."""
        value = self._get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def line(self, key: str) -> str:
        """Return a string that is one printable line: it is shown, and handed to scripts."""
        value = self.text(key)
        if not value or not value.isprintable():
            raise self._wrong(key, "one line of text")
        return value

    def text_or_none(self, key: str) -> Optional[str]:
        """Return a string, or None for null."""
        return None if self._get(key) is None else self.text(key)

    def text_or_json(self, key: str) -> str:
        """Return a string; of anything else its JSON."""
        value = self._get(key)
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)

    def count(self, key: str) -> int:
        """Return a whole number from 0 to what a file or a hub can count to."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            raise self._wrong(key, "a whole number")
        return value

    def count_or_none(self, key: str) -> Optional[int]:
        """Return a whole number, or None for null."""
        return None if self._get(key) is None else self.count(key)

    def number_or_none(self, key: str) -> Optional[float]:
        """Return a finite number, or None for null."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(key, "a number")
        if not -_LARGEST <= value <= _LARGEST:  # neither is what JSON calls NaN
            raise self._wrong(key, "a number that can be counted with")
        return float(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def texts(self, key: str) -> Tuple[str, ...]:
        """Return a list of strings."""
        value = self._list(key)
        if not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of strings")
        return tuple(value)

    def is_list_of_texts(self, key: str) -> bool:
        """Whether there is a list of strings, with at least one."""
        value = self._get(key)
        return isinstance(value, list) and bool(value) and isinstance(value[0], str)

    def time_or_none(self, key: str) -> Optional[int]:
        """Return a time, written as ISO 8601 in UTC, in seconds since the epoch; None for null."""
        text = self.text_or_none(key)
        if text is None:
            return None
        if not _TIME_TEXT.fullmatch(text):
            raise self._wrong(key, "a time like 2026-11-23T07:03:27Z")
        try:
            return int(datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc).timestamp())
        except ValueError:
            raise self._wrong(key, "a time like 2026-11-23T07:03:27Z") from None

    def path(self, key: str) -> str:
        """Return a path that stays below the folder it is relative to."""
        value = self.text(key)
        if "\0" in value or any(part in ("", ".", "..") for part in value.split("/")):
            raise self._wrong(key, "a path below its folder")
        return value

    def group(self, key: str) -> Fields:
        """Return an object."""
        return Fields(self._get(key), self._place(key))

    def group_or_none(self, key: str) -> Optional[Fields]:
        """Return an object, or None for null."""
        return None if self._get(key) is None else self.group(key)

    def groups(self, key: str) -> List[Fields]:
        """Return a list of objects."""
        place = self._place(key)
        return [
            Fields(item, "%s[%d]" % (place, index)) for index, item in enumerate(self._list(key))
        ]

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.value

    def __iter__(self) -> Iterator[str]:
        """Give the keys, sorted."""
        return iter(sorted(self.value))

    def _list(self, key: str) -> List[Any]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value

    def _get(self, key: str) -> Any:
        if key not in self.value:
            raise ValueError("%s is missing" % self._place(key))
        return self.value[key]

    def _place(self, key: str) -> str:
        return "%s.%s" % (self.place, key) if self.place else key

    def _wrong(self, key: str, expected: str) -> ValueError:
        return ValueError("%s is not %s" % (self._place(key), expected))


def time_text(seconds: Optional[float]) -> Optional[str]:
    """Return a time as ISO 8601 in UTC, cut to the second.

    :param seconds: since the epoch; None, and what is no time at all, gives None
    """
    if seconds is None or not 0 <= seconds < _END_OF_TIME:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime(_TIME)


def whole_seconds(seconds: Optional[float]) -> Optional[int]:
    """Return a time as it will be read back: cut to the second, None when it is none."""
    if seconds is None or not 0 <= seconds < _END_OF_TIME:
        return None
    return int(seconds)

"""Collecting the problems of a config, all of them at once."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Mapping, Tuple

from pungi_osbuild.config.places import within
from pungi_osbuild.model import Problem, ProblemCode, Severity


class Problems:
    """The problems found so far, in the order of finding; none is kept twice."""

    def __init__(self) -> None:
        self._found: Dict[Problem, None] = {}
        self._errors = 0
        self._error_places: Dict[str, None] = {}

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return self._errors

    @property
    def error_places(self) -> Tuple[str, ...]:
        """Where there are errors, each once, in the order of finding."""
        return tuple(self._error_places)

    def has_error_at(self, place: str) -> bool:
        """Whether there is an error at that very place."""
        return place in self._error_places

    def add(self, problems: Iterable[Problem]) -> None:
        """Add problems that are not yet there."""
        for problem in problems:
            if problem not in self._found:
                self._found[problem] = None
                if problem.is_error:
                    self._errors += 1
                    self._error_places[problem.place] = None

    def error(self, code: ProblemCode, place: str, message: str, hint: str) -> None:
        """Add an error."""
        self.add([make(code, place, message, hint)])

    def warn(self, code: ProblemCode, place: str, message: str, hint: str) -> None:
        """Add a warning."""
        self.add([make(code, place, message, hint, Severity.WARNING)])


def make(
    code: ProblemCode, place: str, message: str, hint: str, severity: Severity = Severity.ERROR
) -> Problem:
    """Return a problem."""
    return Problem(code, severity, place, message, hint)


def unsendable(value: Any, place: str) -> Iterator[Problem]:
    """Say what in a value cannot be sent to a hub: keys that are no text, characters not in XML."""
    if isinstance(value, str):
        bad = sorted({char for char in value if not _in_xml(char)})
        if bad:
            yield make(
                "bad-character",
                place,
                "holds %s, which cannot be sent to Koji" % ", ".join(repr(char) for char in bad),
                "Take the character out.",
            )
    for key, item in _items(value):
        if isinstance(value, Mapping) and not isinstance(key, str):
            yield bad_key(key, place)
        yield from unsendable(item, within(place, key))


def bad_key(key: Any, place: str) -> Problem:
    """Return the problem of a dict key that is no text."""
    return make(
        "bad-key",
        within(place, key),
        "the key %r is no text" % (key,),
        'Put it in quotation marks: "%s".' % (key,),
    )


def _items(value: Any) -> Iterable[Tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, (list, tuple)) else ()


def _in_xml(char: str) -> bool:
    # The Char production of XML 1.0, without what lies beyond the basic plane (always fine).
    code = ord(char)
    return char in "\t\n\r" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF

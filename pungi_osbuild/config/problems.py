"""Collecting the problems of a config, all of them at once."""

from __future__ import annotations

import collections.abc
import re
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple

from pungi_osbuild.config.places import along, within
from pungi_osbuild.model import Problem, ProblemCode, Severity

_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF]")
"""What the Char production of XML 1.0 leaves out."""


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
    for path, key, text in _unsendable(value, ()):
        where = along(place, path)
        if text is None:
            yield bad_key(key, where)
            continue
        bad = sorted(set(_NOT_IN_XML.findall(text)))
        yield make(
            "bad-character",
            where,
            "holds %s, which cannot be sent to Koji" % ", ".join(repr(char) for char in bad),
            "Take the character out.",
        )


def _unsendable(
    value: Any, path: Tuple[Any, ...]
) -> Iterator[Tuple[Tuple[Any, ...], Any, Optional[str]]]:
    """Give the path to each such spot, and a bad key or the text that holds a bad character."""
    if isinstance(value, str):
        if _NOT_IN_XML.search(value):
            yield path, None, value
    elif isinstance(value, collections.abc.Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                yield path, key, None
            yield from _unsendable(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unsendable(item, (*path, index))


def bad_key(key: Any, place: str) -> Problem:
    """Return the problem of a dict key that is no text."""
    return make(
        "bad-key",
        within(place, key),
        "the key %r is no text" % (key,),
        'Put it in quotation marks: "%s".' % (key,),
    )

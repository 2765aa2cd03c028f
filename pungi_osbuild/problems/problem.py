"""A problem of a config: an error, a warning or a note, with its place, message, hint and code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, Iterable, Iterator, Sequence, Tuple

from pungi_osbuild.checked import JsonDict, one_line
from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.problems.codes import ProblemCode
from pungi_osbuild.secrets import hide

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Severity(str, Enum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """
    Something wrong in a config.

    :param code: stable name of the kind of problem; ``docs/problems.md`` explains each
    :param place: where, as the user wrote it: ``osbuild["^Server$"][0].upload_options.region``
    :param message: what is wrong
    :param hint: what to do about it; never empty
    :param severity: an error stops the run; a warning may need action, a note does not

    Place, message and hint are one line each, can be printed and hold no secret, whatever the
    config holds.
    """

    code: ProblemCode
    place: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        """Hide secrets; escape what nobody can see: line breaks, control characters."""
        for part in ("place", "message", "hint"):
            object.__setattr__(self, part, one_line(hide(getattr(self, part))))

    @property
    def is_error(self) -> bool:
        """Whether a run must not start with this problem."""
        return self.severity is Severity.ERROR

    def lines(self) -> Tuple[str, str]:
        """Return the problem for people: place, message and code; then the hint, indented."""
        return ("%s: %s [%s]" % (self.place, self.message, self.code), "    %s" % self.hint)

    def to_json(self) -> JsonDict:
        """Return the problem as ``validate --format json`` prints it."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
        }


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether one of some problems keeps a run from starting."""
    return any(problem.is_error for problem in problems)


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
        self.add([Problem(code, place, message, hint)])

    def warn(self, code: ProblemCode, place: str, message: str, hint: str) -> None:
        """Add a warning."""
        self.add([Problem(code, place, message, hint, Severity.WARNING)])


class ConfigError(PungiOsbuildError):
    """
    The config has errors; nothing was submitted.

    :param problems: all of them, warnings included
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = sum(1 for problem in problems if problem.is_error)
        super().__init__(
            "the config has %d error%s" % (errors, "" if errors == 1 else "s"),
            "Nothing was submitted. Fix the errors above and try again.",
        )
        self.problems = tuple(problems)


def within(place: str, key: Any) -> str:
    """Return the place of an item: of a dict by its key, of a list by its position."""
    if not isinstance(key, str):
        return "%s[%r]" % (place, key)
    if not place:
        return key
    if _PLAIN.fullmatch(key):
        return "%s.%s" % (place, key)
    return '%s["%s"]' % (place, key)


def along(place: str, path: Iterable[Any]) -> str:
    """Return the place at the end of a path of keys and positions."""
    for key in path:
        place = within(place, key)
    return place

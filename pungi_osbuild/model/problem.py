"""What is wrong with a config: place, message, hint, code; an error, a warning or a note."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Iterable, Tuple

from pungi_osbuild.checked import JsonDict, one_line
from pungi_osbuild.model.problemcodes import ProblemCode
from pungi_osbuild.secrets import hide


class Severity(str, Enum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """
    Something wrong in a config.

    :param code: stable name of the kind of problem; ``docs/problems.md`` tells what each means
    :param severity: an error stops the run; a warning may need action, a note does not
    :param place: where, as the user wrote it: ``osbuild["^Server$"][0].upload_options.region``
    :param message: what is wrong
    :param hint: what to do about it; never empty

    Place, message and hint are one line each, can be printed and hold no secret, whatever the
    config holds.
    """

    code: ProblemCode
    severity: Severity
    place: str
    message: str
    hint: str

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

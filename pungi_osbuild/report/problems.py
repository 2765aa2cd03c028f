"""Problems for people."""

from __future__ import annotations

from collections import Counter
from typing import List, Sequence

from pungi_osbuild.problems import Problem, Severity


def problem_lines(problems: Sequence[Problem]) -> List[str]:
    """Return the lines that show problems: severity, place, message and code; then the hint."""
    lines: List[str] = []
    for problem in problems:
        first, hint = problem.lines()
        lines.extend(["%s: %s" % (problem.severity.value, first), hint])
    return lines


def problem_summary(problems: Sequence[Problem], notes: bool = False) -> str:
    """
    Return how many problems there are, in a sentence.

    :param notes: the notes have been shown
    """
    counts = Counter(problem.severity for problem in problems)
    found = [_count(counts[severity], severity) for severity in (Severity.ERROR, Severity.WARNING)]
    has_notes_only = len(problems) == counts[Severity.NOTE]
    said = "No problems found." if has_notes_only else "%s, %s." % (found[0], found[1])
    if counts[Severity.NOTE]:
        more = "" if notes else " (-v shows them)"
        said += " %s%s." % (_count(counts[Severity.NOTE], Severity.NOTE), more)
    return said


def _count(number: int, severity: Severity) -> str:
    return "%d %s%s" % (number, severity.value, "" if number == 1 else "s")

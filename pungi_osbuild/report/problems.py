"""Problems for people."""

from __future__ import annotations

from typing import List, Sequence

from pungi_osbuild.model import Problem


def problem_lines(problems: Sequence[Problem]) -> List[str]:
    """Return the lines that show problems: severity, place, message and code; then the hint."""
    lines: List[str] = []
    for problem in problems:
        first, hint = problem.lines()
        lines.extend(["%s: %s" % (problem.severity.value, first), hint])
    return lines


def problem_summary(problems: Sequence[Problem]) -> str:
    """Return how many problems there are, in a sentence."""
    errors = sum(1 for problem in problems if problem.is_error)
    warnings = len(problems) - errors
    if not problems:
        return "No problems found."
    return "%d error%s, %d warning%s." % (
        errors,
        "" if errors == 1 else "s",
        warnings,
        "" if warnings == 1 else "s",
    )

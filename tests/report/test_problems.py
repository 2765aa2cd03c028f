"""How problems are counted and which of them are shown."""

from __future__ import annotations

from typing import Sequence

import pytest

from pungi_osbuild.cli.show import show_problems
from pungi_osbuild.problems import Problem, Severity
from pungi_osbuild.report import problem_summary

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE


def problems(*severities: Severity) -> Sequence[Problem]:
    return [
        Problem("empty", "place %d" % number, "message", "hint", severity)
        for number, severity in enumerate(severities)
    ]


@pytest.mark.parametrize(
    ("severities", "said"),
    [
        ((), "No problems found."),
        ((N,), "No problems found. 1 note (-v shows them)."),
        ((E,), "1 error, 0 warnings."),
        ((E, E, W), "2 errors, 1 warning."),
        ((W, N, N), "0 errors, 1 warning. 2 notes (-v shows them)."),
    ],
)
def test_a_note_is_counted_apart(severities: Sequence[Severity], said: str) -> None:
    assert problem_summary(problems(*severities)) == said
    assert problem_summary(problems(*severities), notes=True) == said.replace(
        " (-v shows them)", ""
    )


def test_notes_are_printed_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning that needs no action hides those that do."""
    show_problems(problems(W, N))
    assert capsys.readouterr().err.splitlines() == ["warning: place 0: message [empty]", "    hint"]
    show_problems(problems(W, N), notes=True)
    assert "note: place 1: message [empty]" in capsys.readouterr().err

"""The invariants: each holds where all is well, and each can fail."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import simulation
from simulation.invariants import INVARIANTS, violations
from tests.simulation.doctored import DOCTORED, Doctor, a_record

FOLDER = Path(simulation.__file__).parent
MODULES = [
    *(FOLDER / ("%s.py" % name) for name in ("record", "compose_files", "causes")),
    *sorted((FOLDER / "invariants").glob("*.py")),
]


def test_a_night_in_which_all_is_well_violates_nothing(tmp_path: Path) -> None:
    """The record that the others are made from."""
    assert violations(a_record(tmp_path)) == ()


@pytest.mark.parametrize(("name", "doctor"), DOCTORED)
def test_each_invariant_can_fail(name: str, doctor: Doctor, tmp_path: Path) -> None:
    """A record is handed to it in which it does not hold."""
    found = violations(doctor(a_record(tmp_path)))
    assert name in {one.invariant for one in found}, found


def test_no_invariant_is_left_out() -> None:
    """One that nobody has seen fail says nothing."""
    assert {one.name for one in INVARIANTS} == {name for name, _ in DOCTORED}


def test_each_invariant_says_in_words_what_holds() -> None:
    """One sentence."""
    for one in INVARIANTS:
        assert one.words.endswith("."), one.name
        assert one.words.count(". ") == 0, one.name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_checker_shares_no_code_with_the_runs(module: Path) -> None:
    """It reads the hub's tables and the files, and nothing of the product."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not [name for name in names if name.startswith("pungi_osbuild")]

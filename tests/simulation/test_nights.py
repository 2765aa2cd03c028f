"""Nights that are simulated: whatever the seed does to them, everything holds that must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from simulation.__main__ import figures_of, main
from simulation.actors import ACTS
from simulation.injection import KINDS
from simulation.night import play
from simulation.scenario import scenario
from simulation.trace import told

SEEDS = 200
EACH = 20
KEPT = Path(__file__).parent / "kept.json"
"""Seeds that have shown a bug, each with the bug and with the digest of its trace."""

UPDATES = os.environ.get("UPDATE_GOLDEN") == "1"


def kept() -> List[Dict[str, Any]]:
    seeds: List[Dict[str, Any]] = json.loads(KEPT.read_text("utf-8"))
    return seeds


@pytest.mark.parametrize("first", range(0, SEEDS, EACH))
def test_nothing_is_violated(first: int) -> None:
    """A seed that fails: ``python -m simulation --seed N --shrink`` says what it needs for that."""
    assert figures_of(range(first, first + EACH)).failed == {}


@pytest.mark.long
def test_nothing_is_violated_in_many_nights() -> None:
    """Ten thousand; every kind of fault and act happens, and every row of the table is taken."""
    figures = figures_of(range(10_000), os.cpu_count() or 1)
    assert figures.failed == {}
    assert figures.rows_missed == ()
    assert {*KINDS, *ACTS} <= set(figures.counts)


@pytest.mark.parametrize("one", kept(), ids=lambda one: "seed %d" % one["seed"])
def test_seeds_that_have_shown_a_bug_show_it_no_more(one: Dict[str, Any]) -> None:
    """And what happens in them is what happened then, until the product changes."""
    played = play(scenario(one["seed"]))
    assert played.violations == ()
    if UPDATES:
        seeds = [dict(it, digest=played.digest) if it == one else it for it in kept()]
        KEPT.write_text(json.dumps(seeds, indent=2) + "\n", encoding="utf-8")
    elif played.digest != one["digest"]:
        pytest.xfail("the trace is another one since it was kept; UPDATE_GOLDEN=1 writes it")


def test_one_seed_is_one_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte, also with other hashes in another process."""
    lines = "\n".join(told(play(scenario(3)))) + "\n"
    main(["--seed", "3", "--steps"])
    assert capsys.readouterr().out == lines
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", "3", "--steps"],
        capture_output=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.decode("utf-8") == lines


def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """For as many nights as are asked for."""
    assert main(["--seeds", "2", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 nights, ")
    assert "simulated hours" in said

"""Faults that are put into the engine: the invariants find each within two thousand nights."""

from __future__ import annotations

import pytest

from pungi_osbuild.run import decide
from simulation.__main__ import main
from simulation.mutations import MUTATIONS, Mutation, found_by
from simulation.night import play
from simulation.scenario import scenario

SEEDS = range(2000)
SAMPLE = ("secret", "same-attempt", "submitted-once-more")
"""Those that are looked for in every build, at the seeds that are known to show them."""


def named(*names: str) -> list[Mutation]:
    return [one for one in MUTATIONS if one.name in names]


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_mutation_is_found(mutation: Mutation) -> None:
    """By the seed that is known to show it, or by another one."""
    assert found_by(mutation, SEEDS) is not None, mutation.breaks


@pytest.mark.parametrize("mutation", named(*SAMPLE), ids=lambda one: one.name)
def test_some_mutations_are_found(mutation: Mutation) -> None:
    """And without the mutation the same night violates nothing: what was put in is taken out."""
    assert mutation.seed is not None
    assert found_by(mutation, ()) is not None
    assert play(scenario(mutation.seed)).violations == ()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_mutation_can_be_put_in(mutation: Mutation) -> None:
    """What it replaces is there; and it is taken out again."""
    before = decide.ROWS, decide.ROWS_OF_EARLIER_RUNS
    with mutation.put_in():
        pass
    assert before == (decide.ROWS, decide.ROWS_OF_EARLIER_RUNS)


def test_there_are_enough_of_them() -> None:
    """More than ten, each by a name of its own."""
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= 10


def test_the_command_says_which_seed_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    """And stops there."""
    assert main(["--mutation", "secret", "--seeds", "1"]) == 0
    assert "no_secret_gets_out" in capsys.readouterr().out

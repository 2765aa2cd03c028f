"""The steps at which faults are counted."""

from __future__ import annotations

import pytest

from simulation.injection import KINDS
from simulation.scenario import RATES
from simulation.steps import IMPOSSIBLE, step_name, steps_of

NAMES = {
    "osbuildImage": "submit",
    "call osbuildImage": "submit",
    "answer getTaskInfo+listTasks": "poll",
    "getArchiveTypes+getBuild+getBuildTarget": "preflight",
    "getBuild": "ask for N-V-Rs",
    "logout": "log out",
    "download .json": "download a document",
    "download .qcow2": "download an image",
    "write journal": "write journal",
    "give": "give",
}


@pytest.mark.parametrize(("step", "name"), NAMES.items())
def test_a_step_is_called_by_what_it_is_for(step: str, name: str) -> None:
    """Whatever else is in the same request."""
    assert step_name(step) == name


def test_every_kind_has_a_rate_and_steps() -> None:
    """A kind that is new is in the nights, too."""
    assert set(RATES) == set(KINDS)
    assert all(steps_of(kind) for kind in KINDS)


def test_what_is_impossible_is_one_of_the_pairs() -> None:
    """And has a reason."""
    for (kind, step), why in IMPOSSIBLE.items():
        assert step in steps_of(kind), kind
        assert why

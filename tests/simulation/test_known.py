"""What is known not to hold: each excuse of the invariants has a night that shows why."""

from __future__ import annotations

from typing import Set

import pytest

from simulation.invariants import known
from simulation.night import play
from simulation.scenario import Act, ComposePlan, HubPlan, ImagePlan, Scenario

IMAGE = ImagePlan("b0", "image-b0", "minimal-raw", ("x86_64",))
BOTH = ImagePlan("b0", "image-b0", "minimal-raw", ("aarch64", "x86_64"), split=False)
KILLED = (Act(5.0, "kill", "c0"), Act(6.0, "change-config", "c0", 1))
"""The task ends while nobody looks; the next run has another config, and builds it again."""

FULL = ("disk.enospc@mkdir image#3",)
"""There is no space for the folder of the second arch."""


def violated(scenario: Scenario) -> Set[str]:
    return {one.invariant for one in play(scenario).violations}


def a_night(image: ImagePlan, **more: object) -> Scenario:
    plan = ComposePlan("c0", (image,), over_http=True)
    return Scenario(1, (plan,), HubPlan(duration=10.0), only=(), **more)  # type: ignore[arg-type]


def test_a_rebuild_forgets_what_has_ended_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told of the first build."""
    night = a_night(IMAGE, acts=KILLED)
    assert violated(night) == set()
    monkeypatch.setattr(known, "is_forgotten", lambda *_: False)
    assert violated(night) == {"what_is_left_behind_is_listed"}


def test_half_of_a_task_stays_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image of one arch is there, and recorded nowhere, until the next run."""
    night = a_night(BOTH)
    night = Scenario(**{**vars(night), "only": FULL})
    assert violated(night) == set()
    monkeypatch.setattr(known, "is_half_placed", lambda *_: False)
    assert violated(night) == {"nothing_unfinished_stays"}

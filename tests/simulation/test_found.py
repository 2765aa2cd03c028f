"""Bugs that simulated nights have found: each shrunk to what it needs, and played again."""

from __future__ import annotations

from typing import Tuple

import pytest

from simulation.night import play
from simulation.scenario import Act, ComposePlan, HubPlan, ImagePlan, Scenario

IMAGE = ImagePlan("b0", "image-b0", "minimal-raw", ("x86_64",))
ADOPTED = (Act(5.0, "cancel-task", "c0"), Act(5.5, "kill", "c0"))
"""The next run finds a build whose task was cancelled, and tags it."""


@pytest.mark.parametrize(
    "only",
    [
        ("net.cut-answer@tagBuild#1",),
        ("net.lose-answer@tagBuild#1",),
        ("net.lose-request@tagBuild#1", "net.gateway@tagBuild#2"),
        ("net.hold-request@tagBuild#1",),
    ],
)
def test_a_tagging_that_is_not_answered_ends_no_run(only: Tuple[str, ...]) -> None:
    """Seed 38: the run gave up, though the hub had tagged the build and answered all else."""
    plan = ComposePlan("c0", (IMAGE,), outage_limit=600.0)
    night = play(Scenario(1, (plan,), HubPlan(duration=10.0), acts=ADOPTED, only=only))
    assert night.violations == ()
    assert night.injected == only
    assert night.ends == {"crash": 1, "result": 1}


BOTH = ImagePlan("b0", "image-b0", "minimal-raw", ("aarch64", "x86_64"), split=False)
KILLED = (Act(5.0, "kill", "c0"), Act(6.0, "change-config", "c0", 1))
"""The task ends while nobody looks; the next run has another config, and builds it again."""

FULL = ("disk.enospc@mkdir image#3",)
"""There is no space for the folder of the second arch."""


def test_a_rebuild_tells_of_what_has_ended_unseen() -> None:
    """Of the first build, which is in no compose."""
    plan = ComposePlan("c0", (IMAGE,), over_http=True)
    night = play(Scenario(1, (plan,), HubPlan(duration=10.0), acts=KILLED, only=()))
    assert night.violations == ()


def test_half_of_a_task_does_not_stay_in_its_place() -> None:
    """The image of one arch would be there, and recorded nowhere."""
    plan = ComposePlan("c0", (BOTH,), over_http=True)
    night = play(Scenario(1, (plan,), HubPlan(duration=10.0), only=FULL))
    assert (night.violations, night.injected) == ((), FULL)

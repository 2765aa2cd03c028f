"""Shrinking: what is left is what is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

from simulation.invariants import Violation
from simulation.night import Played
from simulation.scenario import Act, Scenario, scenario
from simulation.shrink import shrunk, smaller_ones

NEEDED = ("net.lose-answer@osbuildImage#1", "crash.kill@write journal#7")
IDS = tuple("disk.eio@read image#%d" % number for number in range(20))
ACT = Act(12.0, "kill", "c0", 3)


def a_scenario() -> Scenario:
    found = next(one for one in map(scenario, range(100)) if len(one.composes) == 3)
    acts = (*found.acts, ACT, Act(13.0, "stop", "c0"), Act(14.0, "stop", "c1"))
    return replace(found, acts=acts)


def played(one: Scenario) -> Played:
    """Play a scenario that fails where two faults and one act meet."""
    ids = one.only if one.only is not None else (*IDS[:9], NEEDED[0], *IDS[9:], NEEDED[1])
    is_wrong = set(NEEDED) <= set(ids) and ACT in one.acts
    wrong: Tuple[Violation, ...] = (Violation("the_night_ends_well", "c0 does not"),)
    return Played(one, wrong if is_wrong else (), (), "", ids, {}, {}, 0.0, 1, {})


def test_what_is_left_is_what_is_needed() -> None:
    """Two faults, one act, one compose with one image of one arch."""
    least = shrunk(played(a_scenario()), played).scenario
    assert set(least.only or ()) == set(NEEDED)
    assert least.acts == (ACT,)
    assert least.hub.faults == ()
    assert [plan.key for plan in least.composes] == ["c0"]
    assert len(least.composes[0].images) == 1


def test_nothing_smaller_fails() -> None:
    """It stops there."""
    least = shrunk(played(a_scenario()), played).scenario
    assert not any(played(one).violations for one in smaller_ones(least))


def test_it_does_not_try_for_ever() -> None:
    """What it has by then is returned."""
    tried = []

    def replay(one: Scenario) -> Played:
        tried.append(one)
        return played(one)

    shrunk(played(a_scenario()), replay, most=5)
    assert len(tried) == 5

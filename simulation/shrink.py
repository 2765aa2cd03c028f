"""
From a seed that fails to a short list of what must happen for that.

Everything of a scenario that can be left out is left out in turn, and stays out as long as the same
invariant is still violated: composes, images, acts, faults of the hub, and one by one the faults
that were injected.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator, List, Sequence, Tuple, TypeVar

from simulation.night import Played, play
from simulation.scenario import Scenario

Item = TypeVar("Item")

MOST_TRIES = 400
"""Nights that are played at most."""


def shrunk(
    played: Played, replay: Callable[[Scenario], Played] = play, most: int = MOST_TRIES
) -> Played:
    """
    Return a night that violates the same invariant, from which nothing can be left out.

    :param played: it violates something
    :param replay: plays a scenario
    :param most: how many nights may be played for it
    """
    names = {one.invariant for one in played.violations}
    assert names, "BUG: nothing is wrong with seed %d" % played.scenario.seed
    left = most
    best = played
    # From now on no fault is injected that was not injected then.
    queue = [replace(played.scenario, only=played.injected, rates=())]
    is_smaller = True
    while is_smaller and left > 0:
        is_smaller = False
        for smaller in queue or smaller_ones(best.scenario):
            if left <= 0:
                break
            left -= 1
            found = replay(smaller)
            if names & {one.invariant for one in found.violations}:
                best, is_smaller = found, True
                break
        queue = []
    return best


def smaller_ones(scenario: Scenario) -> Iterator[Scenario]:
    """Give every scenario that has less in it, those first that have much less."""
    for some in _without(scenario.composes):
        if some:
            keys = {plan.key for plan in some}
            acts = tuple(act for act in scenario.acts if act.compose in keys)
            yield replace(scenario, composes=some, acts=acts)
    if scenario.only is not None:
        for ids in _without(scenario.only):
            yield replace(scenario, only=ids)
    for some_acts in _without(scenario.acts):
        yield replace(scenario, acts=some_acts)
    for faults in _without(scenario.hub.faults):
        yield replace(scenario, hub=replace(scenario.hub, faults=faults))
    for number, plan in enumerate(scenario.composes):
        for images in _without(plan.images):
            if images:
                composes = list(scenario.composes)
                composes[number] = replace(plan, images=images)
                yield replace(scenario, composes=tuple(composes))
        for number_of_image, image in enumerate(plan.images):
            if len(image.arches) > 1 and image.split:
                fewer = list(plan.images)
                fewer[number_of_image] = replace(image, arches=image.arches[-1:])
                composes = list(scenario.composes)
                composes[number] = replace(plan, images=tuple(fewer))
                yield replace(scenario, composes=tuple(composes))


def _without(items: Sequence[Item]) -> Iterator[Tuple[Item, ...]]:
    """Give the items without one half, a quarter, ..., and without each."""
    size = len(items)
    tried: List[int] = []
    while size:
        size = size // 2 if size > 1 else 0
        width = max(size, 1)
        if width in tried:
            break
        tried.append(width)
        for start in range(0, len(items), width):
            yield (*items[:start], *items[start + width :])

"""The simulated network: what the hub sees of an exchange that goes wrong, and the client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Mapping

import pytest

from pungi_osbuild.hub import Hub
from pungi_osbuild.timing import HUB_CALLS, RateLimiter
from simulation.network import BEFORE, HELD
from simulation.world import Machine, World, WorldOptions

CALL = "getLoggedInUser"
PATIENT = replace(HUB_CALLS, limit=3600.0, limit_at_first=3600.0)

ARRIVALS: Mapping[str, int] = {
    "net.refuse": 1,
    "net.lose-request": 1,
    "net.gateway": 1,
    "net.busy": 1,
    "net.slow": 1,
    "hub.offline": 1,
    "hub.database": 1,
    "hub.session-lost": 1,
    "net.lose-answer": 2,
    "net.gateway-late": 2,
    "net.cut-answer": 2,
    "net.garble": 2,
}
"""How often the hub is asked in the end: the client asks until it has an answer."""


def asking(machine: Machine, calls: int = 1) -> Callable[[], Any]:
    """Return a program that asks the hub, as often as it takes."""

    def main() -> Any:
        clock = machine.clock
        limiter = RateLimiter(clock)
        with Hub(machine.world.profile, PATIENT, clock, None, limiter, clock) as hub:
            return [hub.call(CALL) for _ in range(calls)][-1]["name"]

    return main


def arrivals(world: World) -> int:
    return sum(call.method == CALL for call in world.hub.rehearsal.calls)


def a_world(seed: int, *faults: str) -> World:
    return World(seed, WorldOptions(only=frozenset("%s@%s#1" % (one, CALL) for one in faults)))


def test_every_kind_is_tried() -> None:
    """A new one needs an entry here."""
    assert {*ARRIVALS, "net.repeat", "net.hold-request"} == set(BEFORE)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ARRIVALS)
def test_the_client_is_answered_in_the_end(kind: str, seed: int) -> None:
    """Whether the hub was asked before, it cannot know."""
    with a_world(seed, kind) as world:
        process = world.machine("one").start("p", asking(world.machine("one")))
        assert world.go(until=3600.0)
        assert process.error is None
        assert process.result == "pungi"
        assert [one.kind for one in world.injected] == [kind]
        world.wait(HELD)
        assert arrivals(world) == ARRIVALS[kind]


@pytest.mark.parametrize("kind", ["net.repeat", "net.hold-request"])
def test_a_request_may_come_when_nobody_waits_for_it(kind: str) -> None:
    """Then its session may be closed already."""
    seen = set()
    for seed in range(20):
        with a_world(seed, kind) as world:
            process = world.machine("one").start("p", asking(world.machine("one")))
            assert world.go(until=3600.0)
            world.wait(HELD)
            assert process.result == "pungi"
            seen.add(arrivals(world))
    assert seen == {1, 2}


def test_of_two_faults_at_one_step_the_first_counts() -> None:
    """The other one is counted all the same, so that ids stay what they are."""
    with a_world(1, "net.refuse", "net.slow") as world:
        world.machine("one").start("p", asking(world.machine("one")))
        assert world.go(until=3600.0)
        assert [one.kind for one in world.injected] == ["net.refuse"]


@pytest.mark.parametrize("how", ["refuse", "silence", "gateway", "offline"])
def test_a_hub_may_be_down_for_a_while(how: str) -> None:
    """Nobody reaches it; then everybody does."""
    with World(1) as world:
        world.network.down(600.0, how)
        process = world.machine("one").start("p", asking(world.machine("one")))
        assert world.go(until=3600.0)
        assert process.result == "pungi"
        assert process.ended is not None
        assert process.ended >= 600.0

"""Fibers, virtual time, and what they wait on."""

from __future__ import annotations

import queue
import threading
from typing import Callable, Iterator, List

import pytest

from simulation.prng import Prng
from simulation.schedule import Fiber, KilledError, Owner, Schedule, StuckError
from simulation.world import World, WorldOptions


@pytest.fixture
def world() -> Iterator[World]:
    with World(7) as one:
        yield one


def test_the_generator_draws_the_same_everywhere() -> None:
    """These are its numbers, on every Python."""
    prng = Prng(1, "dice")
    assert [prng.below(6) for _ in range(12)] == DICE
    assert Prng(1).bits() != Prng(2).bits()
    assert sorted(Prng(3).shuffled("abcdef")) == list("abcdef")
    assert all(1.0 <= prng.between(1.0, 2.0) < 2.0 for _ in range(100))


DICE = [0, 4, 2, 2, 4, 1, 0, 5, 2, 0, 4, 3]


def run_all(world: World, *mains: Callable[[], object]) -> None:
    machine = world.machine("one")
    for number, main in enumerate(mains):
        machine.start("p%d" % number, main)
    assert world.go(until=1e6)
    for process in machine.processes:
        if process.error is not None:
            raise process.error


def test_time_passes_when_nobody_can_go_on(world: World) -> None:
    """Whoever sleeps shorter is awake first, and no time is spent otherwise."""
    said: List[str] = []
    clock = world.machine("one").clock

    def sleeper(name: str, seconds: float) -> Callable[[], None]:
        def main() -> None:
            clock.sleep(seconds)
            said.append("%s at %g" % (name, world.schedule.now))

        return main

    run_all(world, sleeper("long", 3600.0), sleeper("short", 60.0))
    assert said == ["short at 60", "long at 3600"]


def test_actors_act_at_their_time(world: World) -> None:
    """Also after the last process."""
    said: List[float] = []
    world.at(10.0, "ann", lambda: said.append(world.schedule.now))
    world.at(30.0, "bob", lambda: said.append(world.schedule.now))
    run_all(world, lambda: world.machine("one").clock.sleep(20.0))
    assert said == [10.0]
    world.wait(60.0)
    assert said == [10.0, 30.0]
    assert world.schedule.now == 80.0


def test_locks_and_queues_are_waited_for_by_turns(world: World) -> None:
    """A lock that is held while its holder sleeps keeps others out."""
    lock, items = threading.Lock(), queue.Queue()  # type: ignore[var-annotated]
    clock = world.machine("one").clock
    inside: List[int] = []

    def holder() -> None:
        with lock:
            inside.append(1)
            clock.sleep(1.0)
            assert inside == [1]
            inside.remove(1)
        items.put(None)

    def taker() -> None:
        for _ in range(3):
            items.get()

    run_all(world, taker, holder, holder, holder)
    assert world.schedule.now == 3.0


def test_nobody_who_can_go_on_is_reported(world: World) -> None:
    """A deadlock is found at once."""
    items = queue.Queue()  # type: ignore[var-annotated]
    world.machine("one").start("waits", items.get)
    with pytest.raises(StuckError, match="nobody can go on"):
        world.go(until=10.0)


def test_what_never_ends_is_reported() -> None:
    """By its steps: no time passes."""
    with World(1, WorldOptions(max_steps=1000)) as world:

        def main() -> None:
            while True:
                world.step("spin", "")

        world.machine("one").start("spins", main)
        with pytest.raises(StuckError, match="no end"):
            world.go(until=10.0)


def test_a_killed_process_does_nothing_more(world: World) -> None:
    """Whatever it catches."""
    machine = world.machine("one")
    said: List[str] = []

    def main() -> None:
        while True:
            try:
                machine.clock.sleep(1.0)
                said.append("alive")
            except BaseException:
                said.append("caught")
                machine.clock.sleep(1.0)
                said.append("never")

    process = machine.start("p", main)
    world.at(2.5, "kill", process.kill)
    assert world.go(until=100.0)
    assert process.state == "killed"
    assert said == ["alive", "alive", "caught"]


def test_a_signal_interrupts_the_main_thread(world: World) -> None:
    """Wherever it waits."""
    machine = world.machine("one")
    process = machine.start("p", lambda: machine.clock.sleep(3600.0))
    world.at(2.5, "ctrl-c", process.signal)
    assert world.go(until=100.0)
    assert isinstance(process.error, KeyboardInterrupt)
    assert process.ended == 2.5


def test_a_fiber_of_a_dead_owner_never_begins() -> None:
    """Not even its first line."""
    schedule, owner = Schedule(Prng(1), 0.5), Owner("x")
    begun: List[int] = []
    schedule.spawn(Fiber("a", owner, lambda: begun.append(1)))
    schedule.kill(owner)
    schedule.go(1.0, lambda: not schedule.live)
    assert begun == []
    assert not schedule.live
    assert issubclass(KilledError, BaseException)

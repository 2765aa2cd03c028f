"""Signals: no task of a compose that was ended goes on in Koji."""

from __future__ import annotations

import signal
from typing import Tuple

import pytest

from pungi_osbuild.rehearsal import RehearsalHub
from tests.with_pungi.composing import (
    PUNGIS,
    Composed,
    Running,
    Workshop,
    block,
    submitted,
    tasks,
)

SECTION = {"^Server$": [block("tiny")], "^Client$": [block("small", failable=["*"])]}
OPEN_ENDED = 600.0


def running(workshop: Workshop) -> Tuple[Running, RehearsalHub]:
    """Start a compose, and return when all of its tasks are in Koji and known to Pungi."""
    hub = workshop.hub(duration=OPEN_ENDED)
    compose = workshop.start(workshop.config(SECTION, osbuild_release="5"))

    def all_known() -> bool:
        return len(list(compose.folder.glob("logs/global/koji-tasks/*"))) == 4

    compose.until(all_known, "four tasks")
    return compose, hub


def assert_terminated(done: Composed, hub: RehearsalHub) -> None:
    assert (done.exit, done.status) == (1, "TERMINATED"), done.out
    assert set(tasks(hub).values()) == {"CANCELED"}, done.out
    assert done.task_files() == sorted(tasks(hub))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_every_task(number: signal.Signals, workshop: Workshop) -> None:
    """By our own session: Pungi's own try needs a login that most Kojis do not have."""
    compose, hub = running(workshop)
    done = compose.stop(number)
    assert_terminated(done, hub)
    outcomes = [task["outcome"] for task in done.recorded()["tasks"]]
    assert outcomes == ["cancelled"] * 4
    assert done.images() == []


def test_it_is_so_with_an_unmodified_pungi_koji_too(workshop: Workshop) -> None:
    """The handlers are set at ``Compose()`` time or later, whoever started the program."""
    hub = workshop.hub(duration=OPEN_ENDED)
    config = workshop.config(
        SECTION, osbuild_release="5", paths_module="pungi_osbuild.phase.paths_module"
    )
    compose = workshop.start(config, way=PUNGIS)
    compose.until(lambda: len(tasks(hub)) == 4, "four tasks")
    assert_terminated(compose.stop(signal.SIGTERM), hub)


def test_several_signals_are_one(workshop: Workshop) -> None:
    """Impatience costs no task its cancellation."""
    compose, hub = running(workshop)
    for _ in range(3):
        compose.process.send_signal(signal.SIGTERM)
    done = compose.wait()
    assert done.exit == 1, done.out
    assert set(tasks(hub).values()) == {"CANCELED"}, done.out
    assert done.status == "TERMINATED"


def test_a_hub_that_has_gone_does_not_hold_up_the_end(workshop: Workshop) -> None:
    """The tasks that go on without us are named, in the log and in the record."""
    compose, hub = running(workshop)
    states = tasks(hub)
    hub.stop()
    done = compose.stop(signal.SIGTERM)
    assert (done.exit, done.status) == (1, "TERMINATED"), done.out
    assert "tasks that go on in Koji: %s" % ", ".join(map(str, sorted(states))) in done.log
    assert {task["task_id"] for task in done.recorded()["tasks"]} == set(states)


def test_what_was_built_by_then_is_recorded(workshop: Workshop) -> None:
    """One task at a time: the first image is there, the second is not."""
    hub = workshop.hub(duration=1.0, capacity=1)
    compose = workshop.start(workshop.config(SECTION, osbuild_release="5"))
    # The last of them can end no sooner than three seconds after the first.
    compose.until(lambda: "CLOSED" in tasks(hub).values() and _placed(compose), "an image")
    done = compose.stop(signal.SIGTERM)
    assert done.status == "TERMINATED", done.out
    states = tasks(hub)
    assert "CANCELED" in states.values()
    assert set(states.values()) == {"CANCELED", "CLOSED"}
    built = [task for task in done.recorded()["tasks"] if task["outcome"] == "built"]
    assert built
    assert len(submitted(hub)) == 4


def _placed(compose: Running) -> bool:
    return any(compose.folder.glob("compose/*/*/images/*.qcow2"))

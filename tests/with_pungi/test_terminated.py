"""Signals: no task of a compose that was ended goes on in Koji."""

from __future__ import annotations

import signal
import time
from typing import Any, Dict, Tuple

import pytest

from koji_rehearsal import RehearsalHub
from tests.gate import Gate, call_of
from tests.with_pungi.composing import (
    PUNGIS,
    Composed,
    Running,
    Workshop,
    block,
    submitted,
    tasks,
)
from tests.with_pungi.standins import write_script

SECTION = {"^Server$": [block("tiny")], "^Client$": [block("small", failable=["*"])]}
OPEN_ENDED = 600.0


def running(workshop: Workshop) -> Tuple[Running, RehearsalHub]:
    """Start a compose, and return when all of its tasks are in Koji and known to Pungi."""
    hub = workshop.hub(duration=OPEN_ENDED)
    return all_known(workshop), hub


def all_known(workshop: Workshop) -> Running:
    compose = workshop.start(workshop.config(SECTION, osbuild_release="5"))
    compose.until(
        lambda: len(list(compose.folder.glob("logs/global/koji-tasks/*"))) == 4, "four tasks"
    )
    return compose


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


IMPATIENT = "timeout = 1\n"
"""For the profile: nobody needs to wait ten seconds for a hub that hangs here."""


def test_a_hub_that_hangs_does_not_hold_up_the_end(workshop: Workshop) -> None:
    """It takes requests and says nothing; all is recorded, and the tasks are named."""
    hub = workshop.hub(duration=OPEN_ENDED)
    with Gate(hub) as gate:
        gate.stand_before(workshop.profile)
        with workshop.profile.open("a", encoding="utf-8") as more:
            more.write(IMPATIENT)
        compose = all_known(workshop)
        gate.hold()
        compose.until(gate.holding.is_set, "a question")
        done = compose.stop(signal.SIGTERM)
        assert (done.exit, done.status) == (1, "TERMINATED"), done.out
        states = tasks(hub)
        assert set(states.values()) == {"OPEN"}
        assert "tasks that go on in Koji: %s" % ", ".join(map(str, sorted(states))) in done.log
        assert {task["task_id"] for task in done.recorded()["tasks"]} == set(states)
        assert done.entries() == {}


ASKING = """
from pungi.wrappers import kojiwrapper
from pungi_osbuild.phase import termination

class Asking(kojiwrapper.KojiWrapper):
    def __init__(self, compose):
        super().__init__(compose)
        self.koji_proxy.system.listMethods()

kojiwrapper.KojiWrapper = Asking
termination.PUNGI_CANCELLING_TIMEOUT = 2.0
from %s; %s()
"""
"""A Pungi whose ``KojiWrapper`` asks the hub as soon as it is made: seen of the 4.9 era."""


@pytest.mark.parametrize("hangs", [True, False])
@pytest.mark.parametrize(
    ("entry", "more"),
    [
        (("pungi_osbuild.cli.pungi_koji import entry", "entry"), {}),
        (
            ("pungi.scripts.pungi_koji import cli_main", "cli_main"),
            {"paths_module": "pungi_osbuild.phase.paths_module"},
        ),
    ],
)
def test_pungis_own_questions_do_not_hold_up_the_end(
    entry: Tuple[str, str], more: Dict[str, Any], hangs: bool, workshop: Workshop
) -> None:
    """They are given up after a while, and the log says so; by koji's own limits, minutes."""
    hub = workshop.hub(duration=OPEN_ENDED)
    with Gate(hub) as gate:
        if hangs:
            gate.stand_before(workshop.profile)
        with workshop.profile.open("a", encoding="utf-8") as profile:
            profile.write(IMPATIENT)
        config = workshop.config(SECTION, osbuild_release="5", **more)
        compose = workshop.start(config, way=("-c", ASKING % entry))
        compose.until(
            lambda: len(list(compose.folder.glob("logs/global/koji-tasks/*"))) == 4, "four tasks"
        )
        if hangs:
            gate.hold()
            compose.until(gate.holding.is_set, "a question")
        else:
            hub.stop()
        done = compose.stop(signal.SIGTERM)
    assert (done.exit, done.status) == (1, "TERMINATED"), done.out
    assert "Pungi has not cancelled the Koji tasks of its phases after 2 seconds" in done.log


def test_a_question_that_hangs_keeps_no_task_alive(workshop: Workshop) -> None:
    """The phase asks what has ended, and waits for the answer; others cancel meanwhile."""
    hub = workshop.hub(duration=OPEN_ENDED)
    with Gate(hub) as gate:
        gate.stand_before(workshop.profile)
        gate.hold(call_of("getTaskInfo"))
        compose = all_known(workshop)
        compose.until(gate.holding.is_set, "a question")
        done = compose.stop(signal.SIGTERM)
    assert_terminated(done, hub)
    assert [task["outcome"] for task in done.recorded()["tasks"]] == ["cancelled"] * 4


def test_several_signals_while_a_slow_hub_is_asked_to_cancel(workshop: Workshop) -> None:
    """The second and the third come while the first is at work; nothing is cut short."""
    hub = workshop.hub(duration=OPEN_ENDED)
    with Gate(hub) as gate:
        gate.stand_before(workshop.profile)
        compose = all_known(workshop)
        gate.hold(call_of("multiCall"))
        gate.tell(call_of("multiCall"), lambda: time.sleep(0.3))
        compose.process.send_signal(signal.SIGTERM)
        compose.until(gate.holding.is_set, "to be cancelled")
        for number in (signal.SIGINT, signal.SIGTERM):
            compose.process.send_signal(number)
        gate.open()
        done = compose.wait()
    assert_terminated(done, hub)
    assert [task["outcome"] for task in done.recorded()["tasks"]] == ["cancelled"] * 4


def test_several_signals_while_a_slow_hub_takes_tasks(workshop: Workshop) -> None:
    """No task is open in the end, however late its id has come."""
    hub = workshop.hub(duration=OPEN_ENDED)
    section = {"^Server$": [block("tiny-%d" % n, subvariant="S%d" % n) for n in range(10)]}
    with Gate(hub) as gate:
        gate.stand_before(workshop.profile)
        gate.tell(call_of("osbuildImage"), lambda: time.sleep(0.3))
        compose = workshop.start(workshop.config(section, osbuild_release="5"))
        compose.until(lambda: len(submitted(hub)) >= 3, "some tasks")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            compose.process.send_signal(number)
        done = compose.wait()
    assert_terminated(done, hub)
    assert len(tasks(hub)) < 20
    cancelled = {task["task_id"] for task in done.recorded()["tasks"]} - {None}
    assert cancelled == set(tasks(hub))


HANGS = """
import os, time
if sys.argv[1].startswith("osbuild-"):
    while not os.path.exists(%r):
        time.sleep(0.05)
"""


def test_a_script_that_hangs_keeps_no_task_alive(workshop: Workshop) -> None:
    """
    The tasks are cancelled and all is recorded while it hangs.

    Pungi's own message of the end has to wait for it where ``sh`` is one that Pungi's handler ends
    without its child, so it goes on in the end.
    """
    hub = workshop.hub("taken:name=small,arch=x86_64", duration=OPEN_ENDED)
    free = workshop.folder / "go-on"
    script = write_script(workshop.folder / "notify", HANGS % str(free))
    compose = workshop.start(
        workshop.config(SECTION, osbuild_release="5"), "--notification-script", script
    )
    try:
        log = compose.folder / "logs/global/pungi.global.log"
        compose.until(lambda: log.exists() and "osbuild-imagefail" in log.read_text(), "a message")
        compose.process.send_signal(signal.SIGTERM)
        compose.until(lambda: "the osbuild phase has ended: " in log.read_text(), "its end")
        assert sorted(tasks(hub).values()) == ["CANCELED"] * 3 + ["FAILED"]
    finally:
        free.touch()
    done = compose.wait()
    assert (done.exit, done.status) == (1, "TERMINATED"), done.out
    outcomes = [task["outcome"] for task in done.recorded()["tasks"]]
    assert sorted(outcomes) == ["cancelled"] * 3 + ["failed"]


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

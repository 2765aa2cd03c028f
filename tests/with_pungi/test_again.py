"""A second run on the same ``--compose-dir``: nothing is built anew behind anybody's back."""

from __future__ import annotations

import signal

from pungi_osbuild.rehearsal import RehearsalHub
from tests.with_pungi.composing import PUNGIS, Composed, Workshop, block, submitted, tasks
from tests.with_pungi.test_terminated import OPEN_ENDED, running

SECTION = {"^Server$": [block("tiny")], "^Client$": [block("small", failable=["*"])]}


def assert_refused(again: Composed, hub: RehearsalHub, tasks_before: int) -> None:
    """The earlier tasks are named, and no new one is there."""
    assert (again.exit, again.status) == (1, "DOOMED"), again.out
    text = "\n".join(again.refusals)
    earlier = sorted(tasks(hub))
    assert len(earlier) == tasks_before
    assert "tasks %s" % ", ".join(map(str, earlier)) in text
    assert "Traceback" not in again.out
    assert again.log.count("PHASE: INIT") <= 2  # of the first run alone: its begin and its end


def test_after_a_compose_that_was_doomed(workshop: Workshop) -> None:
    """Even where the reason is gone by then."""
    hub = workshop.hub("build:arch=aarch64,name=tiny")
    config = workshop.config(SECTION, osbuild_release="5")
    first = workshop.compose(config)
    assert first.status == "DOOMED", first.out
    assert first.refusals == []
    assert_refused(workshop.compose(config, folder=first.folder), hub, 4)


def test_after_a_compose_that_was_terminated(workshop: Workshop) -> None:
    """By SIGTERM."""
    compose, hub = running(workshop)
    assert compose.stop(signal.SIGTERM).status == "TERMINATED"
    again = workshop.compose(workshop.config(SECTION, osbuild_release="5"), folder=compose.folder)
    assert_refused(again, hub, 4)
    assert set(tasks(hub).values()) == {"CANCELED"}


def test_after_a_compose_that_was_killed(workshop: Workshop) -> None:
    """Its tasks go on in Koji; the second run neither doubles nor cancels them."""
    compose, hub = running(workshop)
    killed = compose.stop(signal.SIGKILL)
    assert killed.status == "STARTED"
    again = workshop.compose(workshop.config(SECTION, osbuild_release="5"), folder=compose.folder)
    assert_refused(again, hub, 4)
    assert set(tasks(hub).values()) == {"OPEN"}


def test_after_a_compose_that_was_killed_while_it_submitted(workshop: Workshop) -> None:
    """Whatever has become of each submission, none is made twice."""
    hub = workshop.hub(duration=OPEN_ENDED)
    blocks = [block("tiny-%d" % number, subvariant="S%d" % number) for number in range(40)]
    config = workshop.config({"^Server$": blocks}, osbuild_release="5")
    compose = workshop.start(config)
    compose.until(lambda: bool(submitted(hub)), "a task")
    assert compose.stop(signal.SIGKILL).status == "STARTED"
    again = workshop.compose(config, folder=compose.folder)
    assert (again.exit, again.status) == (1, "DOOMED"), again.out
    assert "submitted for this compose before" in "\n".join(again.refusals)
    nvrs = [task.nvr for task in submitted(hub)]
    assert len(nvrs) == len(set(nvrs))


def test_after_a_compose_that_is_incomplete(workshop: Workshop) -> None:
    """Pungi itself would go on with it; the images that are there are not built anew."""
    hub = workshop.hub("build:name=small")
    config = workshop.config(SECTION)
    first = workshop.compose(config)
    assert first.status == "FINISHED_INCOMPLETE", first.out
    assert_refused(workshop.compose(config, folder=first.folder), hub, 4)


def test_after_a_refusal_the_folder_is_as_good_as_new(workshop: Workshop) -> None:
    """What was stopped before anything was submitted may be tried again."""
    hub = workshop.hub()
    broken = {"^Server$": [block("tiny", version="no-such-version")]}
    first = workshop.compose(workshop.config(broken))
    assert first.status == "DOOMED", first.out
    assert first.refusals
    second = workshop.compose(workshop.config(SECTION), folder=first.folder)
    assert (second.exit, second.status) == (0, "FINISHED"), second.out
    assert len(submitted(hub)) == 4


def test_a_finished_compose_is_refused_by_pungi(workshop: Workshop) -> None:
    """No business of the phase: nothing is submitted again."""
    hub = workshop.hub()
    config = workshop.config(SECTION)
    first = workshop.compose(config)
    assert first.status == "FINISHED", first.out
    again = workshop.compose(config, folder=first.folder)
    assert (again.exit, again.status) == (1, "FINISHED")
    assert len(submitted(hub)) == 4


def test_with_an_unmodified_pungi_koji_too(workshop: Workshop) -> None:
    """Whichever way each of the two runs was started."""
    hub = workshop.hub("build:name=tiny")
    config = workshop.config(SECTION, paths_module="pungi_osbuild.phase.paths_module")
    first = workshop.compose(config)
    assert first.status == "DOOMED", first.out
    assert_refused(workshop.compose(config, way=PUNGIS, folder=first.folder), hub, 4)


def test_without_the_phase_the_compose_goes_on(workshop: Workshop) -> None:
    """``--skip-phase=osbuild`` is the way out that the message tells of."""
    hub = workshop.hub("build:name=tiny")
    config = workshop.config(SECTION)
    first = workshop.compose(config)
    assert first.status == "DOOMED", first.out
    options = ("--skip-phase", "osbuild")
    again = workshop.compose(config, *options, folder=first.folder)
    assert (again.exit, again.status) == (0, "FINISHED"), again.out
    assert len(submitted(hub)) == 4

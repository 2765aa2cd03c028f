"""A second run on the same ``--compose-dir`` goes on: nothing is built again, nothing is lost."""

from __future__ import annotations

import signal
from collections import Counter

from koji_rehearsal import RehearsalHub
from tests.with_pungi.composing import PUNGIS, Composed, Workshop, block, submitted, tasks
from tests.with_pungi.test_terminated import OPEN_ENDED, running

SECTION = {"^Server$": [block("tiny")], "^Client$": [block("small", failable=["*"])]}


def nvrs(hub: RehearsalHub) -> Counter[str]:
    """Return how often each N-V-R was submitted."""
    return Counter(str(task.nvr) for task in submitted(hub))


def assert_whole(done: Composed, images: int) -> None:
    """Every image is in the manifest that Pungi writes, on the disk, and built in osbuild.json."""
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    recorded = done.recorded()
    assert {task["outcome"] for task in recorded["tasks"]} == {"built"}
    in_manifest = [entry["path"] for entries in done.entries().values() for entry in entries]
    assert len(in_manifest) == images
    assert sorted(in_manifest) == done.images()
    assert "Traceback" not in done.out


def test_after_a_compose_that_was_doomed(workshop: Workshop) -> None:
    """What had failed is built, what was built is kept and enters the new manifest."""
    hub = workshop.hub("build:arch=aarch64,name=tiny")
    first = workshop.compose(workshop.config(SECTION, osbuild_release="5"))
    assert first.status == "DOOMED", first.out
    before = nvrs(hub)
    again = workshop.compose(workshop.config(SECTION, osbuild_release="5"), folder=first.folder)
    # The fault is still there: the one image was tried again, and nothing else.
    assert again.status == "DOOMED", again.out
    more = nvrs(hub) - before
    assert sum(more.values()) == 1
    assert len(before) == 4


def test_after_a_compose_that_was_terminated(workshop: Workshop) -> None:
    """By SIGTERM: composer has gone on with what was cancelled, and that is taken over."""
    compose, hub = running(workshop)
    assert compose.stop(signal.SIGTERM).status == "TERMINATED"
    assert set(tasks(hub).values()) == {"CANCELED"}
    workshop.pass_time(OPEN_ENDED)
    again = workshop.compose(workshop.config(SECTION, osbuild_release="5"), folder=compose.folder)
    assert_whole(again, 4)
    assert set(nvrs(hub).values()) == {1}


def test_after_a_compose_that_was_killed(workshop: Workshop) -> None:
    """Its tasks go on in Koji, and the second run goes on with them."""
    compose, hub = running(workshop)
    killed = compose.stop(signal.SIGKILL)
    assert killed.status == "STARTED"
    workshop.pass_time(OPEN_ENDED)
    again = workshop.compose(workshop.config(SECTION, osbuild_release="5"), folder=compose.folder)
    assert_whole(again, 4)
    assert set(nvrs(hub).values()) == {1}
    assert "Resuming OSBuild task" in again.log


def test_after_a_compose_that_was_killed_while_it_submitted(workshop: Workshop) -> None:
    """Whatever has become of each submission, none is made twice."""
    hub = workshop.hub(duration=0.0)
    # A submission that never arrived is looked for as long as a call may take.
    with workshop.profile.open("a", encoding="utf-8") as profile:
        profile.write("timeout = 8\n")
    blocks = [block("tiny-%d" % number, subvariant="S%d" % number) for number in range(20)]
    config = workshop.config({"^Server$": blocks}, osbuild_release="5")
    compose = workshop.start(config)
    compose.until(lambda: bool(submitted(hub)), "a task")
    assert compose.stop(signal.SIGKILL).status == "STARTED"
    again = workshop.compose(config, folder=compose.folder)
    assert_whole(again, 40)
    assert len(nvrs(hub)) == 40
    assert set(nvrs(hub).values()) == {1}


def test_after_a_compose_that_is_incomplete(workshop: Workshop) -> None:
    """Pungi itself goes on with it: what had failed is tried again, the rest is kept."""
    hub = workshop.hub("build:name=small")
    config = workshop.config(SECTION)
    first = workshop.compose(config)
    assert first.status == "FINISHED_INCOMPLETE", first.out
    again = workshop.compose(config, folder=first.folder)
    assert again.status == "FINISHED_INCOMPLETE", again.out
    counted = nvrs(hub)
    assert {nvr: count for nvr, count in counted.items() if nvr.startswith("tiny")} == {
        nvr: 1 for nvr in counted if nvr.startswith("tiny")
    }
    assert again.images() == first.images()


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
    again = workshop.compose(config, way=PUNGIS, folder=first.folder)
    assert again.status == "DOOMED", again.out
    small = {nvr: count for nvr, count in nvrs(hub).items() if nvr.startswith("small")}
    assert set(small.values()) == {1}


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

"""Images that fail: one that may, one that may not, and the rest stopped at once."""

from __future__ import annotations

import pytest
from productmd.images import Images

from tests.with_pungi.composing import Workshop, block, submitted, tasks
from tests.with_pungi.standins import write_script
from tests.with_pungi.test_finished import MADE_BY, messages

FAILING_ARCH = "build:arch=aarch64"


def test_an_arch_that_may_fail_and_does(workshop: Workshop) -> None:
    """FINISHED_INCOMPLETE: that arch alone is missing, and everybody is told why."""
    hub = workshop.hub(FAILING_ARCH)
    section = {
        "^Server$": [block("tiny", failable=["aarch64"], subvariant="Cloud")],
        "^Client$": [block("small", arches=["x86_64"])],
    }
    notify = write_script(workshop.folder / "notify", MADE_BY % str(workshop.folder / "messages"))
    config = workshop.config(section, osbuild_release="5")
    done = workshop.compose(config, "--notification-script", notify)
    assert (done.exit, done.status) == (0, "FINISHED_INCOMPLETE"), done.out
    assert done.images() == [
        "Client/x86_64/images/small-1.0-5.x86_64.qcow2",
        "Server/x86_64/images/tiny-1.0-5.x86_64.qcow2",
    ]
    assert done.deliverables() == {
        "attempted": [("Server", "aarch64", "Cloud")],
        "failed": [("Server", "aarch64", "Cloud")],
        "required": [("Client", "x86_64", "Client"), ("Server", "x86_64", "Cloud")],
    }
    Images().load(str(done.metadata / "images.json"))
    (failed,) = [task for task in done.recorded()["tasks"] if task["outcome"] != "built"]
    (told,) = messages(workshop, "osbuild-imagefail")
    assert failed["outcome"] == "failed"
    assert failed["reason"] == told["reason"]
    assert tasks(hub)[told["task_id"]] == "FAILED"
    assert {key: told[key] for key in ("variant", "arches", "subvariant", "can_fail", "nvr")} == {
        "variant": "Server",
        "arches": ["aarch64"],
        "subvariant": "Cloud",
        "can_fail": True,
        "nvr": "tiny-1.0-5.aarch64",
    }
    assert told["image_type"] == "guest-image"
    assert len(messages(workshop, "osbuild-imagedone")) == 2


def test_every_arch_of_a_compose_may_fail(workshop: Workshop) -> None:
    """A compose without a single image is incomplete, not doomed."""
    workshop.hub("build")
    done = workshop.compose(workshop.config({"^Server$": [block("tiny", failable=["*"])]}))
    assert (done.exit, done.status) == (0, "FINISHED_INCOMPLETE"), done.out
    assert done.images() == []
    assert done.entries() == {}


def test_one_task_for_all_arches_fails_as_a_whole(workshop: Workshop) -> None:
    """Each of its arches is a failed deliverable."""
    workshop.hub(FAILING_ARCH)
    section = {"^Server$": [block("tiny", failable=["*"], split_arches=False)]}
    done = workshop.compose(workshop.config(section, osbuild_release="5"))
    assert done.status == "FINISHED_INCOMPLETE", done.out
    both = [("Server", "aarch64", "Server"), ("Server", "x86_64", "Server")]
    assert done.deliverables() == {"attempted": both, "failed": both}
    logs = [path.name for path in done.folder.glob("logs/global/osbuild/*.log")]
    assert logs == ["Server-aarch64+x86_64-tiny-1.0-5.log"]


def test_arches_that_may_not_fail_and_do(workshop: Workshop) -> None:
    """DOOMED, by one message that names every failed image; what was built is not lost."""
    hub = workshop.hub(FAILING_ARCH)
    section = {
        "^Server$": [block("tiny")],
        "^Client$": [block("small"), block("soft", failable=["aarch64"], subvariant="Soft")],
    }
    done = workshop.compose(workshop.config(section, osbuild_release="5"))
    assert (done.exit, done.status) == (1, "DOOMED"), done.out
    for name in ("tiny", "small", "soft"):
        assert "%s-1.0-5.aarch64" % name in done.complaint
        assert "%s-1.0-5.x86_64" % name not in done.complaint
    assert done.log.count("Compose run failed: ") == 1
    assert sorted(tasks(hub).values()) == ["CLOSED"] * 3 + ["FAILED"] * 3
    outcomes = [(task["nvr"], task["outcome"]) for task in done.recorded()["tasks"]]
    assert sorted(outcomes) == [
        *(("small-1.0-5.%s" % arch, end) for arch, end in _ENDS),
        *(("soft-1.0-5.%s" % arch, end) for arch, end in _ENDS),
        *(("tiny-1.0-5.%s" % arch, end) for arch, end in _ENDS),
    ]
    assert len(done.images()) == 3
    assert done.deliverables()["failed"] == [("Client", "aarch64", "Soft")]
    assert "Traceback" not in done.out


_ENDS = (("aarch64", "failed"), ("x86_64", "built"))


@pytest.mark.parametrize("at_once", [True, False])
def test_the_rest_goes_on_or_is_cancelled(at_once: bool, workshop: Workshop) -> None:
    """
    With ``osbuild_fail_fast`` nothing runs on for a compose that is doomed.

    The first image cannot even be registered, the others would build for ten minutes, or, where
    they are waited for, for a second.
    """
    hub = workshop.hub("taken:name=taken", duration=600.0 if at_once else 1.0)
    section = {
        "^Server$": [block("taken", arches=["x86_64"], subvariant="Taken"), block("tiny")],
        "^Client$": [block("small")],
    }
    config = workshop.config(section, osbuild_release="5", osbuild_fail_fast=at_once)
    done = workshop.compose(config)
    assert (done.exit, done.status) == (1, "DOOMED"), done.out
    assert "taken-1.0-5" in done.complaint
    rest = "CANCELED" if at_once else "CLOSED"
    assert sorted(tasks(hub).values()) == sorted([rest] * 4 + ["FAILED"])
    recorded = [task["outcome"] for task in done.recorded()["tasks"]]
    assert sorted(recorded) == sorted(["cancelled" if at_once else "built"] * 4 + ["failed"])


def test_a_failure_that_may_be_stops_nobody(workshop: Workshop) -> None:
    """``osbuild_fail_fast`` is about required images."""
    hub = workshop.hub("taken:name=taken", duration=1.0)
    taken = block("taken", arches=["x86_64"], failable=["*"])
    section = {"^Client$": [taken], "^Server$": [block("tiny")]}
    config = workshop.config(section, osbuild_release="5", osbuild_fail_fast=True)
    done = workshop.compose(config)
    assert done.status == "FINISHED_INCOMPLETE", done.out
    assert sorted(tasks(hub).values()) == ["CLOSED", "CLOSED", "FAILED"]


def test_a_phase_that_is_skipped_asks_nobody(workshop: Workshop) -> None:
    """Not even the hub: ``--skip-phase`` and ``skip_phases`` are for hubs that are down, too."""
    hub = workshop.hub()
    section = {"^Server$": [block("tiny")]}
    by_option = workshop.compose(workshop.config(section), "--skip-phase", "osbuild")
    by_config = workshop.compose(workshop.config(section, skip_phases=["osbuild"]))
    for done in (by_option, by_config):
        assert (done.exit, done.status) == (0, "FINISHED"), done.out
        assert not (done.metadata / "osbuild.json").exists()
    assert submitted(hub) == []
    assert hub.calls == ()

"""The ways to switch the phase on, and what each of them can do."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from productmd.images import Images

from tests.with_pungi import at_hand
from tests.with_pungi.composing import OURS, PUNGIS, Workshop, block, submitted, tasks
from tests.with_pungi.standins import write_script

AWS = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
PATHS_MODULE: Dict[str, Any] = {"paths_module": "pungi_osbuild.phase.paths_module"}
SECTION = {
    "^Server$": [block("tiny", failable=["aarch64"]), block("big", "minimal-raw", subvariant="V")],
    "^Client$": [block("small", repo=["Server"])],
}


def test_an_unmodified_pungi_koji_with_a_paths_module(workshop: Workshop) -> None:
    """Our phase, though nobody has called us: images without upload, one task per arch."""
    hub = workshop.hub()
    config = workshop.config(SECTION, osbuild_release="5", **PATHS_MODULE)
    done = workshop.compose(config, way=PUNGIS)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert sorted(task.nvr for task in submitted(hub)) == [
        "%s-1.0-5.%s" % (name, arch)
        for name in ("big", "small", "tiny")
        for arch in ("aarch64", "x86_64")
    ]
    assert len(done.images()) == 6
    images = Images()
    images.load(str(done.metadata / "images.json"))
    assert set(images.images) == {"Client", "Server"}
    assert len(done.recorded()["tasks"]) == 6
    assert done.config()["osbuild"] == json.loads(json.dumps(SECTION))


@pytest.mark.parametrize("way", [OURS, PUNGIS], ids=["ours", "unmodified"])
def test_both_ways_at_once(way: List[str], workshop: Workshop) -> None:
    """A config with the paths module is fit for our own program, and the new top-level options."""
    hub = workshop.hub()
    config = workshop.config(
        {"^Server$": [block("tiny")]}, osbuild_split_arches=False, **PATHS_MODULE
    )
    done = workshop.compose(config, way=way)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert [task.arches for task in submitted(hub)] == [("aarch64", "x86_64")]


def test_what_a_paths_module_cannot_do(workshop: Workshop) -> None:
    """Uploads need a Pungi whose own schema knows them; another refuses them before anything."""
    hub = workshop.hub()
    section = {"^Server$": [block("tiny", "aws", upload_options=AWS)]}
    done = workshop.compose(workshop.config(section, **PATHS_MODULE), way=PUNGIS)
    if "upload_options" in at_hand.block_options():
        assert (done.exit, done.status) == (0, "FINISHED"), done.out
        return
    assert done.exit == 1
    assert "upload_options" in done.out
    assert submitted(hub) == []


def test_our_program_knows_every_option(workshop: Workshop) -> None:
    """No warning about an unknown one, no default put into a block."""
    hub = workshop.hub()
    section = {
        "^Server$": [
            block(
                "tiny",
                "aws",
                upload_options=AWS,
                customizations={"packages": ["vim"]},
                repo=[{"baseurl": "https://repos.example.com/$arch", "package_sets": ["build"]}],
                split_arches=True,
                skip_tag=True,
            )
        ]
    }
    more: Dict[str, Any] = {
        "osbuild_fail_fast": False,
        "osbuild_poll_interval": 1,
        "osbuild_verify": True,
    }
    done = workshop.compose(workshop.config(section, **more))
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert "Unrecognized config option" not in done.out
    assert done.config()["osbuild"] == json.loads(json.dumps(section))
    assert len(submitted(hub)) == 2
    for task in submitted(hub):
        for option in ("upload_options", "customizations", "skip_tag"):
            assert task.opts[option] == section["^Server$"][0][option]
        assert task.opts["repo"][0] == section["^Server$"][0]["repo"][0]


def test_an_unknown_option_of_a_block_is_refused(workshop: Workshop) -> None:
    """As by Pungi itself, before there is a compose."""
    hub = workshop.hub()
    done = workshop.compose(workshop.config({"^Server$": [block("tiny", imgae="x")]}))
    assert done.exit == 1
    assert "imgae" in done.out
    assert not (done.folder / "STATUS").exists()
    assert hub.calls == ()


def test_images_are_downloaded_where_kojis_volume_is_not_mounted(workshop: Workshop) -> None:
    """The profile's topdir is not there; the hub serves the files."""
    hub = workshop.hub()
    profile = workshop.home / ".koji/config.d/rehearsal.conf"
    text = profile.read_text("utf-8").replace(str(hub.topdir), str(workshop.folder / "nowhere"))
    profile.write_text(text, encoding="utf-8")
    done = workshop.compose(workshop.config({"^Server$": [block("tiny")]}))
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert len(done.images()) == 2
    assert hub.counters.downloads >= 2


def test_a_notification_script_that_fails_fails_no_image(workshop: Workshop) -> None:
    """It is somebody else's program."""
    workshop.hub()
    script = write_script(workshop.folder / "notify", "sys.exit('never')")
    config = workshop.config({"^Server$": [block("tiny")]})
    done = workshop.compose(config, "--notification-script", script)
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert len(done.images()) == 2


def test_few_questions_however_many_images(workshop: Workshop) -> None:
    """No session and no question for each task, and no program beside."""
    hub = workshop.hub(duration=2.0)
    blocks = [block("tiny-%d" % number, subvariant="S%d" % number) for number in range(20)]
    done = workshop.compose(workshop.config({"^Server$": blocks}))
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    connections = hub.counters.connections
    assert len(tasks(hub)) == 40
    polls = [call for call in hub.calls if call.method == "listTasks"]
    assert len(polls) < 40
    # One to validate, four to build, and those of this test's own questions.
    assert connections <= 5
    assert "watch-task" not in done.log


SIBLING = """
import glob, time
import pungi.phases, pungi_osbuild.cli.pungi_koji as program

class Sibling(pungi.phases.LiveMediaPhase):
    def skip(self):
        return False
    def validate(self):
        pass
    def start(self):
        # It goes on only when there is a task, and then ends, or fails, before any image is built.
        limit = time.monotonic() + 60
        while not glob.glob(self.compose.topdir + "/logs/global/koji-tasks/*"):
            assert time.monotonic() < limit, "no image task while a sibling runs"
            time.sleep(0.05)
        %s
    def stop(self):
        pass

pungi.phases.LiveMediaPhase = Sibling
program.entry()
"""


def test_the_phase_runs_beside_its_siblings(workshop: Workshop) -> None:
    """One of them waits for an image task, and gets it."""
    workshop.hub(duration=1.0)
    config = workshop.config({"^Server$": [block("tiny")]})
    done = workshop.start(config, way=("-c", SIBLING % "pass")).wait()
    assert (done.exit, done.status) == (0, "FINISHED"), done.out
    assert len(done.images()) == 2


def test_a_sibling_that_fails_loses_no_image(workshop: Workshop) -> None:
    """DOOMED, for its reason; our images are built, and in an images.json that can be read."""
    workshop.hub(duration=1.0)
    config = workshop.config({"^Server$": [block("tiny")]}, osbuild_release="5")
    code = SIBLING % "raise RuntimeError('the sibling broke')"
    done = workshop.start(config, way=("-c", code)).wait()
    assert (done.exit, done.status) == (1, "DOOMED"), done.out
    assert done.complaint.startswith("the sibling broke")
    manifest = Images()
    manifest.load(str(done.metadata / "images.json"))
    paths = [image.path for arch in manifest["Server"].values() for image in arch]
    assert sorted(paths) == done.images()
    assert len(paths) == 2
    assert {task["outcome"] for task in done.recorded()["tasks"]} == {"built"}


def test_the_command_line_is_pungis(workshop: Workshop) -> None:
    """``--help`` and an unknown option are answered by Pungi's own parser."""
    hub = workshop.hub()
    asked = workshop.compose(workshop.config(None), "--help")
    assert asked.exit == 0
    assert "--notification-script" in asked.out
    refused = workshop.compose(workshop.config(None), "--no-such-option")
    assert refused.exit == 2
    assert hub.calls == ()

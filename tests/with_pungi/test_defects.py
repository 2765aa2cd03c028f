"""What the in-tree phase was seen to do wrong, each with its own test, on a real ``Compose``."""

from __future__ import annotations

from typing import Any

import pytest
from productmd.images import Image

from tests.with_pungi import at_hand
from tests.with_pungi.composing import ABSENT, Section, Workshop, block, submitted
from tests.with_pungi.inside import Ran, ours, run_phase
from tests.with_pungi.repository import ARCHES

pytestmark = pytest.mark.filterwarnings("ignore:::pungi")

BOTH = "^(Client|Server)$"


def phase(workshop: Workshop, section: Section, *faults: str, **more: Any) -> Ran:
    """Run our phase; the config is never changed by it."""
    hub = workshop.hub(*faults)
    ran = run_phase(ours, workshop, hub, workshop.config(section, **more), workshop.folder / "run")
    assert ran.after == ran.before
    return ran


def refused(ran: Ran, *words: str) -> None:
    """It was refused before anything was submitted, in words that tell what is wrong."""
    assert isinstance(ran.error, ValueError), repr(ran.error)
    assert ran.submitted == []
    for word in words:
        assert word in str(ran.error)


def test_failable_holds_for_every_variant_of_a_pattern(workshop: Workshop) -> None:
    """In-tree it held for the first one only."""
    ran = phase(workshop, {BOTH: [block("tiny", failable=["*"])]}, "build")
    assert ran.error is None
    failed = [(uid, arch, uid) for uid in ("Client", "Server") for arch in ARCHES]
    assert sorted(ran.compose.failed_deliverables["osbuild"]) == failed
    assert sorted(ran.compose.attempted_deliverables["osbuild"]) == failed
    assert not ran.compose.required_deliverables


def test_a_variant_does_not_get_the_repository_of_another(workshop: Workshop) -> None:
    """In-tree each variant of a pattern added its own to the list of the config."""
    ran = phase(workshop, {BOTH: [block("tiny", repo=["https://repos.example.com/$arch"])]})
    assert ran.error is None
    own = {task.opts["repo"][-1].split("/")[-3] for task in ran.submitted}
    assert own == {"Client", "Server"}
    assert {len(task.opts["repo"]) for task in ran.submitted} == {2}


@pytest.mark.parametrize("split", [True, False])
def test_failable_by_star_without_arches(split: bool, workshop: Workshop) -> None:
    """In-tree it was a KeyError."""
    section = {"^Server$": [block("tiny", failable=["*"])]}
    ran = phase(workshop, section, "build:arch=aarch64", osbuild_split_arches=split)
    assert ran.error is None
    every = [("Server", arch, "Server") for arch in ARCHES]
    assert sorted(ran.compose.attempted_deliverables["osbuild"]) == every
    assert sorted(ran.compose.failed_deliverables["osbuild"]) == (every[:1] if split else every)


@pytest.mark.parametrize(
    ("image_type", "distro", "suffix"),
    [
        ("image-installer", "rhel-9.4", "iso"),
        ("azure", "fedora-41", "vhd"),
        ("azure", "rhel-9.4", "vhd"),
        ("azure-rhui", "rhel-9.4", "vhd.xz"),
        ("gcp", "rhel-9.4", "tar.gz"),
        ("wsl", "fedora-41", "wsl"),
        ("vsphere-ova", "rhel-9.4", "ova"),
        ("edge-commit", "rhel-9.4", "tar"),
        ("edge-container", "rhel-9.4", "tar"),
    ],
)
def test_no_image_is_dropped(image_type: str, distro: str, suffix: str, workshop: Workshop) -> None:
    """In-tree files of a type that was not in a table were left in Koji without a word."""
    blocks = [block("tiny", image_type, distro=distro, arches=["x86_64"])]
    ran = phase(workshop, {"^Server$": blocks}, osbuild_release="5")
    assert ran.error is None
    (path,) = ran.files
    assert path.endswith("/tiny-1.0-5.x86_64.%s" % suffix)
    assert path.split("/")[2] == ("iso" if suffix == "iso" else "images")
    if suffix not in ("ova", "tar"):  # productmd has no word for them
        (entry,) = ran.entries()
        assert (entry["path"], entry["format"]) == (path, suffix)
        assert ran.marks() == [(path, "image-build", False)]


def test_arches_that_no_variant_has(workshop: Workshop) -> None:
    """In-tree it was an AttributeError."""
    ran = phase(workshop, {"^Server$": [block("tiny", arches=["s390x"])]})
    refused(ran, ".arches: ", ", ".join(ARCHES))


def test_arches_that_one_variant_of_two_has(workshop: Workshop) -> None:
    """The other one is none of the block's business."""
    variants = (("Client", ["x86_64"]), ("Server", ARCHES))
    ran = phase(workshop, {BOTH: [block("tiny", arches=["aarch64"])]}, variants=variants)
    assert ran.error is None
    assert ran.files == ["Server/aarch64/images/" + ran.files[0].split("/")[-1]]
    assert [task.arches for task in ran.submitted] == [("aarch64",)]


def test_a_target_that_is_nowhere(workshop: Workshop) -> None:
    """In-tree ``None`` was sent to the hub."""
    refused(phase(workshop, {"^Server$": [block("tiny")]}, osbuild_target=ABSENT), "target")


def test_two_image_types(workshop: Workshop) -> None:
    """In-tree both were sent, and the hub refused them."""
    two = ["guest-image", "vsphere"]
    if at_hand.refuses("image_types", two):
        pytest.skip("the schema of the Pungi at hand refuses two image types before any phase")
    section = {"^Server$": [block("tiny", two)]}
    refused(phase(workshop, section), "image_types")


def test_two_image_types_in_a_whole_compose(workshop: Workshop) -> None:
    """Whoever refuses it first, nothing is submitted."""
    hub = workshop.hub()
    section = {"^Server$": [block("tiny", ["guest-image", "vsphere"])]}
    done = workshop.compose(workshop.config(section))
    assert done.exit == 1
    assert "image_types" in done.out
    assert submitted(hub) == []


def test_one_image_type_in_a_list(workshop: Workshop) -> None:
    """The deprecated way to write it goes on to work."""
    ran = phase(workshop, {"^Server$": [block("tiny", ["guest-image"])]})
    assert ran.error is None
    assert len(ran.files) == 2


def test_images_that_images_json_cannot_tell_apart(workshop: Workshop) -> None:
    """In-tree the compose ended FINISHED, or was doomed at its very end."""
    section = {"^Server$": [block("tiny"), block("small")]}
    refused(phase(workshop, section), "subvariant", 'osbuild["^Server$"][1]')


def test_images_of_two_patterns_that_cannot_be_told_apart(workshop: Workshop) -> None:
    """Blocks of two patterns for one variant are no different from blocks of one."""
    section = {"^Server$": [block("tiny")], "^S": [block("small")]}
    refused(phase(workshop, section), "subvariant")


def test_images_that_another_phase_has_made_already(workshop: Workshop) -> None:
    """One of the same identity in Pungi's manifest: nothing is built that cannot be recorded."""

    def after_another_phase(compose: Any) -> Any:
        other = Image(compose.im)
        other.type = other.format = "qcow2"
        other.path = "Server/x86_64/images/other.qcow2"
        other.mtime = other.size = other.disc_number = other.disc_count = 1
        other.arch, other.subvariant, other.bootable = "x86_64", "Server", False
        compose.im.add(variant="Server", arch="x86_64", image=other)
        return ours(compose)

    hub = workshop.hub()
    config = workshop.config({"^Server$": [block("tiny")]})
    ran = run_phase(after_another_phase, workshop, hub, config, workshop.folder / "run")
    assert ran.submitted == []
    assert "other.qcow2" in str(ran.error)
    assert "subvariant" in str(ran.error)


def test_threads_do_not_disturb_the_manifest(workshop: Workshop) -> None:
    """In-tree each thread went through the whole manifest while others added to it."""
    blocks = [block("tiny-%d" % number, subvariant="S%d" % number) for number in range(30)]
    ran = phase(workshop, {"^Server$": blocks})
    assert ran.error is None
    assert len(ran.submitted) == 60
    assert [entry["path"] for entry in ran.entries()] == ran.files
    assert len(ran.files) == 60


def test_what_fails_is_told_by_arch_and_subvariant(workshop: Workshop) -> None:
    """In-tree it was always arch ``*`` and subvariant null."""
    section = {"^Server$": [block("tiny", failable=["x86_64"], subvariant="Cloud")]}
    ran = phase(workshop, section, "build:arch=x86_64")
    assert ran.error is None
    assert ran.compose.failed_deliverables["osbuild"] == [("Server", "x86_64", "Cloud")]
    assert ran.compose.required_deliverables["osbuild"] == [("Server", "aarch64", "Cloud")]


def test_one_message_for_all_images_that_failed(workshop: Workshop) -> None:
    """In-tree it was the first one that was noticed."""
    section = {"^Server$": [block("tiny")], "^Client$": [block("small")]}
    ran = phase(workshop, section, "build", osbuild_release="5")
    assert isinstance(ran.error, RuntimeError)
    for name in ("tiny", "small"):
        for arch in ARCHES:
            assert "%s-1.0-5.%s" % (name, arch) in str(ran.error)

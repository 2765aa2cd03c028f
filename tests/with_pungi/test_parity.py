"""
Parity with the in-tree phase: both on equal composes, against equal hubs.

What in-tree could not do at all is in :mod:`tests.with_pungi.test_defects`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from tests.with_pungi.composing import ABSENT, Section, Submitted, Workshop, block
from tests.with_pungi.inside import MakePhase, Ran, in_tree, ours, run_phase
from tests.with_pungi.repository import ARCHES

pytestmark = pytest.mark.filterwarnings("ignore:::pungi")

Case = Tuple[Section, Dict[str, Any]]

CASES: Dict[str, Case] = {
    "one-block": ({"^Server$": [block("tiny", version="1")]}, {}),
    "vmdk": ({"^Server$": [block("tiny", "vsphere", version="1", arches=["x86_64"])]}, {}),
    "raw-xz": ({"^Server$": [block("tiny", "minimal-raw", version="1")]}, {}),
    "raw": ({"^Server$": [block("tiny", "aws", version="1", distro="fedora-41")]}, {}),
    "every-default": ({"^Server$": [block("tiny")]}, {}),
    "phase-wide": (
        {"^Server$": [block("tiny")]},
        {"osbuild_target": "phase", "osbuild_version": "7", "osbuild_release": "3"},
    ),
    "compose-wide": (
        {"^Server$": [block("tiny")]},
        {
            "osbuild_target": ABSENT,
            "global_target": "all",
            "global_version": "8",
            "global_release": "4",
        },
    ),
    "the-block-wins": (
        {"^Server$": [block("tiny", target="mine", version="5", release="6")]},
        {"osbuild_target": "phase", "osbuild_version": "7", "osbuild_release": "3"},
    ),
    "release-of-the-compose": ({"^Server$": [block("tiny")]}, {"osbuild_release": None}),
    "generators": (
        {
            "^Server$": [
                block(
                    "tiny",
                    version="!VERSION_FROM_VERSION_DATE_RESPIN",
                    release="!RELEASE_FROM_DATE_RESPIN",
                )
            ]
        },
        {},
    ),
    "no-release": ({"^Server$": [block("tiny", version="1")]}, {}),
    "arches-of-the-block": ({"^Server$": [block("tiny", arches=["x86_64", "s390x"])]}, {}),
    "repo-by-name": ({"^Server$": [block("tiny", repo=["Client"])]}, {}),
    "repos": (
        {
            "^Server$": [
                block("tiny", repo=["Client", "https://repos.example.com/$arch/os", "Server"])
            ]
        },
        {},
    ),
    "repo-by-path": ({"^Server$": [block("tiny", repo=["/srv/repos/$arch"])]}, {}),
    "subvariant": ({"^Server$": [block("tiny", subvariant="Cloud_Base")]}, {}),
    "failable": ({"^Server$": [block("tiny", failable=["x86_64"])]}, {}),
    "two-blocks": ({"^Server$": [block("tiny"), block("small", "minimal-raw")]}, {}),
    "two-variants": ({"^Server$": [block("tiny")], "^Client$": [block("small")]}, {}),
    "tuples": (
        {"^Server$": [block("tiny", arches=("x86_64",), failable=("x86_64",))]},
        {},
    ),
    "a-pattern-matches-from-the-start": ({"S": [block("tiny")], "erver": [block("small")]}, {}),
    "fewer-arches": ({"^Server$": [block("tiny")]}, {"tree_arches": ["x86_64"]}),
    "fewer-variants": (
        {"^Server$": [block("tiny")], "^Client$": [block("small")]},
        {"tree_variants": ["Server"]},
    ),
    "optional": (
        {"^Server$": [block("tiny")], "^Server-optional$": [block("small", repo=["Server"])]},
        {"variants": [("Server", ARCHES)], "nested": [("optional", "optional")]},
    ),
    "addon": (
        {"^Server$": [block("tiny")], "^Server-HA$": [block("small")]},
        {"variants": [("Server", ARCHES)], "nested": [("HA", "addon")]},
    ),
    "link-type": ({"^Server$": [block("tiny")]}, {"link_type": "copy"}),
}
"""Configs without a new option, whose images in-tree can file."""

OSTREE = {"ostree_url": "https://o.example.com", "ostree_ref": "r/$arch", "ostree_parent": "p"}
IOT = {"image_type": "iot-raw-image", "distro": "fedora-43"}
"""An image type that takes ostree options, and whose file in-tree can file."""
CASES_WITH_OSTREE: Dict[str, Case] = {
    "ostree": ({"^Server$": [block("tiny", **IOT, **OSTREE)]}, {}),
    "ostree-ref": ({"^Server$": [block("tiny", **IOT, ostree_ref="r/$arch")]}, {}),
}


def case_parameters() -> List[Any]:
    needs_ostree = pytest.mark.pungi_option("ostree_url")
    return [
        *(pytest.param(*CASES[name], id=name) for name in CASES),
        *(
            pytest.param(*CASES_WITH_OSTREE[name], id=name, marks=needs_ostree)
            for name in CASES_WITH_OSTREE
        ),
    ]


def both(workshop: Workshop, section: Section, more: Dict[str, Any], **ours_only: Any) -> List[Ran]:
    """Run both phases, each with a hub of its own."""
    theirs = run_one(in_tree, workshop, section, more)
    return [theirs, run_one(ours, workshop, section, {**more, **ours_only})]


def run_one(
    make: MakePhase, workshop: Workshop, section: Section, more: Dict[str, Any], **config: Any
) -> Ran:
    """Run a phase on a compose whose address is that of the other phase's compose, too."""
    hub = workshop.hub()
    folder = workshop.folder / make.__name__
    addresses = [(str(folder), "https://composes.example.com")]
    values = {"translate_paths": addresses, **config, **more}
    written = workshop.config(section, **values)
    ran = run_phase(make, workshop, hub, written, folder)
    assert ran.error is None, repr(ran.error)
    assert make is in_tree or ran.after == ran.before
    return ran


def without_release(task: Submitted) -> Submitted:
    return replace(task, opts={key: task.opts[key] for key in task.opts if key != "release"})


@pytest.mark.parametrize(("section", "more"), case_parameters())
def test_one_task_for_all_arches(
    section: Section, more: Dict[str, Any], workshop: Workshop
) -> None:
    """With ``split_arches = False`` only the release, which is always sent, may be one more."""
    theirs, mine = both(workshop, section, more, osbuild_split_arches=False)
    assert sorted(map(without_release, mine.submitted), key=repr) == sorted(
        map(without_release, theirs.submitted), key=repr
    )
    for task in theirs.submitted:
        if "release" in task.opts:
            assert task in mine.submitted
    assert all("release" in task.opts for task in mine.submitted)
    assert mine.files == theirs.files
    assert mine.files
    assert mine.entries() == theirs.entries()
    assert mine.marks() == theirs.marks()


@pytest.mark.parametrize(("section", "more"), case_parameters())
def test_without_any_new_option(section: Section, more: Dict[str, Any], workshop: Workshop) -> None:
    """One task per arch: the release, and with it the N-V-R, ends in the arch; no more."""
    theirs, mine = both(workshop, section, more)
    expected = []
    for task in theirs.submitted:
        for arch in task.arches:
            expected.append(without_release(replace(task, arches=(arch,))))
    assert sorted(map(without_release, mine.submitted), key=repr) == sorted(expected, key=repr)
    for task in mine.submitted:
        (arch,) = task.arches
        (whole,) = (one for one in theirs.submitted if one.name == task.name)
        base = whole.opts.get("release", "1")
        assert task.opts["release"] == (base if whole.arches == (arch,) else base + "." + arch)
    assert mine.files == theirs.files
    # The stand-in's image holds its N-V-R, so its size may differ by some bytes.
    assert [without_size(entry, mine) for entry in mine.entries()] == [
        without_size(entry, theirs) for entry in theirs.entries()
    ]


def without_size(entry: Dict[str, Any], ran: Ran) -> Dict[str, Any]:
    """Return an entry without its size, which is that of its file."""
    assert entry["size"] == (ran.folder / "compose" / entry["path"]).stat().st_size
    return {key: entry[key] for key in entry if key != "size"}


def test_an_empty_variant_has_no_repository(workshop: Workshop) -> None:
    """Neither appends the repository of a variant without packages."""
    section = {"^Server$": [block("tiny", repo=["Client"])]}
    for make in (in_tree, ours):
        ran = run_one(make, workshop, section, {}, empty=["Server"])
        for task in ran.submitted:
            assert task.opts["repo"] == ["https://composes.example.com/compose/Client/$arch/os"]


def test_the_image_is_linked_as_pungi_says(workshop: Workshop) -> None:
    """A symlink is a symlink in both."""
    section = {"^Server$": [block("tiny", arches=[ARCHES[0]])]}
    for ran in both(workshop, section, {"link_type": "abspath-symlink"}):
        (path,) = ran.files
        image = ran.folder / "compose" / path
        assert image.is_symlink()
        assert Path(image.readlink()).is_absolute()

"""
Which distribution builds which image type on which arch: each cell of composer's table, asked of a
hub over HTTP and judged by ``data/composer-types.tsv``, a copy of what was measured that nothing
but this test reads.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest

from koji_rehearsal import HubContent, HubSettings
from tests.conformance.desk import DATA, DURATION, Desk, a_desk

ARCHES = ("x86_64", "aarch64", "ppc64le", "s390x", "riscv64")
ORACLES = {("azure-cvm", "aarch64"), ("oci", "aarch64")}
"""Types of Oracle's Linux that composer takes at first and cannot make a manifest of."""

KNOWN = {
    "fedora-": ARCHES,
    "rhel-7": ARCHES[:1],
    "": ARCHES[:4],
}
"""The arches that composer knows, by how a distribution's name begins."""

SAMPLE = ("fedora-43", "rhel-9.6", "ol-9.6", "rhel-7.9", "eln-11", "Fedora-43")
ALL = (
    *("fedora-10", "fedora-41", "fedora-43", "fedora-99", "eln-11", "eln-12", "rhel-7.9"),
    *("rhel-%d.%d" % (major, minor) for major in (8, 9) for minor in range(11)),
    *("rhel-10.0", "rhel-10.3", "rhel-10.10", "centos-8", "centos-9", "centos-10"),
    *("%s-8.%d" % (name, minor) for name in ("almalinux", "rocky") for minor in (0, 5, 6, 10)),
    *("%s-%d.6" % (name, major) for name in ("almalinux", "rocky", "ol") for major in (9, 10)),
    *("almalinux_kitten-10", "rhel-96", "rhel-810", "rhel-7", "rhel-8", "rhel-9", "rhel-10"),
    *("fedora-rawhide", "fedora-9", "eln", "centos-stream-9", "almalinux-9", "rocky-9"),
    *("rhel-106", "rhel-11.0", "RHEL-9.4", "Fedora 43", "rhel9.4", "ol-8.9", ""),
)
NAMES = {"rhel-96": "rhel-9.6", "rhel-810": "rhel-8.10", "rhel-7": "rhel-7.9"}
NAMES.update({"rhel-8": "rhel-8.10", "rhel-9": "rhel-9.9", "rhel-10": "rhel-10.3"})
UNKNOWN = (*ALL[ALL.index("fedora-rawhide") :], "Fedora-43")


def rows() -> List[Dict[str, str]]:
    with (DATA / "composer-types.tsv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter="\t"))


ROWS = rows()
TYPES = (*dict.fromkeys(row["image_type"] for row in ROWS), "bootable-container-iso", "ami")


def stands_for(pattern: str, distribution: str) -> bool:
    """Whether ``f-*``, ``f-9.6+``, ``f-9.0..2`` or a bare name has a distribution."""
    if pattern[-1] == "*":
        return distribution[: len(pattern) - 1] == pattern[:-1]
    if pattern[-1] == "+" or ".." in pattern:
        low, _, last = pattern.rstrip("+").partition("..")
        major, _, first = low.rpartition(".")
        own_major, _, own_minor = distribution.rpartition(".")
        return own_major == major and int(first) <= int(own_minor) <= int(last or 1000)
    return pattern == distribution


@dataclass(frozen=True)
class Cell:
    """An image of a distribution and arch."""

    distribution: str
    arch: str
    image_type: str

    @property
    def row(self) -> Optional[Dict[str, str]]:
        """The row of the table that has it."""
        name = NAMES.get(self.distribution, self.distribution)
        fitting = (
            row
            for row in ROWS
            if row["image_type"] == self.image_type
            and self.arch in row["arches"].split()
            and any(stands_for(pattern, name) for pattern in row["distributions"].split())
        )
        return next(fitting, None)

    @property
    def expected(self) -> str:
        """The id of composer's error, or nothing where it builds the image."""
        if self.image_type == "ami":
            return "30"
        if self.image_type == "bootable-container-iso":
            return "47"
        if self.distribution in UNKNOWN:
            return "4"
        arches = next(
            arches for start, arches in KNOWN.items() if self.distribution.startswith(start)
        )
        if self.arch not in arches:
            return "5"
        if self.distribution.startswith("ol-") and (self.image_type, self.arch) in ORACLES:
            return "1005"
        return "" if self.row is not None else "6"

    def options(self, number: int) -> Dict[str, Any]:
        """Return what a task for it needs."""
        row = self.row or {"ostree": "no", "needs": "-"}
        options: Dict[str, Any] = {"release": str(number)}
        if row["ostree"] == "url required":
            options["ostree"] = {"url": "https://ostree.example.com/repo"}
        if row["needs"] != "-":
            options["customizations"] = {row["needs"].partition(".")[2]: "/dev/vda"}
        return options


def cells(distributions: Sequence[str]) -> Iterator[Cell]:
    for distribution in distributions:
        for arch in ARCHES:
            for image_type in TYPES:
                yield Cell(distribution, arch, image_type)


def outcome(desk: Desk, number: int, task_id: int, reply: Any) -> str:
    """Return the id of the error that a task failed with, or nothing."""
    if isinstance(reply, list):
        return ""
    said = reply["faultString"]
    assert said.startswith("Failed to create the compose request: "), said
    body: Dict[str, str] = json.loads(said.partition(": ")[2])
    assert body["code"] == "IMAGE-BUILDER-COMPOSER-" + body["id"]
    return body["id"]


def judge(topdir: Path, asked: Sequence[Cell]) -> List[Tuple[Cell, str, str]]:
    """Ask a hub for images, and return those that it judges otherwise than the table."""
    content = HubContent.seeded(["t"], ["image"], ARCHES)
    settings = HubSettings(duration=DURATION, sboms=False)
    wrong = []
    with a_desk(topdir, content=content, settings=settings) as desk:
        session = desk.session()
        with session.multicall() as calls:
            tasks = [
                calls.osbuildImage(
                    *("image", "1", cell.distribution, cell.image_type, "t", [cell.arch]),
                    {"repo": ["https://repos.example.com/$arch/"], **cell.options(number)},
                )
                for number, cell in enumerate(asked)
            ]
        desk.end_all()
        with session.multicall() as calls:
            results = [calls.getTaskResult(task.result, raise_fault=True) for task in tasks]
        for number, cell in enumerate(asked):
            found = outcome(desk, number, tasks[number].result, results[number]._result)
            if found != cell.expected:
                wrong.append((cell, found, cell.expected))
        wrong.extend(judge_files(session, asked))
    return wrong


def judge_files(session: Any, asked: Sequence[Cell]) -> Iterator[Tuple[Cell, str, str]]:
    """Give the images whose file is called, exported or booted otherwise than the table says."""
    built = [(number, cell) for number, cell in enumerate(asked) if not cell.expected]
    with session.multicall() as calls:
        builds = [calls.getBuild("image-1-%d" % number) for number, _ in built]
    with session.multicall() as calls:
        archives = [calls.listArchives(buildID=build.result["id"]) for build in builds]
    for (number, cell), listed in zip(built, archives):
        row = cell.row
        assert row is not None
        (image,) = [one for one in listed.result if "boot_mode" in one["extra"]["image"]]
        extra = image["extra"]["image"]
        modes = (part.partition(": ") for part in row["boot_mode"].split("; "))
        mode = next(mode for mode, _, arches in modes if cell.arch in arches.split())
        artifact = extra["osbuild_artifact"]
        found = (image["filename"], *artifact.values(), extra["boot_mode"])
        name = "image-1-%d.%s%s" % (number, cell.arch, row["koji_suffix"])
        expected = (name, row["composer_file"], row["export"], mode)
        if found != expected:
            yield cell, str(found), str(expected)


def test_a_sample_of_the_cells(tmp_path: Path) -> None:
    """A distribution of each kind: every arch and image type."""
    assert judge(tmp_path, list(cells(SAMPLE))) == []


@pytest.mark.long
@pytest.mark.parametrize("distribution", ALL)
def test_every_cell(distribution: str, tmp_path: Path) -> None:
    """Of each distribution, its aliases, and names that are none."""
    assert judge(tmp_path, list(cells([distribution]))) == []

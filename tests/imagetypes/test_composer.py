"""The product's table of what composer builds, against a copy of what was measured."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import pytest

from pungi_osbuild.imagetypes import (
    arches_of,
    buildable,
    building_arches,
    built_types,
    example_distribution,
    full_name,
    meant_distribution,
)

MEASURED = Path(__file__).parent / "composer-types.tsv"

DISTRIBUTIONS = (
    *("almalinux-%d.%d" % (major, minor) for major in (8, 9, 10) for minor in (0, 1, 5, 6, 9)),
    *("rocky-%d.%d" % (major, minor) for major in (8, 9, 10) for minor in (0, 5, 6, 10)),
    *("rhel-%d.%d" % (major, minor) for major in (8, 9, 10) for minor in range(11)),
    *("rhel-7.9", "centos-8", "centos-9", "centos-10", "eln-11", "eln-12", "almalinux_kitten-10"),
    *("ol-9.0", "ol-9.6", "ol-10.1", "fedora-42", "fedora-43", "fedora-99"),
)
ARCHES = ("x86_64", "aarch64", "ppc64le", "s390x", "riscv64")


def rows() -> List[Dict[str, str]]:
    text = MEASURED.read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def names(patterns: str) -> Iterator[str]:
    """Give the distributions of a row, read in another way than the product does."""
    for pattern in patterns.split():
        match = re.fullmatch(r"(.*\.)(\d+)(\+|\.\.(\d+))", pattern)
        if pattern.endswith("*"):
            yield from (name for name in DISTRIBUTIONS if name.startswith(pattern[:-1]))
        elif match:
            last = 10 if match[3] == "+" else int(match[4])
            wanted = {"%s%d" % (match[1], minor) for minor in range(int(match[2]), last + 1)}
            yield from (name for name in DISTRIBUTIONS if name in wanted)
        else:
            yield pattern


def measured() -> Dict[Tuple[str, str, str], Dict[str, str]]:
    return {
        (name, arch, row["image_type"]): row
        for row in rows()
        for name in names(row["distributions"])
        for arch in row["arches"].split()
    }


def boot_mode(text: str, arch: str) -> Optional[str]:
    for part in text.split("; "):
        mode, _, arches = part.partition(": ")
        if arch in arches.split():
            return mode
    return None


def test_every_cell_is_as_measured() -> None:
    """What composer built, and what it refused."""
    expected = measured()
    types = {row["image_type"] for row in rows()}
    for name in DISTRIBUTIONS:
        for arch in ARCHES:
            for image_type in types:
                row = expected.get((name, arch, image_type))
                found = buildable(name, arch, image_type)
                assert (found is None) == (row is None), (name, arch, image_type)
                if found is None or row is None:
                    continue
                assert found.file == row["composer_file"]
                assert "." + found.suffix == row["koji_suffix"]
                assert found.export == row["export"]
                assert found.boot_mode == boot_mode(row["boot_mode"], arch)
                assert found.ostree == row["ostree"]
                assert "customizations.%s" % found.needs == row["needs"] or row["needs"] == "-"
                assert found.upload == row["default_upload"]
    assert len(expected) > 1500


def test_what_a_distribution_has_is_what_its_cells_say() -> None:
    for name in ("fedora-43", "rhel-9.4", "rhel-8.10", "centos-10"):
        for arch in arches_of(name):
            expected = {key[2] for key in measured() if key[:2] == (name, arch)}
            assert {one.image_type for one in built_types(name, arch)} == expected
    assert building_arches("rhel-9.4", "gcp") == ("x86_64",)
    assert building_arches("rhel-9.4", "iot-commit") == ()


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("rhel-9.4", "rhel-9.4"),
        ("rhel-94", "rhel-9.4"),
        ("rhel-810", "rhel-8.10"),
        ("rhel-9", "rhel-9.9"),
        ("fedora-47", "fedora-47"),
        ("rhel-9.99", "rhel-9.99"),
        ("almalinux_kitten-10", "almalinux_kitten-10"),
        ("fedora-rawhide", None),
        ("fedora-9", None),
        ("eln", None),
        ("centos-stream-9", None),
        ("rocky-9", None),
        ("rhel-106", None),
        ("rhel-11.0", None),
        ("RHEL-9.4", None),
        ("rhel-9.4 ", None),
        ("rhel-9.4\n", None),
    ],
)
def test_names_that_composer_takes(written: str, full: Optional[str]) -> None:
    assert full_name(written) == full


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rhel9", "rhel-9.9"),
        ("rhel9.4", "rhel-9.4"),
        ("RHEL-9.4", "rhel-9.4"),
        ("rhel-9-4", "rhel-9.4"),
        ("rehl-9.4", "rhel-9.4"),
        ("rhel-9.4 ", "rhel-9.4"),
        ("rhel-106", "rhel-10.6"),
        ("Fedora 43", "fedora-43"),
        ("fedora43", "fedora-43"),
        ("feodra-43", "fedora-43"),
        ("fedora-43.1", "fedora-43"),
        ("centos-stream-9", "centos-9"),
        ("CentOS Stream 9", "centos-9"),
        ("oracle-9.6", "ol-9.6"),
        ("Oracle Linux 9.6", "ol-9.6"),
        ("Red Hat Enterprise Linux 9.4", "rhel-9.4"),
        ("rhel9u4", "rhel-9.4"),
        ("rhel-9.4.0", "rhel-9.4"),
        ("rhel-9,4", "rhel-9.4"),
        ("el9", "rhel-9.9"),
        ("rhel94", "rhel-9.4"),
        ("f43", "fedora-43"),
        ("fedora\u201343", "fedora-43"),
        ("c9s", "centos-9"),
        ("centos9-stream", "centos-9"),
        ("Rocky Linux 9.4", "rocky-9.4"),
        ("almalinux-kitten-10", "almalinux_kitten-10"),
        ("mylinux-3", None),
        ("rocky-9", None),
        ("rhel-11.0", None),
        ("", None),
    ],
)
def test_what_a_misspelt_name_was_meant_for(written: str, meant: Optional[str]) -> None:
    assert meant_distribution(written) == meant


@pytest.mark.parametrize(
    ("written", "example"),
    [
        ("rocky-9", "rocky-9.6"),
        ("almalinux-8", "almalinux-8.6"),
        ("fedora-rawhide", "fedora-43"),
        ("eln", "eln-12"),
        ("fedora-eln", "eln-12"),
        ("rawhide", "fedora-43"),
        ("AlmaLinux 9", "almalinux-9.6"),
        ("mylinux-3", None),
        ("", None),
    ],
)
def test_an_example_of_the_family(written: str, example: Optional[str]) -> None:
    assert example_distribution(written) == example
    assert example is None or full_name(example)

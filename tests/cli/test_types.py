"""``types`` as people and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest
from click.testing import Result

from pungi_osbuild.cli.main import all_commands, main
from pungi_osbuild.imagetypes import building_arches, known_types, table_rows
from pungi_osbuild.report import types_table
from tests.cli.commands import in_process, runner


def types(*words: str) -> Result:
    return runner().invoke(main, ["types", *words])


def test_what_a_distribution_builds(tmp_path: Path) -> None:
    """A line for each image type: its arches, its cloud, its file."""
    done = in_process("types", "--distro", "rhel-9.6", home=tmp_path)
    assert (done.exit, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].split() == ["IMAGE", "TYPE", "ARCHES", "UPLOADED", "TO", "FILE", "REMARKS"]
    (gcp,) = [line for line in lines if line.startswith("gcp ")]
    assert gcp.split() == ["gcp", "x86_64", "gcp", "<nvr>.<arch>.tar.gz", "-"]
    assert not [line for line in lines if line.startswith("iot-")]
    assert lines[-1] == "composer 180 builds these for rhel-9.6."


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("distro", ["", "fedora-43", "rhel-9.6"])
def test_a_table_fits_the_terminal(distro: str, width: int) -> None:
    """With all that a table without bounds says."""
    rows = table_rows(distro or None)
    lines = types_table(rows, distro, width)
    assert max(map(len, lines)) <= width
    unbound = " ".join(types_table(rows, distro)).split()
    assert set(unbound) - set(" ".join(lines).split()) <= {"-", "ARCHES", "REMARKS"}


def test_an_arch_alone() -> None:
    """Of any distribution, which is named below each type."""
    lines = types("--arch", "riscv64").output.splitlines()
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["minimal-raw", "riscv64", "aws.s3"],
        ["fedora-*"],
    ]


def test_an_alias_is_explained() -> None:
    output = types("--distro", "rhel-9").output
    assert output.startswith("rhel-9 stands for rhel-9.9, until composer is updated.\n")


@pytest.mark.parametrize("distro", ["rhel-9.6", "rhel-8.4", "fedora-43", "centos-10", "ol-9.6"])
def test_json_has_each_cell_once(distro: str) -> None:
    """As the table has it."""
    document = json.loads(types("--distro", distro, "--format", "json").output)
    assert document["composer"] == 180
    cells = [(row["image_type"], arch) for row in document["types"] for arch in row["arches"]]
    assert sorted(cells) == sorted(
        (name, arch) for name in known_types() for arch in building_arches(distro, name)
    )
    for row in document["types"]:
        assert row["distributions"] == [distro]
        assert sorted(row["boot_modes"]) == sorted(row["arches"])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--distro", "rhel9.4"], ["no distribution 'rhel9.4'", "Did you mean rhel-9.4?"]),
        (["--distro", "Fedora 43"], ["Did you mean fedora-43?"]),
        (["--distro", "hologram"], ["Names look like rhel-9.6 and fedora-43."]),
        (["--distro", "rhel-9.6", "--arch", "riscv64"], ["no riscv64 for rhel-9.6", "x86_64"]),
        (["--arch", "amd64"], ["no arch 'amd64'", "Did you mean x86_64?"]),
        (["--arch", "vax"], ["no arch 'vax'", "Its arches are: aarch64, ppc64le"]),
    ],
)
def test_what_composer_does_not_know(words: List[str], wanted: List[str]) -> None:
    """A person's mistake, with the way out of it; the same for a program."""
    done = types(*words)
    assert done.exit_code == 2
    for text in wanted:
        assert text in done.stderr
    error = json.loads(types(*words, "--format", "json").stdout)["error"]
    assert error["exit_code"] == 2


def completed(option: str, incomplete: str) -> List[str]:
    command = all_commands()["types"]
    (found,) = [one for one in command.params if option in one.opts]
    context = command.make_context("types", [], resilient_parsing=True)
    return [item.value for item in found.shell_complete(context, incomplete)]


def test_distributions_and_arches_are_completed() -> None:
    """The names that are whole, and how the others begin."""
    assert completed("--distro", "centos") == ["centos-10", "centos-8", "centos-9"]
    assert "rhel-9." in completed("--distro", "rhel-9")
    assert completed("--arch", "s") == ["s390x"]

"""A command in the tests' own process says and does what one in a process of its own does."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from tests.cli.commands import in_process, pungi_osbuild
from tests.rehearsed import DATE, EXAMPLES, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    rehearse(CLOUD, home / "out", ["odd-upload:name=rhel-ec2,arch=x86_64"])
    (home / "unclosed.conf").write_text("osbuild = {\n", encoding="utf-8")
    return home


@pytest.mark.parametrize(
    "words",
    [
        ("images", "out"),
        ("images", "out", "--format", "ids"),
        ("images", "none", "--format", "json"),
        ("images",),
        ("plan", CLOUD, "--date", DATE),
        ("validate", CLOUD, "--format", "junit"),
        ("validate", CLOUD, "--hub", "nowhere"),
        ("validate", "unclosed.conf"),
        ("rehearse", "unclosed.conf", "--format", "json"),
        ("rehearse", CLOUD, "--out", "out", "--fault", "no-such-fault"),
        ("run", CLOUD, "--compose", "none", "--format", "json"),
        ("status", "out"),
        ("report", "out", "--output", "report.html"),
        ("types", "--distro", "rhel-9.6"),
        ("no-such-command", "--format", "json"),
    ],
    ids=lambda words: " ".join(map(str, words)).replace(str(EXAMPLES), ""),
)
def test_both_ways_are_the_same(words: Tuple[object, ...], home: Path) -> None:
    """To the letter, with the status."""
    assert in_process(*words, home=home) == pungi_osbuild(*words, home=home)

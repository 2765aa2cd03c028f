"""A compose's volume that is full: a real one, of a few hundred KiB, in a mount namespace."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import BIN, LIMIT, environment, hub, pungi_osbuild
from tests.cli.test_rehearse import config_of

BLOCKS = [
    {
        "name": "image-%d" % number,
        "distro": "rhel-9.4",
        "image_types": "vsphere",
        "version": "1",
        "target": "t",
        "subvariant": "Late%d" % number,
    }
    for number in range(9)
]
CONFIG = """
release_name = "x"
link_type = "copy"
translate_paths = [("/", "https://composes.example.com/")]
osbuild = {".*": %r}
""" % (BLOCKS,)

SCRIPT = """
set -u
mount -t tmpfs -o size=500k none small
cp -a compose/. small/
run() { "$1" run late.conf --compose small --profile rehearsal; echo "exit: $?"; }
look() { find small/compose \\( -name '*.vmdk' -o -name '.*' \\) -size -70k; }
run "$1"
echo "short: $(look)"
mount -o remount,size=16m small
run "$1"
echo "short: $(look)"
echo "there: $(find small/compose -name '*.vmdk' | wc -l)"
"""


@pytest.fixture
def namespace() -> None:
    """Skip where a user may not mount anything of his own."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no unshare")
    if done.returncode:
        pytest.skip("no mount namespaces here")


@pytest.mark.usefixtures("namespace")
def test_a_full_volume_stops_a_run_that_can_go_on(tmp_path: Path) -> None:
    """Nothing half made is left; with room the same command brings everything."""
    compose = tmp_path / "compose"
    arguments = ("--out", compose, "--duration", 0)
    done = pungi_osbuild("rehearse", config_of("minimal"), *arguments, home=tmp_path)
    assert done.exit == 0, done.err
    (tmp_path / "small").mkdir()
    (tmp_path / "late.conf").write_text(CONFIG, encoding="utf-8")
    with hub(tmp_path):
        done_twice = subprocess.run(
            ["unshare", "-rm", "sh", "-c", SCRIPT, "sh", str(BIN / "pungi-osbuild")],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env=environment(tmp_path),
            cwd=tmp_path,
        )
    said = done_twice.stdout + done_twice.stderr
    assert "Traceback" not in said, said
    lines = done_twice.stdout.splitlines()
    exits = [line for line in lines if line.startswith("exit: ")]
    # Where there was room for the record it says 1, else 2.
    assert exits in (["exit: 1", "exit: 0"], ["exit: 2", "exit: 0"]), said
    assert [line for line in lines if line.startswith("short: ")] == ["short: ", "short: "], said
    assert "there: 9" in lines, said
    assert said.count(" submitted ") == 9, said
    assert "No space left on device" in said
    assert "Make room on the compose's volume" in said

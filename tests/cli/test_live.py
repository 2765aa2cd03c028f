"""Progress on a terminal, and where there is none."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Tuple

from tests.cli.commands import BIN, LIMIT, environment, pungi_osbuild
from tests.rehearsed import EXAMPLES

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
ESCAPE = "\x1b["


def on_a_terminal(home: Path, *arguments: object) -> Tuple[str, str]:
    """Run a command with a terminal as its stderr; return what came there, and to stdout."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "pungi-osbuild"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=home,
        env={**environment(home), "TERM": "xterm", "LINES": "40", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    out, _ = process.communicate(timeout=LIMIT)
    os.close(ours)
    return shown.decode("utf-8", "replace"), out


def test_on_a_terminal_the_images_are_shown(tmp_path: Path) -> None:
    """In their places, above the log; the result on stdout is what it always is."""
    shown, out = on_a_terminal(tmp_path, "rehearse", CLOUD, "--out", "out", "--duration", 0)
    assert "9 tasks: " in shown
    # The last thing that is drawn, however quick the run was.
    assert re.search(r"built\S* +BaseOS +aarch64 +rhel-ec2", shown)
    assert "submitted BaseOS aarch64 rhel-ec2 (aws): task " in shown
    assert ESCAPE not in out
    assert "9 of 9 tasks built" in out
    last_view = shown.rindex("9 tasks: ")
    assert "\x1b[2K" in shown[last_view:], "the view is gone in the end"


def test_quiet_shows_nothing(tmp_path: Path) -> None:
    """But that it is a rehearsal."""
    shown, _ = on_a_terminal(
        tmp_path, "rehearse", CLOUD, "--out", "out", "--duration", 0, "--quiet"
    )
    assert "9 tasks: " not in shown


def test_without_a_terminal_there_are_plain_lines(tmp_path: Path) -> None:
    """As a log wants them."""
    done = pungi_osbuild("rehearse", CLOUD, "--out", "out", "--duration", 0, home=tmp_path)
    assert ESCAPE not in done.err
    assert "9 tasks: " not in done.err
    assert "submitted BaseOS aarch64 rhel-ec2 (aws): task " in done.err


def test_a_previous_compose_that_is_none(tmp_path: Path) -> None:
    """Is said before anything is submitted."""
    minimal = EXAMPLES / "minimal" / "minimal.conf"
    arguments = ("--compose", tmp_path, "--profile", "x", "--previous", tmp_path / "none")
    done = pungi_osbuild("run", minimal, *arguments, home=tmp_path)
    assert done.exit == 2
    assert "there is no %s" % (tmp_path / "none" / "compose" / "metadata" / "osbuild.json") in (
        done.err
    )

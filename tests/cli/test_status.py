"""``status`` as people run it, beside a run of another process."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.cli.commands import LIMIT, in_process, pungi_osbuild, started
from tests.rehearsed import EXAMPLES, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"


def submitted(compose: Path) -> int:
    journal = compose / "work" / "global" / "osbuild" / "journal.jsonl"
    text = journal.read_text("utf-8") if journal.exists() else ""
    return text.count('"event": "submitted"')


def test_from_another_shell(tmp_path: Path) -> None:
    """What the hub says of each image, while the run goes on; and that it was interrupted."""
    out = tmp_path / "out"
    arguments = ("--duration", 600, "--capacity", 4, "--quiet")
    run = started("rehearse", CLOUD, "--out", out, *arguments, home=tmp_path)
    try:
        deadline = time.monotonic() + LIMIT
        while submitted(out) < 9:
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.1)
        done = pungi_osbuild("status", out, home=tmp_path)
        assert done.exit == 0, done.err
        assert done.err == ""
        assert "Run in progress (pid %d on " % run.pid in done.out
        assert "9 tasks: 9 to go" in done.out
        assert "rhel-guest-image" in done.out
        found = json.loads(pungi_osbuild("status", out, "--format", "json", home=tmp_path).out)
        assert {task["state"] for task in found["tasks"]} <= {"free", "assigned", "open"}
    finally:
        run.terminate()
        run.communicate(timeout=LIMIT)
    done = pungi_osbuild("status", out, "--watch", home=tmp_path)
    assert (done.exit, done.err) == (0, ""), "the hub is gone, and nobody looks for it"
    assert "Run interrupted. It was a rehearsal" in done.out


def test_a_run_that_has_finished(tmp_path: Path) -> None:
    """Why something failed; no hub is asked any more, though there was one."""
    out = tmp_path / "out"
    rehearse(CLOUD, out, ["build:name=rhel-azure,arch=aarch64"])
    done = in_process("status", out, home=tmp_path)
    assert (done.exit, done.err) == (0, "")
    assert "    aarch64: osbuild build failed in stage: " in done.out
    assert "9 tasks: 8 built, 1 failed; " in done.out
    assert done.out.endswith("Run finished.\n")
    followed = in_process("status", out, "--watch", "--previous", out, home=tmp_path)
    assert followed.out.endswith("Run finished.\n")


def test_no_run_and_wrong_usage(tmp_path: Path) -> None:
    """Are told apart from anything else by their status."""
    done = in_process("status", tmp_path, home=tmp_path)
    assert done.exit == 2
    assert "no run has been on" in done.err
    done = in_process("status", tmp_path, "--watch", "--format", "json", home=tmp_path)
    assert done.exit == 2

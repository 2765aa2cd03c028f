"""The lock of a compose: one holder, and a dead one is nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from pungi_osbuild.errors import ExitCode, InputError
from pungi_osbuild.run.lock import NAME, Holder, RunLock

HOLD = """
import sys
from pathlib import Path
from pungi_osbuild.run.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def left_by(folder: Path, **changes: Any) -> None:
    """Leave a lock file as this process would, but for some changes."""
    holder = replace(Holder.me(), **changes)
    (folder / "lock").write_text(json.dumps(asdict(holder)), "utf-8")


def another(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_one_after_the_other(tmp_path: Path) -> None:
    """Nothing is left of a lock that was given back but an empty file."""
    for _ in range(2):
        with RunLock(tmp_path):
            assert Holder.read(tmp_path / NAME) == Holder.me()
        assert not (tmp_path / NAME).exists()
    assert list(tmp_path.iterdir()) == []


def test_a_second_one_is_told_who_is_there(tmp_path: Path) -> None:
    """Of the same process, too."""
    with RunLock(tmp_path), pytest.raises(InputError) as caught:
        RunLock(tmp_path).__enter__()
    assert "pid %d on " % os.getpid() in caught.value.reason
    assert caught.value.exit_code is ExitCode.USAGE
    assert "remove" not in caught.value.solution


def test_another_process_is_in_the_way_until_it_ends(tmp_path: Path) -> None:
    """By itself."""
    process = another(tmp_path)
    with pytest.raises(InputError, match="pid %d on " % process.pid):
        RunLock(tmp_path).__enter__()
    finish(process)
    with RunLock(tmp_path):
        pass


def test_a_process_that_was_killed_is_not_in_the_way(tmp_path: Path) -> None:
    """Also before its parent has asked after it."""
    process = another(tmp_path)
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with RunLock(tmp_path):
        assert Holder.read(tmp_path / NAME) == Holder.me()
    finish(process)
    with RunLock(tmp_path):
        pass


@pytest.mark.parametrize(
    "changes",
    [{"started": "1"}, {"boot": "another"}, {"pid": 2**22 + 1}, {"pid": 2**62}],
    ids=["the pid is used again", "the machine was started again", "no such pid", "no pid at all"],
)
def test_what_is_certain_to_be_gone_is_taken_over(changes: Any, tmp_path: Path) -> None:
    """The process is not there any more."""
    if changes.get("pid") == 2**62:
        changes = {**changes, "started": "1"}
    left_by(tmp_path, **changes)
    with RunLock(tmp_path):
        assert Holder.read(tmp_path / NAME) == Holder.me()


@pytest.mark.parametrize("changes", [{"host": "elsewhere"}, {"namespace": "another"}])
def test_what_nobody_here_can_know_is_left_alone(changes: Any, tmp_path: Path) -> None:
    """Another machine's, or another container's: its file is named for whoever knows better."""
    left_by(tmp_path, **changes)
    with pytest.raises(InputError, match="pid %d on " % os.getpid()) as caught:
        RunLock(tmp_path).__enter__()
    assert "remove %s" % (tmp_path / "lock") in caught.value.solution


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 9999, b'{"pid": "1"}'])
def test_a_lock_that_says_nothing_is_somebodys(content: bytes, tmp_path: Path) -> None:
    """Refused, and the file is named."""
    (tmp_path / "lock").write_bytes(content)
    with pytest.raises(InputError, match="does not say which") as caught:
        RunLock(tmp_path).__enter__()
    assert "remove the file" in caught.value.solution
    assert (tmp_path / "lock").read_bytes() == content


def test_of_many_that_take_over_one_does(tmp_path: Path) -> None:
    """Whoever comes first; all others are refused."""
    left_by(tmp_path, started="1")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = []
    for process in processes:
        assert process.stdout is not None
        said.append(process.stdout.readline())
    for process in processes:
        finish(process)
    assert sorted(said) == ["", "", "held\n"]

"""The journal: every step on disk, and one run at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest

from pungi_osbuild.errors import ExitCode, InputError
from pungi_osbuild.phase.history import Bounds, Ending
from pungi_osbuild.phase.journal import Journal
from tests.values import a_koji_place, a_placed_image, a_request, an_identity, an_outcome


def entries(topdir: Path) -> List[Dict[str, Any]]:
    path = topdir / "work/global/osbuild/journal.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_step_is_a_line(tmp_path: Path) -> None:
    """Intent before the task id, the task id before the outcome."""
    with Journal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([a_request()], an_identity(), a_koji_place())
        journal.intent(a_request(), 1, Bounds(3, 4.0))
        assert [entry["event"] for entry in entries(tmp_path)] == ["run", "plan", "intent"]
        journal.submitted(a_request(), attempt=1, task_id=11)
        journal.state(a_request(), attempt=1, state="CLOSED")
        journal.placed(a_request(), 1, a_placed_image())
        journal.outcome(an_outcome())
        journal.end(Ending.FINISHED)
    run, plan, intent, submitted, state, placed, outcome, end = entries(tmp_path)
    assert run["pid"] == os.getpid()
    assert plan["requests"][0]["nvr"] == "example-guest-1-5"
    assert (intent["nvr"], intent["after_task"]) == ("example-guest-1-5", 3)
    assert submitted["task_id"] == 11
    assert state["state"] == "CLOSED"
    assert placed["path"] == "Server/x86_64/images/example-guest-1-5.x86_64.qcow2"
    assert outcome["outcome"] == "built"
    assert end["how"] == "finished"
    assert {one["intent"] for one in (intent, submitted, state, placed, outcome)} == {0}
    assert {entry["v"] for entry in entries(tmp_path)} == {2}
    assert {entry["time"] for entry in entries(tmp_path)} == {5.0}


def test_a_second_run_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    """One run at a time on one compose."""
    with Journal(tmp_path, now=lambda: 0.0):
        with pytest.raises(InputError, match="pid %d on " % os.getpid()) as caught:
            Journal(tmp_path, now=lambda: 0.0).__enter__()
        assert caught.value.exit_code is ExitCode.USAGE
    with Journal(tmp_path, now=lambda: 0.0):
        pass
    assert len(entries(tmp_path)) == 2


def test_the_next_run_appends(tmp_path: Path) -> None:
    """Nothing that was recorded is lost, and numbers go on."""
    for number in range(2):
        with Journal(tmp_path, now=lambda: 0.0) as journal:
            journal.intent(a_request(), 1)
            assert entries(tmp_path)[-1]["intent"] == number
    assert [entry["event"] for entry in entries(tmp_path)] == ["run", "intent"] * 2


def test_nothing_is_written_after_the_end(tmp_path: Path) -> None:
    """A thread that was left behind is told."""
    with Journal(tmp_path, now=lambda: 0.0) as journal:
        pass
    with pytest.raises(InputError, match="is closed"):
        journal.intent(a_request(), 1)
    assert len(entries(tmp_path)) == 1

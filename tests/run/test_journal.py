"""The journal: every step on disk, and one run at a time."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from pungi_osbuild.errors import ExitCode, InputError
from pungi_osbuild.run.events import LATEST, Bounds, Ending
from pungi_osbuild.run.history import History
from pungi_osbuild.run.journal import FOLDER, INTENTS, NAME, read_journal
from pungi_osbuild.run.journal_lines import VERSION
from tests.run.engines import WrittenJournal, intended
from tests.values import a_placed_image, a_request, an_outcome


def entries(topdir: Path) -> List[Dict[str, Any]]:
    path = topdir / FOLDER / NAME
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_step_is_a_line(tmp_path: Path) -> None:
    """Intent before the task id, the task id before the outcome."""
    with WrittenJournal(tmp_path, now=lambda: 5.0) as journal:
        journal.plan([a_request()])
        journal.intent(a_request(), 1, Bounds(3, 4))
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
    assert {entry["v"] for entry in entries(tmp_path)} == {VERSION}
    assert intent["method"] == "osbuildImage"
    assert "checksums" not in placed
    assert {entry["time"] for entry in entries(tmp_path)} == {5.0}


def test_a_second_run_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    """One run at a time on one compose."""
    with WrittenJournal(tmp_path, now=lambda: 0.0):
        with pytest.raises(InputError, match="pid %d on " % os.getpid()) as caught:
            WrittenJournal(tmp_path, now=lambda: 0.0).__enter__()
        assert caught.value.exit_code is ExitCode.USAGE
    with WrittenJournal(tmp_path, now=lambda: 0.0):
        pass
    assert len(entries(tmp_path)) == 2


def test_the_next_run_appends(tmp_path: Path) -> None:
    """Nothing that was recorded is lost, and numbers go on."""
    for number in range(2):
        with WrittenJournal(tmp_path, now=lambda: 0.0) as journal:
            journal.intent(a_request(), 1)
            assert entries(tmp_path)[-1]["intent"] == number
    assert [entry["event"] for entry in entries(tmp_path)] == ["run", "intent"] * 2


def test_nothing_is_written_after_the_end(tmp_path: Path) -> None:
    """A thread that was left behind is told."""
    with WrittenJournal(tmp_path, now=lambda: 0.0) as journal:
        pass
    with pytest.raises(InputError, match="is closed"):
        journal.intent(a_request(), 1)
    assert len(entries(tmp_path)) == 1


def test_a_torn_end_is_cut_off_before_the_next_line(tmp_path: Path) -> None:
    """No line is glued to it."""
    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal:
        journal.end(Ending.FINISHED)
    path = tmp_path / FOLDER / NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with WrittenJournal(tmp_path, now=lambda: 2.0) as journal:
        assert journal.history.runs[0].ending is None
    assert [entry["event"] for entry in entries(tmp_path)] == ["run", "run"]
    assert len(read_journal(tmp_path).runs) == 2


def test_a_line_that_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    """The disk was full for a moment; what is written later follows the last whole line."""
    write = os.write

    def full(descriptor: int, data: Any) -> int:
        if len(data) < 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:-30])

    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal:
        with monkeypatch.context() as patched, pytest.raises(InputError, match="cannot be written"):
            patched.setattr(os, "write", full)
            journal.intent(a_request(), 1)
        journal.intent(a_request(), 1)
        journal.submitted(a_request(), 1, 5)
    (submission,) = read_journal(tmp_path).submissions
    assert (submission.intent, submission.task_id) == (0, 5)


def test_what_happened_together_is_written_together(tmp_path: Path, monkeypatch: Any) -> None:
    """Each event has its line, and all of them reach the disk by one fsync."""
    synced: List[int] = []
    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal, monkeypatch.context() as patched:
        patched.setattr(os, "fsync", synced.append)
        requests = [a_request(number=number) for number in range(64)]
        journal.append([intended(request, request.number) for request in requests])
    assert len(synced) == 1
    assert [one.intent for one in read_journal(tmp_path).submissions] == list(range(64))


@pytest.mark.parametrize("again", [False, True])
def test_a_compose_folder_that_is_removed_is_noticed(again: bool, tmp_path: Path) -> None:
    """Nothing is written to a file that nobody will find, nor to a new folder of that name."""
    with WrittenJournal(tmp_path / "D", now=lambda: 1.0) as journal:
        journal.check()
        shutil.rmtree(tmp_path / "D")
        if again:
            (tmp_path / "D" / FOLDER).mkdir(parents=True)
            (tmp_path / "D" / FOLDER / NAME).touch()
        with pytest.raises(InputError, match="was removed or replaced"):
            journal.check()
        with pytest.raises(InputError, match="was removed or replaced"):
            journal.intent(a_request(), 1)
    assert not list(tmp_path.rglob("*.jsonl")) or again


def test_everything_is_built_again_beside_a_damaged_journal(tmp_path: Path, caplog: Any) -> None:
    """It is kept under another name, and what was readable is known."""
    path = tmp_path / FOLDER / NAME
    for time in range(3):
        with WrittenJournal(tmp_path, now=lambda: 1.0, rebuild_all=True) as journal:
            assert [one.task_id for one in journal.history.submissions] == [7] * (time > 0)
            journal.intent(a_request(), 1)
            journal.submitted(a_request(), 1, 7)
            journal.state(a_request(), 1, "OPEN")
        content = path.read_bytes().replace(b"OPEN", b"OPEM")
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged at line 4") as caught:
            WrittenJournal(tmp_path, now=lambda: 1.0).__enter__()
        assert caught.value.exit_code is ExitCode.USAGE
        assert "--rebuild-all" in caught.value.solution
    aside = sorted(one.name for one in path.parent.glob("journal*.jsonl"))
    assert aside == ["journal.damaged-1.jsonl", "journal.damaged-2.jsonl", NAME]
    assert "line 4" in caplog.text and "journal.damaged-1.jsonl" in caplog.text


def a_finished_run(topdir: Path) -> bytes:
    """Leave the journal of a run with two submissions, and return it."""
    with WrittenJournal(topdir, now=lambda: 1.0) as journal:
        requests = [a_request(number=number) for number in range(2)]
        journal.plan(requests)
        for request in requests:
            journal.intent(request, 1)
            journal.submitted(request, 1, 7 + request.number)
        for request in requests:
            journal.outcome(an_outcome(request=request, task_id=7 + request.number))
        journal.end(Ending.FINISHED)
    return (topdir / FOLDER / NAME).read_bytes()


def test_a_journal_that_is_cut_anywhere_has_every_submission_or_is_refused(tmp_path: Path) -> None:
    """What other lines said, the hub knows. A crash never cuts off what was on disk."""
    content = a_finished_run(tmp_path)
    last = content.rfind(b'{"after_task"')
    end = content.find(b"\n", last)
    path = tmp_path / FOLDER / NAME
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        if size > end:
            assert len(read_journal(tmp_path).submissions) == 2
        else:
            with pytest.raises(InputError, match=r"its end was lost: it has [01] submissions of 2"):
                read_journal(tmp_path)
    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal:
        journal.intent(a_request(), 2)
    assert len(read_journal(tmp_path).submissions) == 3


def test_a_journal_that_was_lost_is_begun_again_only_where_that_is_asked_for(
    tmp_path: Path,
) -> None:
    """Without it everything would be submitted a second time; numbers begin at 0."""
    a_finished_run(tmp_path)
    (tmp_path / FOLDER / NAME).unlink()
    with pytest.raises(InputError, match="was lost: it had 2 submissions"):
        read_journal(tmp_path)
    with pytest.raises(InputError, match="was lost"), WrittenJournal(tmp_path, now=lambda: 1.0):
        pass
    with WrittenJournal(tmp_path, now=lambda: 1.0, rebuild_all=True) as journal:
        assert journal.history == History()
        journal.intent(a_request(), 1)
    assert len(read_journal(tmp_path).submissions) == 1


@pytest.mark.parametrize("count", [b"", b"junk", b"000000000001", None])
def test_a_count_that_is_lost_or_old_is_in_nobodys_way(
    count: Optional[bytes], tmp_path: Path
) -> None:
    """The machine went down before it was on disk."""
    a_finished_run(tmp_path)
    path = tmp_path / FOLDER / INTENTS
    path.unlink()
    if count is not None:
        path.write_bytes(count)
    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal:
        assert len(journal.history.submissions) == 2
    assert int(path.read_bytes()) == 2


@pytest.mark.parametrize("now", [-5.0, 1e300, 253402300800.5])
def test_what_is_written_can_be_read_whatever_the_time(now: float, tmp_path: Path) -> None:
    """It is the hub's, and nobody knows what that shows."""
    with WrittenJournal(tmp_path, now=lambda: now) as journal:
        journal.intent(a_request(), 1)
    (submission,) = read_journal(tmp_path).submissions
    assert submission.time == min(max(now, 0.0), LATEST)


def test_whoever_looks_while_a_run_writes_sees_no_damage(tmp_path: Path, monkeypatch: Any) -> None:
    """A line that is half there is not there yet; what it counts is written after it."""
    write, seen = os.write, []

    def in_pieces(descriptor: int, data: Any) -> int:
        seen.append(len(read_journal(tmp_path).submissions))
        return write(descriptor, data[:100])

    with WrittenJournal(tmp_path, now=lambda: 1.0) as journal, monkeypatch.context() as patched:
        patched.setattr(os, "write", in_pieces)
        for number in range(3):
            journal.intent(a_request(number=number), 1)
    assert set(seen) == {0, 1, 2}
    assert len(read_journal(tmp_path).submissions) == 3

"""``rehearse --force``: an earlier rehearsal is overwritten, nothing else ever is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from pungi_osbuild.errors import InputError
from pungi_osbuild.run import JOURNAL_FOLDER, RunLock
from tests.cli.test_bad_input import MINIMAL, invoke


def rehearse(out: Path, *more: Any) -> Any:
    return invoke("rehearse", MINIMAL, "--out", out, "--duration", "0", "-q", *more)


def content(folder: Path) -> Dict[str, bytes]:
    """Return what is in a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_earlier_rehearsal_is_overwritten(tmp_path: Path) -> None:
    """All of it, and once more; without --force it is refused, and the way is named."""
    out = tmp_path / "out"
    assert rehearse(out, "--fault", "build").exit_code == 1
    assert "REHEARSAL" in (out / "REHEARSAL.txt").read_text(encoding="utf-8")
    (out / "compose" / "left").write_text("of the earlier one")
    before = content(out)
    refused = rehearse(out)
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert content(out) == before
    for _ in range(2):
        done = rehearse(out, "--force")
        assert done.exit_code == 0, done.output
        assert not (out / "compose" / "left").exists()


def test_a_new_folder_needs_no_force(tmp_path: Path) -> None:
    """And does not mind it; nor does an empty one."""
    assert rehearse(tmp_path / "new", "--force").exit_code == 0
    (tmp_path / "empty").mkdir()
    assert rehearse(tmp_path / "empty", "--force").exit_code == 0


def with_notes(out: Path) -> None:
    (out / "notes.txt").write_text("mine")


def without_mark(out: Path) -> None:
    (out / "REHEARSAL.txt").unlink()


def with_another_mark(out: Path) -> None:
    (out / "REHEARSAL.txt").write_text("my own list of rehearsals")


def with_a_link(out: Path) -> None:
    elsewhere = out.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("mine")
    shutil.rmtree(out / "logs")
    (out / "logs").symlink_to(elsewhere)


def with_a_file_for_a_folder(out: Path) -> None:
    shutil.rmtree(out / "logs")
    (out / "logs").write_text("mine")


@pytest.mark.parametrize(
    "change",
    [with_notes, without_mark, with_another_mark, with_a_link, with_a_file_for_a_folder],
)
def test_a_folder_with_anything_else_is_left_alone(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    """Whatever it is: --force does not help, and nobody says that it would."""
    out = tmp_path / "out"
    assert rehearse(out).exit_code == 0
    change(out)
    before = content(tmp_path)
    refused = rehearse(out, "--force")
    assert refused.exit_code == 2
    assert "is not empty" in refused.output
    assert "Add --force" not in refused.output
    assert content(tmp_path) == before


def test_a_rehearsal_that_runs_is_left_alone(tmp_path: Path) -> None:
    """Its compose is locked."""
    out = tmp_path / "out"
    assert rehearse(out).exit_code == 0
    with RunLock(out / JOURNAL_FOLDER):
        before = content(out)
        refused = rehearse(out, "--force")
        assert refused.exit_code == 2
        assert before.items() <= content(out).items()
        with pytest.raises(InputError), RunLock(out / JOURNAL_FOLDER):
            pass


def test_the_compose_that_is_read_is_not_overwritten(tmp_path: Path) -> None:
    """Where it is itself a rehearsal's, and the output folder, or in it."""
    out = tmp_path / "out"
    assert rehearse(out).exit_code == 0
    before = content(out)
    for compose in (out, out / "compose"):
        refused = rehearse(out, "--force", "--compose", compose)
        assert refused.exit_code == 2, compose
        assert content(out) == before

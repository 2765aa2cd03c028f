"""The ends of saved logs."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.report.excerpts import MOST_LINES, MOST_WIDTH, _said, excerpts


def test_the_end_of_a_log(tmp_path: Path) -> None:
    """Its last lines; what is no log is left out."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "build.log").write_text("".join("line %d\n" % number for number in range(100)))
    (folder / "wide.log").write_text("x" * 10000)
    (folder / "image.manifest.json").write_text("{}")
    (folder / "empty.log").write_text("")
    (folder / "elsewhere.log").symlink_to("/etc/hostname")
    (folder / "folder.log").mkdir()
    build, wide = excerpts(tmp_path, folder)
    assert build.path == "logs/build.log"
    assert build.is_cut
    assert build.text.splitlines()[0] == "line %d" % (100 - MOST_LINES)
    assert (len(wide.text), wide.is_cut) == (MOST_WIDTH, False)


def test_no_folder(tmp_path: Path) -> None:
    """A compose that saved none, or one of an earlier version."""
    assert excerpts(tmp_path, tmp_path / "logs") == ()


def test_what_osbuild_has_said() -> None:
    """Outputs of failed stages, where there is one; else all."""
    stages = [
        {"id": "1", "success": True, "output": "fine\n"},
        {"id": "2", "success": False, "output": "no space left\n"},
    ]
    log = {"success": False, "osbuild_output": {"log": {"image": stages}}}
    assert _said(json.dumps(log)) == "no space left"
    log["osbuild_output"] = {"log": {"image": stages[:1]}}
    assert _said(json.dumps(log)) == "fine"


def test_what_koji_has_said() -> None:
    """Its error; nothing where it had none."""
    assert _said('{"koji_error": "no such package"}') == "no such package"
    assert _said('{"build_id": 1, "koji_error": ""}') == ""


@given(st.text())
def test_any_text(text: str) -> None:
    """JSON or not."""
    _said(text)
    assert isinstance(_said(json.dumps({"log": text})), str)

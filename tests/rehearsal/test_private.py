"""What the hub writes and shows: secrets only where a real hub has them, for the owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from koji_rehearsal import HubSettings, RehearsalHub, parse_fault
from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.cli.inputs import Origin, prepare
from tests.cli.commands import pungi_osbuild
from tests.marked import MARK, holding_mark, is_private, marked_config
from tests.rehearsed import DATE, run_against


def pages_of(hub: RehearsalHub) -> str:
    """Return all pages that there are, whatever they answer."""
    texts = []
    for path in ("/", "/tasks", "/builds", "/nothing"):
        texts.append(requests.get(hub.weburl + path, timeout=10).text)
    for number in range(12):
        for path in ("taskinfo?taskID", "buildinfo?buildID"):
            texts.append(requests.get("%s/%s=%d" % (hub.weburl, path, number), timeout=10).text)
    return "\n".join(texts)


@pytest.mark.parametrize(
    "fault", ["build", "composer-down", "composer-error", "register", "upload"]
)
def test_pages_and_files_hold_no_secret(fault: str, tmp_path: Path) -> None:
    """Of tasks that were built and of those that failed, however."""
    config = marked_config(tmp_path)
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out", rehearsal=True)
    settings = HubSettings(
        duration=0.0,
        faults=(parse_fault("%s:name=bad" % fault),),
        state_file=tmp_path / "state",
        submissions_file=tmp_path / "submissions",
    )
    before = os.umask(0o022)
    try:
        content = content_for(prepared.requests)
        with RehearsalHub(settings, tmp_path / "koji", content) as hub:
            done = run_against(hub, prepared, tmp_path / "out")
            shown = pages_of(hub)
    finally:
        os.umask(before)
    assert len(done.result.outcomes) == 3
    assert MARK not in shown
    assert "https://(hidden)@r.example.com/$arch/os" in shown
    assert MARK not in (tmp_path / "submissions").read_text("utf-8")
    holding = [path for path in holding_mark(tmp_path) if path.name != "marked.conf"]
    assert {path.name for path in holding} >= {"state", "compose-request.json"}
    assert [path for path in holding if not is_private(path)] == []
    for path in tmp_path.rglob("*"):
        if path.name.endswith((".manifest.json", "compose-request.json")):
            assert is_private(path), path
    assert list(holding_mark(tmp_path / "out")) == []


def test_a_saved_manifest_is_its_owners_alone(tmp_path: Path) -> None:
    """Of a run that saves them, and of one that is fetched to build an image again."""
    config = marked_config(tmp_path)
    config.write_text(config.read_text("utf-8") + "osbuild_save_provenance = True\n", "utf-8")
    out = tmp_path / "out"
    pungi_osbuild("rehearse", config, "--out", out, "--duration", 0, home=tmp_path)
    saved = list((out / "logs").rglob("*.manifest.json"))
    assert len(saved) == 3
    assert all(map(is_private, saved))
    assert list((out / "logs").rglob("*.spdx.json"))
    assert not any(map(is_private, (out / "logs").rglob("*.spdx.json")))

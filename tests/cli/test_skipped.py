"""A config that skips the phase builds nothing, and every command says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from tests.cli.commands import Done, in_process

VARIANTS = """<?xml version="1.0"?>
<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch></arches></variant></variants>
"""


def a_config(folder: Path, **changes: Any) -> Path:
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    block = {"name": "n", "distro": "rhel-9.4", "image_types": "guest-image", "release": "1"}
    config: Dict[str, Any] = {
        "release_name": "N",
        "release_short": "N",
        "release_version": "1",
        "variants_file": "variants.xml",
        "osbuild_target": "t",
        "osbuild": {"^Server$": [{**block, **changes}]},
        "skip_phases": ["createiso", "osbuild"],
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def test_nothing_is_planned_rehearsed_or_run(tmp_path: Path) -> None:
    """Each command says why, and ends well."""
    config = a_config(tmp_path)

    def done(*arguments: object) -> Done:
        ended = in_process(*arguments, home=tmp_path)
        assert ended.exit == 0, ended.err
        assert "skip_phases contains osbuild" in ended.out + ended.err
        return ended

    done("validate", config)
    assert json.loads(done("plan", config, "--format", "json").out) == []
    out = tmp_path / "out"
    rehearsed = done("rehearse", config, "--out", out, "--duration", 0, "--format", "json").out
    assert json.loads(rehearsed)["images"] == []
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji") as hub:
        profile = tmp_path / "koji.conf"
        write_profile(profile, hub, "practice")
        run = ("run", config, "--compose", out, "--profile", "practice", "--koji-config", profile)
        assert json.loads(done(*run, "--format", "json").out)["images"] == []


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_it_is_checked_all_the_same(command: str, tmp_path: Path) -> None:
    """Whoever takes the phase up again wants to know."""
    ended = in_process(command, a_config(tmp_path, arches=["s390x"]), home=tmp_path)
    assert ended.exit == 1
    assert "no-task" in ended.out + ended.err

"""examples/ci: the script that a CI system calls, and the jobs that call it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.commands import BIN
from tests.docs.pages import ROOT
from tests.marked import MARK, holding_mark, marked_config

CI = ROOT / "examples" / "ci"
CLOUD = ROOT / "examples" / "rhel-cloud" / "rhel-cloud.conf"


def check(config: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = "%s%s%s" % (BIN, os.pathsep, os.environ["PATH"])
    return subprocess.run(
        [str(CI / "check-config"), str(config), "results"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_good_config_is_validated_planned_and_rehearsed(tmp_path: Path) -> None:
    """Everything that a job keeps is there."""
    done = check(CLOUD, tmp_path, OPTIONS="--type production --label Beta-1.2")
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results"
    suites = ElementTree.parse(results / "validate.xml").getroot()
    assert len(suites.findall(".//testcase")) == 6
    assert not suites.findall(".//failure")
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    assert {task["release"] for task in plan} == {"1.2", "1.2.aarch64", "1.2.x86_64"}
    told = json.loads((results / "rehearsal.json").read_text(encoding="utf-8"))
    assert len(told["tasks"]) == len(plan) == 9
    assert (results / "rehearsal" / "compose" / "metadata" / "images.json").exists()


@pytest.mark.parametrize(
    ("good", "wrong", "code"),
    [
        ('"image_types": "gcp"', '"image_types": "gce"', "inner-image-type"),
        ('"arches": ["x86_64"],', "", "type-not-on-arch"),
        ('"distro": "rhel-9.4"', '"distro": "rhel9.4"', "unknown-distro"),
    ],
)
def test_a_problem_fails_the_job_and_its_testcase(
    good: str, wrong: str, code: str, tmp_path: Path
) -> None:
    """An error or a warning; nothing is rehearsed then, and the log has the problem, too."""
    config = tmp_path / "broken.conf"
    text = CLOUD.read_text(encoding="utf-8").replace(
        "variants.xml", str(CLOUD.parent) + "/variants.xml"
    )
    assert good in text
    config.write_text(text.replace(good, wrong, 1), "utf-8")
    done = check(config, tmp_path)
    assert done.returncode == 1
    assert "[%s]" % code in done.stdout + done.stderr
    suites = ElementTree.parse(tmp_path / "results" / "validate.xml").getroot()
    assert len(suites.findall(".//failure")) == 1
    assert not (tmp_path / "results" / "rehearsal").exists()


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("broken", [False, True])
def test_nothing_secret_is_left_for_an_artifact(broken: bool, umask: int, tmp_path: Path) -> None:
    """Neither in a file of the results nor in the log, whatever the rehearsal comes to."""
    config = marked_config(tmp_path)
    more = "osbuild_save_provenance = True\nosbuild_ignore = ['ignored-customization']\n"
    config.write_text(config.read_text("utf-8") + more, "utf-8")
    if broken:
        text = config.read_text("utf-8")
        config.write_text(text.replace("'image_types': 'guest-image'", "'image_types': 'azure'"))
    before = os.umask(umask)
    try:
        done = check(config, tmp_path)
    finally:
        os.umask(before)
    results = tmp_path / "results"
    assert (results / "rehearsal.json").exists(), done.stderr
    assert list(holding_mark(results)) == []
    assert MARK not in done.stdout + done.stderr
    assert not list(results.rglob("*compose-request.json"))
    assert not list(results.rglob("*.manifest.json"))
    assert list((results / "rehearsal" / "compose").rglob("*.vhd" if broken else "*.qcow2"))


@pytest.mark.parametrize("name", ["gitlab-ci.yml", "github-actions.yml"])
def test_a_job_calls_the_script_and_keeps_what_it_leaves(name: str) -> None:
    """And is YAML."""
    yaml: Any = pytest.importorskip("yaml", reason="PyYAML, which comes with Sphinx, is not there")
    text = (CI / name).read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    assert "ci/check-config" in text
    for kept in ("validate.xml", "plan.json", "rehearsal.json"):
        assert "results/%s" % kept in text

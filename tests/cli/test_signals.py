"""SIGTERM and Ctrl-C: what was done is recorded, whatever the hub and however often."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import List

import pytest

from tests.cli.commands import LIMIT, hub, koji, pungi_osbuild, started
from tests.cli.test_rehearse import config_of

CONFIG = """
release_name = "x"
translate_paths = [("/", "https://composes.example.com/")]
osbuild = {".*": [{"name": "image", "distro": "rhel-9.4", "image_types": "vsphere",
    "version": "1", "target": "t", "subvariant": "Late"}]}
"""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    arguments = ("--out", home / "out", "--duration", 0)
    done = pungi_osbuild("rehearse", config_of("minimal"), *arguments, home=home)
    assert done.exit == 0, done.err
    return home / "out"


@pytest.fixture
def compose(rehearsed: Path, tmp_path: Path) -> Path:
    out = tmp_path / "compose-that-exists"
    shutil.copytree(rehearsed, out, symlinks=True)
    return out


def start_run(home: Path, compose: Path, *more: object) -> subprocess.Popen[str]:
    """Start a run, and return when its task has been submitted."""
    config = home / "late.conf"
    config.write_text(CONFIG, encoding="utf-8")
    where = ("--compose", compose, "--profile", "rehearsal")
    process = started("run", config, *where, *more, home=home)
    assert process.stderr is not None
    seen: List[str] = []
    for line in process.stderr:
        seen.append(line)
        if "submitted" in line:
            return process
    raise AssertionError("".join(seen))


def late_tasks(compose: Path) -> List[str]:
    text = (compose / "compose/metadata/osbuild.json").read_text(encoding="utf-8")
    tasks = json.loads(text)["payload"]["tasks"]
    return [task["reason"] for task in tasks if task["image_type"] == "vsphere"]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM] * 5])
def test_a_signal_ends_a_run_with_its_record_written(
    signals: List[signal.Signals], tmp_path: Path, compose: Path
) -> None:
    """Exit status 4; further signals change nothing."""
    with hub(tmp_path, "--duration", "600"):
        process = start_run(tmp_path, compose)
        for number in signals:
            process.send_signal(number)
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 4, err
    assert "tasks that go on in Koji: 1" in err
    assert "Traceback" not in err
    (reason,) = late_tasks(compose)
    assert "goes on in Koji" in reason


def test_a_hub_that_does_not_answer_does_not_hold_up_the_end(tmp_path: Path, compose: Path) -> None:
    """Logged in by password, the hub stopped: no logout is waited for."""
    with hub(tmp_path, "--duration", "600") as (profile, server):
        profile.write_text(profile.read_text("utf-8").replace("noauth", "password"), "utf-8")
        password = tmp_path / "password"
        password.write_text("pungipw\n", encoding="utf-8")
        process = start_run(tmp_path, compose, "--user", "pungi", "--password-file", password)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=LIMIT)
        finally:
            os.kill(server.pid, signal.SIGCONT)
    assert process.returncode == 4, err
    assert len(late_tasks(compose)) == 1


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, compose: Path) -> None:
    """The same command again: the task is watched on, and no other is submitted."""
    with hub(tmp_path, "--duration", "3"):
        process = start_run(tmp_path, compose)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
        assert process.returncode == 4, err
        assert "Run the same command again" in err
        where = ("--compose", compose, "--profile", "rehearsal")
        again = pungi_osbuild("run", tmp_path / "late.conf", *where, home=tmp_path)
        assert again.exit == 0, again.err
        assert "resuming Server x86_64 image (vsphere): task 1" in again.err
        koji_says = koji("-p", "rehearsal", "list-tasks", "--all", "--after=1", home=tmp_path)
        assert koji_says.out.count("osbuildImage") == 1


def test_a_run_that_is_stopped_cancels_its_tasks_when_asked_to(
    tmp_path: Path, compose: Path
) -> None:
    """And composer's builds are waited for by the next one."""
    with hub(tmp_path, "--duration", "4"):
        process = start_run(tmp_path, compose, "--cancel-on-interrupt")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=LIMIT)
        assert process.returncode == 4, err
        assert "tasks that go on in Koji: none" in err
        assert "State: canceled" in koji("-p", "rehearsal", "taskinfo", "1", home=tmp_path).out
        where = ("--compose", compose, "--profile", "rehearsal")
        again = pungi_osbuild("run", tmp_path / "late.conf", *where, home=tmp_path)
        assert again.exit == 0, again.err


def test_a_run_that_waits_for_its_hub_ends_when_it_is_told_to(
    tmp_path: Path, compose: Path
) -> None:
    """The hub is gone for hours: nobody has to wait that long to stop the run."""
    with hub(tmp_path, "--duration", "600") as (_, server):
        process = start_run(tmp_path, compose)
        server.kill()
        server.wait(LIMIT)
        assert process.stderr is not None
        line = next(line for line in process.stderr if "has not answered since" in line)
        # The first question after the hub was killed may still meet its dying connection.
        assert re.search(
            r"Connection (refused|aborted).*; it is tried again for 4 h 0 min more", line
        )
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 4, err
    assert "tasks that go on in Koji: 1" in err
    assert "goes on in Koji" in late_tasks(compose)[0]

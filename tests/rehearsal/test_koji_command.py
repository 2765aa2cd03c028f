"""The ``koji`` command, unchanged, with a written profile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from koji_rehearsal import write_profile
from tests.conformance.desk import DURATION, Desk, a_desk

KOJI = Path(sys.executable).parent / "koji"


class Shell:
    """Runs koji commands in an empty home."""

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk = desk
        self._home = home
        self._config = home / "profile.conf"
        write_profile(self._config, desk.hub, "practice")
        with self._config.open("a", encoding="utf-8") as profile:
            profile.write("poll_interval = 0\n")

    def koji(self, *args: str, status: int = 0) -> str:
        """Run a command, expect its exit status and return what it printed."""
        done = subprocess.run(
            [sys.executable, KOJI, "--config=%s" % self._config, "--profile=practice", *args],
            env={**os.environ, "HOME": str(self._home), "PYTHONWARNINGS": "ignore", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            cwd=self._home,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A hub with one task of each kind: 1 CLOSED, 3 FAILED, 4 OPEN, 5 CANCELED."""
    home = tmp_path_factory.mktemp("home")
    with a_desk(home / "top 100%", "build:arch=aarch64") as desk:
        desk.build("Fedora-IoT", opts={"release": "7"})
        desk.build("Fedora-IoT", arches=["aarch64"], opts={"release": "8"})
        desk.submit("Fedora-Minimal")
        cancelled = desk.submit("Fedora-Minimal", version="42")
        desk.clock.turn(DURATION / 2)
        desk.session().cancelTask(cancelled)
        yield Shell(desk, home)


def test_hello(shell: Shell) -> None:
    """The profile logs nobody in; the hub says who that is."""
    said = shell.koji("hello")
    assert ", pungi!" in said
    assert "%s (Koji 1.35.3)" % shell.desk.hub.server in said


def test_taskinfo(shell: Shell) -> None:
    """With its subtask, its build and its output."""
    said = shell.koji("taskinfo", "-r", "1")
    assert "Task: 1\nType: osbuildImage\nOwner: pungi\nState: closed\n" in said
    assert "Build: Fedora-IoT-41-7 (1)" in said
    assert "tasks/1/1/compose-status.json" in said
    assert "Type: tagBuild" in said


def test_watch_task(shell: Shell) -> None:
    """A task that failed fails the command, with the hub's reason."""
    assert "1 osbuildImage (noarch): closed" in shell.koji("watch-task", "1")
    said = shell.koji("watch-task", "3", status=1)
    assert "3 osbuildImage (noarch): FAILED: BuildError: Compose failed (id: " in said


def test_list_tasks(shell: Shell) -> None:
    """Those that are not at their end."""
    lines = shell.koji("list-tasks").splitlines()
    assert len(lines) == 2
    assert lines[1].split()[:2] == ["4", "20"]
    assert "osbuildImage (noarch)" in lines[1]
    mine = shell.koji("list-tasks", "--mine", "--method=osbuildImage", "--quiet")
    assert mine.splitlines() == lines[1:]


def test_buildinfo(shell: Shell) -> None:
    """State, task, tags and the image's path below topdir."""
    said = shell.koji("buildinfo", "Fedora-IoT-41-7")
    assert "BUILD: Fedora-IoT-41-7 [1]\nState: COMPLETE\nBuilt by: osbuild-composer\n" in said
    assert "Task: 1 osbuildImage (noarch)" in said
    assert "Tags: f41-images-candidate" in said
    images = shell.desk.hub.topdir / "packages" / "Fedora-IoT" / "41" / "7" / "images"
    assert "%s/Fedora-IoT-41-7.x86_64.qcow2\n" % images in said
    assert "State: FAILED" in shell.koji("buildinfo", "Fedora-IoT-41-8")


def test_lists(shell: Shell) -> None:
    """Targets and builds."""
    targets = shell.koji("list-targets", "--quiet").splitlines()
    assert ["f41-images", "f41-images-build", "f41-images-candidate"] in [
        line.split() for line in targets
    ]
    builds = shell.koji("list-builds", "--package=Fedora-IoT", "--quiet").splitlines()
    assert [line.split()[0] for line in builds] == ["Fedora-IoT-41-7", "Fedora-IoT-41-8"]
    tagged = shell.koji("list-tagged", "f41-images-candidate", "--quiet").splitlines()
    assert [line.split()[0] for line in tagged] == ["Fedora-IoT-41-7"]
    for narrowed in ("--package=Fedora-IoT", "--tag=f41-images-candidate"):
        packages = shell.koji("list-pkgs", narrowed, "--quiet").splitlines()
        entry = ["Fedora-IoT", "f41-images-candidate", "admin"]
        assert entry in [line.split() for line in packages]


def test_download_task(shell: Shell) -> None:
    """The output files, over HTTP."""
    shell.koji("download-task", "--all", "--dirpertask", "1")
    topdir = shell.desk.hub.topdir
    found = [path for path in topdir.parent.rglob("*.json") if topdir not in path.parents]
    assert "compose-status" in " ".join(path.name for path in found)


def test_call(shell: Shell) -> None:
    """Any method, as JSON."""
    said = shell.koji("call", "--json-output", "getBuild", "Fedora-IoT-41-7")
    assert '"nvr": "Fedora-IoT-41-7"' in said
    said = shell.koji("call", "noSuchMethod", status=1)
    assert "GenericError: Invalid method: noSuchMethod" in said


def test_cancel(shell: Shell) -> None:
    """By number; somebody else's and unknown ones are told."""
    task_id = shell.desk.submit("Fedora-Minimal", version="43")
    shell.koji("cancel", str(task_id))
    assert shell.desk.state(task_id) == "CANCELED"
    assert "No such task: 999" in shell.koji("cancel", "999", status=1)

"""The commands where the rehearsal hub, an rpm of its own, is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Optional, Tuple

import pytest

from pungi_osbuild.cli.main import all_commands
from tests.cli.commands import LIMIT, Done, environment, pungi_osbuild
from tests.rehearsed import EXAMPLES

MINIMAL = EXAMPLES / "minimal" / "minimal.conf"
PACKAGE = "pungi-osbuild-rehearsal"
NEEDING = ("hub", "rehearse")
BLOCKED = """
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "koji_rehearsal":
            raise ModuleNotFoundError("No module named %r" % name, name=name)

sys.meta_path.insert(0, Blocker())
from pungi_osbuild.cli.entry import entry
entry()
"""
"""Runs ``pungi-osbuild`` as if koji_rehearsal were not there."""


def without(*arguments: object, home: Path) -> Done:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env=environment(home),
        cwd=home,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("words", [("rehearse", MINIMAL, "--out", "x"), ("hub", "--port", 0)])
def test_what_needs_it_says_what_to_install(words: Tuple[object, ...], tmp_path: Path) -> None:
    """Whatever else the command line says."""
    done = without(*words, home=tmp_path)
    assert (done.exit, done.out) == (2, "")
    reason, solution = done.err.splitlines()
    assert reason == (
        "error: the command %s needs the rehearsal hub, which is not installed" % words[0]
    )
    assert solution == "    Install the package %s." % PACKAGE
    assert list(tmp_path.iterdir()) == []


def test_a_program_reads_it_too(tmp_path: Path) -> None:
    """In the format that it wants."""
    done = without("rehearse", MINIMAL, "--format", "json", home=tmp_path)
    error = json.loads(done.out)["error"]
    assert (error["exit_code"], PACKAGE in error["solution"]) == (2, True)


@pytest.mark.parametrize("name", [None, *sorted(all_commands())])
def test_help_is_there(name: Optional[str], tmp_path: Path) -> None:
    """Of each command; that of one that needs the hub says so."""
    done = without(*([] if name is None else [name]), "--help", home=tmp_path)
    assert done.exit == 0
    assert (PACKAGE in done.out) is (name in NEEDING)


def test_everything_else_works(tmp_path: Path) -> None:
    """On a config, and on a compose that was rehearsed elsewhere."""
    pungi_osbuild("rehearse", MINIMAL, "--out", "out", "--duration", 0, home=tmp_path)
    for words in (
        ("validate", MINIMAL),
        ("plan", MINIMAL),
        ("images", "out"),
        ("status", "out"),
        ("report", "out"),
    ):
        done = without(*words, home=tmp_path)
        assert done.exit == 0, done.err
    assert (tmp_path / "out" / "logs" / "global").is_dir()


def test_both_know_a_rehearsed_compose_by_the_same_profile() -> None:
    """The product knows it without the rehearsal."""
    from koji_rehearsal import PROFILE
    from pungi_osbuild.cli.outfolder import REHEARSAL_PROFILE

    assert PROFILE == REHEARSAL_PROFILE

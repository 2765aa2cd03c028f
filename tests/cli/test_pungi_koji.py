"""``pungi-koji-osbuild`` where Pungi is not: it says so, and how to mend that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Sequence

import pytest

from pungi_osbuild import __version__
from tests.cli.commands import LIMIT, environment

HIDDEN = """
import sys
sys.modules["pungi"] = None
from pungi_osbuild.cli.pungi_koji import entry
entry()
"""
"""The program in a Python that has no Pungi, whatever is installed here."""


def python(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env=environment(home),
        cwd=home,
    )


def has_pungi() -> bool:
    try:
        import pungi.phases
    except ImportError:
        return False
    return pungi.phases is not None


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(
            ["-m", "pungi_osbuild.cli.pungi_koji"],
            marks=pytest.mark.skipif(has_pungi(), reason="there is a Pungi: it answers"),
        ),
        ["-c", HIDDEN],
    ],
    ids=["as it is", "hidden"],
)
@pytest.mark.parametrize("arguments", [["--help"], ["--target-dir=/x", "--config=y"], []])
def test_without_pungi_it_says_so(
    start: Sequence[str], arguments: Sequence[str], tmp_path: Path
) -> None:
    """Exit status 2, the reason, what to do, and no traceback."""
    done = python(*start, *arguments, home=tmp_path)
    assert done.returncode == 2
    assert ("Example: pungi-koji-osbuild --config" in done.stdout) == ("--help" in arguments)
    first, *more = done.stderr.splitlines()
    text = " ".join(done.stderr.split())
    assert first.startswith("error: Pungi cannot be used with this Python")
    assert more[-1].startswith("    ")
    assert sys.executable in text.replace(" ", "") or sys.executable in text
    assert "Install your distribution's pungi" in text
    assert "index's pungi is another project" in text
    assert "Traceback" not in done.stderr


def test_importing_it_does_nothing(tmp_path: Path) -> None:
    """Pungi is imported when it is started."""
    code = "import sys\nsys.modules['pungi'] = None\nimport pungi_osbuild.cli.pungi_koji"
    done = python("-c", code, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_program_without_pungi_works_without_pungi(tmp_path: Path) -> None:
    """``python -m pungi_osbuild`` is the ``pungi-osbuild`` command."""
    done = python("-m", "pungi_osbuild", "--version", home=tmp_path)
    assert done.returncode == 0
    assert done.stdout == "pungi-osbuild, version %s\n" % __version__
    assert done.stderr == ""

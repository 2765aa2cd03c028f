"""Running the commands as people do."""

from __future__ import annotations

import inspect
import io
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Tuple

import pytest
from click.testing import CliRunner

from pungi_osbuild.cli.main import main

BIN = Path(sys.executable).parent
LIMIT = 60


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit: int
    out: str
    err: str


def pungi_osbuild(*arguments: object, home: Path) -> Done:
    """Run ``pungi-osbuild`` with a HOME of its own."""
    return command("pungi-osbuild", *arguments, home=home)


def in_process(*arguments: object, home: Path) -> Done:
    """
    Run ``pungi-osbuild`` in this process: quicker, where what it writes and its status matter.

    ``test_in_process.py`` compares the two ways.
    """
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    status: object = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("HOME", str(home))
        patch.setenv("COLUMNS", "80")
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        try:
            main([str(argument) for argument in arguments], prog_name="pungi-osbuild")
        except SystemExit as end:
            status = end.code
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    assert isinstance(status, int), status
    assert "Traceback" not in err, err
    return Done(status, out, err)


def runner() -> CliRunner:
    """Return click's runner with stderr apart from stdout: before click 8.2 it has to be told."""
    separate = {"mix_stderr": False}
    told = separate if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    return CliRunner(**told)  # type: ignore[arg-type]  # the newest has no such parameter


def koji(*arguments: object, home: Path) -> Done:
    """Run the real ``koji`` command with a HOME of its own."""
    return command("koji", *arguments, home=home)


def command(name: str, *arguments: object, home: Path) -> Done:
    done = subprocess.run(
        [str(BIN / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env=environment(home),
        cwd=home,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "COLUMNS": "80"}


def started(*arguments: object, home: Path) -> subprocess.Popen[str]:
    """Start ``pungi-osbuild`` and do not wait for it."""
    return subprocess.Popen(
        [str(BIN / "pungi-osbuild"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        cwd=home,
    )


@contextmanager
def hub(home: Path, *arguments: object) -> Iterator[Tuple[Path, subprocess.Popen[str]]]:
    """Run ``pungi-osbuild hub`` in another process; give the profile's file."""
    profile = home / ".koji" / "config.d" / "rehearsal.conf"
    process = started("hub", "--write-profile", profile, "--duration", 0, *arguments, home=home)
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("try "):
                break
        assert profile.exists(), "".join(lines)
        yield profile, process
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT)

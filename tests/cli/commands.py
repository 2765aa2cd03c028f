"""Running the commands as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Tuple

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

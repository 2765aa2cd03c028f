"""The sdist and the wheel, built once, without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Dist:
    """
    What was built.

    :param tracked: the files of the repository, relative to it
    """

    sdist: Path
    wheel: Path
    tracked: Tuple[str, ...]


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Dist:
    """Build both from a copy of the tracked files; the wheel from the sdist."""
    pytest.importorskip("build", reason="build, which makes sdist and wheel, is not installed")
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout says which files belong to the repository")
    listed = subprocess.run(
        # Only tracked files: whoever follows the README leaves composes of its own in a checkout.
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tracked = tuple(name for name in listed.stdout.split("\0") if (ROOT / name).is_file())
    source = tmp_path_factory.mktemp("source")
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)],
        capture_output=True,
        check=True,
    )
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return Dist(sdist, wheel, tracked)

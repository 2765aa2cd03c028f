"""
Keep the files of a run in ``tests/run/kept/NAME``, which later versions must go on reading.

Two runs of ``tests/run/kept/image.conf`` on one compose, against a rehearsal hub: the first is
interrupted as soon as everything is submitted; the second resumes, retries one task and sees
another fail. Takes two minutes, as a retry waits for one.

    .venv/bin/python scripts/keep_run.py 0.1.0
    .venv/bin/python scripts/keep_run.py 0.1.0 --tree CHECKOUT   # of that version
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Tuple

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "tests" / "run" / "kept"
METADATA = Path("compose/compose/metadata")
JOURNAL = Path("compose/work/global/osbuild/journal.jsonl")
HUB = (
    *("hub", "--host", "127.0.0.1", "--duration", "10", "--write-profile", "koji.conf"),
    *("--fault", "corrupt-upload:name=example-ec2,times=1"),
    *("--fault", "build:name=example-minimal"),
)
RUN = (
    *("run", "image.conf", "--compose", "compose", "--quiet"),
    *("--koji-config", "koji.conf", "--profile", "rehearsal"),
)
INTERRUPTED, IMAGES_FAILED = 4, 5
LIMIT = 300.0

# Python imports a module of this name by itself when it starts.
NEUTRAL = 'import socket\nsocket.gethostname = lambda: "compose.example.com"\n'


def keep(name: str, tree: Path) -> None:
    """
    Make the files and keep them.

    :param tree: the checkout that runs
    :raises SystemExit: a run went otherwise than it should, or names this machine
    """
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / METADATA).mkdir(parents=True)
        shutil.copy(KEPT / "image.conf", folder)
        shutil.copy(KEPT / "composeinfo.json", folder / METADATA)
        (folder / "sitecustomize.py").write_text(NEUTRAL)
        with started(tree, folder, HUB):
            wait_until(lambda: (folder / "koji.conf").exists())
            with started(tree, folder, RUN) as first:
                wait_until(lambda: is_all_submitted(folder / JOURNAL))
                first.send_signal(signal.SIGINT)
                expect(first, INTERRUPTED)
            with started(tree, folder, RUN) as second:
                expect(second, IMAGES_FAILED)
        target = KEPT / name
        target.mkdir(exist_ok=True)
        for path in (JOURNAL, METADATA / "osbuild.json"):
            content = (folder / path).read_bytes()
            for secret in (text, socket.gethostname(), str(Path.home())):
                if secret.encode() in content:
                    raise SystemExit("%s names this machine: %s" % (path.name, secret))
            (target / path.name).write_bytes(content)


@contextmanager
def started(
    tree: Path, folder: Path, command: Tuple[str, ...]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command of a checkout in a folder; end it at the end."""
    environment = {**os.environ, "PYTHONPATH": "%s:%s" % (tree, folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "pungi_osbuild", *command], cwd=folder, env=environment
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(LIMIT)


def is_all_submitted(journal: Path) -> bool:
    """Whether the task of each request is in the journal."""
    return journal.exists() and journal.read_bytes().count(b'"event": "submitted"') == 4


def wait_until(condition: Callable[[], bool]) -> None:
    """
    Wait until something has happened.

    :raises SystemExit: it has not, for long
    """
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("nothing happened for %d s" % LIMIT)
        time.sleep(0.05)


def expect(process: subprocess.Popen[bytes], status: int) -> None:
    """
    Wait until a run has ended.

    :raises SystemExit: with another exit status than it should
    """
    if process.wait(LIMIT) != status:
        raise SystemExit("the run ended with %d, not %d" % (process.returncode, status))


def main() -> None:
    """Keep a run, as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("name")
    parser.add_argument("--tree", type=Path, default=ROOT)
    given = parser.parse_args()
    keep(given.name, given.tree.absolute())


if __name__ == "__main__":
    main()

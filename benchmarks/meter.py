"""What a command and all its descendants use, read from ``/proc`` while it runs (Linux)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Sequence

PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """
    What a tree of processes used.

    :param began: seconds since the epoch
    :param ended: seconds since the epoch
    :param cpu: seconds of processor time, user and system
    :param pss: bytes at most at one time; a page that processes share counts once
    :param processes: at most at one time
    :param threads: at most at one time
    """

    began: float
    ended: float
    cpu: float
    pss: int
    processes: int
    threads: int


def measured(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    interval: float,
) -> Usage:
    """
    Run a command and return what it used.

    :param folder: to run it in
    :param log: gets what it says
    :param interval: seconds between two looks at its memory
    :raises RuntimeError: it failed
    """
    with log.open("wb") as output:
        began = time.time()
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        watched = _Watched(process.pid, interval)
        watched.start()
        _, status, used = os.wait4(process.pid, 0)
        ended = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        watched.stop()
    if process.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError("%s failed: %s" % (" ".join(command), said))
    return Usage(
        began,
        ended,
        used.ru_utime + used.ru_stime,
        watched.pss,
        watched.processes,
        watched.threads,
    )


class _Watched(threading.Thread):
    """Looks at a process and its descendants until it is stopped."""

    def __init__(self, pid: int, interval: float) -> None:
        super().__init__(daemon=True)
        self.pss = self.processes = self.threads = 0
        self._pid = pid
        self._interval = interval
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(self._interval):
            tree = descendants(self._pid)
            self.processes = max(self.processes, len(tree))
            self.threads = max(self.threads, sum(map(_threads, tree)))
            self.pss = max(self.pss, sum(map(_pss, tree)))

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self.join()


def descendants(pid: int) -> List[int]:
    """Return a process and all that it started, directly or not."""
    children: Dict[int, List[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            parent = _parent(int(entry.name))
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _parent(pid: int) -> int:
    try:
        # The command's name, in parentheses, may hold anything.
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _threads(pid: int) -> int:
    return _field(pid, "status", "Threads:")


def _pss(pid: int) -> int:
    return 1024 * _field(pid, "smaps_rollup", "Pss:")


def _field(pid: int, file: str, name: str) -> int:
    """Return a number of a process; 0 when it has ended meanwhile."""
    try:
        for line in (PROC / str(pid) / file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except OSError:
        pass
    return 0

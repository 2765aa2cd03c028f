"""
The journal: what has been asked and answered, one JSON line each, on disk before it is acted on.

Append-only and fsynced, below the compose's ``work/global/osbuild/``. It names every task of a run
that did not come to its end. Beside it lies the lock that keeps two runs from one compose.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Callable, Dict, FrozenSet, Iterator, Optional, Set, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.model import ImageRequest, Outcome

VERSION = 1
NAME = "journal.jsonl"
FOLDER = Path("work") / "global" / "osbuild"


@dataclass(frozen=True)
class Earlier:
    """
    What earlier runs on a compose have submitted.

    :param tasks: their ids, sorted
    :param nvrs: what was to be built: the N-V-Rs of these tasks, and of what is in doubt
    :param in_doubt: submissions of which nobody knows whether a task came of them
    """

    tasks: Tuple[int, ...] = ()
    nvrs: FrozenSet[str] = frozenset()
    in_doubt: int = 0


def earlier(topdir: Path) -> Earlier:
    """
    Return what earlier runs on a compose have submitted; nothing when there is no journal.

    A line that is torn, or that a later version wrote, is passed over.

    :param topdir: the compose folder
    :raises InputError: the journal cannot be read
    """
    path = topdir / FOLDER / NAME
    tasks: Set[int] = set()
    nvrs: Dict[str, object] = {}
    waiting: Dict[str, object] = {}
    runs = 0
    for entry in _entries(path):
        event, nvr = entry.get("event"), entry.get("nvr")
        key = "%d %r %r" % (runs, entry.get("request"), entry.get("attempt"))
        if event == "run":
            runs += 1
        elif event == "intent":
            waiting[key] = nvrs[key] = nvr
        elif event == "refused":
            waiting.pop(key, None)
            nvrs.pop(key, None)
        elif event == "submitted" and isinstance(entry.get("task_id"), int):
            waiting.pop(key, None)
            tasks.add(entry["task_id"])
    known = frozenset(nvr for nvr in nvrs.values() if isinstance(nvr, str))
    return Earlier(tuple(sorted(tasks)), known, len(waiting))


def _entries(path: Path) -> Iterator[Dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(
            "the journal %s cannot be read: %s" % (path, error.strerror or error),
            "Give yourself the right to read it; it says what was submitted for this compose.",
        ) from error
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and entry.get("v") == VERSION:
            yield entry


class Journal:
    """
    The journal of one run on a compose. Use it as a context manager; it holds the lock meanwhile.

    :param topdir: the compose folder
    :param now: seconds since the epoch
    :raises InputError: another run is at work on this compose, or it cannot be written to
    """

    def __init__(self, topdir: Path, now: Callable[[], float]) -> None:
        self._folder = topdir / FOLDER
        self._now = now
        self._mutex = threading.Lock()
        self._lock_file: Optional[IO[str]] = None
        self._file: Optional[IO[str]] = None

    def __enter__(self) -> Journal:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = _locked(self._folder / "lock")
            self._file = (self._folder / NAME).open("a", encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._write("run", host=socket.gethostname(), pid=os.getpid())
        return self

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            journal, self._file = self._file, None
        for handle in (journal, self._lock_file):
            if handle is not None:
                handle.close()

    def intent(self, request: ImageRequest, attempt: int) -> None:
        """Record that a request is about to be submitted."""
        self._write(
            "intent",
            request=request.number,
            attempt=attempt,
            variant=request.variant,
            arches=list(request.arches),
            nvr=request.nvr,
        )

    def submitted(self, request: ImageRequest, attempt: int, task_id: int) -> None:
        """Record the task that a request became."""
        self._write("submitted", request=request.number, attempt=attempt, task_id=task_id)

    def refused(self, request: ImageRequest, attempt: int) -> None:
        """Record that the hub made no task of a request."""
        self._write("refused", request=request.number, attempt=attempt)

    def outcome(self, outcome: Outcome) -> None:
        """Record what became of a request."""
        self._write(
            "outcome",
            request=outcome.request.number,
            attempt=outcome.attempt,
            task_id=outcome.task_id,
            outcome=outcome.kind.value,
            reason=outcome.reason,
            images=[image.path for image in outcome.images],
        )

    def _write(self, event: str, **fields: object) -> None:
        entry = {"v": VERSION, "event": event, "time": self._now(), **fields}
        with self._mutex:
            if self._file is None:
                raise InputError(
                    "the journal in %s is closed" % self._folder,
                    "Nothing can be done: the run has ended meanwhile.",
                )
            try:
                self._file.write(json.dumps(entry, sort_keys=True) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise _unwritable(self._folder, error) from error


def _locked(path: Path) -> IO[str]:
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise InputError(
            "another run is at work on this compose: %s" % holder,
            "Wait for it to end, or end it; then run this again.",
        ) from error
    handle.truncate(0)
    handle.write("pid %d on %s\n" % (os.getpid(), socket.gethostname()))
    handle.flush()
    return handle


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        "the journal in %s cannot be written: %s" % (folder, error.strerror or error),
        "Make room, or give yourself the right to write there; then run this again.",
    )

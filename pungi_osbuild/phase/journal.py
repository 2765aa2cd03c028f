"""
The journal: what has been asked and answered, one JSON line each, on disk before it is acted on.

Append-only and fsynced, below the compose's ``work/global/osbuild/``: a compose may lie on NFS,
where no database is safe. It names every task of a run that did not come to its end, so that the
next run goes on with it. Of a task's arguments it holds digests and no more: they may have secrets
in them. Beside it lies the lock that keeps two runs from one compose. What it says is read by
:mod:`pungi_osbuild.phase.history`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from pathlib import Path
from typing import Callable, Dict, Optional, Sequence, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata.atomic import fsync_folder
from pungi_osbuild.model import (
    ComposeIdentity,
    ImageRequest,
    KojiPlace,
    Outcome,
    PlacedImage,
    block_digest,
    sent_digest,
)
from pungi_osbuild.phase.history import (
    VERSION,
    Bounds,
    Ending,
    History,
    Planned,
    Slot,
    Submission,
    read_history,
)
from pungi_osbuild.phase.lock import RunLock

NAME = "journal.jsonl"
FOLDER = Path("work") / "global" / "osbuild"
LONGEST_REASON = 4000
"""Characters of a reason that are kept; osbuild.json has it whole."""

_Key = Tuple[int, int]
"""A request's number and its attempt."""


def read_journal(topdir: Path) -> History:
    """
    Return what the journal of a compose says; nothing when there is none.

    :param topdir: the compose folder
    :raises InputError: the journal cannot be read, or another version wrote it
    """
    path = topdir / FOLDER / NAME
    try:
        history = read_history(path.read_bytes())
    except FileNotFoundError:
        return History()
    except OSError as error:
        raise InputError(
            "the journal %s cannot be read: %s" % (path, error.strerror or error),
            "Give yourself the right to read it; it says what was submitted for this compose.",
        ) from error
    if history.foreign:
        raise InputError(
            "the journal %s is of version %s, and this is for %d"
            % (path, ", ".join(history.foreign), VERSION),
            "Use the pungi-osbuild that wrote it. It says what was submitted for this compose: move"
            " it away only when all of that is to be built again.",
        )
    return history


class Journal:
    """
    The journal of one run on a compose. Use it as a context manager; it holds the lock meanwhile.

    May be written to from several threads.

    :param topdir: the compose folder
    :param now: seconds since the epoch
    :raises InputError: another run is at work on this compose, it cannot be written to, or what is
        in it cannot be read
    """

    def __init__(self, topdir: Path, now: Callable[[], float]) -> None:
        self._topdir = topdir
        self._folder = topdir / FOLDER
        self._now = now
        self._mutex = threading.Lock()
        self._open = contextlib.ExitStack()
        self._descriptor: Optional[int] = None
        self._is_torn = False
        self._intents: Dict[_Key, int] = {}
        self._next_intent = 0
        self.history = History()
        """What earlier runs have written."""

    def __enter__(self) -> Journal:
        with contextlib.ExitStack() as opened:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                opened.enter_context(RunLock(self._folder))
                self.history = read_journal(self._topdir)
                descriptor = _opened(self._folder / NAME)
                opened.callback(os.close, descriptor)
                fsync_folder(self._folder)
                self._is_torn = _is_torn(descriptor)
            except OSError as error:
                raise _unwritable(self._folder, error) from error
            self._next_intent = self.history.next_intent
            self._descriptor = descriptor
            self._write("run", host=socket.gethostname(), pid=os.getpid())
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            self._descriptor = None
            self._open.close()

    def plan(
        self,
        requests: Sequence[ImageRequest],
        identity: ComposeIdentity,
        koji: KojiPlace,
        anew: bool = False,
    ) -> None:
        """
        Record what this run is to build, before it asks a hub for anything.

        :param anew: what was submitted before is of no interest any more
        """
        self._write(
            "plan",
            compose=identity.id,
            profile=koji.profile,
            server=koji.server,
            anew=anew,
            requests=[_planned(Planned.of(request)) for request in requests],
        )

    def intent(self, request: ImageRequest, attempt: int, bounds: Bounds = Bounds()) -> None:  # noqa: B008  frozen
        """
        Record that a request is about to be submitted.

        :param bounds: what is known of the hub by now
        """
        with self._mutex:
            number = self._intents[request.number, attempt] = self._next_intent
            self._next_intent += 1
        self._write(
            "intent",
            intent=number,
            attempt=attempt,
            **_slot(Slot.of(request)),
            block=block_digest(request),
            sent=sent_digest(request),
            version=request.version,
            base_release=request.base_release,
            nvr=request.nvr,
            after_task=bounds.task_id,
            hub_time=bounds.time,
        )

    def resume(self, request: ImageRequest, submission: Submission) -> None:
        """Go on with what an earlier run has submitted: what comes of a request comes of that."""
        with self._mutex:
            self._intents[request.number, submission.attempt] = submission.intent

    def submitted(self, request: ImageRequest, attempt: int, task_id: int) -> None:
        """Record the task that a request became."""
        self._write("submitted", intent=self._intent(request, attempt), task_id=task_id)

    def refused(self, request: ImageRequest, attempt: int) -> None:
        """Record that there is no task of a request."""
        self._write("refused", intent=self._intent(request, attempt))

    def state(self, request: ImageRequest, attempt: int, state: str) -> None:
        """
        Record a state that a task was seen in.

        :param state: as Koji calls it
        """
        self._write("state", intent=self._intent(request, attempt), state=state)

    def placed(self, request: ImageRequest, attempt: int, image: PlacedImage) -> None:
        """Record an image that is in its place."""
        self._write(
            "placed",
            intent=self._intent(request, attempt),
            path=image.path,
            size=image.size,
            checksums={checksum.type: checksum.value for checksum in image.checksums},
        )

    def outcome(self, outcome: Outcome) -> None:
        """Record what became of a request."""
        request = outcome.request
        self._write(
            "outcome",
            intent=self._intent(request, outcome.attempt),
            attempt=outcome.attempt,
            **_slot(Slot.of(request)),
            outcome=outcome.kind.value,
            reason=None if outcome.reason is None else outcome.reason[:LONGEST_REASON],
        )

    def end(self, ending: Ending, is_hub_gone: bool = False) -> None:
        """
        Record how the run has ended.

        :param is_hub_gone: the hub was there for this run alone
        """
        self._write("end", how=ending.value, hub_gone=is_hub_gone)

    def _intent(self, request: ImageRequest, attempt: int) -> Optional[int]:
        """Return the number of a submission; None where nothing was to be submitted."""
        with self._mutex:
            return self._intents.get((request.number, attempt))

    def _write(self, event: str, **fields: object) -> None:
        entry = {"v": VERSION, "event": event, "time": self._now(), **fields}
        line = json.dumps(entry, sort_keys=True).encode("ascii") + b"\n"
        with self._mutex:
            if self._descriptor is None:
                raise InputError(
                    "the journal in %s is closed" % self._folder,
                    "Nothing can be done: the run has ended meanwhile.",
                )
            try:
                _append(self._descriptor, b"\n" + line if self._is_torn else line)
            except OSError as error:
                self._is_torn = True
                raise _unwritable(self._folder, error) from error
            self._is_torn = False


def _slot(slot: Slot) -> Dict[str, object]:
    return {**vars(slot), "arches": list(slot.arches)}


def _planned(planned: Planned) -> Dict[str, object]:
    return {
        **_slot(planned.slot),
        "block": planned.block,
        "nvr": planned.nvr,
        "can_fail": planned.can_fail,
    }


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)


def _is_torn(descriptor: int) -> bool:
    """Whether the last line has no end: its run was killed while it was written."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _append(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        "the journal in %s cannot be written: %s" % (folder, error.strerror or error),
        "Make room, or give yourself the right to write there; then run this again.",
    )

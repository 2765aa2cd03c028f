"""
The journal: events of the runs on a compose, one JSON line each, on disk before it is acted on.

Append-only and fsynced, below the compose's ``work/global/osbuild/``: a compose may be on NFS,
where no database is safe. Only a torn end is ever cut off. It names every task of a run that did
not finish, so that the next run can resume it. Of a task's arguments it holds digests and nothing
else: they may contain secrets. The lock beside it keeps a second run off the compose. Its events
are declared in :mod:`pungi_osbuild.run.events`.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Callable, Optional, Sequence, TypeVar

from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata import fsync_folder
from pungi_osbuild.run.events import JournalEvent, RunStarted, SubmissionIntended, entry_of
from pungi_osbuild.run.history import History, replay
from pungi_osbuild.run.journal_lines import VERSION, Damage, line_of
from pungi_osbuild.run.lock import RunLock

logger = logging.getLogger(__name__)

_J = TypeVar("_J", bound="Journal")

NAME = "journal.jsonl"
FOLDER = Path("work") / "global" / "osbuild"
INTENTS = "journal.intents"
"""The file that counts the intended submissions: a journal that has fewer has lost its end. What
other lost lines said, the hub or the next run can tell."""

_REMOVED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})

_DIGITS = 12

_RESTORE = (
    "Restore it from a backup: it says what was submitted for this compose. Or cancel the"
    " compose's tasks (`koji list-tasks --mine`) and build everything again with"
    " `pungi-osbuild run --rebuild-all`, which keeps a damaged journal under another name."
)


def read_journal(topdir: Path, rebuild_all: bool = False) -> History:
    """
    Return the content of a compose's journal; nothing when nothing was submitted.

    May be called while a run writes to it: an incomplete line is left out.

    :param topdir: the compose folder
    :param rebuild_all: return what a damaged journal has before the damage
    :raises InputError: the journal cannot be read, is damaged or lost, or another version wrote it
    """
    path = topdir / FOLDER / NAME
    # Before the journal: a run writes it after the journal.
    intents = _intents_in(topdir / FOLDER / INTENTS)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        if rebuild_all or not intents:
            return History()
        raise InputError(
            "the journal %s was lost: it had %d submissions" % (path, intents), _RESTORE
        ) from error
    except OSError as error:
        raise InputError(
            "the journal %s cannot be read: %s" % (path, error.strerror or error),
            "Give yourself the right to read it; it says what was submitted for this compose.",
        ) from error
    history = replay(content)
    if history.damage is None and history.next_intent < intents:
        why = "its end was lost: it has %d submissions of %d" % (history.next_intent, intents)
        history = replace(history, damage=Damage(content.count(b"\n") + 1, why))
    if rebuild_all:
        return history
    if history.foreign is not None:
        raise InputError(
            "the journal %s is of version %s, not %d" % (path, history.foreign, VERSION),
            "Use the pungi-osbuild that wrote it. Or build everything again with `pungi-osbuild"
            " run --rebuild-all`, which keeps this journal under another name.",
        )
    if history.damage is not None:
        damage = history.damage
        raise InputError(
            "the journal %s is damaged at line %d: %s" % (path, damage.line, damage.why), _RESTORE
        )
    return history


class Journal:
    """
    The journal of one run on a compose. Use it as a context manager; it holds the lock meanwhile.

    Belongs to the thread that runs the engine.

    :param topdir: the compose folder
    :param now: the hub's time, in seconds since the epoch; the host's until the hub has answered
    :param rebuild_all: set aside a journal that is damaged or of another version
    :raises InputError: another run is on this compose, or the journal cannot be written or read
    """

    def __init__(self, topdir: Path, now: Callable[[], float], rebuild_all: bool = False) -> None:
        self._topdir = topdir
        self._rebuild_all = rebuild_all
        self._folder = topdir / FOLDER
        self._now = now
        self._open = contextlib.ExitStack()
        self._descriptor: Optional[int] = None
        self._counter = -1
        self._size = 0
        self._checksum = ""
        self._is_torn = False
        self.next_intent = 0
        """The number of the next submission."""
        self.history = History()
        """What earlier runs have written."""

    def __enter__(self: _J) -> _J:
        with contextlib.ExitStack() as opened:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                opened.enter_context(RunLock(self._folder))
                history = read_journal(self._topdir, self._rebuild_all)
                if history.damage is not None:
                    _set_aside(self._folder, history.damage)
                    history = replace(history, size=0, checksum="", next_intent=0)
                descriptor = _opened(self._folder / NAME, os.O_APPEND)
                opened.callback(os.close, descriptor)
                self._counter = _opened(self._folder / INTENTS)
                opened.callback(os.close, self._counter)
                _write_count(self._counter, history.next_intent)
                fsync_folder(self._folder)
                self._is_torn = os.fstat(descriptor).st_size > history.size
            except OSError as error:
                raise _unwritable(self._folder, error) from error
            self.history = history
            self._size, self._checksum = history.size, history.checksum
            self.next_intent = history.next_intent
            self._descriptor = descriptor
            self.append([RunStarted(os.getpid(), socket.gethostname())])
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._descriptor = None
        self._open.close()

    def append(self, news: Sequence[JournalEvent], time: Optional[float] = None) -> None:
        """
        Record events: all of them are on disk when this returns.

        :param time: when, by the hub's clock; None: now
        :raises InputError: it cannot be written, or the compose folder was removed or replaced
        """
        if not news:
            return
        time = self._now() if time is None else time
        lines, checksum = [], self._checksum
        for event in news:
            line, checksum = line_of(entry_of(event, time), checksum)
            lines.append(line)
        self._write(b"".join(lines))
        self._checksum = checksum
        intents = [event.intent for event in news if isinstance(event, SubmissionIntended)]
        if intents:
            self.next_intent = intents[-1] + 1
            try:
                _write_count(self._counter, self.next_intent)
            except OSError as error:
                raise _unwritable(self._folder, error) from error

    def check(self) -> None:
        """
        Check that the compose folder was not removed or replaced under the run.

        :raises InputError: it was
        """
        self._check()

    def _write(self, data: bytes) -> None:
        descriptor = self._check()
        try:
            if self._is_torn:
                os.ftruncate(descriptor, self._size)
            # If this fails half way, the next line must not be appended to half a line.
            self._is_torn = True
            _append(descriptor, data)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._size += len(data)
        self._is_torn = False

    def _check(self) -> int:
        """Return the descriptor of the file that is still the compose's journal."""
        if self._descriptor is None:
            raise InputError(
                "the journal in %s is closed" % self._folder,
                "Nothing can be done: the run has ended meanwhile.",
            )
        try:
            there = (self._folder / NAME).stat()
        except OSError as error:
            is_there = error.errno not in _REMOVED
        else:
            is_there = os.path.samestat(there, os.fstat(self._descriptor))
        if not is_there:
            raise InputError(
                "the compose folder %s was removed or replaced while this run used it"
                % self._topdir,
                "Tasks that were submitted go on in Koji (`koji list-tasks --mine`): cancel them,"
                " or restore the folder and run this again.",
            )
        return self._descriptor


def _opened(path: Path, flags: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o666)


def _intents_in(path: Path) -> int:
    """Return how many submissions were intended; 0 if unknown."""
    try:
        return int(path.read_bytes()[:_DIGITS])
    except (OSError, ValueError):
        return 0


def _write_count(descriptor: int, count: int) -> None:
    # Not fsynced: after a power cut the count is an earlier one, which does no harm.
    os.pwrite(descriptor, b"%0*d\n" % (_DIGITS, count), 0)


def _set_aside(folder: Path, damage: Damage) -> None:
    """Keep an unusable journal under a name that is free."""
    numbers = itertools.count(1)
    aside = next(
        path
        for path in (folder / ("journal.damaged-%d.jsonl" % one) for one in numbers)
        if not path.exists()
    )
    (folder / NAME).rename(aside)
    logger.warning(
        "the journal cannot be used (line %d: %s); it is kept as %s, and everything is built again",
        *(damage.line, damage.why, aside),
    )


def _append(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    # After a power cut nothing that follows from a line may be ahead of it, above all a submission.
    os.fsync(descriptor)


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        "the journal in %s cannot be written: %s" % (folder, error.strerror or error),
        "Make room, or give yourself the right to write there; then run this again.",
    )

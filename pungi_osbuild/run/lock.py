"""
The lock that keeps two runs from one compose, on NFS, too.

A compose may lie on a volume that several machines share, with or without locks of the file system
itself. So the lock is a file that is linked into place: of two that try, one fails, whatever the
volume. It says who holds it. A process that was killed leaves it; only another process of the same
machine can know that, and takes it over then.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator, Optional, Tuple

from pungi_osbuild.checked import FILE, json_struct
from pungi_osbuild.errors import InputError

NAME = "lock"
_GUARD = "lock.guard"
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system says that has no hard links. It makes a file once only, too."""

_MOST = 4096
"""Bytes of a lock file that are read."""


@dataclass(frozen=True)
class Holder:
    """
    Who holds a lock.

    :param pid: of the process, within its namespace
    :param host: the machine's name
    :param boot: tells one start of a machine from another; empty where the system does not say
    :param namespace: tells the containers of a machine apart, whose pids mean nothing elsewhere
    :param started: when the process was started, in the system's own count: a pid is used again
    """

    pid: int
    host: str
    boot: str = ""
    namespace: str = ""
    started: str = ""

    @classmethod
    def me(cls) -> Holder:
        """Return what this process is."""
        return cls(
            pid=os.getpid(),
            host=socket.gethostname(),
            boot=_text("/proc/sys/kernel/random/boot_id"),
            namespace=_namespace(),
            started=_state_and_start(os.getpid())[1],
        )

    @classmethod
    def read(cls, path: Path) -> Optional[Holder]:
        """Return what a lock file says; None when it says nothing that can be understood.

        :raises OSError: the file cannot be read, or is not there
        """
        with path.open("rb") as file:
            content = file.read(_MOST)
        try:
            fields = json_struct(content, "the lock", FILE)
            names = ("host", "boot", "namespace", "started")
            return cls(fields.integer("pid"), *(fields.text(name) for name in names))
        except ValueError:
            return None

    def is_gone(self) -> bool:
        """
        Whether the process is certain to be no more.

        Never of another machine's, nor of another container's: nobody can tell from here.
        """
        me = Holder.me()
        if self.host != me.host:
            return False
        if self.boot != me.boot:
            return bool(self.boot and me.boot)
        if self.namespace != me.namespace:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            pass
        state, started = _state_and_start(self.pid)
        # One that was killed and that its parent has not asked after yet does nothing any more.
        return state in ("Z", "X") or started != self.started

    def describe(self) -> str:
        """Return it for people."""
        return "pid %d on %s" % (self.pid, self.host)


class RunLock:
    """
    The lock of one compose. Use it as a context manager.

    :param folder: where the lock file is
    :raises InputError: another run holds it
    :raises OSError: the folder cannot be written to
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME

    def __enter__(self) -> RunLock:
        mine = self._folder / (".lock-%s" % uuid.uuid4().hex)
        try:
            _write(mine)
            if not _linked(mine, self._path):
                self._take_over(mine)
        finally:
            # What cannot be removed does no harm; but a lock that was taken must be given back.
            with contextlib.suppress(OSError):
                mine.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if Holder.read(self._path) == Holder.me():
                self._path.unlink()

    def _take_over(self, mine: Path) -> None:
        """Take the place of a process that is no more, as only one of this machine's can."""
        with _alone(self._folder / _GUARD):
            try:
                holder = Holder.read(self._path)
            except FileNotFoundError:
                pass  # it has just been given back
            else:
                if holder is None or not holder.is_gone():
                    raise _held(self._path, holder)
                self._path.unlink()
            if not _linked(mine, self._path):
                raise _held(self._path, Holder.read(self._path))


def _write(path: Path) -> None:
    """Make a file that says who this process is.

    :raises FileExistsError: there is one
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(Holder.me()), file)
        file.flush()
        os.fsync(file.fileno())


def _linked(mine: Path, path: Path) -> bool:
    """Put the lock file into place; False when there is one."""
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno in _NO_LINKS:
            return _made(path)
        # A reply of NFS may be lost: what counts is whether the link is there.
        if mine.stat().st_nlink != 2:
            raise
    return mine.stat().st_nlink == 2


def _made(path: Path) -> bool:
    try:
        _write(path)
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes of this machine out; the file system need not know other machines."""
    with path.open("a", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _held(path: Path, holder: Optional[Holder]) -> InputError:
    if holder is None:
        return InputError(
            "another run is in progress on this compose; %s does not say which" % path,
            "Wait for it to end. If you are sure that there is none, remove the file.",
        )
    hint = "Wait for it to end, or stop it; then run this again."
    if holder.host != socket.gethostname() or holder.namespace != _namespace():
        hint += " If that process is gone, remove %s." % path
    return InputError("another run is in progress on this compose: %s" % holder.describe(), hint)


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _state_and_start(pid: int) -> Tuple[str, str]:
    """Return a process's state, and when it was started, in ticks since the machine was.

    :returns: empty texts where nobody knows
    """
    # The name of the program, in parentheses, may hold anything; fields 3 and 22 come after it.
    fields = _text("/proc/%d/stat" % pid).rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")

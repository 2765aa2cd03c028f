"""
The calls of the operating system that touch files, stepped in between while a fiber has the baton.

Each is a step: the fiber may have to wait, may be killed before or, at a write, in the middle, and
the call may fail. Paths outside of the machine's folder, and whoever is no fiber, get the real
calls. Files that are opened for writing are given an object of ours below Python's own buffers;
``io.FileIO`` would write past every stand-in.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import stat
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Protocol, Sequence

from simulation.disk import (
    CHANGES,
    FLUSHES,
    READS,
    REMOVALS,
    VOLUME,
    WRITES,
    Disk,
    error_of,
    subject_of,
)
from simulation.prng import Prng
from simulation.schedule import KilledError
from simulation.standins import StandIns

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FLAGS = {
    "w": os.O_CREAT | os.O_TRUNC,
    "a": os.O_CREAT | os.O_APPEND,
    "x": os.O_CREAT | os.O_EXCL,
    "r": 0,
}


class Program(Protocol):
    """A process, as far as its files go."""

    is_dead: bool
    descriptors: Dict[int, str]
    """The path of each descriptor that is open, by number."""

    @property
    def disk(self) -> Disk:
        """Of the machine."""

    def special(self, path: str) -> Optional[str]:
        """Return what is in a file below /proc; None: what the real one has."""


class Stepper(Protocol):
    """The world, as far as files need it."""

    @property
    def volume(self) -> str:
        """Where Koji's volume is."""

    def program(self) -> Optional[Program]:
        """Return the process that has the baton."""

    def step(self, kind: str, subject: str, torn: Optional[Callable[[Prng], None]] = None) -> int:
        """Take a step; what is torn is called where the process is killed in the middle of it."""

    def fault(self, kinds: Sequence[str], step: str) -> Optional[str]:
        """Return the kind of fault that a step meets."""

    def pause(self) -> None:
        """Let others go on, until something has changed."""

    def wall(self) -> float:
        """Return the host's time."""


class Files:
    """The stand-ins for the calls that touch files."""

    def __init__(self, world: Stepper) -> None:
        self._world = world
        self._os = {name: getattr(os, name) for name in _CALLS}
        self._flock = fcntl.flock
        self._io_open = io.open

    def install(self, standins: StandIns) -> None:
        """Put them in place."""
        for name, standin in (
            ("open", self.open),
            ("close", self.close),
            ("write", self.write),
            ("pwrite", self.pwrite),
            ("fsync", self.fsync),
            ("ftruncate", self.ftruncate),
            ("link", self.link),
            ("symlink", self.symlink),
            ("rename", self.rename),
            ("replace", self.replace),
            ("unlink", self.unlink),
            ("remove", self.unlink),
            ("mkdir", self.mkdir),
            ("rmdir", self.rmdir),
            ("utime", self.utime),
            ("fchmod", self.fchmod),
        ):
            standins.put(os, name, standin)
        standins.put(builtins, "open", self.open_file)
        standins.put(io, "open", self.open_file)
        standins.put(fcntl, "flock", self.flock)

    def really(self, name: str, *args: Any) -> Any:
        """Make a real call."""
        return self._os[name](*args)

    def _program(self, path: Any) -> Optional[Program]:
        """Return the process that has the baton, when a path is one of its machine's disk."""
        program = self._world.program()
        if program is None or isinstance(path, int):
            return None
        if program.is_dead:
            raise KilledError
        return program if os.fspath(path).startswith(program.disk.root) else None

    def _owner(self, descriptor: int) -> Optional[Program]:
        """Return the process that has the baton, when a descriptor is one of its disk."""
        program = self._world.program()
        if program is None:
            return None
        if program.is_dead:
            raise KilledError
        return program if descriptor in program.descriptors else None

    def _change(self, verb: str, path: str, kinds: Sequence[str]) -> None:
        """
        Take a step that changes something.

        :raises OSError: it meets a fault
        """
        subject = subject_of(path)
        self._world.step(verb, subject)
        kind = self._world.fault(kinds, "%s %s" % (verb, subject))
        if kind is not None:
            raise error_of(kind, path)

    def _reach_volume(self, path: Any) -> bool:
        """
        Take a step where the path is a file on Koji's volume; return whether it is.

        :raises OSError: it meets a fault
        """
        if self._world.program() is None or isinstance(path, int):
            return False
        if not os.fspath(path).startswith(self._world.volume):
            return False
        self._world.step("read", "volume")
        kind = self._world.fault(VOLUME, "read volume")
        if kind is not None:
            raise error_of(kind, os.fspath(path))
        return True

    # Descriptors

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: Any = None) -> int:
        """Stand in for ``os.open``."""
        program = self._program(path) if dir_fd is None else None
        if program is None:
            is_on_volume = self._reach_volume(path)
            descriptor = int(self._os["open"](path, flags, mode, dir_fd=dir_fd))
            reader = self._world.program() if is_on_volume else None
            if reader is not None:
                reader.descriptors[descriptor] = os.fspath(path)
            return descriptor
        name = os.fspath(path)
        if (flags & os.O_TMPFILE) == os.O_TMPFILE:
            self._change("try", name + "/", CHANGES)
            descriptor = int(self._os["open"](path, flags, mode))
        elif flags & _WRITING:
            is_new = flags & os.O_CREAT and not os.path.lexists(name)
            self._change("create" if is_new else "open", name, CHANGES if is_new else REMOVALS)
            is_new = is_new and not os.path.lexists(name)
            descriptor = int(self._os["open"](path, flags & ~os.O_TRUNC, mode))
            if is_new:
                program.disk.created(name, os.fstat(descriptor).st_ino)
                self._stamp(descriptor)
            program.descriptors[descriptor] = name
            if flags & os.O_TRUNC and os.fstat(descriptor).st_size:
                self._cut(program, descriptor, 0)
        else:
            self._change("read", name, READS)
            descriptor = int(self._os["open"](path, flags, mode))
        program.descriptors[descriptor] = name
        return descriptor

    def close(self, descriptor: int) -> None:
        """Stand in for ``os.close``."""
        program = self._owner(descriptor)
        if program is not None:
            program.descriptors.pop(descriptor)
        self._os["close"](descriptor)

    def _stamp(self, descriptor: int) -> None:
        """Give a file that was written the host's virtual time."""
        self._os["utime"](descriptor, (self._world.wall(), self._world.wall()))

    def write(self, descriptor: int, data: Any) -> int:
        """Stand in for ``os.write``."""
        program = self._owner(descriptor)
        if program is None:
            return int(self._os["write"](descriptor, data))
        view = memoryview(data)
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND:
            offset = os.fstat(descriptor).st_size
        else:
            offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        return self._put(program, descriptor, view, offset, self._os["write"])

    def pwrite(self, descriptor: int, data: Any, offset: int) -> int:
        """Stand in for ``os.pwrite``."""
        program = self._owner(descriptor)
        if program is None:
            return int(self._os["pwrite"](descriptor, data, offset))

        def put(number: int, view: Any) -> int:
            return int(self._os["pwrite"](number, view, offset))

        return self._put(program, descriptor, memoryview(data), offset, put)

    def _put(
        self,
        program: Program,
        descriptor: int,
        view: memoryview,
        offset: int,
        put: Callable[[int, Any], int],
    ) -> int:
        path = program.descriptors[descriptor]
        subject = subject_of(path)

        def some(prng: Prng) -> None:
            count = prng.below(len(view) + 1)
            program.disk.writing(descriptor, offset, count)
            put(descriptor, view[:count])

        self._world.step("write", subject, some)
        kind = self._world.fault(WRITES, "write " + subject) if len(view) else None
        if kind == "disk.short-write":
            view = view[: (len(view) + 1) // 2]
        elif kind is not None:
            raise error_of(kind, path)
        program.disk.writing(descriptor, offset, len(view))
        written = put(descriptor, view)
        self._stamp(descriptor)
        return written

    def fsync(self, descriptor: Any) -> None:
        """Stand in for ``os.fsync``."""
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        program = self._owner(number)
        if program is None:
            self._os["fsync"](descriptor)
            return
        path = program.descriptors[number]
        is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
        self._change("flush-folder" if is_folder else "flush", path, FLUSHES)
        program.disk.flushed(number)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """Stand in for ``os.ftruncate``."""
        program = self._owner(descriptor)
        if program is None:
            self._os["ftruncate"](descriptor, length)
            return
        self._change("cut", program.descriptors[descriptor], REMOVALS)
        self._cut(program, descriptor, length)

    def _cut(self, program: Program, descriptor: int, length: int) -> None:
        size = os.fstat(descriptor).st_size
        program.disk.writing(descriptor, length, max(0, size - length))
        self._os["ftruncate"](descriptor, length)

    def utime(self, path: Any, *args: Any, **kwargs: Any) -> None:
        """Stand in for ``os.utime``: no step, and nothing that would be missed."""
        program = self._world.program()
        if program is not None and program.is_dead:
            raise KilledError
        self._os["utime"](path, *args, **kwargs)

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Stand in for ``os.fchmod``; as :meth:`utime`."""
        self._owner(descriptor)
        self._os["fchmod"](descriptor, mode)

    def flock(self, file: Any, operation: int) -> None:
        """Stand in for ``fcntl.flock``: whoever waits for another process gives the baton away."""
        program = self._world.program()
        if program is None:
            self._flock(file, operation)
            return
        while True:
            self._world.step("flock", "guard")
            try:
                self._flock(file, operation | fcntl.LOCK_NB)
                return
            except OSError as error:
                if operation & fcntl.LOCK_NB or error.errno != errno.EWOULDBLOCK:
                    raise
            self._world.pause()

    # Names

    def link(self, source: Any, target: Any, **kwargs: Any) -> None:
        """Stand in for ``os.link``."""
        program = self._program(target)
        if program is not None:
            self._reach_volume(source)
            self._change("link", os.fspath(target), CHANGES)
        self._os["link"](source, target, **kwargs)
        if program is not None:
            program.disk.linked(os.fspath(target))

    def symlink(self, source: Any, target: Any, *args: Any, **kwargs: Any) -> None:
        """Stand in for ``os.symlink``."""
        program = self._program(target)
        if program is not None:
            self._change("symlink", os.fspath(target), CHANGES)
        self._os["symlink"](source, target, *args, **kwargs)
        if program is not None:
            program.disk.linked(os.fspath(target))

    def rename(self, source: Any, target: Any, **kwargs: Any) -> None:
        """Stand in for ``os.rename``."""
        self._move("rename", source, target, kwargs)

    def replace(self, source: Any, target: Any, **kwargs: Any) -> None:
        """Stand in for ``os.replace``."""
        self._move("replace", source, target, kwargs)

    def _move(self, verb: str, source: Any, target: Any, kwargs: Dict[str, Any]) -> None:
        program = self._program(target)
        if program is None:
            self._os[verb](source, target, **kwargs)
            return
        self._change("rename", os.fspath(target), CHANGES)
        note = program.disk.renaming(os.fspath(source), os.fspath(target))
        self._os[verb](source, target, **kwargs)
        # Of two names of one file neither goes.
        if not os.path.lexists(source):
            note()

    def unlink(self, path: Any, **kwargs: Any) -> None:
        """Stand in for ``os.unlink`` and ``os.remove``."""
        program = self._program(path)
        if program is None:
            self._os["unlink"](path, **kwargs)
            return
        self._change("unlink", os.fspath(path), REMOVALS)
        note = program.disk.removing(os.fspath(path))
        self._os["unlink"](path, **kwargs)
        note()

    def mkdir(self, path: Any, *args: Any, **kwargs: Any) -> None:
        """Stand in for ``os.mkdir``."""
        program = self._program(path)
        # Asked for a folder that is there, or whose own is not, nothing is changed.
        if program is not None and not os.path.lexists(path):
            self._change("mkdir", os.fspath(path) + "/", CHANGES)
        self._os["mkdir"](path, *args, **kwargs)
        if program is not None:
            program.disk.made(os.fspath(path))

    def rmdir(self, path: Any, **kwargs: Any) -> None:
        """Stand in for ``os.rmdir``."""
        program = self._program(path)
        if program is not None:
            self._change("rmdir", os.fspath(path) + "/", REMOVALS)
        self._os["rmdir"](path, **kwargs)
        if program is not None:
            program.disk.removed_folder(os.fspath(path))

    # Python's files

    def open_file(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: Optional[str] = None,
        errors: Optional[str] = None,
        newline: Optional[str] = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """Stand in for ``open``."""
        real = (file, mode, buffering, encoding, errors, newline, closefd, opener)
        program = self._world.program()
        if program is None:
            return self._io_open(*real)
        if program.is_dead:
            raise KilledError
        if isinstance(file, int):
            if file not in program.descriptors:
                return self._io_open(*real)
            return _wrapped(_Raw(self, program, file, mode), mode, buffering, real[3:6])
        path = os.fspath(file)
        if not path.startswith(program.disk.root):
            content = program.special(path) if path.startswith("/proc/") else None
            return self._io_open(*real) if content is None else _in_memory(content, mode)
        letter = next(one for one in mode if one in _FLAGS)
        if letter == "r" and "+" not in mode:
            self._change("read", path, READS)
            # Without the opener: that of Python 3.9's paths would take the same step again.
            return self._io_open(*real[:-1])
        flags = _FLAGS[letter] | (os.O_RDWR if "+" in mode else os.O_WRONLY) | os.O_CLOEXEC
        descriptor = opener(path, flags) if opener is not None else self.open(path, flags, 0o666)
        return _wrapped(_Raw(self, program, descriptor, mode), mode, buffering, real[3:6])


_CALLS = (
    "open",
    "close",
    "write",
    "pwrite",
    "fsync",
    "ftruncate",
    "link",
    "symlink",
    "rename",
    "replace",
    "unlink",
    "mkdir",
    "rmdir",
    "utime",
    "fchmod",
)


class _Raw(io.RawIOBase):
    """A file that is written through the stand-ins; of a dead process, nowhere."""

    def __init__(self, files: Files, program: Program, descriptor: int, mode: str) -> None:
        self._files = files
        self._program = program
        self._descriptor = descriptor
        self._is_readable = "r" in mode or "+" in mode
        self.name = program.descriptors.get(descriptor, descriptor)
        self.mode = mode

    def readable(self) -> bool:
        return self._is_readable

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def readinto(self, buffer: Any) -> int:
        return os.readv(self._descriptor, [buffer])

    def write(self, data: Any) -> int:
        if self._program.is_dead:
            return len(data)
        return self._files.write(self._descriptor, data)

    def seek(self, offset: int, whence: int = 0) -> int:
        if self._program.is_dead:
            return 0
        return os.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        return self.seek(0, os.SEEK_CUR)

    def truncate(self, size: Optional[int] = None) -> int:
        length = self.tell() if size is None else size
        if not self._program.is_dead:
            self._files.ftruncate(self._descriptor, length)
        return length

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        if not self._program.is_dead and self._descriptor in self._program.descriptors:
            self._files.close(self._descriptor)


def _wrapped(raw: _Raw, mode: str, buffering: int, text: Any) -> Any:
    """Return a raw file with Python's own buffers and, where it is text, encoding."""
    if "b" in mode and buffering == 0:
        return raw
    made: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    if "b" in mode:
        return made
    encoding, errors, newline = text
    wrapped = io.TextIOWrapper(made, encoding or "utf-8", errors, newline)
    return wrapped


def _in_memory(content: str, mode: str) -> Any:
    return io.BytesIO(content.encode()) if "b" in mode else io.StringIO(content)


def clean(path: Path) -> None:
    """Remove a folder with all that is in it."""
    for folder, folders, files in os.walk(path, topdown=False):
        for name in files:
            (Path(folder) / name).unlink()
        for name in folders:
            inner = Path(folder) / name
            inner.unlink() if inner.is_symlink() else inner.rmdir()
    path.rmdir()

"""
A machine's disk: real files on tmpfs, and what of them would be there after a power cut.

What is simulated is a journalled file system like ext4 with ordered metadata: names are made, moved
and removed in order, and some first part of what was done since the last flush of any file or
folder lasts; a flush makes all names before it last. The content of a file lasts as far as the file
was flushed; of what was written since, all may be there, nothing, a part, or zeros.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from simulation.prng import Prng

CHANGES = ("disk.enospc", "disk.erofs")
"""What making, linking and moving can meet."""

WRITES = ("disk.enospc", "disk.eio", "disk.erofs", "disk.short-write")
FLUSHES = ("disk.eio",)
READS = ("disk.eio",)
REMOVALS = ("disk.erofs",)
VOLUME = ("volume.eio", "volume.estale")
NUMBERS = {
    "disk.enospc": errno.ENOSPC,
    "disk.eio": errno.EIO,
    "disk.erofs": errno.EROFS,
    "volume.eio": errno.EIO,
    "volume.estale": errno.ESTALE,
}


_OPEN, _OS_OPEN, _OS_CLOSE = open, os.open, os.close
"""The real ones: what is looked at here for the disk's own sake is no step of anybody's."""


class Node:
    """
    A file whose content has changed since its last flush.

    :param durable: bytes of it that last
    """

    __slots__ = ("durable", "overwritten")

    def __init__(self, durable: int) -> None:
        self.durable = durable
        self.overwritten: List[Tuple[int, bytes]] = []
        """What was there before, below ``durable``: offset and bytes, in order."""


class _Backup(NamedTuple):
    """What was at a name before it was replaced or removed."""

    content: bytes
    mode: int
    times: Tuple[int, int]
    link: Optional[str]


class Disk:
    """
    What is known of one machine's files.

    :param root: the folder in which all of them are
    """

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.nodes: Dict[int, Node] = {}
        """By inode number: every file with content that would not all last."""
        self._names: List[Tuple[str, str, Optional[str], Optional[_Backup]]] = []
        """What was done to names since the last flush, in order: verb, path, other path, backup."""

    # What was done. Each is called right after the real call, but for those that remove something.

    def created(self, path: str, inode: int) -> None:
        """Note a new file."""
        self._names.append(("create", path, None, None))
        self.nodes[inode] = Node(0)

    def linked(self, path: str) -> None:
        """Note a new name of a file, or a symbolic link."""
        self._names.append(("create", path, None, None))

    def made(self, path: str) -> None:
        """Note a new folder."""
        self._names.append(("mkdir", path, None, None))

    def renaming(self, source: str, target: str) -> Callable[[], None]:
        """Return what notes a file that was moved; called before it is."""
        backup = _backup(target)
        return lambda: self._names.append(("rename", source, target, backup))

    def removing(self, path: str) -> Callable[[], None]:
        """Return what notes a file that was removed; called before it is."""
        backup = _backup(path)
        return lambda: self._names.append(("unlink", path, None, backup))

    def removed_folder(self, path: str) -> None:
        """Note a folder that was removed."""
        self._names.append(("rmdir", path, None, None))

    def writing(self, descriptor: int, offset: int, count: int) -> None:
        """Note what is about to be written, or cut off, from an offset on."""
        status = os.fstat(descriptor)
        node = self.nodes.get(status.st_ino)
        if node is None:
            node = self.nodes[status.st_ino] = Node(status.st_size)
        if offset < node.durable:
            reading = _OS_OPEN("/proc/self/fd/%d" % descriptor, os.O_RDONLY)
            try:
                old = os.pread(reading, min(count, node.durable - offset), offset)
            finally:
                _OS_CLOSE(reading)
            node.overwritten.append((offset, old))

    def flushed(self, descriptor: int) -> None:
        """Note that a file or folder was flushed: what it was, lasts, and all names do."""
        self.nodes.pop(os.fstat(descriptor).st_ino, None)
        self._names.clear()

    # The power goes.

    def lose(self, prng: Prng, note: Callable[[str], None]) -> None:
        """
        Take back what a power cut may take back. Every file is closed by now.

        :param note: is told what was lost
        """
        kept = prng.below(len(self._names) + 1)
        lost = self._names[kept:]
        for folder, _folders, files in sorted(os.walk(self.root)):
            for name in sorted(files):
                self._lose_content(os.path.join(folder, name), prng, note)
        for verb, path, other, backup in reversed(lost):
            note("%s of %s" % (verb, other or path))
            _undo(verb, path, other, backup)
        self._names.clear()
        self.nodes.clear()

    def _lose_content(self, path: str, prng: Prng, note: Callable[[str], None]) -> None:
        status = os.lstat(path)
        node = self.nodes.pop(status.st_ino, None) if stat.S_ISREG(status.st_mode) else None
        if node is None:
            return
        how = prng.below(4)
        size = status.st_size
        if how == 0:
            return
        with open(path, "r+b") as file:
            if how == 1:
                note("content of %s since its last flush" % path)
                file.truncate(min(size, node.durable))
                for offset, old in reversed(node.overwritten):
                    file.seek(offset)
                    file.write(old)
                return
            since = min(node.durable, size)
            begin = since + prng.below(size - since + 1)
            note("content of %s from byte %d of %d on" % (path, begin, size))
            file.truncate(begin)
            if how == 3:
                file.truncate(size)


def _backup(path: str) -> Optional[_Backup]:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return None
    times = (status.st_atime_ns, status.st_mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        return _Backup(b"", status.st_mode, times, os.readlink(path))
    with _OPEN(path, "rb") as file:
        return _Backup(file.read(), stat.S_IMODE(status.st_mode), times, None)


def _undo(verb: str, path: str, other: Optional[str], backup: Optional[_Backup]) -> None:
    """Take back what was done to a name; the later ones were taken back before."""
    if verb == "create":
        os.unlink(path)
    elif verb == "mkdir":
        os.rmdir(path)
    elif verb == "rmdir":
        os.mkdir(path)
    elif verb == "unlink" and backup is not None:
        _restore(path, backup)
    elif verb == "rename" and other is not None:
        os.rename(other, path)
        if backup is not None:
            _restore(other, backup)


def _restore(path: str, backup: _Backup) -> None:
    if backup.link is not None:
        os.symlink(backup.link, path)
        return
    with open(path, "wb") as file:
        file.write(backup.content)
    os.chmod(path, backup.mode)
    os.utime(path, ns=backup.times)


def error_of(kind: str, path: str) -> OSError:
    """Return the error of a fault."""
    number = NUMBERS[kind]
    return OSError(number, os.strerror(number), path)


def subject_of(path: str) -> str:
    """Return what a path of a compose is, in a word that does not depend on the config."""
    folder, _, name = path.rpartition("/")
    known = _KNOWN.get(name)
    if known is not None:
        return known
    if name.startswith(".lock-"):
        return "lock-part"
    is_part = name.startswith(".pungi-osbuild-")
    kind = _folder(folder)
    return kind + "-part" if is_part else kind


_KNOWN = {
    "journal.jsonl": "journal",
    "journal.intents": "intents",
    "lock": "lock",
    "lock.guard": "guard",
    "images.json": "images.json",
    "osbuild.json": "osbuild.json",
    "composeinfo.json": "composeinfo.json",
}


def _folder(folder: str) -> str:
    if folder.endswith(("/images", "/iso")):
        return "image"
    if "/logs/" in folder:
        return "log"
    if "/work/" in folder:
        return "work"
    if folder.endswith("/metadata"):
        return "metadata"
    return "other"

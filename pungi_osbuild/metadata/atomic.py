"""Writing a file so that it is never half there: beside its place, then renamed into it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import Iterator, Mapping, TextIO, Tuple

_PART = ".pungi-osbuild-%s.part"
_MARK = 8
"""Bytes of randomness in the name of a temporary file."""


def beside(path: Path) -> Path:
    """
    Return a new hidden place where the next content of a file can be made.

    No two calls return the same one, so two writers of one file never share a temporary file. The
    name is short however long the file's name is. What a killed run leaves is found by
    :func:`partial_files`.
    """
    return path.with_name(_PART % secrets.token_hex(_MARK))


def partial_files(folder: Path) -> Tuple[Path, ...]:
    """Return what killed runs have left in a folder; nothing when there is none."""
    return tuple(sorted(folder.glob(_PART % ("[0-9a-f]" * 2 * _MARK))))


@contextlib.contextmanager
def making(path: Path, replace: bool = True) -> Iterator[Path]:
    """
    Give a place beside a file; what the block makes there takes the file's place at its end.

    Nobody else is given the same place. When the block raises, the file stays as it was and
    nothing is left beside it.

    :param path: the file; its folder exists
    :param replace: a file that is there by the end of the block is replaced
    :raises FileExistsError: there is a file, and it is not to be replaced
    :raises OSError: when the new content cannot take its place
    """
    part = beside(path)
    try:
        yield part
        if replace:
            part.replace(path)
        else:
            _move(part, path)
        fsync_folder(path.parent)
    finally:
        # Renaming a hard link over another one of the same inode does nothing and leaves it.
        _forget(part)


def _move(part: Path, path: Path) -> None:
    """Give a file its name unless somebody else has it, without a moment between."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links, or too many of them
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        part.rename(path)


def create(part: Path, mode: int = 0o666) -> int:
    """Return a descriptor of a new, empty file to write to; it follows no link.

    :param mode: as far as the umask allows
    :raises OSError: when there is something already, or the folder cannot be written to
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(part, flags, mode)


def replace_text(path: Path, text: str) -> None:
    """
    Make a text the content of a file, wholly or not at all.

    :param path: the file; its folder is made when it is missing
    :raises OSError: when it cannot be written; the file is then as it was before
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with making(path) as part, _writing(part) as stream:
        stream.write(text)


def replace_many(folder: Path, texts: Mapping[str, str]) -> None:
    """
    Make texts the contents of files of a folder, each wholly or not at all.

    For thousands of small files that can be made again: a crash of the machine may leave some of
    them empty, since none is waited for until it is on disk.

    :param folder: is there
    :param texts: by file name
    :raises OSError: when one cannot be written; it is then as it was before
    """
    part = beside(folder / "many")
    for name, text in texts.items():
        path = folder / name
        try:
            with open(create(part), "wb") as stream:
                stream.write(text.encode("utf-8", "surrogateescape"))
            part.replace(path)
        except OSError as error:
            _forget(part)
            raise OSError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def _writing(part: Path) -> Iterator[TextIO]:
    with open(create(part), "w", encoding="utf-8", errors="surrogateescape") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def fsync_folder(folder: Path) -> None:
    """Make renames in a folder last; file systems that cannot are left alone."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _forget(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()

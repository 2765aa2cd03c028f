"""Placing one built image in the compose: linked, copied or downloaded, and verified."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, Optional, Tuple

from pungi_osbuild.errors import PlacementError
from pungi_osbuild.metadata.atomic import create, making
from pungi_osbuild.model import BuiltImage, Checksum

CHUNK = 1024 * 1024
"""Bytes read at once."""

FICLONE = 0x40049409
"""The ioctl by which two files share their blocks until one changes (linux/fs.h)."""

MAX_NAME = 255
"""Bytes in a file's name, on every file system a compose lies on."""

_KOJI_CHECKSUMS = ("md5", "sha1", "sha256")
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})
"""Why a hard link cannot be made though the file can be read: another volume, a file of another
user, too many links, a file system without links."""


@dataclass(frozen=True)
class Source:
    """
    Where the content of an image is.

    :param local: the file, where Koji's volume is mounted; it is used when it is not None
    :param stream: opens a download, and closes it after its chunks were read
    """

    local: Optional[Path] = None
    stream: Optional[Callable[[], ContextManager[Iterator[bytes]]]] = None


@dataclass(frozen=True)
class PlacedFile:
    """
    A file in its place.

    :param size: bytes
    :param mtime: seconds since the epoch
    :param checksums: sha256 and what was wanted when the file was read, else Koji's own
    """

    path: Path
    size: int
    mtime: int
    checksums: Tuple[Checksum, ...]


def place(
    image: BuiltImage,
    source: Source,
    destination: Path,
    name: str,
    link_type: str,
    verify: bool,
    wanted: Tuple[str, ...] = (),
) -> PlacedFile:
    """
    Bring an image to its place; a file that is there is replaced in one step.

    Every byte is read at most once: hashed while it is copied or downloaded, or read where it was
    linked to. Called from several threads, for different names.

    :param destination: absolute path of the folder, made when it is missing
    :param name: of the file there; it comes from the hub and is not trusted
    :param link_type: hardlink, copy, hardlink-or-copy, symlink or abspath-symlink, as Pungi's; a
        download is none of them
    :param verify: check Koji's checksum and compute sha256. When False only sizes are checked
    :param wanted: types of more checksums to compute in the same pass
    :raises PlacementError: the name, size or checksum is wrong, or the file cannot be made. What
        was there before is still there, and nothing new is.
    """
    check_name(name)
    path = destination / name
    reading = _Reading(image, verify, wanted)
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with making(path) as part:
            if source.local is not None:
                _bring(source.local, part, link_type, reading)
            elif source.stream is not None:
                _download(source.stream, part, reading)
            else:
                raise PlacementError(
                    "nobody said where %s is" % image.path, "Mount Koji's volume or set topurl."
                )
            checksums = reading.checked()
            status = part.stat()
    except OSError as error:
        raise PlacementError(
            "%s cannot be placed: %s: %s"
            % (path, error.filename or image.path, error.strerror or error),
            _advice(error),
        ) from error
    return PlacedFile(path, status.st_size, int(status.st_mtime), checksums)


def check_name(name: str) -> None:
    """
    Refuse a file name that could leave its folder, hide in it or break a list of files.

    :raises PlacementError: saying what is wrong with it
    """
    wrong = None
    if not name:
        wrong = "it is empty"
    elif "/" in name or ".." in name:
        wrong = "it could leave its folder"
    elif name.startswith("."):
        wrong = "it is hidden"
    elif not name.isprintable():
        wrong = "it has characters that cannot be printed"
    elif len(name.encode("utf-8")) > MAX_NAME:
        wrong = "it is longer than %d bytes" % MAX_NAME
    if wrong:
        shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "..."
        raise PlacementError(
            "a file cannot be called %r: %s" % (shown, wrong), "Look at the build in Koji."
        )


class _Reading:
    """The one pass over an image's bytes, and what must come out of it."""

    def __init__(self, image: BuiltImage, verify: bool, wanted: Tuple[str, ...]) -> None:
        self._image = image
        self._size = 0
        self.verify = verify
        self._hashes: Dict[str, Any] = {}
        self._recorded: Tuple[str, ...] = ()
        if verify:
            if image.checksum.type not in _KOJI_CHECKSUMS:
                raise PlacementError(
                    "Koji's checksum of %s is a %s, which is not known"
                    % (image.filename, image.checksum.type),
                    "Set osbuild_verify = False to go without.",
                )
            self._recorded = tuple(sorted({"sha256", *wanted}))
            for kind in {image.checksum.type, *self._recorded}:
                self._hashes[kind] = hashlib.new(kind, usedforsecurity=False)

    def expect_size(self, size: int) -> None:
        """Compare a size with Koji's.

        :raises PlacementError: they differ
        """
        if size != self._image.size:
            raise self._differs("size", "%d bytes" % self._image.size, "%d" % size)

    def take(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on chunks that were counted and hashed; stop at the first byte too many.

        :raises PlacementError: there are more or fewer bytes than Koji says
        """
        for chunk in chunks:
            self._size += len(chunk)
            if self._size > self._image.size:
                raise self._differs(
                    "size", "%d bytes" % self._image.size, "more, at least %d" % self._size
                )
            for digest in self._hashes.values():
                digest.update(chunk)
            yield chunk
        self.expect_size(self._size)

    def checked(self) -> Tuple[Checksum, ...]:
        """Return the checksums to record.

        :raises PlacementError: the bytes do not have Koji's checksum
        """
        expected = self._image.checksum
        if not self._hashes:
            return (expected,)
        found = self._hashes[expected.type].hexdigest()
        if found != expected.value.lower():
            raise self._differs("%s checksum" % expected.type, expected.value, found)
        return tuple(Checksum(kind, self._hashes[kind].hexdigest()) for kind in self._recorded)

    def _differs(self, what: str, expected: str, found: str) -> PlacementError:
        return PlacementError(
            "%s has the wrong %s: Koji says %s, the file has %s"
            % (self._image.filename, what, expected, found),
            "Check the file in Koji's volume, or what is between it and this machine; then run"
            " this again.",
        )


def _bring(local: Path, part: Path, link_type: str, reading: _Reading) -> None:
    if link_type in ("symlink", "abspath-symlink"):
        target = str(local.absolute())
        if link_type == "symlink":
            # From where the folder really is: ".." goes up from there, not along a symlink.
            target = os.path.relpath(target, part.parent.resolve())
        part.symlink_to(target)
        _read_in_place(part, reading)
    elif link_type == "copy":
        _copy(local, part, reading)
    elif link_type == "hardlink":
        _hardlink(local, part)
        _read_in_place(part, reading)
    elif link_type == "hardlink-or-copy":
        try:
            _hardlink(local, part)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _copy(local, part, reading)
        else:
            _read_in_place(part, reading)
    else:
        raise PlacementError(
            "%r is no link_type" % link_type,
            "Set link_type to hardlink, copy, hardlink-or-copy, symlink or abspath-symlink.",
        )


def _hardlink(local: Path, part: Path) -> None:
    # Of a symlink the link itself would be linked to, which leads nowhere from elsewhere.
    os.link(local.resolve(strict=True), part)


def _read_in_place(part: Path, reading: _Reading) -> None:
    """Check a file that was linked to; when it is not verified its bytes are not touched."""
    descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _expect_file(descriptor, reading)
        if reading.verify:
            for _chunk in reading.take(_chunks(descriptor)):
                pass
    finally:
        os.close(descriptor)


def _copy(local: Path, part: Path, reading: _Reading) -> None:
    origin = os.open(local, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = _expect_file(origin, reading)
        target = create(part)
        try:
            if _reflink(origin, target):
                _drain(reading, target)
            else:
                _write(target, reading.take(_chunks(origin)))
            os.fchmod(target, stat.S_IMODE(status.st_mode) & 0o777)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(target)
        finally:
            os.close(target)
    finally:
        os.close(origin)


def _reflink(origin: int, target: int) -> bool:
    """Let two files share their blocks; False where the file system cannot."""
    try:
        fcntl.ioctl(target, FICLONE, origin)
    except OSError:
        return False
    return True


def _drain(reading: _Reading, descriptor: int) -> None:
    reading.expect_size(os.fstat(descriptor).st_size)
    if reading.verify:
        for _chunk in reading.take(_chunks(descriptor)):
            pass


def _download(
    stream: Callable[[], ContextManager[Iterator[bytes]]], part: Path, reading: _Reading
) -> None:
    target = create(part)
    try:
        with stream() as chunks:
            _write(target, reading.take(chunks))
        os.fsync(target)
    finally:
        os.close(target)


def _expect_file(descriptor: int, reading: _Reading) -> os.stat_result:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    reading.expect_size(status.st_size)
    return status


def _chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return
        yield chunk


def _write(descriptor: int, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room on the compose's volume; then run this again."
    if error.errno in _NO_LINK:
        return "Set link_type = hardlink-or-copy, which copies where no link can be made."
    if error.errno == errno.ENOENT:
        return "Check that Koji's volume is mounted whole, and that the build was not deleted."
    return "Check the rights on both folders; then run this again."

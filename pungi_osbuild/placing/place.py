"""Placing one built image in the compose: linked, copied or downloaded, and verified."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, ContextManager, Iterable, Iterator, Optional, Tuple

from pungi_osbuild.checked import MAX_NAME, name_flaw
from pungi_osbuild.errors import InputError, PlacementError
from pungi_osbuild.metadata import create, making, partial_files
from pungi_osbuild.model import BuiltImage, Checksum, ImageRequest
from pungi_osbuild.placing.verify import (
    DamagedError,
    Expected,
    Verifier,
    chunks_of,
    open_koji_file,
)
from pungi_osbuild.timing import DOWNLOAD_ATTEMPTS

logger = logging.getLogger(__name__)

FICLONE = 0x40049409
"""The ioctl by which two files share their blocks until one changes (linux/fs.h)."""

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})
"""Why a hard link cannot be made though the file can be read: another volume, a file of another
user, too many links, a file system without links."""


@dataclass(frozen=True)
class FileSource:
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


@dataclass(frozen=True)
class VerifyOptions:
    """
    How much of an image is checked.

    :param verify: read every byte once, check Koji's checksum and compute sha256. When False only
        sizes are checked, and the format of what is read anyway
    :param wanted: types of more checksums to compute in the same pass
    """

    verify: bool = True
    wanted: Tuple[str, ...] = ()


def place(
    image: BuiltImage,
    source: FileSource,
    destination: Path,
    name: str,
    link_type: str,
    options: VerifyOptions = VerifyOptions(),
    may_replace: bool = False,
) -> PlacedFile:
    """
    Bring an image to its place, where it appears whole or not at all.

    Every byte is read at most once: hashed while it is copied or downloaded, or read where it was
    linked to. A file that is there already and has Koji's size and checksum is kept as it is.
    Called from several threads, for different names.

    :param destination: absolute path of the folder, made when it is missing
    :param name: of the file there; it comes from the hub and is not trusted
    :param link_type: hardlink, copy, hardlink-or-copy, symlink or abspath-symlink, as Pungi's; a
        download is none of them
    :param may_replace: a different file that is there is this project's own, and is replaced
    :raises PlacementError: the name, size, checksum or format is wrong, another file is there, or
        the file cannot be made. What was there before is still there, and nothing new is.
    """
    check_name(name)
    path = destination / name
    expected = Expected(image.filename, image.size, image.checksum)
    try:
        destination.mkdir(parents=True, exist_ok=True)
        found = _already_placed(path, expected, options, may_replace, source)
        if found is not None:
            return found
        return _placed(image, source, path, link_type, expected, options, may_replace)
    except FileExistsError as error:
        raise _in_the_way(path, "it came to be there meanwhile") from error
    except OSError as error:
        raise PlacementError(
            "%s cannot be placed: %s: %s"
            % (path, error.filename or image.path, error.strerror or error),
            _advice(error),
        ) from error


def check_links(kojis: Path, folder: Path) -> None:
    """
    Refuse hard links from Koji's volumes into a compose that lies on none of them.

    :param kojis: Koji's topdir; where no volume is mounted nothing is refused
    :param folder: the compose's; it need not be there yet
    :raises InputError: no image could be linked
    """
    volumes = [kojis / "packages", *kojis.glob("vol/*")]
    devices = {volume.stat().st_dev for volume in volumes if volume.is_dir()}
    here = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if (kojis / "packages").is_dir() and here.stat().st_dev not in devices:
        raise InputError(
            "link_type is hardlink, but %s is on another file system than Koji's volume %s"
            % (here, kojis),
            "Set link_type = hardlink-or-copy, which copies where no link can be made. Nothing was"
            " submitted.",
        )


def check_name(name: str) -> None:
    """
    Refuse a file name that could leave its folder, hide in it or break a list of files.

    :raises PlacementError: saying what is wrong with it
    """
    wrong = name_flaw(name)
    if wrong:
        shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "..."
        raise PlacementError(
            "a file cannot be called %r: %s" % (shown, wrong),
            "Look at the build in Koji: its file's name comes from there. Nothing was placed.",
        )


def _already_placed(
    path: Path, expected: Expected, options: VerifyOptions, may_replace: bool, source: FileSource
) -> Optional[PlacedFile]:
    """Return the file that is there already when it is the right one; None when there is none.

    :raises PlacementError: there is another, which is not to be replaced
    """
    if not os.path.lexists(path):
        return None
    try:
        if path.is_symlink() and source.local is not None:
            _must_lead_to(path, source.local)
        return _read(path, expected, options)
    except (PlacementError, OSError) as error:
        if may_replace and not path.is_dir():
            logger.info("%s is replaced: %s", path, _reason(error))
            return None
        raise _in_the_way(path, _reason(error)) from error


def _must_lead_to(path: Path, local: Path) -> None:
    if os.path.realpath(path) != os.path.realpath(local):
        raise PlacementError("it is a symbolic link to another file", "Remove the link.")


def _read(path: Path, expected: Expected, options: VerifyOptions) -> PlacedFile:
    with Verifier(expected, options.verify, options.wanted) as verifier:
        status = _read_in_place(path, verifier)
        return PlacedFile(path, status.st_size, int(status.st_mtime), verifier.checksums())


def _in_the_way(path: Path, why: str) -> PlacementError:
    return PlacementError(
        "another file is at %s already: %s" % (path, why),
        "It was not touched. If nobody needs it, move it away; then run this again.",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, PlacementError):
        return error.reason
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _placed(
    image: BuiltImage,
    source: FileSource,
    path: Path,
    link_type: str,
    expected: Expected,
    options: VerifyOptions,
    may_replace: bool,
) -> PlacedFile:
    tries = 1 if source.local is not None else DOWNLOAD_ATTEMPTS
    while True:
        tries -= 1
        try:
            with (
                making(path, may_replace) as part,
                Verifier(expected, options.verify, options.wanted) as verifier,
            ):
                if source.local is not None:
                    how, where = (
                        _bring(source.local, part, link_type, verifier),
                        str(source.local),
                    )
                elif source.stream is not None:
                    _download(source.stream, part, verifier)
                    how, where = "downloaded", image.path
                else:
                    raise PlacementError(
                        "Koji's volume is not mounted here, and no other place of %s is known"
                        % image.path,
                        "Mount the volume, or set topurl in the Koji profile.",
                    )
                checksums = verifier.checksums()
                status = part.stat()
            logger.info("%s %s to %s", how, where, path)
            return PlacedFile(path, status.st_size, int(status.st_mtime), checksums)
        except DamagedError as error:
            if not tries:
                raise
            logger.warning("%s; downloading it again", error.reason)


def _bring(local: Path, part: Path, link_type: str, verifier: Verifier) -> str:
    """Return what was done, for the log."""
    if link_type in ("symlink", "abspath-symlink"):
        target = str(local.absolute())
        if link_type == "symlink":
            # From where the folder really is: ".." goes up from there, not along a symlink.
            target = os.path.relpath(target, os.path.realpath(part.parent))
        _read_open(open_koji_file(local), verifier)
        part.symlink_to(target)
        return "symlinked"
    if link_type == "copy":
        return _copy(local, part, verifier)
    if link_type == "hardlink":
        _hardlink(local, part)
        _read_in_place(part, verifier)
        return "hardlinked"
    if link_type == "hardlink-or-copy":
        try:
            _hardlink(local, part)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return _copy(local, part, verifier)
        _read_in_place(part, verifier)
        return "hardlinked"
    raise PlacementError(
        "%r is not a valid link_type" % link_type,
        "Set link_type to hardlink, copy, hardlink-or-copy, symlink or abspath-symlink.",
    )


def _hardlink(local: Path, part: Path) -> None:
    # Opened first: an error about what is not a plain file then names Koji's file.
    os.close(open_koji_file(local))
    os.link(local, part, follow_symlinks=False)


def _read_in_place(path: Path, verifier: Verifier) -> os.stat_result:
    """Check a file where it is; when it is not verified its bytes are not touched."""
    return _read_open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), verifier)


def _read_open(descriptor: int, verifier: Verifier) -> os.stat_result:
    try:
        status = verifier.expect_file(descriptor)
        verifier.whole(descriptor)
        return status
    finally:
        os.close(descriptor)


def _copy(local: Path, part: Path, verifier: Verifier) -> str:
    origin = open_koji_file(local)
    try:
        status = verifier.expect_file(origin)
        target = create(part)
        try:
            shares_blocks = _reflink(origin, target)
            if shares_blocks:
                verifier.expect_file(target)
                verifier.whole(target)
            else:
                _write(target, verifier.take(chunks_of(origin)))
            os.fchmod(target, stat.S_IMODE(status.st_mode) & 0o777)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(target)
    finally:
        os.close(origin)
    return "copied (as a reflink)" if shares_blocks else "copied"


def _reflink(origin: int, target: int) -> bool:
    """Let two files share their blocks; False where the file system cannot."""
    with suppress(OSError):
        fcntl.ioctl(target, FICLONE, origin)
        return True
    return False


def _download(
    stream: Callable[[], ContextManager[Iterator[bytes]]], part: Path, verifier: Verifier
) -> None:
    target = create(part)
    try:
        with stream() as chunks:
            _write(target, verifier.take(chunks))
    finally:
        os.close(target)


def _write(descriptor: int, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "Make room on the compose's volume; then run this again: no image is rebuilt."
    if error.errno in _NO_LINK:
        return "Set link_type = hardlink-or-copy, which copies where no link can be made."
    if error.errno == errno.ENOENT:
        return "Check that Koji's volume is mounted whole, and that the build was not deleted."
    return "Check the rights on both folders; then run this again."


def remove_partial_files(topdir: Path, requests: Iterable[ImageRequest]) -> None:
    """
    Remove half-made files from the folders that images, metadata and saved files go to.

    Nothing is read on from them: a part of an image is worth less than the certainty that every
    byte of it was hashed. To be called by whoever holds the compose's lock, before anything is
    placed. What cannot be removed is left, with a warning.

    :param topdir: the compose folder
    """
    folders = {
        topdir / "compose" / request.folder(arch, kind)
        for request in requests
        for arch in request.arches
        for kind in ("images", "iso")
    }
    folders.update([topdir / "compose" / "metadata", *topdir.glob("logs/*/osbuild/*")])
    for folder in sorted(folders):
        for path in partial_files(folder):
            try:
                path.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                logger.warning("%s cannot be removed: %s", path, error.strerror or error)
            else:
                logger.info("removed %s, which a run that was killed has left", path)

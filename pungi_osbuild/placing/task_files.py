"""
What is saved of a task beside the compose: logs if it failed, SBOMs, manifests where wanted.

Koji deletes the output of tasks after some days, and a compose outlives that. Everything of a task
is in ``logs/<arch>/osbuild/<N-V-R>-task-<id>/``, with ``global`` in place of the arch for a task
that was for several. A file that cannot be saved is a warning: no image fails for it.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Sequence, Tuple

from pungi_osbuild.checked import plain_name
from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.metadata import create, making, replace_text
from pungi_osbuild.methods import OutputFile, hidden
from pungi_osbuild.model import Arch, BuildFile, BuiltImage, ImageRequest, Manifest
from pungi_osbuild.placing.place import FileSource
from pungi_osbuild.placing.verify import Expected, Verifier, chunks_of, open_koji_file
from pungi_osbuild.secrets import PRIVATE, hide_log

logger = logging.getLogger(__name__)

MAX_SIZE = 64 * 1024 * 1024
"""Bytes of a manifest or an SBOM that are saved: real ones have some hundred KiB."""

SEVERAL = "global"
"""Where Pungi puts what belongs to no arch alone."""


def saved_folder(topdir: Path, arches: Sequence[Arch], nvr: Optional[str], task_id: int) -> Path:
    """
    Return where the files of a task are.

    :param topdir: the compose folder
    :param arches: of the task, or of one image
    :param nvr: None when no release was ever allocated
    """
    arch = arches[0] if len(arches) == 1 else SEVERAL
    name = "%s-task-%d" % (nvr, task_id) if nvr is not None else "task-%d" % task_id
    return topdir / "logs" / _one_part(arch) / "osbuild" / _one_part(name)


def _one_part(name: str) -> str:
    part = name.replace("/", "_").replace("\0", "_")
    return "_" + part if part.startswith(".") else part


def save_logs(folder: Path, files: Sequence[OutputFile], request: ImageRequest) -> Tuple[Path, ...]:
    """
    Save the logs of a failed task, without what may be a secret.

    :param folder: see :func:`saved_folder`
    :param files: their names were checked when they were read, and their sizes are bounded
    :param request: whose secrets are taken out, too
    :returns: what was saved, in order
    """
    written = []
    for file in files:
        path = folder / file.name
        try:
            replace_text(path, hidden(request, hide_log(file.content)))
        except OSError as error:
            logger.warning("the log %s cannot be saved: %s", path, error.strerror or error)
        else:
            written.append(path)
    return tuple(written)


@dataclass(frozen=True)
class Provenance:
    """
    Saves the SBOMs of images, and their manifests where they are wanted.

    They are saved as Koji has them, with the size and the checksum that Koji says. A manifest holds
    what the image is made of, passwords and keys of its customizations included, so only its owner
    may read it.

    :param topdir: the compose folder
    :param at_koji: says where a file of Koji's is, named by its path below Koji's topdir
    :param manifests: save them, too (``osbuild_save_provenance``)
    """

    topdir: Path
    at_koji: Callable[[str], FileSource]
    manifests: bool = False

    def save(self, image: BuiltImage) -> Tuple[Path, ...]:
        """Save the files of an image, and return where they are."""
        folder = saved_folder(self.topdir, (image.arch,), image.nvr, image.task_id)
        manifest = image.manifest if self.manifests else None
        files: Tuple[BuildFile, ...] = image.sboms if manifest is None else (manifest, *image.sboms)
        saved = []
        for file in files:
            path = folder / plain_name(file.filename, "a file of the build")
            try:
                mode = PRIVATE if isinstance(file, Manifest) else 0o666
                save_file(self.at_koji(image.beside(file.filename)), path, file, mode)
            except PungiOsbuildError as error:
                logger.warning("%s was not saved: %s", file.filename, error.reason)
            except OSError as error:
                logger.warning("%s cannot be saved: %s", path, error.strerror or error)
            else:
                saved.append(path)
        return tuple(saved)


def save_file(source: FileSource, path: Path, file: BuildFile, mode: int = 0o666) -> None:
    """
    Save a file of Koji's of ``MAX_SIZE`` bytes at most, as Koji says that it is.

    :param path: its folder is made
    :param file: whose size and checksum it must have, where they are known
    :param mode: as far as the umask allows; ``PRIVATE`` for a manifest
    :raises OSError: it cannot be read or written, or is larger
    :raises PlacementError: it cannot be downloaded, or has another size or checksum
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _content(source) as chunks,
        making(path) as part,
        os.fdopen(create(part, mode), "wb") as stream,
    ):
        for chunk in verified(file, chunks):
            stream.write(chunk)


def verified(file: BuildFile, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """
    Pass on the content of a file beside an image, ``MAX_SIZE`` bytes at most.

    At the end it has the size and the checksum that are known of it.

    :raises OSError: there are too many bytes
    :raises PlacementError: size or checksum are others
    """
    if file.checksum is None or file.size is None:
        yield from at_most(chunks)
        return
    with Verifier(Expected(file.filename, file.size, file.checksum), verify=True) as verifier:
        yield from verifier.take(at_most(chunks))
        verifier.checksums()


def at_most(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """
    Pass on ``MAX_SIZE`` bytes at most.

    :raises OSError: there are more
    """
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_SIZE:
            raise OSError("it has more than %d bytes" % MAX_SIZE)
        yield chunk


@contextmanager
def _content(source: FileSource) -> Iterator[Iterator[bytes]]:
    """Give the content of a file of Koji's, in chunks."""
    if source.local is not None:
        with regular(open_koji_file(source.local)) as descriptor:
            yield chunks_of(descriptor)
    elif source.stream is not None:
        with source.stream() as chunks:
            yield chunks


@contextmanager
def regular(descriptor: int) -> Iterator[int]:
    """
    Give an open file that is a regular one, and close it; nothing else is waited for.

    :raises OSError: it is not a regular file
    """
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)

"""
What is saved beside the compose of a task: its logs when it failed, manifests and SBOMs if wanted.

Koji deletes the output of tasks after some days, and a compose outlives that. Everything of a task
is in ``logs/<arch>/osbuild/<N-V-R>-task-<id>/``, with ``global`` in place of the arch for a task
that was for several. A file that cannot be saved is a warning: no image fails for it.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Optional, Sequence, Tuple

from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.hub import OutputFile, beside_image, plain_name
from pungi_osbuild.metadata.atomic import create, making, replace_text
from pungi_osbuild.model import Arch, BuiltImage, ImageRequest
from pungi_osbuild.phase.place import Source
from pungi_osbuild.phase.reading import open_koji_file
from pungi_osbuild.secrets import PRIVATE, hide_log

logger = logging.getLogger(__name__)

MAX_SIZE = 64 * 1024 * 1024
"""Bytes of a manifest or an SBOM that are saved: real ones have some hundred KiB."""

SEVERAL = "global"
"""Where Pungi puts what belongs to no arch alone."""

CHUNK = 1024 * 1024


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
            replace_text(path, request.hidden(hide_log(file.content)))
        except OSError as error:
            logger.warning("the log %s cannot be saved: %s", path, error.strerror or error)
        else:
            written.append(path)
    return tuple(written)


@dataclass(frozen=True)
class Provenance:
    """
    Saves the manifest and the SBOMs of images (``osbuild_save_provenance``).

    They are saved as Koji has them. A manifest holds what the image is made of, passwords and keys
    of its customizations included, so only its owner may read it.

    :param topdir: the compose folder
    :param at_koji: says where a file of Koji's is, named by its path below Koji's topdir
    """

    topdir: Path
    at_koji: Callable[[str], Source]

    def save(self, image: BuiltImage) -> Tuple[Path, ...]:
        """Save the files of an image, and return where they are."""
        folder = saved_folder(self.topdir, (image.arch,), image.nvr, image.task_id)
        names = [] if image.manifest is None else [image.manifest.filename]
        saved = []
        for name in (*names, *image.sboms):
            path = folder / plain_name(name, "a file of the build")
            try:
                mode = 0o666 if name in image.sboms else PRIVATE
                save_file(self.at_koji(beside_image(image, name)), path, mode)
            except PungiOsbuildError as error:
                logger.warning("%s was not saved: %s", name, error.reason)
            except OSError as error:
                logger.warning("%s cannot be saved: %s", path, error.strerror or error)
            else:
                saved.append(path)
        return tuple(saved)


def save_file(source: Source, path: Path, mode: int = 0o666) -> None:
    """
    Save a file of Koji's of ``MAX_SIZE`` bytes at most; its folder is made.

    :param mode: as far as the umask allows; ``PRIVATE`` for a manifest
    :raises OSError: it cannot be read or written, or is larger
    :raises PlacementError: it cannot be downloaded
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with (
        _content(source) as chunks,
        making(path) as part,
        os.fdopen(create(part, mode), "wb") as file,
    ):
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_SIZE:
                raise OSError("it has more than %d bytes" % MAX_SIZE)
            file.write(chunk)


@contextmanager
def _content(source: Source) -> Iterator[Iterator[bytes]]:
    """Give the content of a file of Koji's, in chunks."""
    if source.local is not None:
        with os.fdopen(open_koji_file(source.local), "rb") as file:
            yield iter(lambda: file.read(CHUNK), b"")
    elif source.stream is not None:
        with source.stream() as chunks:
            yield chunks

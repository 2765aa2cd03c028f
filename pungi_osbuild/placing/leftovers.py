"""What a run that was killed has left half made, under names of its own."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Iterable

from pungi_osbuild.metadata import left_behind
from pungi_osbuild.model import ImageRequest

logger = logging.getLogger(__name__)


def sweep(topdir: Path, requests: Iterable[ImageRequest]) -> None:
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
        for path in left_behind(folder):
            try:
                path.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                logger.warning("%s cannot be removed: %s", path, error.strerror or error)
            else:
                logger.info("removed %s, which a run that was killed has left", path)

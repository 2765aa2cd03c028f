"""Recording: CHECKSUM files, images.json and osbuild.json; also of a run that failed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Iterable, Sequence

from pungi_osbuild.metadata import Owned, claims, own_in, record_run
from pungi_osbuild.model import ImageRequest, PlacedImage, RunResult, Settings
from pungi_osbuild.phase.media_checksums import update_media_checksums

logger = logging.getLogger(__name__)


def record(
    result: RunResult, requests: Sequence[ImageRequest], topdir: Path, settings: Settings
) -> RunResult:
    """
    Record a run in the compose.

    An image of an earlier run that was built anew under another name is removed, once images.json
    names it no more. One whose build failed this time is not named any more, but its file stays.

    :param requests: those without an outcome whose old entries are to go as well
    :param topdir: the compose folder
    :returns: the result with the checksums that ``media_checksums`` asks for
    :raises SourceError: a file that is there is broken; it is left alone
    :raises ImageClashError: images.json cannot take some images; all else was recorded
    :raises InputError: a file cannot be written
    :raises PlacementError: a checksum file cannot be written; all else was recorded
    """
    compose = topdir / "compose"
    metadata = compose / "metadata"
    built = claims(outcome for outcome in result.outcomes if outcome.ok)
    superseded = own_in(metadata / "osbuild.json", built)
    try:
        placed = update_media_checksums(
            compose, result.identity, settings, result.images, superseded
        )
        result = _with_images(result, placed)
    finally:
        # What was built must be recorded, checksum files or not.
        record_run(metadata, result, requests)
    paths = {image.path for image in result.images}
    _remove(compose, (owned for owned in superseded if owned.path not in paths))
    return result


def _with_images(result: RunResult, images: Iterable[PlacedImage]) -> RunResult:
    by_path = {image.path: image for image in images}
    outcomes = tuple(
        replace(outcome, images=tuple(by_path[image.path] for image in outcome.images))
        for outcome in result.outcomes
    )
    return replace(result, outcomes=outcomes)


def _remove(compose: Path, gone: Iterable[Owned]) -> None:
    for owned in gone:
        parts = PurePosixPath(owned.path).parts
        if ".." in parts or owned.path.startswith("/"):
            continue
        path = compose / owned.path
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("%s was replaced and cannot be removed: %s", path, error.strerror)
        else:
            logger.info("removed %s, which was built anew", owned.path)

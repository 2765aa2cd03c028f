"""Recording: CHECKSUM files, images.json and osbuild.json; also of a run that failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Sequence

from pungi_osbuild.metadata import record_run
from pungi_osbuild.model import ImageRequest, RunResult, Settings
from pungi_osbuild.phase.media_checksums import update_media_checksums


def record(
    result: RunResult, requests: Sequence[ImageRequest], topdir: Path, settings: Settings
) -> RunResult:
    """
    Record a run in the compose.

    :param requests: everything that was asked for, also what has no outcome
    :param topdir: the compose folder
    :returns: the result with the checksums that ``media_checksums`` asks for
    :raises SourceError: a file that is there is broken; it is left alone
    :raises ImageClashError: images.json cannot take some images; all else was recorded
    :raises InputError: a file cannot be written
    """
    compose = topdir / "compose"
    placed = update_media_checksums(compose, result.identity, settings, result.images)
    by_path = {image.path: image for image in placed}
    outcomes = tuple(
        replace(outcome, images=tuple(by_path[image.path] for image in outcome.images))
        for outcome in result.outcomes
    )
    result = replace(result, outcomes=outcomes)
    record_run(compose / "metadata", result, requests)
    return result

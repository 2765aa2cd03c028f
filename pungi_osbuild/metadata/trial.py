"""Recording tried in memory before anything is submitted, with the productmd that will record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Set

from pungi_osbuild.metadata.cloudaware import CloudAwareImages
from pungi_osbuild.metadata.images import describable, merged_images
from pungi_osbuild.metadata.osbuild import OsbuildImages, claims, merged_osbuild, own_in
from pungi_osbuild.metadata.vocabulary import vocabulary
from pungi_osbuild.metadata.writing import writable
from pungi_osbuild.model import RunResult


def try_recording(folder: Path, planned: RunResult) -> None:
    """
    Write what a run is going to record, in memory, and read it back.

    :param folder: ``compose/metadata``; nothing in it is changed
    :param planned: the run as it ends when all goes well, with stand-ins for what Koji says
    :raises SourceError: a file that is there cannot be used, or is of another compose; or the
        installed productmd does not write what it should
    """
    replaced = own_in(folder / "osbuild.json", claims(planned.outcomes))
    path = folder / "images.json"
    content, clashes = merged_images(path, planned.identity, planned.images, replaced)
    left_out = {clash.image.path for clash in clashes}
    words = vocabulary()
    recorded = {
        image.path
        for image in planned.images
        if describable(image, words) and image.path not in left_out
    }
    with writable(path):
        _check(CloudAwareImages(), content, recorded)
    path = folder / "osbuild.json"
    content = merged_osbuild(path, planned, replaced, left_out)
    with writable(path):
        _check(OsbuildImages(), content, {image.path for image in planned.images})


def _check(manifest: Any, content: str, paths: Set[str]) -> None:
    """Raise ValueError where a text read and written again is another, or lacks an image."""
    manifest.loads(content)
    again: Dict[str, Any] = json.loads(manifest.dumps())
    if again != json.loads(content):
        raise ValueError("it is not read back as it was written")
    images = again["payload"]["images"]
    found = {
        str(entry["path"] if "path" in entry else entry["location"]["local_path"])
        for arches in images.values()
        for entries in arches.values()
        for entry in entries
    }
    missing = sorted(paths - found)
    if missing:
        raise ValueError("%s is missing when it is read back" % missing[0])

"""The osbuild manifest of a recorded image: found, fetched from Koji, and verified."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from pungi_osbuild.checked import FILE, json_struct
from pungi_osbuild.errors import InputError, PlacementError, PungiOsbuildError, SourceError
from pungi_osbuild.hub import Profile, build_file, download, local_path
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import Artifact, KojiPlace
from pungi_osbuild.placing.place import FileSource
from pungi_osbuild.placing.task_files import at_most, regular, save_file, saved_folder, verified
from pungi_osbuild.placing.verify import chunks_of
from pungi_osbuild.secrets import PRIVATE

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


def saved_manifest(topdir: Path, image: ImageRecord) -> Optional[Path]:
    """Return the manifest that was saved beside the compose; None when it was not."""
    if image.manifest is None:
        return None
    folder = saved_folder(topdir, (image.arch,), image.koji.nvr, image.koji.task_id)
    path = folder / image.manifest.filename
    return path if path.is_file() else None


def fetch_manifest(image: ImageRecord, koji: KojiPlace, topdir: str, folder: Path) -> Path:
    """
    Fetch the manifest of an image from Koji, and return where it is.

    :param topdir: where Koji's volume is mounted, if it is; "" where nobody knows
    :param folder: where it goes
    :raises InputError: it cannot be fetched or written
    """
    if image.manifest is None:
        raise InputError(
            "osbuild.json names no manifest of %s" % image.path,
            "The build %s in Koji has none. Name the file with --manifest if you have it."
            % image.koji.nvr,
        )
    profile = Profile(koji.profile, koji.server, koji.topurl, koji.weburl, topdir)
    name = image.manifest.filename
    path = folder / name.rsplit("/", 1)[-1]
    try:
        remote = build_file(image.koji.nvr, name)
        local = local_path(profile, remote)
        save_file(
            FileSource(local, lambda: download(profile, remote)), path, image.manifest, PRIVATE
        )
    except PungiOsbuildError as error:
        raise InputError(
            "the manifest of %s cannot be fetched from Koji: %s" % (image.path, error.reason),
            "Fetch %s of build %s by other means and name it with --manifest. With"
            " osbuild_save_provenance manifests are kept beside the compose."
            % (name, image.koji.nvr),
        ) from error
    except OSError as error:
        raise InputError(
            "the manifest cannot be written to %s: %s" % (path, error.strerror or error),
            "Name another folder with --output.",
        ) from error
    return path


def read_manifest(path: Path, artifact: Artifact) -> bytes:
    """
    Return the content of a manifest that osbuild can export the image from.

    :raises SourceError: it is not a manifest, or has no such pipeline
    """
    try:
        with regular(os.open(path, _FLAGS)) as descriptor:
            content = b"".join(at_most(chunks_of(descriptor)))
        pipelines = json_struct(content, "", FILE).structs("pipelines")
        names = [pipeline.text("name") for pipeline in pipelines]
    except (OSError, ValueError) as error:
        raise SourceError(
            "%s is not an osbuild manifest: %s" % (path, " ".join(str(error).split())),
            "Name another file with --manifest.",
        ) from error
    if artifact.export_name not in names:
        raise SourceError(
            "%s has no pipeline %r, which the image is exported from"
            % (path, artifact.export_name),
            "It is another image's manifest. Name the right one with --manifest.",
        )
    return content


def unverified(image: ImageRecord, content: bytes) -> Optional[str]:
    """
    Return why a manifest is not known to be the one that the image was built from.

    :returns: None: it has the size and the checksum that osbuild.json has from Koji
    """
    manifest = image.manifest
    if manifest is None:
        return "osbuild.json records no manifest of %s" % image.path
    if manifest.checksum is None or manifest.size is None:
        return (
            "osbuild.json has no checksum of the manifest: it was written by an older version of"
            " pungi-osbuild"
        )
    try:
        for _chunk in verified(manifest, [content]):
            pass
    except PlacementError as error:
        return error.reason
    return None


def refuse_unverified(path: Path, why: str) -> InputError:
    """Return the error for a manifest that is not run, as root, without being asked for."""
    return InputError(
        "%s is not verified: %s" % (path, why),
        "Nothing was run. osbuild runs a manifest as root: fetch the right one from Koji, or add"
        " --unverified if you trust this one.",
    )

"""
Upload results: what composer says of an upload, as a :class:`~pungi_osbuild.model.CloudImage`.

What a cloud's result holds stands in the cloud's own file. A kind of upload that composer has
learnt since is recorded as it was returned.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Optional

from pungi_osbuild.checked import Struct, printable
from pungi_osbuild.clouds import cloud_of_target, find_cloud
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.model import Artifact, CloudImage, UnknownUpload, Upload, Uploaded
from pungi_osbuild.secrets import hide_in

_NOT_CLOUDS = frozenset({"org.osbuild.koji", "org.osbuild.worker.server"})

MAX_OPTIONS = 32
"""How many options of an upload that is not known are recorded."""

MAX_OPTION = 1000
"""Characters of each that are recorded."""

DEEPEST = 8
"""Levels of each that are recorded."""


def from_target_result(result: Struct, upload: Optional[Upload]) -> Optional[Uploaded]:
    """
    Return what an item of ``upload_target_results`` in Koji's metadata stands for.

    :param upload: what was asked for, to complete what composer leaves out
    :returns: None for a target that is no cloud (Koji itself)
    :raises ReplyError: a known target without its id
    """
    name = result.text("name")
    if name in _NOT_CLOUDS:
        return None
    cloud = cloud_of_target(name)
    if cloud is None:
        return replace(_unknown(name, _options(result)), artifact=artifact_in(result))
    image: CloudImage = cloud.read(_options(result), upload)
    return replace(image, artifact=artifact_in(result))


def artifact_in(struct: Struct) -> Optional[Artifact]:
    """Return the ``osbuild_artifact`` of an image or an upload; None where there is none."""
    artifact = struct.struct_or_none("osbuild_artifact")
    if artifact is None:
        return None
    return Artifact(artifact.text("export_name"), artifact.text("export_filename"))


def from_upload_status(status: Struct, upload: Optional[Upload]) -> Optional[Uploaded]:
    """
    Return what an ``upload_status`` in ``compose-status.json`` stands for.

    Its own ``status`` says nothing of the upload: it follows the import into Koji (measured with
    osbuild-composer 180, where an upload that failed was a "success" with empty IDs, and one that
    was there a "failure" with its AMI). What has an ID is there.

    :returns: None for an upload without its ID, or to no cloud
    """
    try:
        kind, options = status.text("type"), _options(status)
        if kind == "local":
            return None
        cloud = find_cloud(kind)
        if cloud is not None:
            image: CloudImage = cloud.read(options, upload)
            return image
        return _unknown(kind, options) if any(map(options.raw, options)) else None
    except ReplyError:
        # Nothing that could be named: why it failed stands beside it, and must not be hidden.
        return None


def _options(result: Struct) -> Struct:
    return result.struct_or_none("options") or Struct({}, "%s, options" % result.place)


def _unknown(name: str, options: Struct) -> UnknownUpload:
    names = tuple(options)[:MAX_OPTIONS]
    shown = {printable(key): _text_of(key, options.raw(key)) for key in names}
    return UnknownUpload(name, tuple(sorted(shown.items())))


def _text_of(name: str, value: object) -> str:
    """Return an option as text, without secrets; of a value that is no text, its JSON."""
    shown = hide_in(value, name, DEEPEST)
    text = shown if isinstance(shown, str) else json.dumps(shown, sort_keys=True)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= MAX_OPTION else text[: MAX_OPTION - 3] + "..."

"""The entries of a ``"cloud"`` list, read from a file that others may have written."""

from __future__ import annotations

import dataclasses
import json
from typing import Dict, List, Optional, Sequence, Tuple, Union

from pungi_osbuild.checked import Struct
from pungi_osbuild.model import Artifact, CloudImage, Provider, UnknownUpload

_OPTIONAL_TEXTS = tuple(
    field.name
    for field in dataclasses.fields(CloudImage)
    if field.name not in ("provider", "id", "presigned", "artifact")
)
_PROVIDERS = frozenset(provider.value for provider in Provider)


def read_cloud(
    entries: Sequence[Struct],
) -> Tuple[Tuple[CloudImage, ...], Tuple[UnknownUpload, ...]]:
    """Return the values of a list: the uploads to clouds that are known, then the others.

    :raises ValueError: naming the place that is wrong
    """
    known: List[CloudImage] = []
    unknown: List[UnknownUpload] = []
    for entry in entries:
        if entry.text("provider") in _PROVIDERS:
            known.append(_known(entry))
        else:
            unknown.append(_unknown(entry))
    return tuple(known), tuple(unknown)


def _known(fields: Struct) -> CloudImage:
    entry: Dict[str, Union[str, bool, None]] = {
        "provider": fields.text("provider"),
        "id": fields.line("id"),
    }
    for key in _OPTIONAL_TEXTS:
        if fields.has(key):
            entry[key] = fields.text_or_none(key)
    if fields.has("presigned"):
        entry["presigned"] = fields.flag("presigned")
    return dataclasses.replace(CloudImage.from_json(entry), artifact=_uploaded(fields))


def _uploaded(fields: Struct) -> Optional[Artifact]:
    return read_artifact(fields) if fields.has("osbuild_artifact") else None


def read_artifact(fields: Struct) -> Optional[Artifact]:
    """Return the ``osbuild_artifact`` of an entry, or None for null.

    :raises ValueError: naming the place that is wrong
    """
    artifact = fields.struct_or_none("osbuild_artifact")
    if artifact is None:
        return None
    return Artifact(artifact.text("export_name"), artifact.text("export_filename"))


def _unknown(fields: Struct) -> UnknownUpload:
    """Return an entry as composer returned it; a later version may know the cloud and say more."""
    if fields.has("options"):
        options = fields.struct("options")
        texts = [(key, options.text(key)) for key in options]
    else:
        known = ("provider", "osbuild_artifact")
        values = [(key, fields.raw(key)) for key in fields if key not in known]
        texts = [
            (key, value if isinstance(value, str) else json.dumps(value, sort_keys=True))
            for key, value in values
        ]
    return UnknownUpload(fields.text("provider"), tuple(texts), _uploaded(fields))

"""The entries of a ``"cloud"`` list, read from a file that others may have written."""

from __future__ import annotations

import dataclasses
from typing import Dict, Union

from pungi_osbuild.metadata.fields import Fields
from pungi_osbuild.model import CloudImage

_OPTIONAL_TEXTS = tuple(
    field.name
    for field in dataclasses.fields(CloudImage)
    if field.name not in ("provider", "id", "presigned")
)


def cloud_from_json(fields: Fields) -> CloudImage:
    """Return the value of an entry.

    :raises ValueError: naming the place that is wrong
    """
    entry: Dict[str, Union[str, bool, None]] = {
        "provider": fields.text("provider"),
        "id": fields.text("id"),
    }
    for key in _OPTIONAL_TEXTS:
        if fields.has(key):
            entry[key] = fields.text_or_none(key)
    if fields.has("presigned"):
        entry["presigned"] = fields.flag("presigned")
    try:
        return CloudImage.from_json(entry)
    except ValueError as error:
        raise ValueError("%s: %s" % (fields.place, error)) from None

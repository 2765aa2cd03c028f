"""
The JSON schema of osbuildImage's arguments, as the hub plugin of koji-osbuild 12 has it.

What it refuses, and the words it does that with, is the hub's first answer to a mistake: titles
and descriptions are part of what a client is shown, so they are the plugin's.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import jsonschema
from jsonschema.exceptions import best_match

_STRING: Dict[str, Any] = {"type": "string"}
_STRINGS: Dict[str, Any] = {"type": "array", "items": _STRING}


def _described(kind: str, description: str, **more: Any) -> Dict[str, Any]:
    return {"type": kind, "description": description, **more}


def _closed(required: Sequence[str] = (), **properties: Any) -> Dict[str, Any]:
    """Return the schema of an object that has no other keys than these."""
    schema: Dict[str, Any] = {"type": "object", "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, "properties": properties}


def _titled(title: str, schema: Dict[str, Any]) -> Dict[str, Any]:
    return {"title": title, **schema}


_UPLOADS: Dict[str, Dict[str, Any]] = {
    "AWSEC2UploadOptions": _closed(
        ["region", "share_with_accounts"],
        region=_STRING,
        snapshot_name=_STRING,
        share_with_accounts=_STRINGS,
    ),
    "AWSS3UploadOptions": _closed(["region"], region=_STRING),
    "GCPUploadOptions": _closed(
        ["region"],
        region=_STRING,
        bucket=_STRING,
        image_name=_STRING,
        share_with_accounts=_STRINGS,
    ),
    "AzureUploadOptions": _closed(
        ["tenant_id", "subscription_id", "resource_group"],
        tenant_id=_STRING,
        subscription_id=_STRING,
        resource_group=_STRING,
        location=_STRING,
        image_name=_STRING,
    ),
    "ContainerUploadOptions": _closed(name=_STRING, tag=_STRING),
}


def _ref(name: str) -> Dict[str, str]:
    return {"$ref": "#/definitions/%s" % name}


_REPO = _titled(
    "Repository options",
    _closed(
        ["baseurl"],
        baseurl=_STRING,
        package_sets=_described("array", "Repositories", items=_STRING),
    ),
)
_OSTREE = _titled("OSTree specific options", _closed(parent=_STRING, ref=_STRING, url=_STRING))
_OPTIONS = _titled(
    "Optional arguments",
    _closed(
        customizations={"type": "object", "additionalProperties": True},
        ostree={"type": "object", **_ref("ostree")},
        upload_options={"anyOf": [_ref(name) for name in _UPLOADS]},
        repo=_described("array", "Repositories", items={"oneOf": [_STRING, _ref("repo")]}),
        release=_described("string", "Release override"),
        skip_tag=_described("boolean", "Omit tagging the result"),
    ),
)
_IMAGE_TYPES = _described(
    "array",
    "Image Types (this option is deprecated)",
    minItems=1,
    maxItems=1,
    items=_STRING,
)

SCHEMA: Dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "osbuildImage arguments",
    "type": "array",
    "minItems": 7,
    "items": [
        _described("string", "Name"),
        _described("string", "Version"),
        _described("string", "Distribution"),
        {"oneOf": [_described("string", "Image Type"), _IMAGE_TYPES]},
        _described("string", "Target"),
        _described("array", "Architectures", minItems=1, items=_STRING),
        {"type": "object", **_ref("options")},
    ],
    "definitions": {"repo": _REPO, "ostree": _OSTREE, "options": _OPTIONS, **_UPLOADS},
}


_VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def refusal(arguments: List[Any]) -> Optional[str]:
    """Return the hub's words for what is wrong with osbuildImage's arguments, or None."""
    # Of several errors jsonschema.validate, which the hub calls, takes the best match, too.
    error = best_match(_VALIDATOR.iter_errors(arguments))
    return None if error is None else str(error)

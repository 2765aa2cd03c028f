"""
The JSON schema of osbuildImage's arguments, as the hub plugin of koji-osbuild 12 has it.

What it refuses, and the words it does that with, is the hub's first answer to a mistake: titles
and descriptions are part of what a client is shown, so they are the plugin's.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

import jsonschema
from jsonschema.exceptions import best_match

from koji_rehearsal.clouds import STRING, closed, hub_shapes


def _described(kind: str, description: str, **more: Any) -> Dict[str, Any]:
    return {"type": kind, "description": description, **more}


def _titled(title: str, schema: Dict[str, Any]) -> Dict[str, Any]:
    return {"title": title, **schema}


def _ref(name: str) -> Dict[str, str]:
    return {"$ref": "#/definitions/%s" % name}


_REPO = _titled(
    "Repository options",
    closed(
        ["baseurl"],
        baseurl=STRING,
        package_sets=_described("array", "Repositories", items=STRING),
    ),
)
_OSTREE = _titled("OSTree specific options", closed(parent=STRING, ref=STRING, url=STRING))
_IMAGE_TYPES = _described(
    "array",
    "Image Types (this option is deprecated)",
    minItems=1,
    maxItems=1,
    items=STRING,
)


def _options(uploads: Iterable[str]) -> Dict[str, Any]:
    return _titled(
        "Optional arguments",
        closed(
            customizations={"type": "object", "additionalProperties": True},
            ostree={"type": "object", **_ref("ostree")},
            upload_options={"anyOf": [_ref(name) for name in uploads]},
            repo=_described("array", "Repositories", items={"oneOf": [STRING, _ref("repo")]}),
            release=_described("string", "Release override"),
            skip_tag=_described("boolean", "Omit tagging the result"),
        ),
    )


def hub_schema() -> Dict[str, Any]:
    """Return the schema of the arguments, with the clouds that are known now."""
    uploads = dict(hub_shapes())
    return {
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
            _described("array", "Architectures", minItems=1, items=STRING),
            {"type": "object", **_ref("options")},
        ],
        "definitions": {
            "repo": _REPO,
            "ostree": _OSTREE,
            "options": _options(uploads),
            **uploads,
        },
    }


def refusal(arguments: List[Any]) -> Optional[str]:
    """Return the hub's words for what is wrong with osbuildImage's arguments, or None."""
    # Of several errors jsonschema.validate, which the hub calls, takes the best match, too.
    error = best_match(jsonschema.Draft4Validator(hub_schema()).iter_errors(arguments))
    return None if error is None else str(error)

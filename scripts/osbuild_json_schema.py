"""
Write docs/osbuild-json.schema.json again, from the records that osbuild.json is made of.

A test fails while the file is not what this script would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Type

from pungi_osbuild.checked import INLINED, OMITTED, JsonDict, members
from pungi_osbuild.metadata import FORMAT_VERSION, ImageRecord, TaskRecord
from pungi_osbuild.model import KojiPlace

FILE = Path(__file__).parent.parent / "docs" / "osbuild-json.schema.json"
_TEXT = {"type": "string"}


def schema() -> JsonDict:
    """Return the JSON Schema of osbuild.json."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "osbuild.json, format_version %s" % FORMAT_VERSION,
        "description": "docs/osbuild-json.md is the reference."
        " Keys that are not listed are others' and are kept.",
        **_object(header=_header(), payload=_payload()),
        "definitions": _definitions(ImageRecord, TaskRecord, KojiPlace),
    }


def _header() -> JsonDict:
    version = {**_TEXT, "pattern": r"^[12]\.[0-9]+$"}
    return _object(type={"const": "pungi_osbuild.images"}, version=version)


def _payload() -> JsonDict:
    """Return the schema of the payload, whose compose section is productmd's."""
    date = {**_TEXT, "pattern": "^[0-9]{8}$"}
    compose = _object(id=_TEXT, type=_TEXT, date=date, respin={"type": "integer"})
    compose["properties"].update(label=_TEXT, final={"type": "boolean"})
    images = {"type": "array", "items": _ref(ImageRecord)}
    arches = {"type": "object", "additionalProperties": images}
    return _object(
        format_version={"const": FORMAT_VERSION},
        compose=compose,
        koji=_ref(KojiPlace),
        tasks={"type": "array", "items": _ref(TaskRecord)},
        images={"type": "object", "additionalProperties": arches},
    )


def _object(**properties: Any) -> JsonDict:
    return {"type": "object", "required": list(properties), "properties": properties}


def _ref(record: Type[Any]) -> JsonDict:
    return {"$ref": "#/definitions/%s" % record.__name__}


def _definitions(*records: Type[Any]) -> JsonDict:
    """Return the schemas of records, and of those in them, by class."""
    found: JsonDict = {}
    left: List[Type[Any]] = list(records)
    while left:
        record = left.pop()
        if record.__name__ not in found:
            found[record.__name__] = _record(record)
            left.extend(inner for member in members(record) for inner in member.form.records)
    return dict(sorted(found.items()))


def _record(record: Type[Any]) -> JsonDict:
    schema = _object()
    for member in members(record):
        holder = schema
        for key in member.path[:-1]:
            if key not in holder["properties"]:
                _add(holder, key, _object())
            holder = holder["properties"][key]
        if member.mark is INLINED:
            for key, inner in _record(member.form.records[0])["properties"].items():
                _add(holder, key, _or_null(inner) if member.is_optional else inner)
        elif member.mark is OMITTED:
            holder["properties"][member.path[-1]] = dict(member.form.schema)
        else:
            own = dict(member.form.schema)
            _add(holder, member.path[-1], _or_null(own) if member.is_optional else own)
    return schema


def _add(holder: JsonDict, key: str, inner: JsonDict) -> None:
    holder["required"].append(key)
    holder["properties"][key] = inner


def _or_null(inner: JsonDict) -> JsonDict:
    if "type" in inner:
        return {**inner, "type": [inner["type"], "null"]}
    return {"oneOf": [{"type": "null"}, inner]}


def written() -> str:
    """Return the text of the file as it should be."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")

"""Every option of the schema has a note, and every note is true as far as that can be tried."""

from __future__ import annotations

import ast
import re
from typing import Any, Iterator, Mapping, Tuple

import pytest
from jsonschema import Draft4Validator

from pungi_osbuild import __version__
from pungi_osbuild.clouds import cloud_of, hub_clouds, lacking_options, upload_schema
from pungi_osbuild.config import section_schema
from pungi_osbuild.config.optionnotes import BLOCK, IMAGE_TYPE, PUNGI, TOP, OptionNote, upload_notes
from pungi_osbuild.config.schema import (
    block_schema,
    image_type_schema,
    pungi_schema,
)
from pungi_osbuild.model import Settings


def described() -> Iterator[Tuple[str, Mapping[str, Any], Mapping[str, OptionNote]]]:
    """Give each schema of a dict with the notes for its options."""
    yield "top", section_schema(), TOP
    yield "block", block_schema(), BLOCK
    yield "image type", image_type_schema(), IMAGE_TYPE
    yield "pungi", pungi_schema(), PUNGI
    for cloud in hub_clouds():
        yield cloud.id, upload_schema(cloud), upload_notes(cloud)


SCHEMAS = list(described())
PROVIDERS = [cloud.id for cloud in hub_clouds()]
OPTIONS = [(where, name) for where, schema, _notes in SCHEMAS for name in schema["properties"]]


@pytest.mark.parametrize("where", [where for where, _schema, _notes in SCHEMAS])
def test_each_option_has_a_note_and_no_other_has(where: str) -> None:
    """A new option without one would be missing in docs/configuration.md."""
    (found,) = [one for one in SCHEMAS if one[0] == where]
    assert set(found[2]) == set(found[1]["properties"])


@pytest.mark.parametrize(("where", "name"), OPTIONS)
def test_a_note_is_true(where: str, name: str) -> None:
    """Its example is what the schema takes; what must be given is so there, too."""
    (found,) = [one for one in SCHEMAS if one[0] == where]
    schema, note = found[1], found[2][name]
    assert schema["properties"][name]["description"].endswith((".", '"'))
    example = _as_json(ast.literal_eval(note.example))
    Draft4Validator(schema["properties"][name]).validate(example)
    required = schema.get("required", ())
    if where in PROVIDERS:
        # What only one of the hub's shapes requires can be left out with the rest of the shape.
        required = lacking_options(cloud_of(where), ())
    assert (note.default is None) == (name in required)
    assert _numbers(note.since) <= _numbers(__version__)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def test_defaults_that_the_code_has_are_those_of_the_notes() -> None:
    """As far as they are values."""
    for notes in (TOP, PUNGI):
        for name, note in notes.items():
            written = re.fullmatch(r"`(True|False|\d+|\".*\"|\[.*\])`", note.default or "")
            field = name[len("osbuild_") :] if name.startswith("osbuild_") else name
            if written and hasattr(Settings(), field):
                default = getattr(Settings(), field)
                assert _as_json(default) == ast.literal_eval(written[1]), name

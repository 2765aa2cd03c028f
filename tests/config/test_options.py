"""What the documentation says of each option is true as far as that can be tried."""

from __future__ import annotations

import ast
import re
from typing import Any, Iterator, Mapping, Tuple

import pytest
from jsonschema import Draft4Validator

from pungi_osbuild import __version__
from pungi_osbuild.clouds import cloud_of, hub_clouds, lacking_options, upload_schema
from pungi_osbuild.config.options import (
    image_type_options,
    pungi_options,
    section_schema,
    top_options,
    upload_options,
)
from pungi_osbuild.methods import Options, closed, properties_of, task_methods
from pungi_osbuild.model import Settings


def described() -> Iterator[Tuple[str, Mapping[str, Any], Options]]:
    """Give each schema of a dict with what is said of its options."""
    section = section_schema()
    yield "top", section, top_options()
    for method in task_methods():
        yield method.section, closed(method.block_options()), method.block_options()
    image_type = section["properties"]["osbuild_image_types"]["additionalProperties"]
    yield "image type", image_type, image_type_options()
    yield "pungi", {"properties": properties_of(pungi_options())}, pungi_options()
    for cloud in hub_clouds():
        yield cloud.id, upload_schema(cloud), upload_options(cloud)


SCHEMAS = list(described())
PROVIDERS = [cloud.id for cloud in hub_clouds()]
OPTIONS = [(where, name) for where, schema, _options in SCHEMAS for name in schema["properties"]]


@pytest.mark.parametrize("where", [where for where, _schema, _options in SCHEMAS])
def test_each_option_of_the_schema_is_documented_and_no_other_is(where: str) -> None:
    """One that is not would be missing in docs/configuration.md."""
    (found,) = [one for one in SCHEMAS if one[0] == where]
    assert set(found[2]) == set(found[1]["properties"])


@pytest.mark.parametrize(("where", "name"), OPTIONS)
def test_what_is_said_of_an_option_is_true(where: str, name: str) -> None:
    """Its example is what the schema takes; what must be given is so there, too."""
    (found,) = [one for one in SCHEMAS if one[0] == where]
    schema, option = found[1], found[2][name]
    assert schema["properties"][name]["description"].endswith((".", '"'))
    example = _as_json(ast.literal_eval(option.example))
    Draft4Validator(schema["properties"][name]).validate(example)
    required = schema.get("required", ())
    if where in PROVIDERS:
        # What only one of the hub's shapes requires can be left out with the rest of the shape.
        required = lacking_options(cloud_of(where), ())
    assert (option.default is None) == (name in required)
    assert _numbers(option.since) <= _numbers(__version__)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def _numbers(version: str) -> Tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def test_defaults_that_the_code_has_are_those_that_are_documented() -> None:
    """As far as they are values."""
    for options in (top_options(), pungi_options()):
        for name, option in options.items():
            written = re.fullmatch(r"`(True|False|\d+|\".*\"|\[.*\])`", option.default or "")
            field = name[len("osbuild_") :] if name.startswith("osbuild_") else name
            if written and hasattr(Settings(), field):
                default = getattr(Settings(), field)
                assert _as_json(default) == ast.literal_eval(written[1]), name

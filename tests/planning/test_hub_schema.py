"""
Against the hub's own schema: nothing that it refuses is planned without an error.

The rules are koji-osbuild's, as data: every one of them is broken in turn, and random blocks are
sent as they would be sent to the hub.
"""

from __future__ import annotations

import copy
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import pytest
from hypothesis import given

from koji_rehearsal.schema import hub_schema, refusal
from pungi_osbuild.config import Source, read_config
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import plan
from pungi_osbuild.problems import has_errors
from tests.config.test_properties import blocks
from tests.values import a_compose, a_variant

JsonDict = Dict[str, Any]

GOOD: JsonDict = {
    "name": "test-image",
    "distro": "rhel-9.6",
    "image_types": "aws",
    "version": "1",
    "release": "1",
    "target": "t",
    "arches": ["x86_64"],
    "repo": ["https://example.com/"],
}
ARGUMENTS = ("name", "version", "distro", "image_types", "target", "arches")
"""The block options that are the first arguments, in their order."""

SCHEMA = hub_schema()
DEFINITIONS: Mapping[str, JsonDict] = SCHEMA["definitions"]
OPTIONS: Mapping[str, JsonDict] = DEFINITIONS["options"]["properties"]


def resolved(schema: JsonDict) -> JsonDict:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DEFINITIONS[name] if name else schema


def breaking(written: JsonDict) -> Iterator[Any]:
    """Give values that break each rule of a schema, one rule at a time."""
    schema = resolved(written)
    kind = schema.get("type")
    yield from (1, 1.5, True, None, "x", [], {}, ["x"], {"x": "x"}, [["x"]])
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from breaking(choice)
    if kind == "array":
        yield ["x"] * (schema.get("maxItems", 0) + 1)
        yield from ([item] for item in breaking(schema["items"]))
        yield from (["x", item] for item in breaking(schema["items"]))
    properties = schema.get("properties", {})
    whole = {name: working(value) for name, value in properties.items()}
    for name in properties:
        yield {key: value for key, value in whole.items() if key != name}
        yield from ({**whole, name: value} for value in breaking(properties[name]))
    if properties:
        yield {**whole, "unheard_of": "x"}
        yield whole


def working(written: JsonDict) -> Any:
    """Return a value that a schema takes."""
    schema = resolved(written)
    if "oneOf" in schema:
        return working(schema["oneOf"][0])
    if schema["type"] == "array":
        return [working(schema["items"])]
    return {"string": "us-east-1", "boolean": True, "object": {}}[schema["type"]]


def every_breach() -> List[Tuple[str, Any]]:
    """Return block options with values that break a rule of the hub's schema."""
    schemas = dict(zip(ARGUMENTS, SCHEMA["items"]))
    schemas.update({name: schema for name, schema in OPTIONS.items() if name != "ostree"})
    ostree = DEFINITIONS["ostree"]["properties"]
    schemas.update({"ostree_" + name: schema for name, schema in ostree.items()})
    return [(name, value) for name, schema in schemas.items() for value in breaking(schema)]


def sent(block: Mapping[Any, Any]) -> List[List[Any]]:
    """Return what would be sent to the hub for a block; nothing where it has an error."""
    config = {"osbuild": {".*": [block]}, "global_target": "t", "global_release": "1"}
    reading = read_config(Source("/x.conf", config))
    if reading.config is None or has_errors(reading.problems):
        return []
    planned = plan(reading.config, a_compose(variants=(a_variant(arches=("x86_64",)),)))
    if has_errors(planned.problems):
        return []
    return [list(arguments(request)) for request in planned.requests]


def test_no_rule_of_the_schema_is_broken_without_an_error() -> None:
    """What it refuses is an error here, or is sent in a form that it takes."""
    assert sent(GOOD), "the block that is changed is a good one"
    for option, value in every_breach():
        block = {**GOOD, option: copy.deepcopy(value)}
        for wire in sent(block):
            assert refusal(wire) is None, (option, value)


def test_the_breaches_are_breaches() -> None:
    """Most of them are refused by the hub where they are sent as they are written."""
    refused = 0
    for option, value in every_breach():
        wire: List[Any] = [GOOD[name] for name in ARGUMENTS] + [{}]
        if option in ARGUMENTS:
            wire[ARGUMENTS.index(option)] = value
        elif option.startswith("ostree_"):
            wire[6] = {"ostree": {option[7:]: value}}
        else:
            wire[6] = {option: value}
        refused += refusal(wire) is not None
    assert refused > 300


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@given(blocks())
def test_nothing_that_the_hub_refuses_is_planned(block: Dict[Any, Any]) -> None:
    """Whatever is wrong in a block."""
    for wire in sent(block):
        assert refusal(wire) is None

"""What the rehearsal's composer refuses of customizations is a warning, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Mapping, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

import koji_rehearsal
from koji_rehearsal.composer.checks import refusal
from koji_rehearsal.composer.table import Table
from pungi_osbuild.imagetypes import COMPOSER_VERSION
from tests.planning.test_composer_rules import MEASURED, block_of, problems_of

API = Path(koji_rehearsal.__file__).parent / "composer" / "cloudapi.json"
SCHEMAS: Mapping[str, Any] = json.loads(API.read_text(encoding="utf-8"))
TEXTS = (
    *("", "/", "/etc", "/etc/x", "/etc/passwd", "/var/lib", "/usr/x", "/usr/local/bin/x", "//x"),
    *("/root/x", "/a/../b", "x", "10 GiB", "1.5 TiB", "10 G", "lots", "0644", "4755", "888"),
    *("xccdf_org.ssgproject.content_profile_cis", "cis", "https://example.com/"),
)
WRONG: Tuple[Any, ...] = (True, 5, -1, 1.5, "x", [], {}, ["x"], [5], {"x": 1}, [{"x": 1}])


@st.composite
def values(draw: st.DrawFn, schema: Mapping[str, Any], depth: int = 0) -> Any:
    """Draw what the API describes, and now and then something else."""
    if draw(st.integers(0, 29)) == 29:
        return draw(st.sampled_from(WRONG))
    if "$ref" in schema:
        return draw(values(SCHEMAS[schema["$ref"].rpartition("/")[2]], depth))
    if "oneOf" in schema:
        return draw(values(draw(st.sampled_from(schema["oneOf"])), depth))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if schema.get("type") == "array":
        return draw(st.lists(values(schema["items"], depth + 1), max_size=2))
    if "properties" in schema:
        return draw(objects(schema, depth))
    simple: Mapping[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(TEXTS),
        "boolean": st.booleans(),
        "integer": st.integers(-1, 1000),
    }
    return draw(simple.get(schema.get("type", ""), st.sampled_from((0, 2**31, *WRONG))))


@st.composite
def objects(draw: st.DrawFn, schema: Mapping[str, Any], depth: int) -> Dict[str, Any]:
    """Draw an object with most of the keys that it needs, some others, and rarely a strange one."""
    found = {}
    for key, described in schema["properties"].items():
        often = 19 if key in schema.get("required", ()) else (10 if depth else 2)
        if draw(st.integers(0, 19)) < often:
            found[key] = draw(values(described, depth + 1))
    if draw(st.integers(0, 29)) == 29:
        found["strange"] = 1
    return found


@settings(max_examples=300)
@given(st.sampled_from(sorted(MEASURED)), objects(SCHEMAS["Customizations"], 0))
def test_customizations_are_refused_here_as_there(cell: Any, drawn: Dict[str, Any]) -> None:
    """What is only ignored is said here, and taken there."""
    block = block_of(*cell)
    customizations = block["customizations"] = {**block.get("customizations", {}), **drawn}
    image = {
        "architecture": cell[1],
        "image_type": cell[2],
        "repositories": [{"baseurl": "https://example.com/"}],
    }
    if "ostree_url" in block:
        image["ostree"] = {"url": block["ostree_url"]}
    request = {"distribution": cell[0], "image_requests": [image], "koji": KOJI}
    refused = refusal({**request, "customizations": customizations}, Table(COMPOSER_VERSION))
    found = [one for one in problems_of([block]) if one.code != "ignored-customization"]
    assert bool(found) == (refused is not None), refused


KOJI = {
    "server": "https://koji.example.com/",
    "task_id": 1,
    "name": "n",
    "version": "1",
    "release": "1",
}

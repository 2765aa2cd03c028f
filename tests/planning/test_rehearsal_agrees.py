"""What the rehearsal's composer refuses is a warning, and nothing else is."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import koji_rehearsal
from koji_rehearsal.composer.checks import refusal
from koji_rehearsal.composer.errors import Refusal
from koji_rehearsal.composer.table import OwnType, Table
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
    ostree = {"url": block["ostree_url"]} if "ostree_url" in block else {}
    refused = refused_there(cell, ostree, customizations)
    found = [one for one in problems_of([block]) if one.code != "ignored-customization"]
    assert bool(found) == (refused is not None), refused


LISTED: Tuple[Mapping[str, Mapping[str, Sequence[str]]], ...] = (
    {"gcp": {"distros": ["rhel-9.6"], "arches": ["aarch64"]}},
    {"gcp": {"distros": ["rhel-96"]}},
    {"gcp": {"distros": ["rhel-9"], "arches": ["aarch64"]}},
    {"gcp": {"arches": ["aarch64", "riscv64"]}},
    {"gcp": {"distros": ["rhel-9.5"], "arches": ["aarch64"]}},
    {"gcp": {}},
    {"guest-image": {"distros": ["mylinux-3"]}},
    {"guest-image": {"distros": ["mylinux-3"], "arches": ["x86_64", "riscv64"]}},
    {"my-image": {}},
    {"my-image": {"distros": ["mylinux-3", "rhel-9.6"]}},
    {"my-image": {"distros": ["mylinux-3"], "arches": ["aarch64"]}},
    {"iot-bootable-container": {"distros": ["fedora-43"]}},
)


@pytest.mark.parametrize("listed", LISTED, ids=str)
def test_what_a_site_lists_is_judged_here_as_there(listed: Mapping[str, Any]) -> None:
    """Of each distribution, arch and type that it may be about."""
    own = [
        OwnType(name, tuple(entry.get("distros", ())), tuple(entry.get("arches", ())))
        for name, entry in listed.items()
    ]
    for cell in product(
        ("rhel-9.6", "rhel-9.9", "mylinux-3", "fedora-43"),
        ("x86_64", "aarch64", "riscv64"),
        (*listed, "oci"),
    ):
        used = [one for one in own if one.name == cell[2]]
        refused = refused_there(cell, {}, {}, used)
        found = problems_of([block_of(*cell)], (cell[1],), osbuild_image_types=listed)
        assert bool(found) == (refused is not None), (cell, refused, found)


def refused_there(
    cell: Tuple[str, str, str],
    ostree: Mapping[str, str],
    customizations: Mapping[str, Any],
    own: Sequence[OwnType] = (),
) -> Optional[Refusal]:
    """Return how the rehearsal's composer refuses an image."""
    distribution, arch, image_type = cell
    image = {
        "architecture": arch,
        "image_type": image_type,
        "repositories": [{"baseurl": "https://example.com/"}],
        **({"ostree": ostree} if ostree else {}),
    }
    request = {"distribution": distribution, "image_requests": [image], "koji": KOJI}
    if customizations:
        request["customizations"] = customizations
    return refusal(request, Table(COMPOSER_VERSION, own))


KOJI = {
    "server": "https://koji.example.com/",
    "task_id": 1,
    "name": "n",
    "version": "1",
    "release": "1",
}

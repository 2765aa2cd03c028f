"""The quick look at a value says what jsonschema says."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config.conforming import test_of as conforms_to
from pungi_osbuild.config.schema import UPLOAD_ORDER, block_schema, upload_schema
from pungi_osbuild.config.wording import _Validator

SCHEMAS: Dict[str, Dict[str, Any]] = {
    "block": block_schema(),
    **{provider.value: upload_schema(provider) for provider in UPLOAD_ORDER},
    **{provider.value + ", part": upload_schema(provider, False) for provider in UPLOAD_ORDER},
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 2},
    "others": {"additionalProperties": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}},
}
GOOD: Dict[str, Any] = {
    "name": "image",
    "distro": "rhel-9.4",
    "image_types": ["aws"],
    "target": "t",
    "repo": ["Server", {"baseurl": "https://example.com", "package_sets": ["build"]}],
    "upload_options": {"region": "r", "share_with_accounts": ["1"]},
    "arch_upload_options": {"x86_64": {"region": "r"}},
    "release": None,
    "skip_tag": True,
}
KEYS = sorted(
    {*GOOD, *(key for schema in SCHEMAS.values() for key in schema.get("properties", ()))}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2),
    st.just(0.5),
    st.just(1j),
    st.sampled_from(["", "a"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*KEYS, "unknown"]), inner, max_size=4),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", SCHEMAS)
@given(value=VALUES)
def test_any_value_is_judged_as_by_jsonschema(name: str, value: Any) -> None:
    """Also of types that no config has."""
    schema = SCHEMAS[name]
    assert conforms_to(schema)(value) == _Validator(schema).is_valid(value)


@given(changes=st.dictionaries(st.sampled_from([*KEYS, "unknown"]), VALUES, max_size=2))
def test_a_block_is_judged_as_by_jsonschema(changes: Dict[str, Any]) -> None:
    """A good one, and one with something else in it."""
    value = {**GOOD, **changes}
    assert conforms_to(SCHEMAS["block"])(value) == _Validator(SCHEMAS["block"]).is_valid(value)


def test_a_keyword_that_is_not_known_is_left_to_jsonschema() -> None:
    """Nothing passes."""
    assert not conforms_to({"type": "string", "pattern": "a"})("a")
    assert not conforms_to({"type": ["string", "null"]})("a")


def test_a_good_block_needs_no_jsonschema() -> None:
    """It is fine at first sight."""
    assert conforms_to(SCHEMAS["block"])(GOOD)

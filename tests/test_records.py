"""Records are written and read as their fields are declared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Dict, Optional, Tuple

import pytest

from pungi_osbuild.checked import (
    ELSEWHERE,
    FILE,
    INLINED,
    ISO_TIME,
    OMITTED,
    PATH,
    Key,
    Struct,
    from_json,
    picked,
    to_json,
)


class Colour(Enum):
    """A choice."""

    RED = "red"


@dataclass(frozen=True)
class Sum:
    """Its keys stand in the object that holds it."""

    kind: Annotated[str, Key("sum_kind")]
    value: Annotated[str, Key("sum")]


@dataclass(frozen=True)
class Inner:
    """Stands in an object of its own."""

    number: int
    inner: Optional[Inner] = None


@dataclass(frozen=True)
class Outer:
    """Has a field of each kind."""

    arch: Annotated[str, ELSEWHERE]
    text: str
    path: Annotated[Optional[str], PATH]
    flag: bool
    colour: Colour
    when: Annotated[Optional[int], ISO_TIME]
    texts: Tuple[str, ...]
    inner: Optional[Inner]
    inners: Tuple[Inner, ...]
    sum: Annotated[Optional[Sum], INLINED]
    deep: Annotated[Optional[str], Key("below", "key")]
    more: Annotated[Tuple[str, ...], OMITTED] = ()


FULL = Outer(
    "x86_64",
    "t",
    "a/b",
    True,
    Colour.RED,
    1795417407,
    ("a", "b"),
    Inner(1, Inner(2)),
    (Inner(3),),
    Sum("md5", "00"),
    "d",
    ("m",),
)
FULL_JSON: Dict[str, Any] = {
    "text": "t",
    "path": "a/b",
    "flag": True,
    "colour": "red",
    "when": "2026-11-23T07:03:27Z",
    "texts": ["a", "b"],
    "inner": {"number": 1, "inner": {"number": 2, "inner": None}},
    "inners": [{"number": 3, "inner": None}],
    "sum_kind": "md5",
    "sum": "00",
    "below": {"key": "d"},
    "more": ["m"],
}
EMPTY = Outer("x86_64", "", None, False, Colour.RED, None, (), None, (), None, None)
EMPTY_JSON: Dict[str, Any] = {
    "text": "",
    "path": None,
    "flag": False,
    "colour": "red",
    "when": None,
    "texts": [],
    "inner": None,
    "inners": [],
    "sum_kind": None,
    "sum": None,
    "below": {"key": None},
}


def read(entry: Dict[str, Any]) -> Outer:
    return from_json(Outer, Struct(entry, "e", FILE), arch="x86_64")


@pytest.mark.parametrize(("record", "entry"), [(FULL, FULL_JSON), (EMPTY, EMPTY_JSON)])
def test_a_record_is_read_as_it_was_written(record: Outer, entry: Dict[str, Any]) -> None:
    """In both directions, and keys in the order of the fields."""
    assert to_json(record) == entry
    assert list(to_json(record)) == list(entry)
    assert read(entry) == record


@pytest.mark.parametrize("key", sorted(EMPTY_JSON))
def test_every_key_must_be_there(key: str) -> None:
    """Only what is declared to be left out may be missing."""
    entry = {name: value for name, value in EMPTY_JSON.items() if name != key}
    with pytest.raises(ValueError, match=r"^e\.\w+ is missing$"):
        read(entry)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("text", None, "e.text is not a text"),
        ("path", "../x", "e.path is not a path below its folder"),
        ("flag", 1, "e.flag is not true or false"),
        ("colour", "blue", "e.colour is not one of red"),
        ("when", "yesterday", "e.when is not a time"),
        ("texts", "a", "e.texts is not a list"),
        ("inner", {"number": -1, "inner": None}, "e.inner.number is not a whole number"),
        ("inners", [FULL_JSON["inner"], 7], r"e.inners\[1\] is not an object"),
        ("sum_kind", 7, "e.sum_kind is not a text"),
        ("below", [], "e.below is not an object"),
        ("more", None, "e.more is not a list"),
    ],
)
def test_a_value_that_is_not_as_declared_is_refused(key: str, value: object, said: str) -> None:
    """With its place."""
    with pytest.raises(ValueError, match="^%s" % said):
        read({**FULL_JSON, key: value})


def test_a_record_is_picked_from_attributes_of_its_names() -> None:
    """The first source that has one counts; what is given counts before all."""
    assert picked(Inner, Inner(1, Inner(2)), Inner(3), inner=None) == Inner(1)
    with pytest.raises(TypeError, match="Inner lacks inner"):
        picked(Inner, SimpleNamespace(number=1))
    with pytest.raises(TypeError, match="number"):
        picked(Inner, Colour.RED)

"""What a hub sends, and what stands in a file, is not trusted."""

from __future__ import annotations

from enum import Enum
from typing import Callable, Dict, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.checked import FILE, MAX_TEXT, Struct, json_struct, plain_name, structs
from pungi_osbuild.errors import ReplyError

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "/etc/passwd", "a\\b", "a\nb", "a\0b", "x" * 256, "ä" * 128],
)
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    """A file name from a hub is the last part of a path, and nothing else."""
    with pytest.raises(ReplyError):
        plain_name(name, "a name")


@given(st.text())
def test_a_plain_name_is_one_part_of_a_path(name: str) -> None:
    """Whatever passes has no separator, and is not a way up."""
    try:
        kept = plain_name(name, "a name")
    except ReplyError:
        return
    assert kept == name
    assert "/" not in kept
    assert not kept.startswith(".")
    assert len(kept.encode("utf-8")) <= 255


def optional_seconds(value: Dict[str, object]) -> object:
    struct = Struct(value, "x")
    return struct.optional("a", struct.seconds)


@given(anything)
def test_reading_any_reply_gives_a_value_or_our_error(value: object) -> None:
    """No reply makes a traceback."""
    reads: Tuple[Callable[[], object], ...] = (
        lambda: Struct(value, "x").text("a"),
        lambda: Struct({"a": value}, "x").text("a"),
        lambda: Struct({"a": value}, "x").integer("a"),
        lambda: optional_seconds({"a": value}),
        lambda: Struct({"a": value}, "x").filename("a"),
        lambda: Struct({"a": value}, "x").structs("a"),
        lambda: structs(value, "x"),
    )
    for read in reads:
        try:
            read()
        except ReplyError as error:
            assert len(error.reason) < 500


def test_a_text_has_an_end() -> None:
    """Megabytes where a name should be are refused."""
    with pytest.raises(ReplyError):
        Struct({"a": "x" * (MAX_TEXT + 1)}, "x").text("a")


def test_a_flag_is_no_number() -> None:
    """XML-RPC has booleans of its own."""
    with pytest.raises(ReplyError):
        Struct({"a": True}, "x").integer("a")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"[" * 100000, b"1"])
def test_a_file_that_is_not_a_json_struct_is_an_error(text: bytes) -> None:
    """compose-status.json may be cut, empty, or something else."""
    with pytest.raises(ReplyError):
        json_struct(text, "a file")


class Colour(Enum):
    """For the test below."""

    RED = "red"
    ONE = 1


@pytest.mark.parametrize("value", ["blue", None, [], True, 1.0])
def test_a_choice_is_one_of_an_enum(value: object) -> None:
    """All that could be there are named."""
    assert Struct({"a": "red"}, "x").choice("a", Colour) is Colour.RED
    assert Struct({"a": 1}, "x").choice("a", Colour) is Colour.ONE
    with pytest.raises(ReplyError, match="x, a should be one of red, 1"):
        Struct({"a": value}, "x").choice("a", Colour)


def test_a_key_that_is_missing_from_a_file_is_an_error() -> None:
    """From a hub it says what null says: some hubs leave out what is null."""
    assert Struct({}, "x").text_or_none("a") is None
    assert Struct({}, "x").structs("a") == ()
    assert Struct({"a": None}, "payload", FILE).text_or_none("a") is None
    with pytest.raises(ValueError, match=r"^payload\.a is missing$"):
        Struct({}, "payload", FILE).text_or_none("a")
    with pytest.raises(ValueError, match=r"^payload\.a is not a list$"):
        Struct({"a": None}, "payload", FILE).structs("a")


def test_an_error_names_the_place_of_a_value() -> None:
    """However deep it is, in a reply and in a file."""
    value = {"a": [{"b": {"c": 1}}]}
    with pytest.raises(ReplyError, match=r"build 5, a \[0\], b, c should be a text, and is 1"):
        Struct(value, "build 5").structs("a")[0].struct("b").text("c")
    with pytest.raises(ValueError, match=r"^a\[0\]\.b\.c is not a text$"):
        Struct(value, "", FILE).structs("a")[0].struct("b").text("c")


def test_a_text_of_a_hub_is_cleaned_and_a_files_is_kept() -> None:
    """A file is written again as it was."""
    told = {"a": "x\x1b[2J", "b": ["x\x1b[2J"]}
    assert Struct(told, "x").text("a") == Struct(told, "x").texts("b")[0] == r"x\x1b[2J"
    assert Struct(told, "x", FILE).text("a") == Struct(told, "x", FILE).texts("b")[0] == "x\x1b[2J"

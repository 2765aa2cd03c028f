"""What a hub sends is not trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.wire import MAX_TEXT, Struct, json_struct, plain_name, structs

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


@given(anything)
def test_reading_any_reply_gives_a_value_or_our_error(value: object) -> None:
    """No reply makes a traceback."""
    for read in (
        lambda: Struct(value, "x").text("a"),
        lambda: Struct({"a": value}, "x").text("a"),
        lambda: Struct({"a": value}, "x").integer("a"),
        lambda: Struct({"a": value}, "x").maybe_seconds("a"),
        lambda: Struct({"a": value}, "x").filename("a"),
        lambda: Struct({"a": value}, "x").structs("a"),
        lambda: structs(value, "x"),
    ):
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

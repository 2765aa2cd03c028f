"""What the hub's pages show of a request."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from koji_rehearsal.masking import HIDDEN, masked, masked_argument, masked_error, names_of

SHA = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "name, value",
    [
        ("release", "1^git 1"),
        ("region", "us-east-1"),
        ("share_with_accounts", ["123456789012", "group:team@example.com"]),
        ("name", "registry.example.com:5000/team/image:latest"),
        ("image_name", ""),
        ("upload_options", {"ami": "ami-0123456789abcdef0", "digest": SHA}),
        ("skip_tag", True),
        ("repo", ["https://r.example.com/f41/$arch/os/", {"baseurl": "http://[::1]:80/a"}]),
        ("ostree", {"ref": "fedora/41/x86_64/iot", "parent": None}),
        ("koji", {"build": 7}),
    ],
)
def test_what_is_surely_harmless_is_shown(name: str, value: Any) -> None:
    """By its name and its form."""
    assert masked(value, name) == value


@pytest.mark.parametrize(
    "name, value, shown",
    [
        ("password", "x", HIDDEN),
        ("password", 1234, HIDDEN),
        ("private_key", ["a", "b"], [HIDDEN, HIDDEN]),
        ("name", "me:secret@registry.example.com/image", HIDDEN),
        ("bucket", "--token=secret", HIDDEN),
        ("upload_options", {"password": "x", "a b": "x"}, {"password": HIDDEN, HIDDEN: HIDDEN}),
        ("repo", "https://me:a/b@c@r.example.com/x", "https://(hidden)@r.example.com/x"),
        ("url", "https://s3.example.com/x?X-Sig=secret", "https://s3.example.com/x?(hidden)"),
        ("url", "https://o.example.com/x#token", "https://o.example.com/x#(hidden)"),
        ("url", "https://o.example.com/p/secret/n/ns/b", "https://o.example.com/p/(hidden)/n/ns/b"),
        ("url", "https://me:with space@o.example.com/", HIDDEN),
    ],
)
def test_everything_else_is_masked(name: str, value: Any, shown: Any) -> None:
    """Also what nobody has ever heard of."""
    assert masked(value, name) == shown


def test_of_a_positional_argument_addresses_are_masked() -> None:
    """Whatever a task method takes there: names are shown as they are."""
    given = [
        "a b$",
        7,
        ["x86_64", "see git+https://me:secret@h.example.com/x?a=b#c."],
        {"token": "x"},
    ]
    shown = [
        "a b$",
        7,
        ["x86_64", "see git+https://(hidden)@h.example.com/x?(hidden)"],
        {"token": HIDDEN},
    ]
    assert masked_argument(given) == shown


def test_of_customizations_there_are_names() -> None:
    """And of those only such as are names."""
    assert names_of({"users": 1, "a=b": 2}) == ("users", HIDDEN)
    assert names_of(None) == ()


@example("", "000ü0000", "", "login", ascii, 3)
@given(
    st.text("-/\"'\\ ü$", max_size=4),
    st.text("abcXYZ019ü", min_size=8, max_size=20),
    st.text("-/\"'\\ ü$:a", max_size=4),
    st.sampled_from(["customizations", "login", "query"]),
    st.sampled_from([str, repr, ascii, json.dumps]),
    st.integers(0, 8),
)
def test_no_error_quotes_a_masked_value(
    before: str, word: str, after: str, where: str, quote: Callable[[Any], str], cut: int
) -> None:
    """However it is quoted, and where its end is cut off."""
    secret = before + word + after
    places: Dict[str, Dict[str, Any]] = {
        "customizations": {"customizations": {"users": [{"password": secret}]}},
        "login": {"repo": ["https://me:%s@r.example.com/x" % secret]},
        "query": {"ostree": {"url": "https://r.example.com/x?%s" % secret}},
    }
    said = quote(secret)
    shown = masked_error("composer refuses %s..." % said[: len(said) - cut], places[where])
    quoted = quote(word)[1:-1] if quote is not str else word
    assert quoted[:7] not in shown


def test_an_error_that_quotes_nothing_is_as_it_was() -> None:
    """Addresses in it lead where they led."""
    text = "DNF error: https://r.example.com/repodata/repomd.xml not found"
    assert masked_error(text, {"customizations": {"hostname": "abc"}}) == text

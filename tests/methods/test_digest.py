"""Digests of arguments: equal exactly where Koji sees the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xmlrpc.client import dumps, loads

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.methods import arguments, block_digest, digest_of, sent_digest
from tests.values import a_request, an_image_config

METHOD = "osbuildImage"
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF) | st.sampled_from("\r\n\t"))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, min_size=1, max_size=3).map(tuple))
def test_the_way_to_a_hub_and_back_changes_nothing(sent: Any) -> None:
    """XML has its own mind about line ends."""
    infinite = (float("inf"), float("-inf"))
    if any(repr(number) in repr(sent) for number in infinite):
        return
    (back, _method) = loads(dumps(sent, allow_none=True), use_builtin_types=True)
    assert digest_of(METHOD, back) == digest_of(METHOD, sent)


def test_a_list_of_one_image_type_is_what_the_hub_makes_of_it() -> None:
    """It stores the text; a list of two is another request."""
    written = a_request(config=an_image_config(image_type_as_list=True))
    assert sent_digest(written) == sent_digest(a_request())
    two = [*arguments(a_request())]
    two[3] = ["qcow2", "vmdk"]
    assert digest_of(METHOD, two) != sent_digest(a_request())


def test_another_argument_is_another_request() -> None:
    """Whichever."""
    asked = a_request()
    config = an_image_config()
    others = [
        replace(asked, version="2"),
        replace(asked, base_release="6"),
        replace(asked, arches=("aarch64",)),
        replace(asked, config=replace(config, target="other")),
        replace(asked, config=replace(config, skip_tag=True)),
    ]
    digests = {block_digest(one) for one in (asked, *others)}
    assert len(digests) == len(others) + 1


def test_a_release_of_the_hubs_changes_no_block() -> None:
    """What the config asks for is the same in each run; what is submitted is not."""
    asked = a_request(release_from_hub=True, base_release=None)
    given_one = replace(asked, base_release="7", attempt=2)
    assert block_digest(asked) == block_digest(given_one)
    assert sent_digest(asked) != sent_digest(given_one)

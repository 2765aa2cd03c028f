"""Patterns match the beginning of a variant's uid, as in Pungi."""

from __future__ import annotations

from typing import Iterable, Tuple

import pytest

from pungi_osbuild.config import is_endless, matches, matching_blocks, unmatched_patterns
from pungi_osbuild.model import ComposeConfig, Settings
from tests.values import an_image_config

CONFIG = ComposeConfig(
    settings=Settings(),
    blocks=tuple(
        an_image_config(pattern=pattern, name=name)
        for pattern, name in [
            ("^Server$", "a"),
            ("^Server$", "b"),
            ("Serv", "c"),
            ("^Client$", "d"),
            ("^Client$", "e"),
            ("erver", "f"),
        ]
    ),
)


def unmatched(uids: Iterable[str]) -> Tuple[str, ...]:
    """Return the patterns that match none of the uids."""
    return tuple(one.pattern for one in unmatched_patterns(CONFIG, uids))


def test_blocks_come_in_the_order_of_the_config() -> None:
    """re.match: anchored at the beginning only."""
    assert [block.name for block in matching_blocks(CONFIG, "Server")] == ["a", "b", "c"]
    assert [block.name for block in matching_blocks(CONFIG, "Server-optional")] == ["c"]
    assert matching_blocks(CONFIG, "Nothing") == ()


def test_patterns_without_a_variant_are_named_once() -> None:
    """In the order of the config."""
    assert unmatched(["Server"]) == ("^Client$", "erver")
    assert unmatched(iter(["Client", "Server"])) == ("erver",)
    assert unmatched([]) == ("^Server$", "Serv", "^Client$", "erver")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a?){30}a{30}", "(?:a*?c?)+$", "(.|\\w)+$", "((a+)+)+$", "(?=(a*)*$)b"],
)
def test_what_would_never_end_is_not_tried(pattern: str) -> None:
    """A name as long as the longest of real variants is, whatever is nested."""
    assert is_endless(pattern, "a" * 29 + "b")
    assert not matches(pattern, "a" * 29 + "b")
    assert not is_endless(pattern, "BaseOS")


@pytest.mark.parametrize(
    "pattern",
    [
        "^Server$",
        "^(Server|Client)$",
        "^Base.*",
        "(Server|Client)+$",
        "^(Serv.*)+$",
        "[a-z]+-(optional)?",
        r"(\d{2}-){3}",
        "(-(x)?)?",
    ],
)
def test_other_patterns_are_always_tried(pattern: str) -> None:
    """Choices and repetitions beside each other, or where nothing is repeated."""
    assert not is_endless(pattern, "a" * 200)

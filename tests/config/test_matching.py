"""Patterns match the beginning of a variant's uid, as in Pungi."""

from __future__ import annotations

from pungi_osbuild.config import matching_blocks, unmatched_patterns
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


def test_blocks_come_in_the_order_of_the_config() -> None:
    """re.match: anchored at the beginning only."""
    assert [block.name for block in matching_blocks(CONFIG, "Server")] == ["a", "b", "c"]
    assert [block.name for block in matching_blocks(CONFIG, "Server-optional")] == ["c"]
    assert matching_blocks(CONFIG, "Nothing") == ()


def test_patterns_without_a_variant_are_named_once() -> None:
    """In the order of the config."""
    assert unmatched_patterns(CONFIG, ["Server"]) == ("^Client$", "erver")
    assert unmatched_patterns(CONFIG, iter(["Client", "Server"])) == ("erver",)
    assert unmatched_patterns(CONFIG, []) == ("^Server$", "Serv", "^Client$", "erver")

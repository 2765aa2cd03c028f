"""Which image blocks are meant for a variant: Pungi's ``re.match`` on the variant's uid."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterable, Pattern, Tuple

from pungi_osbuild.model import ComposeConfig, ImageConfig


def matches(pattern: str, variant_uid: str) -> bool:
    """
    Return whether a pattern is meant for a variant.

    :raises re.error: it is no regular expression (a config with one is refused earlier)
    """
    return _compiled(pattern).match(variant_uid) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Pattern[str]:
    # Each pattern is looked at once for each variant, and re itself remembers only a few hundred.
    return re.compile(pattern)


def matching_blocks(config: ComposeConfig, variant_uid: str) -> Tuple[ImageConfig, ...]:
    """Return the blocks whose pattern matches the uid, in the order of the config."""
    return tuple(block for block in config.blocks if matches(block.pattern, variant_uid))


def written_patterns(config: ComposeConfig) -> Tuple[str, ...]:
    """Return all patterns of a config, each once, in its order."""
    return tuple(dict.fromkeys([*config.patterns, *(block.pattern for block in config.blocks)]))


def unmatched_patterns(config: ComposeConfig, variant_uids: Iterable[str]) -> Tuple[str, ...]:
    """Return the patterns that match none of the uids, each once, in the order of the config."""
    uids = tuple(variant_uids)
    return tuple(
        pattern
        for pattern in written_patterns(config)
        if not any(matches(pattern, uid) for uid in uids)
    )

"""Which image blocks are meant for a variant: Pungi's ``re.match`` on the variant's uid."""

from __future__ import annotations

import re
from typing import Iterable, Tuple

from pungi_osbuild.model import ComposeConfig, ImageConfig


def matching_blocks(config: ComposeConfig, variant_uid: str) -> Tuple[ImageConfig, ...]:
    """Return the blocks whose pattern matches the uid, in the order of the config."""
    return tuple(block for block in config.blocks if re.match(block.pattern, variant_uid))


def written_patterns(config: ComposeConfig) -> Tuple[str, ...]:
    """Return all patterns of a config, each once, in its order."""
    return tuple(dict.fromkeys([*config.patterns, *(block.pattern for block in config.blocks)]))


def unmatched_patterns(config: ComposeConfig, variant_uids: Iterable[str]) -> Tuple[str, ...]:
    """Return the patterns that match none of the uids, each once, in the order of the config."""
    uids = tuple(variant_uids)
    return tuple(
        pattern
        for pattern in written_patterns(config)
        if not any(re.match(pattern, uid) for uid in uids)
    )

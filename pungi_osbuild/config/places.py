"""Places in a config, written as the user wrote them: ``osbuild["^Server$"][0].repo[1]``."""

from __future__ import annotations

import re
from typing import Any, Iterable

from pungi_osbuild.model import Arch, ImageConfig

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def within(place: str, key: Any) -> str:
    """Return the place of an item: of a dict by its key, of a list by its position."""
    if not isinstance(key, str):
        return "%s[%r]" % (place, key)
    if not place:
        return key
    if _PLAIN.fullmatch(key):
        return "%s.%s" % (place, key)
    return '%s["%s"]' % (place, key)


def along(place: str, path: Iterable[Any]) -> str:
    """Return the place at the end of a path of keys and positions."""
    for key in path:
        place = within(place, key)
    return place


def option_place(block: ImageConfig, arch: Arch, option: str, index: int = -1) -> str:
    """
    Return where a block has an upload option for an arch.

    :param index: position of an item, where the option is a list
    """
    own = block.arch_upload(arch)
    place = within(block.place, "upload_options")
    if own is not None and option in own.own:
        place = within(within(block.place, "arch_upload_options"), arch)
    place = within(place, option)
    return place if index < 0 else within(place, index)


def of_pattern(pattern: str) -> str:
    """Return the place of what stands under a variant pattern."""
    return 'osbuild["%s"]' % pattern


def of_block(pattern: str, index: int) -> str:
    """Return the place of an image block."""
    return "%s[%d]" % (of_pattern(pattern), index)

"""Places in a config, written as the user wrote them: ``osbuild["^Server$"][0].repo[1]``."""

from __future__ import annotations

from pungi_osbuild.model import Arch, ImageConfig
from pungi_osbuild.problems import within


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

"""Reading ``osbuild_image_types``: what a config says of types that the catalogue lacks."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

from pungi_osbuild.imagetypes import api_name
from pungi_osbuild.model import ListedImageType


def read_listed(good: Mapping[str, Any]) -> Tuple[ListedImageType, ...]:
    """
    Return the image types that a config lists.

    :param good: the top-level options that are of the right type
    """
    return tuple(
        ListedImageType(
            name=name,
            provider=entry.get("upload"),
            type=entry.get("type"),
            format=entry.get("format"),
        )
        for name, entry in good.get("osbuild_image_types", {}).items()
    )


def find_listed(listed: Tuple[ListedImageType, ...], name: str) -> Optional[ListedImageType]:
    """
    Return what a config says of an image type, or None.

    :param name: as a block writes it; an entry of that very name comes before one of the name
        that koji-osbuild maps it to
    """
    by_name = {entry.name: entry for entry in listed}
    return by_name.get(name) or by_name.get(api_name(name))

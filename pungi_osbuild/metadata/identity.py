"""What makes two images the same one to productmd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Tuple, Union

import productmd.images

Attribute = Union[None, bool, int, str, Tuple[str, ...]]

DISC_NUMBER = 1
"""Every image is the first and only disc, as in Pungi's in-tree phase."""


@dataclass(frozen=True)
class ImageIdentity:
    """
    What may occur once in an images.json: productmd's UNIQUE_IMAGE_ATTRIBUTES of an image.

    :param attributes: (name, value), in productmd's order
    """

    attributes: Tuple[Tuple[str, Attribute], ...]

    def describe(self) -> str:
        """Return the attributes that say something, for a message."""
        return ", ".join("%s %s" % pair for pair in self.attributes if pair[1])


def identity_of(image: Any) -> ImageIdentity:
    """Return the identity of an image.

    :param image: a ``productmd.images.Image``, or its entry in images.json
    """
    unique = productmd.images.identify_image(image)._asdict()
    return ImageIdentity(
        tuple(
            (name, tuple(value) if isinstance(value, (list, tuple)) else value)
            for name, value in unique.items()
        )
    )


def planned_identity(
    subvariant: str, type: Optional[str], format: Optional[str], arch: str
) -> Optional[ImageIdentity]:
    """
    Return the identity that an image of ours has or will have.

    :param type: productmd's image type, or None where it has none
    :param format: productmd's format, or None where it has none
    :returns: None for an image that images.json cannot describe: nothing is equal to it
    """
    if type is None or format is None:
        return None
    return identity_of(
        {
            "subvariant": subvariant,
            "type": type,
            "format": format,
            "arch": arch,
            "disc_number": DISC_NUMBER,
        }
    )

"""What the installed productmd can say of an image, and by what it tells two images apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, FrozenSet, Optional, Tuple, Union

import productmd.common
import productmd.images

_SOURCE_ARCHES = frozenset({"src", "nosrc"})


@dataclass(frozen=True)
class ProductmdTypes:
    """
    What images.json can say.

    :param types: image types, e.g. ``qcow2``
    :param formats: formats, which are file suffixes, e.g. ``raw.xz``
    :param arches: arches that an image may be filed under; not those of sources
    :param pairs: (type, the formats it is made in); none of an older productmd
    """

    types: FrozenSet[str]
    formats: FrozenSet[str]
    arches: FrozenSet[str]
    pairs: Tuple[Tuple[str, Tuple[str, ...]], ...] = ()

    def knows(self, type: str, format: str) -> bool:
        """Whether an image of this type and format can be recorded.

        productmd looks at the two separately, so does this.
        """
        return type in self.types and format in self.formats

    def formats_of(self, type: str) -> Tuple[str, ...]:
        """Return the formats that a type is made in; none where productmd does not say."""
        return dict(self.pairs).get(type, ())

    def types_of(self, format: str) -> Tuple[str, ...]:
        """Return the types that are made in a format; none where productmd does not say."""
        return tuple(type for type, formats in self.pairs if format in formats)


def productmd_types() -> ProductmdTypes:
    """Return what the installed productmd can say; older versions can say less."""
    return ProductmdTypes(
        types=frozenset(productmd.images.SUPPORTED_IMAGE_TYPES),
        formats=frozenset(productmd.images.SUPPORTED_IMAGE_FORMATS),
        arches=frozenset(productmd.common.RPM_ARCHES) - _SOURCE_ARCHES,
        pairs=tuple(
            (type, tuple(formats))
            for type, formats in getattr(productmd.images, "IMAGE_TYPE_FORMAT_MAPPING", {}).items()
        ),
    )


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

"""Which words the installed productmd has for images: checks take them as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Tuple

import productmd.common
import productmd.images

_SOURCE_ARCHES = frozenset({"src", "nosrc"})


@dataclass(frozen=True)
class Vocabulary:
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


def vocabulary() -> Vocabulary:
    """Return the words of the installed productmd; older versions have fewer."""
    return Vocabulary(
        types=frozenset(productmd.images.SUPPORTED_IMAGE_TYPES),
        formats=frozenset(productmd.images.SUPPORTED_IMAGE_FORMATS),
        arches=frozenset(productmd.common.RPM_ARCHES) - _SOURCE_ARCHES,
        pairs=tuple(
            (type, tuple(formats))
            for type, formats in getattr(productmd.images, "IMAGE_TYPE_FORMAT_MAPPING", {}).items()
        ),
    )

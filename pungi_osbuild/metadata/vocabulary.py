"""Which words the installed productmd has for images: checks take them as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet

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
    """

    types: FrozenSet[str]
    formats: FrozenSet[str]
    arches: FrozenSet[str]

    def knows(self, type: str, format: str) -> bool:
        """Whether an image of this type and format can be recorded.

        productmd looks at the two separately, so does this.
        """
        return type in self.types and format in self.formats


def vocabulary() -> Vocabulary:
    """Return the words of the installed productmd; older versions have fewer."""
    return Vocabulary(
        types=frozenset(productmd.images.SUPPORTED_IMAGE_TYPES),
        formats=frozenset(productmd.images.SUPPORTED_IMAGE_FORMATS),
        arches=frozenset(productmd.common.RPM_ARCHES) - _SOURCE_ARCHES,
    )

"""productmd's classes of images.json, whose entries carry what was uploaded."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Set

import productmd.common
import productmd.images

from pungi_osbuild.metadata.productmd_files import (
    HAS_OUTPUT_VERSION,
    NEW,
    Version,
    dropped,
    restore,
    version_text,
)
from pungi_osbuild.metadata.productmd_types import ImageIdentity, identity_of
from pungi_osbuild.model import Arch

_SOURCE_ARCH = "src"
_BEFORE_SOURCES_MOVED = (1, 1)
"""The last version of the format in which source images stand under an arch of their own."""


class CloudAwareImage(productmd.images.Image):  # type: ignore[misc]  # productmd has no types
    """
    productmd's image, with the uploads of the image in ``cloud``.

    Keys that productmd has no attribute for, of whoever wrote them, are kept in ``more`` and
    written again. An image that was read keeps a type and a format that only a newer productmd
    knows.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.cloud: List[Dict[str, Any]] = []
        self.more: Dict[str, Any] = {}
        self._was_read = False

    def serialize(
        self, parser: List[Dict[str, Any]], force_version: Optional[Version] = None
    ) -> None:
        """
        Append the entry to a list; ``cloud`` is in it when there is any.

        :param force_version: of the format, for productmd 2.0; None: the parent's
        """
        self._stock(parser, force_version)
        entry = parser[-1]
        restore(entry, self.more)
        if self.cloud:
            entry["cloud"] = self.cloud

    def deserialize(self, data: Dict[str, Any]) -> None:
        """Take over an entry, with the keys that productmd would drop."""
        self._was_read = True
        super().deserialize(data)
        stock: List[Dict[str, Any]] = []
        self._stock(stock, None)
        self.more = dropped(data, stock[0])
        for key in ("unified", "additional_variants"):
            self.more.pop(key, None)  # left out where they say nothing
        if isinstance(data.get("cloud"), list):
            self.cloud = self.more.pop("cloud")

    def _stock(self, parser: List[Dict[str, Any]], force_version: Optional[Version]) -> None:
        if HAS_OUTPUT_VERSION:
            super().serialize(parser, force_version=force_version)
        else:
            super().serialize(parser)

    def _validate_type(self) -> None:
        self._check_field("type", super()._validate_type)

    def _validate_format(self) -> None:
        self._check_field("format", super()._validate_format)

    def _check_field(self, field: str, is_known: Callable[[], None]) -> None:
        if self._was_read:
            self._assert_type(field, [str])
            self._assert_not_blank(field)
        else:
            is_known()


class CloudAwareImages(productmd.images.Images):  # type: ignore[misc]  # productmd has no types
    """
    productmd's images.json, whose images are :class:`CloudAwareImage`.

    A new one is written as 1.2, whatever productmd is installed; one that was read keeps its
    version, but for versions before 1.2.
    """

    def __init__(self) -> None:
        super().__init__()
        self.images: Dict[str, Dict[Arch, Set[CloudAwareImage]]] = {}
        self._alike: Dict[ImageIdentity, List[CloudAwareImage]] = {}
        self.more: Dict[str, Any] = {}
        self._write_as(NEW)

    def serialize(
        self, parser: Dict[str, Any], force_version: Optional[Version] = None
    ) -> Dict[str, Any]:
        """
        Fill in a whole document; productmd sorts all entries again after each.

        :param force_version: of the format; None: its own
        """
        version: Version = force_version or self.output_version
        self._frame(parser, version)
        found: Dict[str, Dict[Arch, List[Dict[str, Any]]]] = {}
        for variant, arches in self.images.items():
            for arch, images in arches.items():
                entries: List[Dict[str, Any]] = []
                for image in sorted(images, key=lambda image: str(image.path)):
                    image.serialize(entries, version)
                if entries:
                    found.setdefault(variant, {})[arch] = entries
        parser["payload"]["images"] = found
        restore(parser, self.more)
        return parser

    def _frame(self, parser: Dict[str, Any], version: Version) -> None:
        """Fill in everything but the images."""
        self.header.serialize(parser)
        parser["header"]["version"] = version_text(version)
        parser["payload"] = {}
        self.compose.serialize(parser["payload"])

    def _write_as(self, version: Version) -> None:
        self.output_version = version  # productmd 2.0's; before there is none of the name
        self.header.version = version_text(version)

    def add(self, variant: str, arch: Arch, image: CloudAwareImage) -> None:
        """
        Add an image as productmd does, which compares it with every other one.

        Here it sees those of the same identity alone: thousands of images would take minutes.

        :raises ValueError: there is another one like it, or there is no such arch
        """
        alike = self._alike.setdefault(identity_of(image), [])
        everything, self.images = self.images, {variant: {arch: set(alike)}}
        try:
            super().add(variant, arch, image)
        finally:
            self.images = everything
        alike.append(image)
        self.images.setdefault(variant, {}).setdefault(arch, set()).add(image)

    def remove(self, variant: str, arch: Arch, image: CloudAwareImage) -> None:
        """Take an image out."""
        self.images[variant][arch].discard(image)
        self._alike[identity_of(image)].remove(image)

    def deserialize(self, data: Dict[str, Any]) -> None:
        """Take over a whole document, of any version that productmd reads."""
        self.header.deserialize(data)
        self.compose.deserialize(data["payload"])
        version: Version = self.header.version_tuple
        self.output_version = max(version, NEW)
        old = version <= _BEFORE_SOURCES_MOVED
        for variant, arches in data["payload"]["images"].items():
            for arch, entries in arches.items():
                for entry in entries:
                    image = CloudAwareImage(self)
                    image.deserialize(entry)
                    for place in _arches(arch, arches) if old else [arch]:
                        self._keep(variant, place, image)
        self._write_as(self.output_version)
        frame: Dict[str, Any] = {}
        self._frame(frame, self.output_version)
        self.more = dropped(data, {**frame, "payload": {**frame["payload"], "images": None}})

    def _keep(self, variant: str, arch: Arch, image: CloudAwareImage) -> None:
        """Add an image that was read; a newer productmd may know its arch."""
        if arch in productmd.common.RPM_ARCHES:
            self.add(variant, arch, image)
        else:
            self._alike.setdefault(identity_of(image), []).append(image)
            self.images.setdefault(variant, {}).setdefault(arch, set()).add(image)


def _arches(arch: Arch, arches: Dict[str, Any]) -> List[Arch]:
    if arch != _SOURCE_ARCH:
        return [arch]
    return [other for other in arches if other != _SOURCE_ARCH]

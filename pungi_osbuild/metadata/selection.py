"""Choosing among the images of a compose: those of a cloud, an arch, a variant."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Iterable, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.metadata.records import ImageRecord
from pungi_osbuild.model import Uploaded


@dataclass(frozen=True)
class Selection:
    """
    Which images are meant: those that have one of the values of each field that is given.

    :param providers: as in osbuild.json, e.g. ``aws.s3``
    :param arches: e.g. ``x86_64``
    :param variants: uids
    :param regions: of uploads; Azure's locations are regions, too
    :param subvariants: as in images.json
    :param types: as in images.json, or the image type that was asked for
    :raises TypeError: a field is one string: it would be taken for its letters
    """

    providers: Tuple[str, ...] = ()
    arches: Tuple[str, ...] = ()
    variants: Tuple[str, ...] = ()
    regions: Tuple[str, ...] = ()
    subvariants: Tuple[str, ...] = ()
    types: Tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a string where several are wanted."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                raise TypeError("%s is a tuple of strings: (%r,)" % (name, value))

    def of(self, images: Iterable[ImageRecord]) -> Tuple[ImageRecord, ...]:
        """
        Return the images that are meant.

        Where providers or regions are given, each has only the uploads that are meant, and an
        image without one is left out.
        """
        narrowed = (self._narrowed(image) for image in images if self._takes(image))
        return tuple(image for image in narrowed if image is not None)

    def unheard_of(self, images: Sequence[ImageRecord]) -> Mapping[str, Tuple[str, ...]]:
        """Return the given values that no image has, by the name of their field."""
        known = known_values(images)
        missing = {
            name: tuple(value for value in values if value not in known[name])
            for name, values in vars(self).items()
        }
        return {name: values for name, values in missing.items() if values}

    def _takes(self, image: ImageRecord) -> bool:
        return (
            _any_of(self.arches, image.arch)
            and _any_of(self.variants, image.variant)
            and _any_of(self.subvariants, image.subvariant)
            and _any_of(self.types, image.type, image.image_type)
        )

    def _narrowed(self, image: ImageRecord) -> Optional[ImageRecord]:
        if not self.providers and not self.regions:
            return image
        uploads = tuple(upload for upload in image.uploads if self._takes_upload(upload))
        return dataclasses.replace(image, uploads=uploads) if uploads else None

    def _takes_upload(self, upload: Uploaded) -> bool:
        return _any_of(self.providers, upload.provider_name) and _any_of(self.regions, upload.where)


def known_values(images: Sequence[ImageRecord]) -> Mapping[str, Tuple[str, ...]]:
    """Return what there is to choose from, sorted, by the names of :class:`Selection`'s fields."""
    uploads = [upload for image in images for upload in image.uploads]
    return {
        "providers": _sorted(upload.provider_name for upload in uploads),
        "arches": _sorted(image.arch for image in images),
        "variants": _sorted(image.variant for image in images),
        "regions": _sorted(upload.where for upload in uploads),
        "subvariants": _sorted(image.subvariant for image in images),
        "types": _sorted(word for image in images for word in (image.type, image.image_type)),
    }


def _any_of(wanted: Tuple[str, ...], *words: Optional[str]) -> bool:
    return not wanted or any(word in wanted for word in words)


def _sorted(words: Iterable[Optional[str]]) -> Tuple[str, ...]:
    return tuple(sorted({word for word in words if word is not None}))

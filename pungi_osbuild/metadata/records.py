"""
What osbuild.json says of tasks and images, as frozen values (docs/osbuild-json.md).

A field is declared here, or with the value of the model that it is, and nowhere else.
"""

from __future__ import annotations

import dataclasses
import warnings
from dataclasses import dataclass
from typing import Annotated, Iterable, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.checked import (
    ELSEWHERE,
    INLINED,
    ISO_TIME,
    OMITTED,
    PATH,
    Form,
    Key,
    Struct,
    picked,
)
from pungi_osbuild.clock import whole_seconds
from pungi_osbuild.clouds import UPLOADS
from pungi_osbuild.methods import UNRECORDED_METHOD
from pungi_osbuild.model import (
    HEXADECIMAL,
    Arch,
    Artifact,
    BuildFile,
    Checksum,
    CloudImage,
    EarlierTry,
    KojiPlace,
    Leftover,
    Manifest,
    Outcome,
    OutcomeKind,
    PlacedImage,
    Sbom,
    UnknownUpload,
    Uploaded,
)


@dataclass(frozen=True)
class TaskRecord:
    """
    What became of a request, as recorded. Times are seconds since the epoch.

    :param method: of the Koji task
    :param nvr: None when no release was ever allocated
    :param task_id: None when nothing was submitted
    :param reason: why it failed; None when it was built
    :param earlier: the tries before it, which failed for transient reasons
    :param orphans: what it leaves behind in clouds and in Koji
    """

    task_id: Optional[int]
    variant: Annotated[str, PATH]
    arches: Tuple[Arch, ...]
    nvr: Optional[str]
    image_type: str
    attempt: int
    outcome: OutcomeKind
    can_fail: bool
    reason: Optional[str]
    created: Annotated[Optional[int], ISO_TIME]
    started: Annotated[Optional[int], ISO_TIME]
    ended: Annotated[Optional[int], ISO_TIME]
    placed: Annotated[Optional[int], ISO_TIME]
    earlier: Tuple[EarlierTry, ...] = ()
    orphans: Tuple[Leftover, ...] = ()
    method: str = UNRECORDED_METHOD

    @classmethod
    def of(cls, outcome: Outcome) -> TaskRecord:
        """Return what is recorded of an outcome."""
        request, times = outcome.request, outcome.times
        return picked(
            cls,
            outcome,
            request,
            image_type=request.config.image_type,
            outcome=outcome.kind,
            reason=outcome.explanation,
            created=whole_seconds(times.created),
            started=whole_seconds(times.started),
            ended=whole_seconds(times.ended),
            placed=whole_seconds(outcome.placed),
            orphans=outcome.leftovers,
            method=request.config.method,
        )


@dataclass(frozen=True)
class KojiOrigin:
    """
    The archive in Koji that an image file is.

    :param filename: as in Koji; in the compose it may be called otherwise
    :param checksum: Koji's own
    """

    task_id: int
    build_id: int
    nvr: str
    archive_id: int
    filename: Annotated[str, PATH]
    checksum: Annotated[Checksum, INLINED]


def _read_checksums(struct: Struct, key: str) -> Tuple[Checksum, ...]:
    checksums = struct.struct(key)
    found = tuple(Checksum(kind, HEXADECIMAL.read(checksums, kind)) for kind in checksums if kind)
    if not found:
        raise struct.error(key, "an object of checksums")
    return found


_CHECKSUMS = Form(
    _read_checksums,
    {"type": "object", "minProperties": 1, "additionalProperties": HEXADECIMAL.schema},
    lambda checksums: {checksum.type: checksum.value for checksum in checksums},
)


@dataclass(frozen=True)
class ImageRecord:
    """
    An image, as recorded.

    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param type: productmd's image type, or None where it has none
    :param in_images_json: whether images.json has an entry for it, too
    """

    variant: Annotated[str, ELSEWHERE]
    arch: Annotated[Arch, ELSEWHERE]
    path: Annotated[str, PATH]
    size: int
    mtime: int
    checksums: Annotated[Tuple[Checksum, ...], _CHECKSUMS]
    type: Optional[str]
    format: Optional[str]
    subvariant: str
    in_images_json: bool
    image_type: str
    distro: str
    boot_mode: Optional[str]
    osbuild_version: Optional[str]
    artifact: Annotated[Optional[Artifact], Key("osbuild_artifact")]
    koji: KojiOrigin
    composer_id: Annotated[Optional[str], Key("composer", "id")]
    composer_server: Annotated[Optional[str], Key("composer", "server")]
    uploads: Annotated[Tuple[Uploaded, ...], UPLOADS, Key("cloud")]
    manifest: Optional[Manifest]
    sboms: Tuple[Sbom, ...]
    unrecognised: Annotated[Tuple[BuildFile, ...], OMITTED] = ()
    method: str = UNRECORDED_METHOD

    @property
    def cloud(self) -> Tuple[CloudImage, ...]:
        """The uploads to clouds that are known here."""
        return tuple(upload for upload in self.uploads if isinstance(upload, CloudImage))

    @property
    def unknown_uploads(self) -> Tuple[UnknownUpload, ...]:
        """The other uploads."""
        return tuple(upload for upload in self.uploads if isinstance(upload, UnknownUpload))

    def checksum(self, type: str) -> Optional[str]:
        """Return the value of one checksum, e.g. ``sha256``; None where there is none."""
        return {one.type: one.value for one in self.checksums}.get(type)

    @classmethod
    def of(cls, image: PlacedImage, in_images_json: bool) -> ImageRecord:
        """Return what is recorded of a placed image."""
        return picked(
            cls,
            image,
            image.built,
            in_images_json=in_images_json,
            checksums=tuple(sorted(image.checksums, key=lambda checksum: checksum.type)),
            koji=picked(KojiOrigin, image.built),
        )


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
        return _any_of(self.providers, upload.provider) and _any_of(self.regions, upload.where)


def known_values(images: Sequence[ImageRecord]) -> Mapping[str, Tuple[str, ...]]:
    """Return what there is to choose from, sorted, by the names of :class:`Selection`'s fields."""
    uploads = [upload for image in images for upload in image.uploads]
    return {
        "providers": _sorted(upload.provider for upload in uploads),
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


@dataclass(frozen=True)
class OsbuildRecord:
    """
    The content of an osbuild.json.

    :param tasks: sorted by variant, arches and N-V-R
    :param images: sorted by path
    """

    compose_id: str
    compose_type: str
    compose_date: str
    compose_respin: int
    compose_label: Optional[str]
    koji: KojiPlace
    tasks: Tuple[TaskRecord, ...]
    images: Tuple[ImageRecord, ...]

    def select(self, selection: Selection) -> Tuple[ImageRecord, ...]:
        """
        Return the images that are meant, each with the uploads that are meant.

        Python warns (``UserWarning``) of a value that no image has, with those that there are: an
        empty result of a mistyped cloud looks like an empty compose.
        """
        known = known_values(self.images)
        for field, values in selection.unheard_of(self.images).items():
            message = "no image has %s %s; there are: %s"
            there = ", ".join(known[field]) or "none"
            warnings.warn(message % (field, ", ".join(values), there), stacklevel=2)
        return selection.of(self.images)

    @property
    def failed(self) -> Tuple[TaskRecord, ...]:
        """The tasks that built no image: failed or cancelled, also where that is allowed."""
        return tuple(task for task in self.tasks if task.outcome is not OutcomeKind.BUILT)

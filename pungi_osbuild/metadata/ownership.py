"""Which entries of an earlier run a run replaces: its own, and nobody else's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, Optional, Set, Tuple, Union

from pungi_osbuild.imagetypes import expected_suffix, type_and_format
from pungi_osbuild.metadata.productmd_types import ImageIdentity, planned_identity
from pungi_osbuild.metadata.records import ImageRecord, TaskRecord
from pungi_osbuild.model import Arch, ImageConfig, ImageRequest, PlacedImage

NVR_OPTIONS = ("name", "version", "release", "arches", "split_arches")
"""The options of a block that say which N-V-R it builds."""

_IDENTITY_OPTIONS = ("distro", "image_types", "manifest_type", "subvariant", "arches")


def has_valid_identity(config: ImageConfig) -> bool:
    """Whether nothing is wrong in a block that says what image images.json has of it."""
    is_iso = expected_suffix(config) == "iso"  # which is filed by its name
    return config.is_valid(*_IDENTITY_OPTIONS, *(("name",) if is_iso else ()))


@dataclass(frozen=True)
class UnmappedImage:
    """What tells images apart that productmd has no type for, as far as we know them."""

    variant: str
    arch: Arch
    subvariant: str
    image_type: str
    name: Optional[str]


@dataclass(frozen=True)
class Claim:
    """
    What a run says is its own: an image that a request of it has made or would have made.

    :param path: below ``compose/``; None when it is not known
    :param identity: None when it is not known, or productmd has no type for the image
    :param unmapped: what stands for the identity of an image that productmd has no type for
    """

    variant: str
    arch: Arch
    path: Optional[str]
    identity: Optional[ImageIdentity]
    unmapped: Optional[UnmappedImage] = None


@dataclass(frozen=True)
class Owned:
    """
    An entry of an earlier run that belongs to this one.

    :param path: below ``compose/``
    """

    variant: str
    arch: Arch
    path: str


def claims_of_request(request: ImageRequest) -> Tuple[Claim, ...]:
    """Return what a request claims; nothing for an image type whose file nobody knows."""
    suffix = expected_suffix(request.config)
    if suffix is None:
        return ()
    return tuple(_expected(request, arch, suffix) for arch in request.arches)


def claims_of_image(image: PlacedImage) -> Claim:
    """Return what a placed image claims; its file may be another than the catalogue says."""
    identity = planned_identity(image.subvariant, image.type, image.format, image.built.arch)
    arch = image.built.arch
    unmapped = None
    if identity is None:
        name = _package(image.built.nvr)
        unmapped = UnmappedImage(image.variant, arch, image.subvariant, image.image_type, name)
    return Claim(image.variant, arch, image.path, identity, unmapped)


def own_entries(recorded: Iterable[ImageRecord], claims: Iterable[Claim]) -> FrozenSet[Owned]:
    """
    Return which recorded images belong to a run.

    They are those that have the variant, arch and path, or the identity, of a claim; an image
    that productmd has no type for is told by its variant, arch, subvariant, image type and name.
    What is in images.json and was never recorded in osbuild.json belongs to others, whatever it
    is called.

    :param recorded: the images of the osbuild.json that is there
    :param claims: of what the run built
    """
    claimed = tuple(claims)
    places = {(claim.variant, claim.arch, claim.path) for claim in claimed}
    identities = {claim.identity for claim in claimed} | {claim.unmapped for claim in claimed}
    return frozenset(
        Owned(record.variant, record.arch, record.path)
        for record in recorded
        if (record.variant, record.arch, record.path) in places
        or _identity_of_record(record) in identities
    )


def _identity_of_record(record: ImageRecord) -> Union[ImageIdentity, UnmappedImage]:
    identity = planned_identity(record.subvariant, record.type, record.format, record.arch)
    if identity is not None:
        return identity
    name = _package(record.koji.nvr)
    return UnmappedImage(record.variant, record.arch, record.subvariant, record.image_type, name)


class OwnTasks:
    """
    Which recorded tasks are replaced by a run.

    :param images: all that are recorded
    :param replaced: which of them are replaced
    :param requests: of the run
    """

    def __init__(
        self,
        images: Iterable[ImageRecord],
        replaced: FrozenSet[Owned],
        requests: Iterable[ImageRequest],
    ) -> None:
        self._replaced = replaced
        self._images: Dict[Tuple[Optional[int], Optional[str]], Set[Owned]] = defaultdict(set)
        for image in images:
            task = (image.koji.task_id, image.koji.nvr)
            self._images[task].add(Owned(image.variant, image.arch, image.path))
        self._asked: Dict[Tuple[str, str, Optional[str]], Set[Arch]] = defaultdict(set)
        for request in requests:
            config = request.config
            self._asked[request.variant, config.image_type, config.name].update(request.arches)

    def has(self, task: TaskRecord) -> bool:
        """
        Whether a recorded task is replaced.

        A task that has an image which is kept, is kept. Else it goes when one of its images is
        replaced, or when the run asks for the same: the same package and image type for the same
        variant and for all its arches.
        """
        its_own = self._images.get((task.task_id, task.nvr))
        if its_own:
            return its_own <= self._replaced
        asked = self._asked.get((task.variant, task.image_type, _package(task.nvr)), set())
        return set(task.arches) <= asked


def _package(nvr: Optional[str]) -> Optional[str]:
    return None if nvr is None else nvr.rsplit("-", 2)[0]


def _expected(request: ImageRequest, arch: Arch, suffix: str) -> Claim:
    config = request.config
    filename = "%s.%s.%s" % (request.nvr or config.name, arch, suffix)
    path = None
    if request.nvr is not None and config.is_valid(*NVR_OPTIONS):
        folder = request.folder(arch, "iso" if suffix == "iso" else "images")
        path = "%s/%s" % (folder, request.placed_name(filename))
    found = type_and_format(config, suffix, filename)
    image_type, image_format = found or (None, None)
    identity = None
    if has_valid_identity(config):
        identity = planned_identity(request.subvariant, image_type, image_format, arch)
    unmapped = None
    if identity is None:
        unmapped = UnmappedImage(
            request.variant, arch, request.subvariant, config.image_type, config.name
        )
    return Claim(request.variant, arch, path, identity, unmapped)

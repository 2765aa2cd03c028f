"""images.json: entries that carry what was uploaded, beside entries of others that are kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from pungi_osbuild.checked import to_json
from pungi_osbuild.errors import PungiOsbuildError, SourceError
from pungi_osbuild.metadata.atomic import replace_text
from pungi_osbuild.metadata.cloudaware import CloudAwareImage, CloudAwareImages
from pungi_osbuild.metadata.ownership import Owned
from pungi_osbuild.metadata.productmd_files import (
    load_metadata,
    name_compose,
    productmd_errors,
    read_errors,
    write_errors,
)
from pungi_osbuild.metadata.productmd_types import (
    DISC_NUMBER,
    ImageIdentity,
    ProductmdTypes,
    identity_of,
    productmd_types,
)
from pungi_osbuild.model import Arch, ComposeIdentity, PlacedImage

DELIVERABLE = "image-build"
"""What Pungi's later phases call an image of the in-tree phase."""

_FIX = "Fix the file, or restore it from where it came from; then run this again."


@dataclass(frozen=True)
class RecordedImage:
    """
    An entry of an images.json.

    :param path: below ``compose/``
    """

    variant: str
    arch: Arch
    path: str
    identity: ImageIdentity


@dataclass(frozen=True)
class Clash:
    """A placed image that cannot be recorded beside an entry that is there."""

    image: PlacedImage
    other: RecordedImage

    def describe(self) -> str:
        """Return both images, and what they have in common."""
        what = "the file" if self.image.path == self.other.path else self.other.identity.describe()
        return "%s (%s) and %s (%s) share %s" % (
            self.image.path,
            self.image.variant,
            self.other.path,
            self.other.variant,
            what,
        )


class ImageClashError(PungiOsbuildError):
    """
    Images that images.json cannot tell from others; all other images were recorded.

    :param clashes: every one of them
    """

    def __init__(self, path: Path, clashes: Tuple[Clash, ...]) -> None:
        super().__init__(
            "%s already has an image like this: %s"
            % (path, "; ".join(clash.describe() for clash in clashes)),
            "Give one of them another subvariant, or take the other entry out of the file; then"
            " run this again.",
        )
        self.clashes = clashes

    @property
    def paths(self) -> FrozenSet[str]:
        """Which images were left out: their paths below ``compose/``."""
        return frozenset(clash.image.path for clash in self.clashes)


def recorded_images(path: Path) -> Tuple[RecordedImage, ...]:
    """
    Return the entries of an images.json; none when there is no such file.

    :raises SourceError: the file is broken
    """
    return tuple(entry for entry, _image in _entries(_load(path))) if path.exists() else ()


def describable(image: PlacedImage, types: ProductmdTypes) -> bool:
    """Whether images.json can have an entry for an image."""
    return (
        image.type is not None
        and image.format is not None
        and types.knows(image.type, image.format)
        and image.built.arch in types.arches
        and image.size > 0
        and bool(image.checksums)
    )


def productmd_image(parent: Any, image: PlacedImage) -> CloudAwareImage:
    """
    Return a placed image as productmd and Pungi's later phases want it.

    :param parent: the ``Images`` that it will be added to
    """
    made = CloudAwareImage(parent)
    made.path = image.path
    made.mtime = image.mtime
    made.size = image.size
    made.type = image.type
    made.format = image.format
    made.arch = image.built.arch
    made.disc_number = DISC_NUMBER
    made.disc_count = DISC_NUMBER
    made.checksums = {checksum.type: checksum.value for checksum in image.checksums}
    made.subvariant = image.subvariant
    made.cloud = [to_json(upload) for upload in image.built.uploads]
    # Not productmd's: Pungi's test phase reads both, the second without a default.
    made.can_fail = image.can_fail
    made.deliverable = DELIVERABLE
    return made


class _Known:
    """Entries that no other may share the identity or the file of."""

    def __init__(self, entries: Iterable[RecordedImage]) -> None:
        self._by_identity: Dict[ImageIdentity, RecordedImage] = {}
        self._by_path: Dict[str, RecordedImage] = {}
        for entry in entries:
            self._keep(entry)

    def _keep(self, entry: RecordedImage) -> None:
        self._by_identity[entry.identity] = self._by_path[entry.path] = entry

    def add(self, image: PlacedImage, made: CloudAwareImage) -> Optional[Clash]:
        """Add an image of ours, or return why it cannot be."""
        entry = RecordedImage(image.variant, image.built.arch, image.path, identity_of(made))
        other = self._by_identity.get(entry.identity) or self._by_path.get(entry.path)
        if other is not None:
            return Clash(image, other)
        self._keep(entry)
        return None


def record_images(
    path: Path,
    identity: ComposeIdentity,
    placed: Sequence[PlacedImage],
    replace: Collection[Owned],
) -> None:
    """
    Record images in an images.json, which is made when it is missing.

    Images that it cannot describe are passed over; everything in it that is not replaced stays,
    ``"cloud"`` and all. Not for several threads or processes at a time.

    :param replace: the entries of an earlier run that go
    :raises SourceError: the file that is there cannot be used; it is left alone
    :raises ImageClashError: some images have the identity or the file of an entry that stays. All
        others were recorded.
    :raises InputError: the file cannot be written
    """
    content, clashes = merged_images(path, identity, placed, replace)
    with write_errors(path):
        replace_text(path, content)
    if clashes:
        raise ImageClashError(path, clashes)


def merged_images(
    path: Path,
    identity: ComposeIdentity,
    placed: Sequence[PlacedImage],
    replace: Collection[Owned],
) -> Tuple[str, Tuple[Clash, ...]]:
    """
    Return what :func:`record_images` writes, and the images that could not be added.

    :raises SourceError: the file that is there cannot be used
    """
    manifest = _load(path) if path.exists() else _empty(identity)
    check_compose(path, manifest.compose.id, identity)
    with productmd_errors(path):
        types = productmd_types()
        ours = [image for image in placed if describable(image, types)]
        _remove(manifest, frozenset(replace), ours)
        known = _Known(entry for entry, _image in _entries(manifest))
        clashes: List[Clash] = []
        for image in ours:
            made = productmd_image(manifest, image)
            clash = known.add(image, made)
            if clash is None:
                manifest.add(image.variant, image.built.arch, made)
            else:
                clashes.append(clash)
        return manifest.dumps(), tuple(clashes)


def check_compose(path: Path, compose_id: str, identity: ComposeIdentity) -> None:
    """
    Refuse a file of another compose than composeinfo.json's.

    :raises SourceError: it is
    """
    if compose_id != identity.id:
        raise SourceError(
            "%s is of the compose %s, and composeinfo.json of %s" % (path, compose_id, identity.id),
            "Correct whichever file has the wrong compose ID, or name another compose.",
        )


def _load(path: Path) -> CloudAwareImages:
    manifest = CloudAwareImages()
    load_metadata(manifest, path, _FIX)
    with read_errors(path, _FIX):
        # What was read must be what can be written: productmd checks some of it only there.
        manifest.dumps()
    return manifest


def _empty(identity: ComposeIdentity) -> CloudAwareImages:
    manifest = CloudAwareImages()
    name_compose(manifest.compose, identity)
    return manifest


def _entries(manifest: Any) -> Iterator[Tuple[RecordedImage, Any]]:
    for variant, arches in manifest.images.items():
        for arch, images in arches.items():
            for image in images:
                yield RecordedImage(variant, arch, image.path, identity_of(image)), image


def _remove(
    manifest: CloudAwareImages, replace: FrozenSet[Owned], ours: Sequence[PlacedImage]
) -> None:
    """Take out what is replaced, and what says the very same as an image of ours does.

    The latter is what a run leaves that was killed between writing the two files.
    """
    again = {(image.variant, image.built.arch, image.path): image for image in ours}
    for entry, image in list(_entries(manifest)):
        ours_again = again.get((entry.variant, entry.arch, entry.path))
        own = Owned(entry.variant, entry.arch, entry.path) in replace
        if own or (ours_again is not None and _is_same_file(image, ours_again)):
            manifest.remove(entry.variant, entry.arch, image)


def _is_same_file(recorded: CloudAwareImage, image: PlacedImage) -> bool:
    known = {checksum.type: checksum.value for checksum in image.checksums}
    common = set(known) & set(recorded.checksums)
    return (
        recorded.size == image.size
        and bool(common)
        and all(known[type] == recorded.checksums[type] for type in common)
    )


class SharedImages:
    """
    Pungi's image manifest, used by one thread at a time.

    ``productmd.images.Images.add`` goes over all that is there, and Pungi calls it from the
    threads of several phases: one that adds while another looks breaks the other's loop. So the
    manifest's own ``add`` is made to wait its turn, for every phase. It also refuses an image that
    images.json could not tell from one of ours: else the file could not be read in the end.

    :param images: ``productmd.images.Images``
    :param path: where it will be written
    """

    def __init__(self, images: Any, path: Path) -> None:
        self._images = images
        self._path = path
        self._turn = _one_at_a_time(images)

    def entries(self) -> Tuple[RecordedImage, ...]:
        """Return what is there."""
        with self._turn.lock:
            return tuple(entry for entry, _image in _entries(self._images))

    def add(self, placed: Sequence[PlacedImage], types: ProductmdTypes) -> None:
        """
        Add all of some images, or none; those that productmd has no type for are passed over.

        :raises ImageClashError: one of them has the identity or the file of one that is there
        """
        ours = [image for image in placed if describable(image, types)]
        with self._turn.lock:
            known = _Known(entry for entry, _image in _entries(self._images))
            made = [(image, productmd_image(self._images, image)) for image in ours]
            clashes = tuple(filter(None, (known.add(image, entry) for image, entry in made)))
            if clashes:
                raise ImageClashError(self._path, clashes)
            for image, entry in made:
                self._images.add(variant=image.variant, arch=image.built.arch, image=entry)
                self._turn.ours[identity_of(entry)] = image.path

    def try_adding(self, planned: Sequence[PlacedImage], types: ProductmdTypes) -> None:
        """
        Write images into a manifest of the same kind, in memory, and read it back.

        :raises SourceError: the installed productmd cannot record them
        """
        images = type(self._images)()
        with productmd_errors(self._path):
            images.header.version = self._images.header.version
            images.compose = self._images.compose
            seen = set()
            for image in planned:
                made = productmd_image(images, image)
                if describable(image, types) and identity_of(made) not in seen:
                    seen.add(identity_of(made))
                    images.add(variant=image.variant, arch=image.built.arch, image=made)
            type(images)().loads(images.dumps())


class _AddInTurn:
    """What stands in the place of a manifest's ``add``, for every phase of the compose."""

    def __init__(self, add: Callable[..., None]) -> None:
        self._add = add
        self.lock = threading.RLock()
        self.ours: Dict[ImageIdentity, str] = {}
        """The paths of our images, by identity."""

    def __call__(self, variant: str, arch: Arch, image: Any) -> None:
        """
        Add an image.

        :raises ValueError: images.json could not tell it from one of ours; productmd raises the
            same where it notices
        """
        with self.lock:
            ours = self.ours.get(identity_of(image))
            if ours is not None:
                raise ValueError(
                    "%s cannot be added: images.json could not tell it from %s of the osbuild"
                    " phase. Give one of them another subvariant." % (image.path, ours)
                )
            self._add(variant, arch, image)


def _one_at_a_time(images: Any) -> _AddInTurn:
    if not isinstance(images.add, _AddInTurn):
        images.add = _AddInTurn(images.add)
    turn: _AddInTurn = images.add
    return turn

"""images.json: entries that carry what was uploaded, beside entries of others that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, FrozenSet, Iterator, List, Sequence, Tuple

from pungi_osbuild.checked import to_json
from pungi_osbuild.errors import PungiOsbuildError, SourceError
from pungi_osbuild.metadata.atomic import replace_text
from pungi_osbuild.metadata.cloudaware import CloudAwareImage, CloudAwareImages
from pungi_osbuild.metadata.identity import DISC_NUMBER, ImageIdentity, identity_of
from pungi_osbuild.metadata.loading import explained, load_metadata
from pungi_osbuild.metadata.ownership import Owned
from pungi_osbuild.metadata.vocabulary import Vocabulary, vocabulary
from pungi_osbuild.metadata.writing import writable, written
from pungi_osbuild.model import Arch, ComposeIdentity, PlacedImage

DELIVERABLE = "image-build"
"""What Pungi's later phases call an image of the in-tree phase."""

_MEND = "Fix the file, or restore it from where it came from; then run this again."


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


def describable(image: PlacedImage, words: Vocabulary) -> bool:
    """Whether images.json can have an entry for an image."""
    return (
        image.type is not None
        and image.format is not None
        and words.knows(image.type, image.format)
        and image.built.arch in words.arches
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
    with written(path):
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
    with writable(path):
        words = vocabulary()
        ours = [image for image in placed if describable(image, words)]
        _remove(manifest, frozenset(replace), ours)
        kept = [entry for entry, _image in _entries(manifest)]
        by_identity = {entry.identity: entry for entry in kept}
        by_path = {entry.path: entry for entry in kept}
        clashes: List[Clash] = []
        for image in ours:
            made = productmd_image(manifest, image)
            arch = image.built.arch
            entry = RecordedImage(image.variant, arch, image.path, identity_of(made))
            other = by_identity.get(entry.identity) or by_path.get(entry.path)
            if other is not None:
                clashes.append(Clash(image, other))
                continue
            by_identity[entry.identity] = by_path[entry.path] = entry
            manifest.add(image.variant, arch, made)
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
    load_metadata(manifest, path, _MEND)
    with explained(path, _MEND):
        # What was read must be what can be written: productmd checks some of it only there.
        manifest.dumps()
    return manifest


def _empty(identity: ComposeIdentity) -> CloudAwareImages:
    manifest = CloudAwareImages()
    manifest.compose.id = identity.id
    manifest.compose.type = identity.type
    manifest.compose.date = identity.date
    manifest.compose.respin = identity.respin
    manifest.compose.label = identity.label
    return manifest


def _entries(manifest: CloudAwareImages) -> Iterator[Tuple[RecordedImage, CloudAwareImage]]:
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

"""The images of a compose that is still being made, to which other phases add at the same time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from pungi_osbuild.metadata.identity import ImageIdentity, identity_of
from pungi_osbuild.metadata.images import (
    Clash,
    ImageClashError,
    RecordedImage,
    describable,
    productmd_image,
)
from pungi_osbuild.metadata.vocabulary import Vocabulary
from pungi_osbuild.metadata.writing import writable
from pungi_osbuild.model import Arch, PlacedImage


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
            return tuple(self._entries())

    def add(self, placed: Sequence[PlacedImage], words: Vocabulary) -> None:
        """
        Add all of some images, or none; those that productmd has no words for are passed over.

        :raises ImageClashError: one of them has the identity or the file of one that is there
        """
        ours = [image for image in placed if describable(image, words)]
        with self._turn.lock:
            there = self._entries()
            by_identity = {entry.identity: entry for entry in there}
            by_path = {entry.path: entry for entry in there}
            made = [(image, productmd_image(self._images, image)) for image in ours]
            clashes: List[Clash] = []
            for image, entry in made:
                identity = identity_of(entry)
                new = RecordedImage(image.variant, image.built.arch, image.path, identity)
                other = by_identity.get(identity) or by_path.get(image.path)
                if other is not None:
                    clashes.append(Clash(image, other))
                by_identity[identity] = by_path[image.path] = new
            if clashes:
                raise ImageClashError(self._path, tuple(clashes))
            for image, entry in made:
                self._images.add(variant=image.variant, arch=image.built.arch, image=entry)
                self._turn.ours[identity_of(entry)] = image.path

    def try_adding(self, planned: Sequence[PlacedImage], words: Vocabulary) -> None:
        """
        Write images into a manifest of the same kind, in memory, and read it back.

        :raises SourceError: the installed productmd cannot record them
        """
        images = type(self._images)()
        with writable(self._path):
            images.header.version = self._images.header.version
            images.compose = self._images.compose
            seen = set()
            for image in planned:
                made = productmd_image(images, image)
                if describable(image, words) and identity_of(made) not in seen:
                    seen.add(identity_of(made))
                    images.add(variant=image.variant, arch=image.built.arch, image=made)
            type(images)().loads(images.dumps())

    def _entries(self) -> List[RecordedImage]:
        return [
            RecordedImage(variant, arch, image.path, identity_of(image))
            for variant, arches in self._images.images.items()
            for arch, images in arches.items()
            for image in images
        ]


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

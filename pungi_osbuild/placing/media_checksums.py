"""
The checksum files beside the images, as Pungi's image_checksum phase writes them.

Pungi (4.3.6, ``phases/image_checksum.py``) writes them for the images of images.json only, so do
we: an image that productmd has no type for has its checksum in osbuild.json alone.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Collection, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.errors import PlacementError, SourceError
from pungi_osbuild.metadata import Owned, replace_many, replace_text
from pungi_osbuild.model import Checksum, ComposeIdentity, PlacedImage, Settings
from pungi_osbuild.placing.verify import CHUNK


@dataclass(frozen=True)
class _Scheme:
    """Which checksum files there are, by the config."""

    identity: ComposeIdentity
    types: Tuple[str, ...]
    one_file: bool
    base: str

    def check(self) -> None:
        """Fill in the base filename for an image that does not exist, to see that it can be.

        :raises SourceError: it cannot
        """
        for type in self.types:
            self.of_folder("Variant", "arch", Path("images"), type)

    def of_folder(self, variant: str, arch: str, folder: Path, type: str) -> Path:
        """Return the file that lists a folder's images of a variant and arch."""
        if self.one_file:
            return folder / ("%sCHECKSUM" % self._prefix(variant, arch, dirname=folder.name))
        return folder / ("%s%sSUM" % (self._prefix(variant, arch), type.upper()))

    def of_image(self, path: Path) -> Tuple[Path, ...]:
        """Return the files that list one image each."""
        if self.one_file:
            return ()
        return tuple(path.with_name("%s.%sSUM" % (path.name, type.upper())) for type in self.types)

    def _prefix(self, variant: str, arch: str, **more: str) -> str:
        if not self.base:
            return ""
        values = _substitutes(self.identity, variant=variant, arch=arch, **more)
        try:
            prefix = (self.base % values).format(**values)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise SourceError(
                "media_checksum_base_filename %r cannot be filled in: %s: %s"
                % (self.base, type(error).__name__, error),
                "Use only %s; dirname with media_checksum_one_file alone."
                % ", ".join(sorted(_substitutes(self.identity, variant="", arch="", dirname=""))),
            ) from error
        if "/" in prefix or not prefix.isprintable():
            raise SourceError(
                "media_checksum_base_filename gives %r, which is not a file name" % prefix,
                "Take out what is not part of a name.",
            )
        return prefix + "-"


def check_media_checksums(settings: Settings, identity: ComposeIdentity) -> None:
    """
    Refuse options that no checksum file can be written by.

    :raises SourceError: more or fewer than one checksum type in one file, an unknown type, or a
        base filename that cannot be filled in
    """
    if settings.media_checksum_one_file and len(settings.media_checksums) != 1:
        raise SourceError(
            "media_checksum_one_file needs exactly one checksum type in media_checksums, not %d"
            % len(settings.media_checksums),
            "Name one in media_checksums, or set media_checksum_one_file = False.",
        )
    for type in settings.media_checksums:
        try:
            _hash(type).hexdigest()
        except (ValueError, TypeError) as error:
            raise SourceError(
                "media_checksums names %r, which is not a known checksum type" % type,
                "Use md5, sha1, sha256 or sha512.",
            ) from error
    _scheme(settings, identity).check()


def update_media_checksums(
    compose_topdir: Path,
    identity: ComposeIdentity,
    settings: Settings,
    placed: Sequence[PlacedImage],
    replaced: Iterable[Owned] = (),
) -> Tuple[PlacedImage, ...]:
    """
    Write the checksum files of a run's images; lines of other files are kept.

    What an image's checksums lack of ``media_checksums`` is computed, in one reading of the file.

    :param compose_topdir: the folder that the images' paths are relative to: ``compose/``
    :param placed: all images of the run
    :param replaced: images of an earlier run that are not part of the compose any more: their
        lines go, and their own checksum files
    :returns: the images, in the same order, with the configured checksums added
    :raises SourceError: the config's options cannot be used
    :raises PlacementError: an image cannot be read, or a checksum file not be written
    """
    check_media_checksums(settings, identity)
    scheme = _scheme(settings, identity)
    done = tuple(_with_checksums(compose_topdir, image, scheme.types) for image in placed)
    present = [image for image in done if _is_listed(compose_topdir, image)]
    paths = {image.path for image in present}
    stale = [owned for owned in replaced if owned.path not in paths]
    try:
        _forget(compose_topdir, scheme, stale)
        _write(compose_topdir, scheme, present, stale)
    except OSError as error:
        raise PlacementError(
            "%s cannot be written: %s" % (error.filename, error.strerror or error),
            "Make room or give yourself the right to write there; then run this again.",
        ) from error
    return done


def _scheme(settings: Settings, identity: ComposeIdentity) -> _Scheme:
    return _Scheme(
        identity,
        tuple(dict.fromkeys(settings.media_checksums)),
        settings.media_checksum_one_file,
        settings.media_checksum_base_filename,
    )


def _is_listed(compose: Path, image: PlacedImage) -> bool:
    return image.in_images_json and (compose / image.path).exists()


def _with_checksums(compose: Path, image: PlacedImage, types: Tuple[str, ...]) -> PlacedImage:
    if not _is_listed(compose, image):
        return image
    known = {checksum.type: checksum.value for checksum in image.checksums}
    missing = [type for type in types if type not in known]
    if missing:
        known.update(_digests(compose / image.path, missing))
    return replace(image, checksums=tuple(Checksum(type, known[type]) for type in sorted(known)))


def _digests(path: Path, types: Iterable[str]) -> Dict[str, str]:
    hashes = {type: _hash(type) for type in types}
    try:
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                for digest in hashes.values():
                    digest.update(chunk)
    except OSError as error:
        raise PlacementError(
            "%s cannot be read: %s" % (path, error.strerror or error),
            "Check the compose's volume; then run this again.",
        ) from error
    return {type: digest.hexdigest() for type, digest in hashes.items()}


def _hash(type: str) -> Any:
    return hashlib.new(type, usedforsecurity=False)


def _forget(compose: Path, scheme: _Scheme, stale: Iterable[Owned]) -> None:
    for owned in stale:
        for path in scheme.of_image(compose / owned.path):
            if path.exists():
                path.unlink()


def _write(
    compose: Path, scheme: _Scheme, images: Sequence[PlacedImage], stale: Sequence[Owned]
) -> None:
    new: Dict[Path, List[Line]] = defaultdict(list)
    gone: Dict[Path, Set[str]] = defaultdict(set)
    own_files: Dict[Path, Dict[str, str]] = defaultdict(dict)
    for image in images:
        path = compose / image.path
        values = {checksum.type: checksum.value for checksum in image.checksums}
        for type in scheme.types:
            line = Line(path.name, image.size, type, values[type])
            shared = scheme.of_folder(image.variant, image.built.arch, path.parent, type)
            new[shared].append(line)
            gone[shared].add(path.name)
        for type, own in zip(scheme.types, scheme.of_image(path)):
            text = ChecksumFile((Line(path.name, image.size, type, values[type]),)).text()
            own_files[own.parent][own.name] = text
    for folder, texts in own_files.items():
        # Not waited for: of each image there are some, and the folder's file says the same.
        replace_many(folder, texts)
    for owned in stale:
        path = compose / owned.path
        for type in scheme.types:
            gone[scheme.of_folder(owned.variant, owned.arch, path.parent, type)].add(path.name)
    for path, names in gone.items():
        _update(path, names, new.get(path, []))


def _update(path: Path, gone: Set[str], new: Sequence[Line]) -> None:
    before = _read(path)
    after = before.without(gone).with_lines(new)
    if after == before:
        return
    if after.is_empty:
        path.unlink()
    else:
        replace_text(path, after.text())


def _read(path: Path) -> ChecksumFile:
    if not path.exists():
        return ChecksumFile()
    return ChecksumFile.parse(path.read_text(encoding="utf-8", errors="surrogateescape"))


def _substitutes(identity: ComposeIdentity, **more: str) -> Dict[str, Any]:
    """Return what a base file name may hold; names are Pungi's (``util.get_format_substs``)."""
    major: Optional[str] = identity.label.rsplit(".", 1)[0] if identity.label else None
    return {
        "compose_id": identity.id,
        "release_short": identity.release_short,
        "version": identity.release_version,
        "date": identity.date,
        "respin": identity.respin,
        "type": identity.type,
        "type_suffix": identity.type_suffix,
        "label": identity.label,
        "label_major_version": major,
        **more,
    }


_SIZE = re.compile(r"# (?P<name>.+): (?P<size>\d{1,20}) bytes", re.ASCII)
_SUM = re.compile(r"(?P<type>[A-Za-z0-9_-]+) \((?P<name>.+)\) = (?P<value>[0-9a-fA-F]+)", re.ASCII)


@dataclass(frozen=True)
class Line:
    """
    One checksum of one file.

    :param size: bytes; None where the file does not say it
    :param type: in lower case, e.g. ``sha256``
    """

    name: str
    size: Optional[int]
    type: str
    value: str

    def text(self) -> str:
        """Return the lines, as Pungi writes them."""
        comment = "" if self.size is None else "# %s: %d bytes\n" % (self.name, self.size)
        return "%s%s (%s) = %s\n" % (comment, self.type.upper(), self.name, self.value)


@dataclass(frozen=True)
class ChecksumFile:
    """
    The content of a checksum file.

    :param lines: the checksums
    :param head: lines of anything else before the first checksum, e.g. of a signature
    :param tail: such lines after it
    """

    lines: Tuple[Line, ...] = ()
    head: Tuple[str, ...] = ()
    tail: Tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> ChecksumFile:
        """Return the content of a text, whatever stands in it."""
        lines: List[Line] = []
        head: List[str] = []
        tail: List[str] = []
        waiting: List[str] = []  # at most one: a comment belongs to the checksum below it
        for line in _lines(text):
            found = _SUM.fullmatch(line)
            size = _size(waiting, found["name"]) if found else None
            if size is not None:
                waiting = []
            (tail if lines else head).extend(waiting)
            waiting = [] if found else [line]
            if found:
                lines.append(Line(found["name"], size, found["type"].lower(), found["value"]))
        (tail if lines else head).extend(waiting)
        return cls(tuple(lines), tuple(head), tuple(tail))

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the file."""
        return not (self.lines or self.head or self.tail)

    def without(self, names: Collection[str]) -> ChecksumFile:
        """Return the content without the checksums of some files."""
        kept = tuple(line for line in self.lines if line.name not in names)
        return ChecksumFile(kept, self.head, self.tail)

    def with_lines(self, new: Iterable[Line]) -> ChecksumFile:
        """Return the content with more checksums, in Pungi's order."""
        return ChecksumFile(tuple(sorted({*self.lines, *new}, key=_order)), self.head, self.tail)

    def text(self) -> str:
        """Return the text of the file."""
        head = "".join("%s\n" % line for line in self.head)
        tail = "".join("%s\n" % line for line in self.tail)
        return head + "".join(line.text() for line in self.lines) + tail


def _lines(text: str) -> List[str]:
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def _size(waiting: Sequence[str], name: str) -> Optional[int]:
    found = _SIZE.fullmatch(waiting[0]) if waiting else None
    return int(found["size"]) if found and found["name"] == name else None


def _order(line: Line) -> Tuple[str, int, str, str]:
    return (line.name, -1 if line.size is None else line.size, line.type, line.value)

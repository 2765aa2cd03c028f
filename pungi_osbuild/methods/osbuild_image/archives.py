"""
The archives of a build: which are its images, and which belong to them.

composer has added kinds of files to its builds before (manifests, then SBOMs). A file of a kind
that is not known here is no reason to fail an image that is whole: it is recorded. Only where the
image itself is missing may that file be the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Set, Tuple

from pungi_osbuild.checked import Struct, unrelated_reply
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.imagetypes import expected_suffix, is_known_suffix, suffix_of
from pungi_osbuild.model import Arch, BuildFile, Checksum, ImageRequest

_CHECKSUM_TYPES: Mapping[int, str] = {0: "md5", 1: "sha1", 2: "sha256"}

_NO_IMAGE = frozenset(
    "asc cfg conf crt csv gpg html json jsonl ks log md md5 pdf pem rpm sha1 sha256 sha512 sig spdx"
    " toml tsv txt xml yaml yml".split()
)
"""The last suffix of files that are no image, and Koji's names of such types of archive."""


@dataclass(frozen=True)
class Archive:
    """
    An archive of the build.

    :param arch: None where nothing says it, which is so of no image
    :param infos: its ``extra.image`` and alike, best first
    """

    filename: str
    arch: Optional[Arch]
    infos: Tuple[Struct, ...]
    row: Struct

    @property
    def is_manifest(self) -> bool:
        """Whether it is the osbuild manifest of an image."""
        return self.filename.endswith(".manifest.json")

    @property
    def is_sbom(self) -> bool:
        """Whether it is an SBOM."""
        return self.filename.endswith(".spdx.json")

    @property
    def is_image(self) -> bool:
        """Whether Koji describes it as an image."""
        return self.arch is not None and any(
            info.has("boot_mode") or info.has("osbuild_artifact") for info in self.infos
        )

    @property
    def is_surely_no_image(self) -> bool:
        """Whether its name or Koji's type of it says that it is none."""
        last = self.filename.rpartition(".")[2].lower()
        kinds = (last, self.row.raw("type_name"))
        return not self.is_image and any(isinstance(one, str) and one in _NO_IMAGE for one in kinds)


def read_archives(build: Struct, rows: Sequence[Struct]) -> Tuple[Archive, ...]:
    """
    Return the archives of a build.

    :raises ReplyError: one is another build's, or there twice, or does not look as it should
    """
    # Where the build itself says something of its files, by file name.
    by_file = _present(
        build.struct_or_none("extra", "typeinfo", "image"),
        build.struct_or_none("extra", "osbuild_manifest"),
    )
    archives: List[Archive] = []
    names: Set[str] = set()
    for row in rows:
        row.expect("build_id", build.integer("id"))
        filename = row.filename("filename")
        if filename in names:
            raise _not_recognised(build.text("nvr"), filename, "it is there twice")
        names.add(filename)
        infos = _present(
            row.struct_or_none("extra", "typeinfo", "image"),
            row.struct_or_none("extra", "image"),
            *(one.struct_or_none(filename) for one in by_file),
        )
        arch = next((info.text("arch") for info in infos if info.has("arch")), None)
        archives.append(Archive(filename, arch, infos, row))
    return tuple(archives)


@dataclass(frozen=True)
class SortedOut:
    """
    The archives of a build by what they are.

    :param others: neither images nor manifests and SBOMs of images
    """

    images: Tuple[Archive, ...]
    others: Tuple[Archive, ...]

    def unrecognised_of(self, arch: Arch) -> Tuple[BuildFile, ...]:
        """Return what is recorded with the image of an arch: its own, and what has no arch."""
        return tuple(
            BuildFile(
                filename=other.filename,
                archive_id=other.row.integer("id"),
                size=other.row.integer("size"),
                checksum=checksum_of(other.row),
            )
            for other in self.others
            if other.arch in (arch, None)
        )


def sort_out(nvr: str, archives: Sequence[Archive], request: ImageRequest) -> SortedOut:
    """
    Return the archives of a build by what they are.

    :raises ReplyError: an image is not named as the build's are; or a file may be the image that
        was asked for, which is not there otherwise
    """
    listed = request.config.listed
    images: List[Archive] = []
    others: List[Archive] = []
    for archive in archives:
        is_image = archive.is_image and is_known_suffix(_suffix(archive, nvr), listed)
        (images if is_image else others).append(archive)
    for image in images:
        if not image.filename.startswith(nvr + "."):
            raise unrelated_reply("the name of an image of %s" % nvr, nvr + "....", image.filename)
    names = tuple(image.filename + "." for image in images)
    others = [
        other
        for other in others
        if not ((other.is_manifest or other.is_sbom) and other.filename.startswith(names))
    ]
    wanted = expected_suffix(request.config)
    arrived = {image.arch for image in images if wanted in (None, _suffix(image, nvr))}
    for other in others:
        missing = set(request.arches) - arrived
        may_be = missing if other.arch is None else missing & {other.arch}
        if may_be and not other.is_surely_no_image:
            raise _not_recognised(
                nvr,
                other.filename,
                "it may be the image for %s, which is missing" % ", ".join(sorted(may_be)),
            )
    return SortedOut(tuple(images), tuple(others))


def checksum_of(row: Struct) -> Checksum:
    """
    Return the checksum of an archive.

    :raises ReplyError: it is none that Koji has
    """
    kind = _CHECKSUM_TYPES.get(row.integer("checksum_type"))
    if kind is None:
        raise row.error("checksum_type", "md5, sha1 or sha256")
    value = row.text("checksum").lower()
    if not value or not set(value) <= set("0123456789abcdef"):
        raise row.error("checksum", "hexadecimal")
    return Checksum(kind, value)


def _suffix(archive: Archive, nvr: str) -> str:
    return suffix_of(archive.filename, nvr, archive.arch or "")


def _present(*structs: Optional[Struct]) -> Tuple[Struct, ...]:
    return tuple(struct for struct in structs if struct is not None)


def _not_recognised(nvr: str, filename: str, why: str) -> ReplyError:
    return ReplyError(
        "the build %s has an archive that is not recognised: %s (%s)" % (nvr, filename, why),
        "Nothing of the build was placed. If the file is the image, say what it is in"
        " osbuild_image_types, and report it.",
    )

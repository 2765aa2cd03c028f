"""
The images of a compose as stream metadata, which CoreOS has made known (stream-metadata-go).

The format names one image for each arch, cloud and region, and one file for each arch, platform
and format. Its words for platforms are CoreOS's; a container or an ostree commit has none. Under
``images`` it has places for AWS and GCP, and none for an Azure image or an S3 object; S3 gives a
file its location. ``uncompressed-sha256`` is left out: it is not known without reading the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild import __version__
from pungi_osbuild.clock import iso_time
from pungi_osbuild.clouds import cloud_of
from pungi_osbuild.errors import InputError, ReplyError
from pungi_osbuild.hub import build_file
from pungi_osbuild.imagetypes import provider_of, suffix_of
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord
from pungi_osbuild.model import CloudImage, JsonDict

_BY_SUFFIX: Mapping[str, str] = {
    "iso": "metal",
    "ova": "vmware",
    "qcow2": "qemu",
    "raw": "metal",
    "raw.xz": "metal",
    "vmdk": "vmware",
}


@dataclass(frozen=True)
class StreamMetadata:
    """
    A document, and what it has no place for.

    :param left_out: a sentence for each image that is left out
    """

    document: JsonDict
    left_out: Tuple[str, ...]


def stream_metadata(
    record: OsbuildRecord, images: Sequence[ImageRecord], base_url: str
) -> StreamMetadata:
    """
    Return some of a compose's images as stream metadata.

    :param base_url: where ``compose/`` is published; empty: a file's location is its public address
        in S3, else the one in Koji
    :raises InputError: two images want one place in the document
    """
    return _Writer(record, base_url).write(images)


class _Writer:
    def __init__(self, record: OsbuildRecord, base_url: str) -> None:
        self._record = record
        self._base = base_url.rstrip("/")
        self._taken: Dict[Tuple[str, ...], ImageRecord] = {}
        self._clashes: List[str] = []
        self._left_out: List[str] = []

    def write(self, images: Sequence[ImageRecord]) -> StreamMetadata:
        arches: Dict[str, Dict[str, Any]] = {}
        for image in images:
            arch = arches.setdefault(image.arch, {"artifacts": {}, "images": {}})
            is_file = self._file(image, arch["artifacts"])
            is_somewhere = [self._upload(image, upload, arch["images"]) for upload in image.cloud]
            if not is_file and not any(is_somewhere):
                self._left_out.append("%s has no place in stream metadata" % image.path)
        if self._clashes:
            raise InputError(
                "stream metadata names one image for each place, and there are more: %s"
                % "; ".join(self._clashes),
                "Choose with --variant, --subvariant or --type.",
            )
        return StreamMetadata(self._document(images, arches), tuple(self._left_out))

    def _document(self, images: Sequence[ImageRecord], arches: JsonDict) -> JsonDict:
        modified = max((image.mtime for image in images), default=None)
        return {
            "stream": self._record.compose_id.rsplit("-%s" % self._record.compose_date, 1)[0],
            "metadata": {
                "last-modified": iso_time(modified),
                "generator": "pungi-osbuild %s" % __version__,
            },
            "architectures": arches,
        }

    def _file(self, image: ImageRecord, artifacts: JsonDict) -> bool:
        """Add a file; whether there is a place for it."""
        suffix = suffix_of(image.koji.filename, image.koji.nvr, image.arch)
        platform = _platform(image, suffix)
        checksums = {checksum.type: checksum.value for checksum in image.checksums}
        if platform is None or "sha256" not in checksums:
            return False
        if self._takes(image, "the %s file for %s" % (suffix, platform), platform, suffix):
            entry = artifacts.setdefault(platform, {"release": self._release, "formats": {}})
            disk = {"location": self._location(image), "sha256": checksums["sha256"]}
            entry["formats"][suffix] = {"disk": disk}
        return True

    def _location(self, image: ImageRecord) -> str:
        """Return where anybody can fetch the file."""
        if self._base:
            return "%s/%s" % (self._base, image.path)
        for upload in image.cloud:
            address = cloud_of(upload.provider).public_address(upload)
            if address is not None:
                return address
        try:
            remote = build_file(image.koji.nvr, image.koji.filename)
        except ReplyError:  # the recorded N-V-R is not valid, so no address is known
            return image.path
        return "%s/%s" % (self._record.koji.topurl.rstrip("/"), remote)

    def _upload(self, image: ImageRecord, upload: CloudImage, images: JsonDict) -> bool:
        """Add what a cloud has; whether there is a place for it."""
        place = cloud_of(upload.provider).stream_entry(upload)
        if place is None:
            return False
        if self._takes(image, place.what, "images", *place.path):
            *groups, last = place.path
            for group in groups:
                images = images.setdefault(group, {})
            images[last] = {"release": self._release, **place.entry}
        return True

    def _takes(self, image: ImageRecord, what: str, *place: str) -> bool:
        """Whether a place in the document is free; it is not any more then."""
        first = self._taken.setdefault((image.arch, *place), image)
        if first is not image:
            both = (what, image.arch, first.path, image.path)
            self._clashes.append("%s on %s is %s and %s" % both)
        return first is image

    @property
    def _release(self) -> str:
        return self._record.compose_id


def _platform(image: ImageRecord, suffix: str) -> Optional[str]:
    providers = [upload.provider for upload in image.cloud]
    providers.extend(filter(None, [provider_of(image.image_type, None)]))
    platforms = (cloud_of(provider).stream_platform for provider in providers)
    return next(filter(None, platforms), _BY_SUFFIX.get(suffix))

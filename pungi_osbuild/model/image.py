"""Images: as Koji built them, and in their places in the compose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from pungi_osbuild.model.cloud import CloudImage, UnknownUpload, Uploaded
from pungi_osbuild.model.compose import Arch


@dataclass(frozen=True)
class Checksum:
    """A checksum: ``md5`` or ``sha256`` in lower case, and its hex digest."""

    type: str
    value: str


@dataclass(frozen=True)
class Artifact:
    """Which of osbuild's exports an image file is."""

    export_name: str
    export_filename: str


@dataclass(frozen=True)
class Manifest:
    """The osbuild manifest of an image, kept in the Koji build."""

    filename: str
    osbuild_composer_version: Optional[str] = None
    osbuild_composer_deps: Tuple[str, ...] = ()


@dataclass(frozen=True)
class UnrecognisedFile:
    """
    An archive of a Koji build that is neither an image nor the manifest or an SBOM of one.

    :param size: bytes
    """

    filename: str
    archive_id: int
    size: int
    checksum: Checksum


@dataclass(frozen=True)
class BuiltImage:
    """
    One image archive of a finished Koji build, with its provenance.

    :param size: bytes
    :param path: below Koji's topdir or topurl: ``packages/<n>/<v>/<r>/images/<filename>``
    :param unknown_uploads: results of uploads to clouds that are not known here
    :param unrecognised: other files of the build, which are not placed
    """

    arch: Arch
    filename: str
    size: int
    checksum: Checksum
    path: str
    archive_id: int
    build_id: int
    nvr: str
    task_id: int
    composer_id: Optional[str] = None
    composer_server: Optional[str] = None
    boot_mode: Optional[str] = None
    osbuild_version: Optional[str] = None
    artifact: Optional[Artifact] = None
    cloud: Tuple[CloudImage, ...] = ()
    unknown_uploads: Tuple[UnknownUpload, ...] = ()
    manifest: Optional[Manifest] = None
    sboms: Tuple[str, ...] = ()
    unrecognised: Tuple[UnrecognisedFile, ...] = ()

    @property
    def uploads(self) -> Tuple[Uploaded, ...]:
        """Everything that the image's ``"cloud"`` list says."""
        return (*self.cloud, *self.unknown_uploads)


@dataclass(frozen=True)
class PlacedImage:
    """
    A built image in its place in the compose.

    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param checksums: sha256 when the file was read, Koji's own when it was not
    :param type: productmd's image type, or None where it has none for this file
    :param format: productmd's format, which is the file's suffix
    """

    built: BuiltImage
    variant: str
    path: str
    size: int
    mtime: int
    checksums: Tuple[Checksum, ...]
    type: Optional[str]
    format: Optional[str]
    subvariant: str
    image_type: str
    distro: str
    can_fail: bool

    @property
    def in_images_json(self) -> bool:
        """Whether productmd has words for this image."""
        return self.type is not None and self.format is not None

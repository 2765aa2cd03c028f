"""Images: as Koji built them, and in their places in the compose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from pungi_osbuild.model.cloud import Artifact, CloudImage, UnknownUpload, Uploaded
from pungi_osbuild.model.compose import Arch


@dataclass(frozen=True)
class Checksum:
    """A checksum: ``md5`` or ``sha256`` in lower case, and its hex digest."""

    type: str
    value: str


@dataclass(frozen=True)
class BuildFile:
    """
    A file beside an image in its Koji build.

    What only its name is known of was recorded before osbuild.json 1.3.

    :param size: bytes
    :param checksum: Koji's own
    """

    filename: str
    archive_id: Optional[int] = None
    size: Optional[int] = None
    checksum: Optional[Checksum] = None


@dataclass(frozen=True)
class Dependency:
    """
    A Go module that composer was built with.

    :param replace: the module that was built in its place
    """

    path: str
    version: str
    replace: Optional[Dependency] = None


@dataclass(frozen=True)
class Manifest(BuildFile):
    """The osbuild manifest of an image."""

    osbuild_composer_version: Optional[str] = None
    osbuild_composer_deps: Tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Sbom(BuildFile):
    """
    An SBOM of an image.

    :param purpose: composer's name of what it describes, e.g. ``image-os`` or ``buildroot-build``
    """

    purpose: Optional[str] = None


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
    sboms: Tuple[Sbom, ...] = ()
    unrecognised: Tuple[BuildFile, ...] = ()

    def beside(self, name: str) -> str:
        """
        Return where another file of the image's build is, below Koji's topdir or topurl.

        :param name: of its manifest, or of an SBOM
        """
        return "%s/%s" % (self.path.rpartition("/")[0], name)

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

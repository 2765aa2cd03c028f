"""Images: as Koji built them, and in their places in the compose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Optional, Tuple

from pungi_osbuild.checked import INLINED, LINE, PATH, Form, Key, Struct
from pungi_osbuild.model.cloud import Artifact, CloudImage, UnknownUpload, Uploaded
from pungi_osbuild.model.compose import Arch


def _hexadecimal(struct: Struct, key: str) -> str:
    value = struct.text(key)
    if re.fullmatch("[0-9a-f]+", value) is None:
        raise struct.error(key, "hexadecimal")
    return value


HEXADECIMAL = Form(_hexadecimal, {"type": "string", "pattern": "^[0-9a-f]+$"})


@dataclass(frozen=True)
class Checksum:
    """A checksum: ``md5`` or ``sha256`` in lower case, and its hex digest."""

    type: Annotated[str, LINE, Key("checksum_type")]
    value: Annotated[str, HEXADECIMAL, Key("checksum")]


@dataclass(frozen=True)
class BuildFile:
    """
    A file beside an image in its Koji build.

    Before osbuild.json 1.3 only its name was recorded.

    :param size: bytes
    :param checksum: Koji's own
    """

    filename: Annotated[str, PATH]
    archive_id: Optional[int] = None
    size: Optional[int] = None
    checksum: Annotated[Optional[Checksum], INLINED] = None


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
    :param uploads: what the image's ``"cloud"`` list says
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
    uploads: Tuple[Uploaded, ...] = ()
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
    def cloud(self) -> Tuple[CloudImage, ...]:
        """The uploads to clouds that are known here."""
        return tuple(upload for upload in self.uploads if isinstance(upload, CloudImage))

    @property
    def unknown_uploads(self) -> Tuple[UnknownUpload, ...]:
        """The other uploads."""
        return tuple(upload for upload in self.uploads if isinstance(upload, UnknownUpload))


@dataclass(frozen=True)
class PlacedImage:
    """
    A built image in its place in the compose.

    :param method: of the Koji task that built it
    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param checksums: sha256 when the file was read, Koji's own when it was not
    :param type: productmd's image type, or None where it has none for this file
    :param format: productmd's format, which is the file's suffix
    """

    built: BuiltImage
    method: str
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
        """Whether productmd has a type for this image."""
        return self.type is not None and self.format is not None

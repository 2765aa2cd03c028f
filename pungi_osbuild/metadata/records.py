"""What osbuild.json says of tasks and images, as frozen values (docs/osbuild-json.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from pungi_osbuild.checked import Struct
from pungi_osbuild.clock import iso_time, whole_seconds
from pungi_osbuild.metadata.buildfiles import (
    checksum_entry,
    file_entry,
    named_files,
    read_checksum,
    read_file,
    read_manifest,
    read_sbom,
)
from pungi_osbuild.metadata.clouds import read_artifact, read_cloud
from pungi_osbuild.model import (
    METHOD,
    Arch,
    Artifact,
    BuildFile,
    Checksum,
    CloudImage,
    EarlierTry,
    JsonDict,
    Manifest,
    Orphan,
    Outcome,
    OutcomeKind,
    PlacedImage,
    Sbom,
    UnknownUpload,
    Uploaded,
)


@dataclass(frozen=True)
class TaskRecord:
    """
    What became of a request, as recorded. Times are seconds since the epoch.

    :param method: of the Koji task
    :param nvr: None when no release was ever allocated
    :param task_id: None when nothing was submitted
    :param reason: why it failed; None when it was built
    :param earlier: the tries before it, which failed for transient reasons
    :param orphans: what it leaves behind in clouds and in Koji
    """

    task_id: Optional[int]
    variant: str
    arches: Tuple[Arch, ...]
    nvr: Optional[str]
    image_type: str
    attempt: int
    outcome: OutcomeKind
    can_fail: bool
    reason: Optional[str]
    created: Optional[int]
    started: Optional[int]
    ended: Optional[int]
    placed: Optional[int]
    earlier: Tuple[EarlierTry, ...] = ()
    orphans: Tuple[Orphan, ...] = ()
    method: str = METHOD

    @classmethod
    def of(cls, outcome: Outcome) -> TaskRecord:
        """Return what is recorded of an outcome."""
        request = outcome.request
        return cls(
            task_id=outcome.task_id,
            variant=request.variant,
            arches=request.arches,
            nvr=request.nvr,
            image_type=request.config.image_type,
            attempt=outcome.attempt,
            outcome=outcome.kind,
            can_fail=request.can_fail,
            reason=outcome.explanation,
            created=whole_seconds(outcome.times.created),
            started=whole_seconds(outcome.times.started),
            ended=whole_seconds(outcome.times.ended),
            placed=whole_seconds(outcome.placed),
            earlier=outcome.earlier,
            orphans=outcome.orphans,
        )

    @classmethod
    def from_json(cls, fields: Struct) -> TaskRecord:
        """Return the value of an entry.

        :raises ValueError: naming the place that is wrong
        """
        return cls(
            task_id=fields.integer_or_none("task_id"),
            variant=fields.path("variant"),
            arches=fields.texts("arches"),
            nvr=fields.text_or_none("nvr"),
            image_type=fields.text("image_type"),
            attempt=fields.integer("attempt"),
            outcome=fields.choice("outcome", OutcomeKind),
            can_fail=fields.flag("can_fail"),
            reason=fields.text_or_none("reason"),
            created=fields.iso_time_or_none("created"),
            started=fields.iso_time_or_none("started"),
            ended=fields.iso_time_or_none("ended"),
            placed=fields.iso_time_or_none("placed"),
            earlier=tuple(map(_earlier_try, _groups(fields, "earlier"))),
            orphans=tuple(map(_orphan, _groups(fields, "orphans"))),
            method=_method(fields),
        )

    def to_json(self) -> JsonDict:
        """Return the entry."""
        entry: Dict[str, Any] = dict(vars(self))
        entry["arches"] = list(self.arches)
        entry["outcome"] = self.outcome.value
        for key in ("created", "started", "ended", "placed"):
            entry[key] = iso_time(entry[key])
        for key in ("earlier", "orphans"):
            entry[key] = [dict(vars(item)) for item in entry[key]]
        return entry


def _groups(fields: Struct, key: str) -> Tuple[Struct, ...]:
    """Return a list that files before format 1.2 lack."""
    return fields.structs(key) if fields.has(key) else ()


def _method(fields: Struct) -> str:
    """Return the task method, which files before format 1.3 lack: there was one."""
    return fields.text("method") if fields.has("method") else METHOD


def _earlier_try(fields: Struct) -> EarlierTry:
    return EarlierTry(
        task_id=fields.integer_or_none("task_id"),
        attempt=fields.integer("attempt"),
        nvr=fields.text_or_none("nvr"),
        reason=fields.text_or_none("reason"),
    )


def _orphan(fields: Struct) -> Orphan:
    return Orphan(
        place=fields.text("place"),
        name=fields.text("name"),
        is_there=fields.flag("is_there"),
        region=fields.text_or_none("region") if fields.has("region") else None,
        note=fields.text_or_none("note") if fields.has("note") else None,
    )


@dataclass(frozen=True)
class KojiOrigin:
    """
    The archive in Koji that an image file is.

    :param filename: as in Koji; in the compose it may be called otherwise
    :param checksum: Koji's own
    """

    task_id: int
    build_id: int
    nvr: str
    archive_id: int
    filename: str
    checksum: Checksum

    @classmethod
    def from_json(cls, fields: Struct) -> KojiOrigin:
        """Return the value of an entry.

        :raises ValueError: naming the place that is wrong
        """
        return cls(
            task_id=fields.integer("task_id"),
            build_id=fields.integer("build_id"),
            nvr=fields.text("nvr"),
            archive_id=fields.integer("archive_id"),
            filename=fields.path("filename"),
            checksum=read_checksum(fields.text("checksum_type"), fields.text("checksum"), fields),
        )

    def to_json(self) -> JsonDict:
        """Return the entry."""
        return {**vars(self), **checksum_entry(self.checksum)}


@dataclass(frozen=True)
class ImageRecord:
    """
    An image, as recorded.

    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param type: productmd's image type, or None where it has none
    :param in_images_json: whether images.json has an entry for it, too
    :param unknown_uploads: uploads to clouds that are not known here
    """

    variant: str
    arch: Arch
    path: str
    size: int
    mtime: int
    checksums: Tuple[Checksum, ...]
    type: Optional[str]
    format: Optional[str]
    subvariant: str
    in_images_json: bool
    image_type: str
    distro: str
    boot_mode: Optional[str]
    osbuild_version: Optional[str]
    artifact: Optional[Artifact]
    koji: KojiOrigin
    composer_id: Optional[str]
    composer_server: Optional[str]
    cloud: Tuple[CloudImage, ...]
    unknown_uploads: Tuple[UnknownUpload, ...]
    manifest: Optional[Manifest]
    sboms: Tuple[Sbom, ...]
    unrecognised: Tuple[BuildFile, ...] = ()
    method: str = METHOD

    @property
    def uploads(self) -> Tuple[Uploaded, ...]:
        """Everything that the image's ``"cloud"`` list says."""
        return (*self.cloud, *self.unknown_uploads)

    def checksum(self, type: str) -> Optional[str]:
        """Return the value of one checksum, e.g. ``sha256``; None where there is none."""
        return {one.type: one.value for one in self.checksums}.get(type)

    @classmethod
    def of(cls, image: PlacedImage, in_images_json: bool) -> ImageRecord:
        """Return what is recorded of a placed image."""
        built = image.built
        return cls(
            variant=image.variant,
            arch=built.arch,
            path=image.path,
            size=image.size,
            mtime=image.mtime,
            checksums=_sorted(image.checksums),
            type=image.type,
            format=image.format,
            subvariant=image.subvariant,
            in_images_json=in_images_json,
            image_type=image.image_type,
            distro=image.distro,
            boot_mode=built.boot_mode,
            osbuild_version=built.osbuild_version,
            artifact=built.artifact,
            koji=KojiOrigin(
                task_id=built.task_id,
                build_id=built.build_id,
                nvr=built.nvr,
                archive_id=built.archive_id,
                filename=built.filename,
                checksum=built.checksum,
            ),
            composer_id=built.composer_id,
            composer_server=built.composer_server,
            cloud=built.cloud,
            unknown_uploads=built.unknown_uploads,
            manifest=built.manifest,
            sboms=built.sboms,
            unrecognised=built.unrecognised,
        )

    @classmethod
    def from_json(cls, variant: str, arch: Arch, fields: Struct) -> ImageRecord:
        """Return the value of an entry.

        :param variant: the uid that the entry stands under
        :param arch: the arch that the entry stands under
        :raises ValueError: naming the place that is wrong
        """
        composer = fields.struct("composer")
        cloud, unknown = read_cloud(fields.structs("cloud"))
        return cls(
            variant=variant,
            arch=arch,
            path=fields.path("path"),
            size=fields.integer("size"),
            mtime=fields.integer("mtime"),
            checksums=_checksums(fields.struct("checksums")),
            type=fields.text_or_none("type"),
            format=fields.text_or_none("format"),
            subvariant=fields.text("subvariant"),
            in_images_json=fields.flag("in_images_json"),
            image_type=fields.text("image_type"),
            distro=fields.text("distro"),
            boot_mode=fields.text_or_none("boot_mode"),
            osbuild_version=fields.text_or_none("osbuild_version"),
            artifact=read_artifact(fields),
            koji=KojiOrigin.from_json(fields.struct("koji")),
            composer_id=composer.text_or_none("id"),
            composer_server=composer.text_or_none("server"),
            cloud=cloud,
            unknown_uploads=unknown,
            manifest=read_manifest(fields.struct_or_none("manifest")),
            sboms=tuple(map(read_sbom, named_files(fields, "sboms"))),
            unrecognised=_unrecognised(fields),
            method=_method(fields),
        )

    def to_json(self) -> JsonDict:
        """Return the entry; variant and arch are where it stands."""
        others = [file_entry(other) for other in self.unrecognised]
        return {
            "method": self.method,
            "path": self.path,
            "size": self.size,
            "mtime": self.mtime,
            "checksums": {checksum.type: checksum.value for checksum in self.checksums},
            "type": self.type,
            "format": self.format,
            "subvariant": self.subvariant,
            "in_images_json": self.in_images_json,
            "image_type": self.image_type,
            "distro": self.distro,
            "boot_mode": self.boot_mode,
            "osbuild_version": self.osbuild_version,
            "osbuild_artifact": None if self.artifact is None else self.artifact.to_json(),
            "koji": self.koji.to_json(),
            "composer": {"id": self.composer_id, "server": self.composer_server},
            "cloud": [upload.to_json() for upload in self.uploads],
            "manifest": None if self.manifest is None else file_entry(self.manifest),
            "sboms": [file_entry(sbom) for sbom in self.sboms],
            **({"unrecognised": others} if others else {}),
        }


def _sorted(checksums: Tuple[Checksum, ...]) -> Tuple[Checksum, ...]:
    return tuple(sorted(checksums, key=lambda checksum: checksum.type))


def _checksums(fields: Struct) -> Tuple[Checksum, ...]:
    found = tuple(read_checksum(type, fields.text(type), fields) for type in fields)
    if not found:
        raise ValueError("%s is empty" % fields.place)
    return found


def _unrecognised(fields: Struct) -> Tuple[BuildFile, ...]:
    return tuple(BuildFile(*read_file(one)) for one in _groups(fields, "unrecognised"))

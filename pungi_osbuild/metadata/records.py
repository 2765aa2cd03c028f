"""
What osbuild.json says of tasks and images, as frozen values (docs/osbuild-json.md).

A field is declared here, or with the value of the model that it is, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Callable, List, Optional, Tuple

from pungi_osbuild.checked import (
    ELSEWHERE,
    INLINED,
    ISO_TIME,
    OMITTED,
    PATH,
    Form,
    JsonDict,
    Key,
    Struct,
    picked,
)
from pungi_osbuild.clock import whole_seconds
from pungi_osbuild.methods import UNRECORDED_METHOD
from pungi_osbuild.model import (
    HEXADECIMAL,
    UPLOADS,
    Arch,
    Artifact,
    BuildFile,
    Checksum,
    CloudImage,
    EarlierTry,
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
    variant: Annotated[str, PATH]
    arches: Tuple[Arch, ...]
    nvr: Optional[str]
    image_type: str
    attempt: int
    outcome: OutcomeKind
    can_fail: bool
    reason: Optional[str]
    created: Annotated[Optional[int], ISO_TIME]
    started: Annotated[Optional[int], ISO_TIME]
    ended: Annotated[Optional[int], ISO_TIME]
    placed: Annotated[Optional[int], ISO_TIME]
    earlier: Tuple[EarlierTry, ...] = ()
    orphans: Tuple[Orphan, ...] = ()
    method: str = UNRECORDED_METHOD

    @classmethod
    def of(cls, outcome: Outcome) -> TaskRecord:
        """Return what is recorded of an outcome."""
        request, times = outcome.request, outcome.times
        return picked(
            cls,
            outcome,
            request,
            image_type=request.config.image_type,
            outcome=outcome.kind,
            reason=outcome.explanation,
            created=whole_seconds(times.created),
            started=whole_seconds(times.started),
            ended=whole_seconds(times.ended),
            placed=whole_seconds(outcome.placed),
            method=request.config.method,
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
    filename: Annotated[str, PATH]
    checksum: Annotated[Checksum, INLINED]


def _read_checksums(struct: Struct, key: str) -> Tuple[Checksum, ...]:
    checksums = struct.struct(key)
    found = tuple(Checksum(kind, HEXADECIMAL.read(checksums, kind)) for kind in checksums if kind)
    if not found:
        raise struct.error(key, "an object of checksums")
    return found


_CHECKSUMS = Form(
    _read_checksums,
    {"type": "object", "minProperties": 1, "additionalProperties": HEXADECIMAL.schema},
    lambda checksums: {checksum.type: checksum.value for checksum in checksums},
)


@dataclass(frozen=True)
class ImageRecord:
    """
    An image, as recorded.

    :param path: below ``compose/``
    :param size: bytes
    :param mtime: seconds since the epoch
    :param type: productmd's image type, or None where it has none
    :param in_images_json: whether images.json has an entry for it, too
    """

    variant: Annotated[str, ELSEWHERE]
    arch: Annotated[Arch, ELSEWHERE]
    path: Annotated[str, PATH]
    size: int
    mtime: int
    checksums: Annotated[Tuple[Checksum, ...], _CHECKSUMS]
    type: Optional[str]
    format: Optional[str]
    subvariant: str
    in_images_json: bool
    image_type: str
    distro: str
    boot_mode: Optional[str]
    osbuild_version: Optional[str]
    artifact: Annotated[Optional[Artifact], Key("osbuild_artifact")]
    koji: KojiOrigin
    composer_id: Annotated[Optional[str], Key("composer", "id")]
    composer_server: Annotated[Optional[str], Key("composer", "server")]
    uploads: Annotated[Tuple[Uploaded, ...], UPLOADS, Key("cloud")]
    manifest: Optional[Manifest]
    sboms: Tuple[Sbom, ...]
    unrecognised: Annotated[Tuple[BuildFile, ...], OMITTED] = ()
    method: str = UNRECORDED_METHOD

    @property
    def cloud(self) -> Tuple[CloudImage, ...]:
        """The uploads to clouds that are known here."""
        return tuple(upload for upload in self.uploads if isinstance(upload, CloudImage))

    @property
    def unknown_uploads(self) -> Tuple[UnknownUpload, ...]:
        """The other uploads."""
        return tuple(upload for upload in self.uploads if isinstance(upload, UnknownUpload))

    def checksum(self, type: str) -> Optional[str]:
        """Return the value of one checksum, e.g. ``sha256``; None where there is none."""
        return {one.type: one.value for one in self.checksums}.get(type)

    @classmethod
    def of(cls, image: PlacedImage, in_images_json: bool) -> ImageRecord:
        """Return what is recorded of a placed image."""
        return picked(
            cls,
            image,
            image.built,
            in_images_json=in_images_json,
            checksums=tuple(sorted(image.checksums, key=lambda checksum: checksum.type)),
            koji=picked(KojiOrigin, image.built),
        )


def upgrade(payload: JsonDict) -> None:
    """
    Bring what earlier versions of the format have written into the form of this one.

    What is not as those have written it is left alone, and refused when it is read.
    """
    for task in _objects(payload.get("tasks")):
        for key, value in (("method", UNRECORDED_METHOD), ("earlier", []), ("orphans", [])):
            task.setdefault(key, value)
        for orphan in _objects(task["orphans"]):
            orphan.setdefault("region", None)
            orphan.setdefault("note", None)
    for arches in _objects(payload.get("images")):
        for images in arches.values():
            for image in _objects(images):
                _upgrade_image(image)


def _upgrade_image(image: JsonDict) -> None:
    image.setdefault("method", UNRECORDED_METHOD)
    _replace_texts(image, "sboms", lambda name: {"filename": name})
    for sbom in _objects(image.get("sboms")):
        sbom.setdefault("purpose", None)
    for manifest in _objects([image.get("manifest")]):
        _replace_texts(manifest, "osbuild_composer_deps", _dependency)
    files = (image.get("sboms"), image.get("unrecognised"), [image.get("manifest")])
    for file in (file for some in files for file in _objects(some)):
        if "checksum" not in file:
            file.update(archive_id=None, size=None, checksum_type=None, checksum=None)


def _dependency(text: str) -> JsonDict:
    """Return a Go module that was written as ``a@v``, or as ``a@v => b@w``."""
    first, _arrow, second = text.partition(" => ")
    return {**_module(first), "replace": {**_module(second), "replace": None} if second else None}


def _module(text: str) -> JsonDict:
    path, _at, version = text.rpartition("@")
    return {"path": path, "version": version} if path else {"path": version, "version": ""}


def _replace_texts(holder: JsonDict, key: str, read: Callable[[str], JsonDict]) -> None:
    texts = holder.get(key)
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        holder[key] = list(map(read, texts))


def _objects(values: Any) -> List[JsonDict]:
    """Return the objects in a list or an object; none where there is neither."""
    if isinstance(values, dict):
        values = list(values.values())
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []

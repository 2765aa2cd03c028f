"""osbuild.json: everything that is known of the images of a compose, with their cloud IDs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

from productmd.common import Header, MetadataBase
from productmd.composeinfo import Compose

from pungi_osbuild.checked import FILE, Struct, from_json, to_json
from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata.productmd_files import (
    NEW,
    UnusableError,
    Version,
    dropped,
    load_metadata,
    restore,
    version_text,
)
from pungi_osbuild.metadata.records import ImageRecord, OsbuildRecord, TaskRecord
from pungi_osbuild.methods import UNRECORDED_METHOD
from pungi_osbuild.model import (
    JsonDict,
    KojiPlace,
)

TYPE = "pungi_osbuild.images"
FORMAT_VERSION = "1.3"
"""Of the payload. Every version from 1.0 to this one is read; a newer one is refused."""

_Entry = Tuple[Any, ...]
"""What tells an entry from others."""

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)
_FIX = "Fix the file, or restore it from where it came from; then run this again."
_FOREIGN = "Name a compose that pungi-osbuild has built images for, or move the file away."


class OsbuildImages(MetadataBase):  # type: ignore[misc]  # productmd has no types
    """
    An osbuild.json, read and written as productmd does its own files.

    ``compose`` is productmd's section, ``koji`` a :class:`KojiPlace` or None before it is known,
    ``tasks`` and ``images`` are tuples of records. ``more`` has what a file that was read holds
    beside them, ``more_of`` the same for an entry; both are written again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.header = Header(self, TYPE)
        self.compose = Compose(self)
        self.koji: Optional[KojiPlace] = None
        self.tasks: Tuple[TaskRecord, ...] = ()
        self.images: Tuple[ImageRecord, ...] = ()
        self.version: Version = NEW
        self.more: JsonDict = {}
        self.more_of: Dict[_Entry, JsonDict] = {}

    def serialize(self, parser: JsonDict) -> JsonDict:
        """Fill in the whole document: tasks by variant, images by path."""
        if self.koji is None:
            raise ValueError("osbuild.json needs to know the Koji instance")
        images: Dict[str, Dict[str, List[JsonDict]]] = {}
        for image in sorted(self.images, key=lambda item: item.path):
            entries = images.setdefault(image.variant, {}).setdefault(image.arch, [])
            entries.append(self._entry(image))
        self._frame(parser)
        parser["payload"].update(
            koji=to_json(self.koji),
            tasks=[self._entry(task) for task in sorted(self.tasks, key=_task_order)],
            images=images,
        )
        restore(parser, self.more)
        return parser

    def _frame(self, parser: JsonDict) -> None:
        """Fill in everything but tasks, images and where Koji is."""
        self.header.serialize(parser)
        parser["header"]["version"] = version_text(self.version)
        parser["payload"] = {"format_version": FORMAT_VERSION}
        self.compose.serialize(parser["payload"])

    def _entry(self, record: Union[ImageRecord, TaskRecord]) -> JsonDict:
        entry = to_json(record)
        restore(entry, self.more_of.get(record_key(record), {}))
        return entry

    def deserialize(self, data: JsonDict) -> None:
        """Take over a document.

        :raises ValueError: naming the place that is wrong
        """
        document = Struct(data, "", FILE)
        kind = document.struct("header").text("type")
        if kind != TYPE:
            raise UnusableError("it is a %s file, not %s" % (kind[:60], TYPE), _FOREIGN)
        self.header.deserialize(data)
        payload = document.struct("payload")
        _check_version(payload.text("format_version"))
        upgrade(data["payload"])
        self.compose.deserialize(data["payload"])
        self.koji = from_json(KojiPlace, payload.struct("koji"))
        tasks = [(from_json(TaskRecord, entry), entry) for entry in payload.structs("tasks")]
        images = list(_images(payload.struct("images")))
        self.tasks = tuple(task for task, _entry in tasks)
        self.images = tuple(image for image, _entry in images)
        self.version = max(self.header.version_tuple, NEW)
        frame: JsonDict = {}
        self._frame(frame)
        frame["payload"].update(koji=to_json(self.koji), tasks=[], images=None)
        self.more = dropped(data, frame)
        read: List[Tuple[Union[TaskRecord, ImageRecord], Struct]] = [*tasks, *images]
        for record, entry in read:
            self.more_of[record_key(record)] = dropped(entry.value, to_json(record))


def load(folder: Union[str, Path]) -> OsbuildRecord:
    """
    Return what pungi-osbuild knows of the images of a compose, with their cloud IDs.

    :param folder: of the compose, or the ``compose`` folder in it as it is published
    :raises InputError: there is no osbuild.json, or it is an address
    :raises SourceError: it is broken, another project's, or of a version that is not known
    """
    if "://" in str(folder):
        raise InputError(
            "%s is an address" % folder,
            "Name a folder on this machine: download compose/metadata/osbuild.json into one.",
        )
    return load_osbuild(_file_in(Path(folder)))


def _file_in(folder: Path) -> Path:
    usual = folder / "compose" / "metadata" / "osbuild.json"
    published = folder / "metadata" / "osbuild.json"
    return published if published.is_file() and not usual.is_file() else usual


def load_osbuild(path: Path) -> OsbuildRecord:
    """
    Return the content of an osbuild.json.

    :raises InputError: there is no such file
    :raises SourceError: it is broken, or of a version that is not known
    """
    if not path.is_file():
        raise InputError(
            "there is no %s" % path, "Name a compose that pungi-osbuild has built images for."
        )
    manifest = read_osbuild(path)
    compose, koji = manifest.compose, manifest.koji
    assert koji is not None
    return OsbuildRecord(
        compose_id=compose.id,
        compose_type=compose.type,
        compose_date=compose.date,
        compose_respin=compose.respin,
        compose_label=compose.label,
        koji=koji,
        tasks=tuple(sorted(manifest.tasks, key=_task_order)),
        images=tuple(sorted(manifest.images, key=lambda image: image.path)),
    )


def read_osbuild(path: Path) -> OsbuildImages:
    """Return an osbuild.json to write again, or raise SourceError."""
    manifest = OsbuildImages()
    load_metadata(manifest, path, _FIX)
    return manifest


def _check_version(version: str) -> None:
    match = _VERSION.fullmatch(version)
    found = tuple(map(int, match.groups())) if match is not None else (0, 0)
    if not (1, 0) <= found <= tuple(map(int, FORMAT_VERSION.split("."))):
        raise UnusableError(
            "its format_version is %s, and this pungi-osbuild reads 1.0 to %s"
            % (version[:30], FORMAT_VERSION),
            "Use the version of pungi-osbuild that wrote the file, or a newer one.",
        )


def _images(variants: Struct) -> Iterable[Tuple[ImageRecord, Struct]]:
    for variant in variants:
        arches = variants.struct(variant)
        for arch in arches:
            for entry in arches.structs(arch):
                yield from_json(ImageRecord, entry, variant=variant, arch=arch), entry


def record_key(record: Union[ImageRecord, TaskRecord]) -> _Entry:
    """Return what tells an entry from others."""
    if isinstance(record, TaskRecord):
        return ("task", record.task_id, record.nvr, record.attempt)
    return ("image", record.variant, record.arch, record.path)


def _task_order(task: TaskRecord) -> Tuple[Any, ...]:
    return (task.variant, task.arches, task.nvr or "", task.attempt, task.task_id or 0)


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

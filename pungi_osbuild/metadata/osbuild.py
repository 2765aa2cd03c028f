"""osbuild.json: everything that is known of the images of a compose, with their cloud IDs."""

from __future__ import annotations

import dataclasses
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Dict, FrozenSet, Iterable, List, Optional, Tuple, Union

from productmd.common import Header, MetadataBase
from productmd.composeinfo import Compose

from pungi_osbuild.checked import FILE, Struct, from_json, to_json
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata.atomic import replace_text
from pungi_osbuild.metadata.images import (
    ImageClashError,
    check_compose,
    describable,
    record_images,
)
from pungi_osbuild.metadata.loading import load_metadata
from pungi_osbuild.metadata.ownership import (
    Claim,
    Owned,
    OwnTasks,
    claims_of_image,
    claims_of_request,
    own_entries,
)
from pungi_osbuild.metadata.records import ImageRecord, TaskRecord, upgrade
from pungi_osbuild.metadata.selection import Selection, known_values
from pungi_osbuild.metadata.versions import (
    NEW,
    UnusableError,
    Version,
    dropped,
    restore,
    text,
)
from pungi_osbuild.metadata.vocabulary import vocabulary
from pungi_osbuild.metadata.writing import writable, written
from pungi_osbuild.model import (
    JsonDict,
    KojiPlace,
    Outcome,
    OutcomeKind,
    PlacedImage,
    RunResult,
)

TYPE = "pungi_osbuild.images"
FORMAT_VERSION = "1.3"
"""Of the payload. Every version from 1.0 to this one is read; a newer one is refused."""

_Entry = Tuple[Any, ...]
"""What tells an entry from others."""

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)
_MEND = "Fix the file, or restore it from where it came from; then run this again."
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
        parser["header"]["version"] = text(self.version)
        parser["payload"] = {"format_version": FORMAT_VERSION}
        self.compose.serialize(parser["payload"])

    def _entry(self, record: Union[ImageRecord, TaskRecord]) -> JsonDict:
        entry = to_json(record)
        restore(entry, self.more_of.get(_key(record), {}))
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
        upgrade(data["payload"])
        _check_version(payload.text("format_version"))
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
            self.more_of[_key(record)] = dropped(entry.value, to_json(record))


@dataclass(frozen=True)
class OsbuildRecord:
    """
    The content of an osbuild.json.

    :param tasks: sorted by variant, arches and N-V-R
    :param images: sorted by path
    """

    compose_id: str
    compose_type: str
    compose_date: str
    compose_respin: int
    compose_label: Optional[str]
    koji: KojiPlace
    tasks: Tuple[TaskRecord, ...]
    images: Tuple[ImageRecord, ...]

    def select(self, selection: Selection) -> Tuple[ImageRecord, ...]:
        """
        Return the images that are meant, each with the uploads that are meant.

        Python warns (``UserWarning``) of a value that no image has, with those that there are: an
        empty result of a mistyped cloud looks like an empty compose.
        """
        known = known_values(self.images)
        for field, values in selection.unheard_of(self.images).items():
            message = "no image has %s %s; there are: %s"
            there = ", ".join(known[field]) or "none"
            warnings.warn(message % (field, ", ".join(values), there), stacklevel=2)
        return selection.of(self.images)

    @property
    def failed(self) -> Tuple[TaskRecord, ...]:
        """The tasks that built no image: failed or cancelled, also where that is allowed."""
        return tuple(task for task in self.tasks if task.outcome is not OutcomeKind.BUILT)


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
    manifest = _read(path)
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


def _read(path: Path) -> OsbuildImages:
    manifest = OsbuildImages()
    load_metadata(manifest, path, _MEND)
    return manifest


def claims(outcomes: Iterable[Outcome]) -> Tuple[Claim, ...]:
    """
    Return everything that a run claims as its own: what it built.

    A request that failed claims nothing, so that what an earlier run built is not forgotten.
    """
    built = tuple(outcome for outcome in outcomes if outcome.ok)
    return (
        *(claim for outcome in built for claim in claims_of_request(outcome.request)),
        *(claims_of_image(image) for outcome in built for image in outcome.images),
    )


def own_in(path: Path, claimed: Iterable[Claim]) -> FrozenSet[Owned]:
    """
    Return which entries of an earlier run a run replaces, in both files.

    :param path: of the osbuild.json; none belong to the run when there is no such file
    :raises SourceError: the file is broken
    """
    return own_entries(load_osbuild(path).images, claimed) if path.exists() else frozenset()


def record_osbuild(
    path: Path, result: RunResult, replace: Collection[Owned], left_out: Collection[str] = ()
) -> None:
    """
    Record a run in an osbuild.json, which is made when it is missing; also one that failed.

    Other images and tasks that are recorded there stay. Not for several threads or processes at a
    time.

    :param replace: the entries of an earlier run that go, see :func:`own_in`
    :param left_out: paths of images that images.json could not take
    :raises SourceError: the file that is there is broken; it is left alone
    :raises InputError: the file cannot be written
    """
    content = merged_osbuild(path, result, replace, left_out)
    with written(path):
        replace_text(path, content)


def merged_osbuild(
    path: Path, result: RunResult, replace: Collection[Owned], left_out: Collection[str]
) -> str:
    """
    Return what :func:`record_osbuild` writes.

    :raises SourceError: the file that is there cannot be used, or productmd cannot write this
    """
    identity, words = result.identity, vocabulary()
    manifest = _read(path) if path.exists() else OsbuildImages()
    if path.exists():
        check_compose(path, manifest.compose.id, identity)
    with writable(path):
        _forget(manifest, result, frozenset(replace))
        manifest.compose.id = identity.id
        manifest.compose.type = identity.type
        manifest.compose.date = identity.date
        manifest.compose.respin = identity.respin
        manifest.compose.label = identity.label
        manifest.koji = result.koji
        manifest.tasks += tuple(TaskRecord.of(outcome) for outcome in result.outcomes)
        manifest.images += tuple(
            ImageRecord.of(image, describable(image, words) and image.path not in left_out)
            for image in result.images
        )
        content: str = manifest.dumps()
    return content


def record_run(folder: Path, result: RunResult, replaced: FrozenSet[Owned]) -> RunResult:
    """
    Record a run in images.json and osbuild.json of a folder, in the order that a crash survives.

    images.json comes first: an entry of ours that osbuild.json does not know yet is known again
    by its file, while one that it does not know any more would be somebody else's for ever.

    :param folder: ``compose/metadata``
    :param replaced: the entries of an earlier run that go, see :func:`own_in`
    :returns: the result, in which a request has failed whose image images.json cannot take
    :raises SourceError: a file that is there cannot be used; the other one was written, if it
        could be
    :raises InputError: the same for a file that cannot be written
    """
    left_out: FrozenSet[str] = frozenset()
    unwritten: Union[InputError, SourceError, None] = None
    try:
        record_images(folder / "images.json", result.identity, result.images, replaced)
    except ImageClashError as error:
        left_out = error.paths
        outcomes = tuple(_clashed(outcome, error) for outcome in result.outcomes)
        result = dataclasses.replace(result, outcomes=outcomes)
    except (InputError, SourceError) as error:
        # Cloud IDs may be nowhere else: the other file is tried all the same.
        unwritten = error
        left_out = frozenset(image.path for image in result.images)
    record_osbuild(folder / "osbuild.json", result, replaced, left_out)
    if unwritten is not None:
        raise unwritten
    return result


def _clashed(outcome: Outcome, error: ImageClashError) -> Outcome:
    if not any(image.path in error.paths for image in outcome.images):
        return outcome
    return dataclasses.replace(outcome, kind=OutcomeKind.FAILED, reason=error.reason)


def describe_image(image: PlacedImage) -> JsonDict:
    """Return an image's entry in osbuild.json; variant and arch are where it stands there."""
    return to_json(ImageRecord.of(image, describable(image, vocabulary())))


def describe_outcome(outcome: Outcome) -> JsonDict:
    """Return an outcome's entry among the tasks of osbuild.json."""
    return to_json(TaskRecord.of(outcome))


def _forget(manifest: OsbuildImages, result: RunResult, replaced: FrozenSet[Owned]) -> None:
    """Take out what a run replaces, by entry or by task id."""
    again = {(image.variant, image.built.arch, image.path) for image in result.images}
    before = manifest.images
    gone = replaced | {
        Owned(image.variant, image.arch, image.path)
        for image in before
        if (image.variant, image.arch, image.path) in again
    }
    # Another hub may have given the same number to another task.
    again_tasks = {(outcome.task_id, outcome.request.nvr) for outcome in result.outcomes}
    own = OwnTasks(before, gone, (outcome.request for outcome in result.outcomes))
    manifest.images = tuple(
        image for image in before if Owned(image.variant, image.arch, image.path) not in gone
    )
    manifest.tasks = tuple(
        task
        for task in manifest.tasks
        if (task.task_id, task.nvr) not in again_tasks and not own.has(task)
    )
    kept = {*map(_key, manifest.images), *map(_key, manifest.tasks)}
    manifest.more_of = {key: more for key, more in manifest.more_of.items() if key in kept}


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


def _key(record: Union[ImageRecord, TaskRecord]) -> _Entry:
    if isinstance(record, TaskRecord):
        return ("task", record.task_id, record.nvr, record.attempt)
    return ("image", record.variant, record.arch, record.path)


def _task_order(task: TaskRecord) -> Tuple[Any, ...]:
    return (task.variant, task.arches, task.nvr or "", task.attempt, task.task_id or 0)

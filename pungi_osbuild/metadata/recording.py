"""What a run records in images.json and osbuild.json; and that tried in memory beforehand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Collection, Dict, FrozenSet, Iterable, Set, Tuple, Union

from pungi_osbuild.checked import to_json
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata.atomic import replace_text
from pungi_osbuild.metadata.cloudaware import CloudAwareImages
from pungi_osbuild.metadata.images import (
    ImageClashError,
    check_compose,
    describable,
    merged_images,
    record_images,
)
from pungi_osbuild.metadata.osbuild import OsbuildImages, load_osbuild, read_osbuild, record_key
from pungi_osbuild.metadata.ownership import (
    Claim,
    Owned,
    OwnTasks,
    claims_of_image,
    claims_of_request,
    own_entries,
)
from pungi_osbuild.metadata.productmd_files import (
    name_compose,
    productmd_errors,
    write_errors,
)
from pungi_osbuild.metadata.productmd_types import productmd_types
from pungi_osbuild.metadata.records import ImageRecord, TaskRecord
from pungi_osbuild.model import (
    JsonDict,
    Outcome,
    OutcomeKind,
    PlacedImage,
    RunResult,
)


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


def record_run(folder: Path, result: RunResult, replaced: FrozenSet[Owned]) -> RunResult:
    """
    Record a run in images.json and osbuild.json of a folder, in the order that a crash survives.

    images.json comes first: an entry of ours that osbuild.json does not know yet is known again
    by its file, while one that it does not know any more would be somebody else's for ever.

    :param folder: ``compose/metadata``
    :param replaced: the entries of an earlier run that go, see :func:`own_in`
    :returns: the result, in which a request has failed whose image images.json cannot take
    :raises SourceError: a file that is there cannot be used; the other one was write_errors, if it
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
    with write_errors(path):
        replace_text(path, content)


def merged_osbuild(
    path: Path, result: RunResult, replace: Collection[Owned], left_out: Collection[str]
) -> str:
    """
    Return what :func:`record_osbuild` writes.

    :raises SourceError: the file that is there cannot be used, or productmd cannot write this
    """
    identity, types = result.identity, productmd_types()
    manifest = read_osbuild(path) if path.exists() else OsbuildImages()
    if path.exists():
        check_compose(path, manifest.compose.id, identity)
    with productmd_errors(path):
        _forget(manifest, result, frozenset(replace))
        name_compose(manifest.compose, identity)
        manifest.koji = result.koji
        manifest.tasks += tuple(TaskRecord.of(outcome) for outcome in result.outcomes)
        manifest.images += tuple(
            ImageRecord.of(image, describable(image, types) and image.path not in left_out)
            for image in result.images
        )
        content: str = manifest.dumps()
    return content


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
    kept = {*map(record_key, manifest.images), *map(record_key, manifest.tasks)}
    manifest.more_of = {key: more for key, more in manifest.more_of.items() if key in kept}


def try_recording(folder: Path, planned: RunResult) -> None:
    """
    Write what a run is going to record, in memory, and read it back.

    :param folder: ``compose/metadata``; nothing in it is changed
    :param planned: the run as it ends when all goes well, with stand-ins for what Koji says
    :raises SourceError: a file that is there cannot be used, or is of another compose; or the
        installed productmd does not write what it should
    """
    replaced = own_in(folder / "osbuild.json", claims(planned.outcomes))
    path = folder / "images.json"
    content, clashes = merged_images(path, planned.identity, planned.images, replaced)
    left_out = {clash.image.path for clash in clashes}
    types = productmd_types()
    recorded = {
        image.path
        for image in planned.images
        if describable(image, types) and image.path not in left_out
    }
    with productmd_errors(path):
        _check(CloudAwareImages(), content, recorded)
    path = folder / "osbuild.json"
    content = merged_osbuild(path, planned, replaced, left_out)
    with productmd_errors(path):
        _check(OsbuildImages(), content, {image.path for image in planned.images})


def _check(manifest: Any, content: str, paths: Set[str]) -> None:
    """Raise ValueError where a text read and written again is another, or lacks an image."""
    manifest.loads(content)
    again: Dict[str, Any] = json.loads(manifest.dumps())
    if again != json.loads(content):
        raise ValueError("it is not read back as it was written")
    images = again["payload"]["images"]
    found = {
        str(entry["path"] if "path" in entry else entry["location"]["local_path"])
        for arches in images.values()
        for entries in arches.values()
        for entry in entries
    }
    missing = sorted(paths - found)
    if missing:
        raise ValueError("%s is missing when it is read back" % missing[0])


def describe_image(image: PlacedImage) -> JsonDict:
    """Return an image's entry in osbuild.json; variant and arch are where it stands there."""
    return to_json(ImageRecord.of(image, describable(image, productmd_types())))


def describe_outcome(outcome: Outcome) -> JsonDict:
    """Return an outcome's entry among the tasks of osbuild.json."""
    return to_json(TaskRecord.of(outcome))

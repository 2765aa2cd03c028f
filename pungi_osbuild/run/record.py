"""Recording: CHECKSUM files, images.json and osbuild.json; also of a run that failed."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import FrozenSet, Iterable, Sequence, Tuple, Union

from pungi_osbuild.errors import InputError, PungiOsbuildError
from pungi_osbuild.imagetypes import expected_suffix, type_and_format
from pungi_osbuild.metadata import (
    ImageRecord,
    Owned,
    claims,
    load_osbuild,
    own_in,
    record_run,
    recorded_images,
    try_recording,
)
from pungi_osbuild.model import (
    Arch,
    BuiltImage,
    Checksum,
    ComposeIdentity,
    ImageRequest,
    KojiPlace,
    Outcome,
    OutcomeKind,
    PlacedImage,
    RunResult,
    Settings,
)
from pungi_osbuild.placing import update_media_checksums
from pungi_osbuild.run.events import ImagePlaced

logger = logging.getLogger(__name__)


def check_writable(topdir: Path) -> None:
    """
    Refuse a compose whose metadata could not be written when everything has been built.

    :raises InputError: it cannot be written to
    """
    folder = topdir / "compose" / "metadata"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"x")
    except OSError as error:
        raise InputError(
            "the compose's metadata in %s cannot be written: %s" % (folder, error.strerror),
            "Make room, or give yourself the right to write there; nothing was submitted.",
        ) from error


def check_recording(
    topdir: Path, identity: ComposeIdentity, requests: Sequence[ImageRequest]
) -> None:
    """
    Refuse a compose whose metadata the installed productmd cannot read, or not write.

    What the requests are expected to make is recorded in memory and read back.

    :param topdir: the compose folder; nothing in it is changed
    :raises SourceError: a file that is there cannot be used, or is of another compose; or this
        productmd cannot record the run
    """
    outcomes = tuple(
        Outcome(request, OutcomeKind.BUILT, task_id=1, images=expected_images(request))
        for request in requests
    )
    koji = KojiPlace("stand-in", "stand-in", "stand-in", "stand-in")
    try_recording(topdir / "compose" / "metadata", RunResult(identity, koji, outcomes))


def expected_images(request: ImageRequest) -> Tuple[PlacedImage, ...]:
    """Return the images that a request should make, with stand-ins for what Koji will say."""
    suffix = expected_suffix(request.config)
    if suffix is None:
        return ()
    return tuple(_expected_image(request, arch, suffix) for arch in request.arches)


def _expected_image(request: ImageRequest, arch: Arch, suffix: str) -> PlacedImage:
    nvr = request.nvr or request.nvr_of("0")
    filename = "%s.%s.%s" % (nvr, arch, suffix)
    words = type_and_format(request.config, suffix, filename)
    sha256 = Checksum("sha256", "0" * 64)
    built = BuiltImage(arch, filename, 1, sha256, filename, 1, 1, nvr, 1)
    return PlacedImage(
        built=built,
        method=request.config.method,
        variant=request.variant,
        path="%s/%s" % (request.folder(arch, "iso" if suffix == "iso" else "images"), filename),
        size=1,
        mtime=0,
        checksums=(sha256,),
        type=words[0] if words else None,
        format=words[1] if words else None,
        subvariant=request.subvariant,
        image_type=request.config.image_type,
        distro=request.config.distro,
        can_fail=request.can_fail,
    )


def own_files(topdir: Path) -> FrozenSet[str]:
    """
    Return the paths, below ``compose/``, of files that earlier runs have placed.

    They are those that osbuild.json records and that still have the size and time which it says:
    what somebody has put there since is not ours. None when it cannot be read; recording refuses
    it.

    :param topdir: the compose folder
    """
    path = topdir / "compose" / "metadata" / "osbuild.json"
    try:
        recorded = load_osbuild(path).images if path.exists() else ()
    except PungiOsbuildError:
        return frozenset()
    return frozenset(image.path for image in recorded if _is_as_recorded(topdir, image))


def _is_as_recorded(topdir: Path, image: ImageRecord) -> bool:
    try:
        status = (topdir / "compose" / image.path).stat()
    except OSError:
        return False
    return (status.st_size, int(status.st_mtime)) == (image.size, image.mtime)


def record(result: RunResult, topdir: Path, settings: Settings) -> RunResult:
    """
    Record a run in the compose.

    An image of an earlier run that was built again under another name is removed, once images.json
    names it no more. One whose build failed this time stays, file and entries.

    :param topdir: the compose folder
    :returns: the result with the checksums that ``media_checksums`` asks for; a request has
        failed in it whose image images.json cannot take
    :raises SourceError: a file that is there is broken; it is left alone
    :raises InputError: a file cannot be written
    :raises PlacementError: a checksum file cannot be written; all else was recorded
    """
    compose = topdir / "compose"
    metadata = compose / "metadata"
    superseded = own_in(metadata / "osbuild.json", claims(result.outcomes))
    try:
        placed = update_media_checksums(
            compose, result.identity, settings, result.images, superseded
        )
        result = _with_images(result, placed)
    finally:
        # What was built must be recorded, checksum files or not; what it replaces goes then.
        result = record_run(metadata, result, superseded)
        paths = {image.path for image in result.images}
        _remove(compose, (owned for owned in superseded if owned.path not in paths))
    return result


def remove_replaced(topdir: Path, replaced: Iterable[ImagePlaced]) -> None:
    """
    Remove images of submissions that were built again, as far as they are recorded nowhere.

    A run that was killed leaves them: it had placed them, and not yet recorded.

    :param topdir: the compose folder
    """
    compose = topdir / "compose"
    folder = compose / "metadata"
    kept = {image.path for image in recorded_images(folder / "images.json")}
    try:
        kept.update(image.path for image in load_osbuild(folder / "osbuild.json").images)
    except PungiOsbuildError:
        return
    gone = [one for one in replaced if one.path not in kept]
    _remove(compose, (one for one in gone if _has_size(compose / one.path, one.size)))


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _with_images(result: RunResult, images: Iterable[PlacedImage]) -> RunResult:
    by_path = {image.path: image for image in images}
    outcomes = tuple(
        replace(outcome, images=tuple(by_path[image.path] for image in outcome.images))
        for outcome in result.outcomes
    )
    return replace(result, outcomes=outcomes)


def _remove(compose: Path, gone: Iterable[Union[Owned, ImagePlaced]]) -> None:
    for owned in gone:
        path = compose / owned.path  # osbuild.json and the journal were read with paths checked
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("%s was replaced and cannot be removed: %s", path, error.strerror)
        else:
            logger.info("removed %s, which was built again", owned.path)

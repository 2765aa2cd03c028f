"""Collecting: a task that has ended becomes an outcome, its images in their places."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, FrozenSet, Iterable, List, Optional, Sequence, Tuple, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PlacementError, PungiOsbuildError, ReplyError
from pungi_osbuild.hub import (
    DownloadSession,
    Hub,
    HubFaultError,
    Query,
    Task,
    TaskState,
    download,
    execute,
    execute_all,
    local_path,
    output_address,
    tag_build,
)
from pungi_osbuild.imagetypes import expected_suffix, suffix_of, type_and_format
from pungi_osbuild.metadata import ProductmdTypes
from pungi_osbuild.methods import ComposeState, Failure, KeptUpload, hidden, method_of
from pungi_osbuild.model import (
    BuiltImage,
    ImageRequest,
    Outcome,
    OutcomeKind,
    PlacedImage,
    Settings,
    TaskTimes,
)
from pungi_osbuild.placing import (
    FileSource,
    Provenance,
    VerifyOptions,
    place,
    save_logs,
    saved_folder,
)
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.leftovers import (
    leftovers_of_failed,
    leftovers_of_unusable,
    uploaded_leftovers,
)
from pungi_osbuild.run.outcomes import cancelled, failed
from pungi_osbuild.timing import TAG_INTERVAL

logger = logging.getLogger(__name__)

TOGETHER = 50
"""Tasks read together: what is known of each takes two calls at a time, a multicall of them all."""


Found = Union[Tuple[BuiltImage, ...], Outcome]
"""What the hub says of a task: its images, or what became of it without any."""


@dataclass(frozen=True)
class TaskResult:
    """
    A task that has ended, and what the hub says of it.

    :param found: an exception when it could not say; no images of a task that failed
    """

    job: Job
    found: Union[Found, Exception]


@dataclass(frozen=True)
class Collector:
    """
    Turns ended tasks into outcomes, in two steps: many are read together, and each is finished by
    itself. Called from several threads; a failed image is an outcome.

    :param topdir: the compose folder; images go below its ``compose/``
    :param productmd: what the installed productmd has a type for
    :param source: where an image is by the host's own means; None: on Koji's volume, or behind its
        address
    :param over_http: fetch images over HTTP even where Koji's volume is mounted
    :param own_paths: of files below ``compose/`` that are this project's and may be replaced
    :param downloads: the session that they share; None: each has its own
    """

    hub: Hub
    topdir: Path
    settings: Settings
    productmd: ProductmdTypes
    clock: Clock
    source: Callable[[BuiltImage], Optional[FileSource]]
    over_http: bool = False
    own_paths: FrozenSet[str] = frozenset()
    downloads: Optional[DownloadSession] = None

    def read(self, jobs: Sequence[Job]) -> Tuple[TaskResult, ...]:
        """
        Return what the hub says of tasks that have ended, asked about many of them together.

        Whatever goes wrong is what was found about a task.
        """
        found: List[Union[Found, Exception]] = []
        for start in range(0, len(jobs), TOGETHER):
            queries = [_found(job) for job in jobs[start : start + TOGETHER]]
            found.extend(execute_all(self.hub, queries))
        return tuple(map(TaskResult, jobs, found))

    def finish(self, result: TaskResult) -> Outcome:
        """
        Return what became of a request: place its images, or save why there are none.

        :raises HubError: the hub could not be reached, which says nothing of the image
        """
        job, task = result.job, result.job.task
        hint, is_unusable = None, False
        try:
            if isinstance(result.found, Exception):
                raise result.found
            if isinstance(result.found, Outcome):
                return result.found
            if job.build_id is not None:
                self._tag(job.wanted, job.build_id)
            elif task is not None and task.state is TaskState.FAILED:
                return self._failed(job, task)
            return self._built(job, result.found)
        except HubFaultError as fault:
            reason = "the hub refused to say more: %s" % fault.reason
        except HubError:
            raise
        except PungiOsbuildError as error:
            reason, hint = error.reason, error.solution
            # What could not be placed is taken by the next run; what is wrong in Koji stays so.
            is_unusable = isinstance(error, ReplyError)
        kept = self._uploads(result)
        lines = [upload.describe() for upload in kept]
        return replace(
            failed(job, "\n".join([reason, *lines]), task),
            hint=hint and hidden(job.wanted, hint),
            leftovers=leftovers_of_unusable(job.wanted, kept)
            if is_unusable
            else uploaded_leftovers([one.upload for one in kept]),
        )

    def _uploads(self, result: TaskResult) -> Sequence[KeptUpload]:
        """Return what stays in clouds of a task whose images cannot be placed."""
        if isinstance(result.found, tuple) and result.found:
            return [KeptUpload(image.arch, one) for image in result.found for one in image.uploads]
        task_id, request = result.job.task_id, result.job.wanted
        (kept,) = execute_all(self.hub, [method_of(request).uploads(task_id, request)])
        return () if isinstance(kept, Exception) else kept

    def _tag(self, request: ImageRequest, build_id: int) -> None:
        """Tag a build as its own task would have.

        :raises PlacementError: the hub does not let it be tagged
        """
        if request.config.skip_tag:
            return
        try:
            tag_build(
                self.hub, request.config.target, build_id, lambda: self.clock.sleep(TAG_INTERVAL)
            )
        except HubFaultError as fault:
            raise PlacementError(
                "%s was built, and cannot be tagged: %s" % (request.nvr, fault.reason),
                "Fix that, or set skip_tag; then run this again.",
            ) from fault

    def _failed(self, job: Job, task: Task) -> Outcome:
        # By itself: logs may be long, and those of all tasks must not be in memory together.
        request = job.wanted
        failure = execute(self.hub, method_of(request).failure(job.task_id, request))
        return replace(
            failed(job, failure.reason, task),
            hint=failure.hint,
            logs=self._saved(job, failure),
            nvr_taken=failure.nvr_taken,
            transient_reason=failure.transient_reason,
            goes_on=failure.compose is ComposeState.RUNNING,
            leftovers=leftovers_of_failed(request, failure),
        )

    def _built(self, job: Job, built: Sequence[BuiltImage]) -> Outcome:
        request = job.wanted
        times = job.task.times if job.task is not None else TaskTimes()
        _warn_of_files(built)
        for image in built:
            _warn_of_unknown(image)
        images = self._placed(request, built)
        self._save_provenance(built)
        return Outcome(
            request=request,
            kind=OutcomeKind.BUILT,
            task_id=job.task_id,
            attempt=request.attempt,
            times=times,
            placed=self.hub.time.not_before(times.ended),
            images=images,
        )

    def _saved(self, job: Job, failure: Failure) -> Tuple[str, ...]:
        """Save the logs of a failed task; return where each can be read."""
        request = job.wanted
        folder = saved_folder(self.topdir, request.arches, request.nvr, job.task_id)
        saved = {path.name: str(path) for path in save_logs(folder, failure.files, request)}
        topurl = self.hub.profile.topurl
        where = (
            saved.get(file.name) or (topurl and output_address(topurl, file.task_id, file.name))
            for file in failure.files
        )
        return tuple(filter(None, where))

    def _save_provenance(self, images: Iterable[BuiltImage]) -> None:
        provenance = Provenance(self.topdir, self._at_koji, self.settings.save_provenance)
        for image in images:
            provenance.save(image)

    def _placed(
        self, request: ImageRequest, built: Sequence[BuiltImage]
    ) -> Tuple[PlacedImage, ...]:
        """Place all images of a task, or none: what nobody would record does not stay."""
        images: List[PlacedImage] = []
        made: List[Path] = []
        try:
            for image in built:
                path = "%s/%s" % _folder_and_name(request, image)
                is_new = path not in self.own_paths and not os.path.lexists(self._file(path))
                images.append(self._place(request, image))
                made.extend([self._file(path)] if is_new else [])
        except BaseException:
            for file in made:
                file.unlink(missing_ok=True)
            raise
        return tuple(images)

    def _file(self, path: str) -> Path:
        return self.topdir / "compose" / path

    def _place(self, request: ImageRequest, image: BuiltImage) -> PlacedImage:
        config = request.config
        suffix = suffix_of(image.filename, image.nvr, image.arch)
        folder, name = _folder_and_name(request, image)
        path = "%s/%s" % (folder, name)
        placed = place(
            image,
            self._source(image),
            self._file(folder),
            name,
            self.settings.link_type,
            VerifyOptions(self.settings.verify, self.settings.media_checksums),
            may_replace=path in self.own_paths,
        )
        words = type_and_format(config, suffix, name)
        expected = expected_suffix(config)
        if expected is not None and suffix != expected:
            logger.warning(
                "%s: image type %s should be a .%s file, but Koji has %s; %s",
                *(request.describe(), config.image_type, expected, image.filename),
                "placed" if words else "placed, but only recorded in osbuild.json",
            )
        known = words if words is not None and self.productmd.knows(*words) else None
        return PlacedImage(
            built=image,
            method=config.method,
            variant=request.variant,
            path=path,
            size=placed.size,
            mtime=placed.mtime,
            checksums=placed.checksums,
            type=known[0] if known else None,
            format=known[1] if known else None,
            subvariant=request.subvariant,
            image_type=config.image_type,
            distro=config.distro,
            can_fail=request.can_fail,
        )

    def _source(self, image: BuiltImage) -> FileSource:
        return self.source(image) or self._at_koji(image.path, image.size)

    def _at_koji(self, path: str, size: Optional[int] = None) -> FileSource:
        """Return a file of Koji's: on its volume, or else behind its address."""
        profile = self.hub.profile
        local = None if self.over_http else local_path(profile, path)
        return FileSource(local, lambda: download(profile, path, size, self.downloads))


def _folder_and_name(request: ImageRequest, image: BuiltImage) -> Tuple[str, str]:
    """Return the folder of an image, below ``compose/``, and its name there; it is not trusted."""
    suffix = suffix_of(image.filename, image.nvr, image.arch)
    folder = request.folder(image.arch, "iso" if suffix == "iso" else "images")
    return folder, request.placed_name(image.filename)


def _warn_of_files(built: Sequence[BuiltImage]) -> None:
    named = {file.archive_id: (image.nvr, file) for image in built for file in image.unrecognised}
    for nvr, file in named.values():
        logger.warning(
            "the build %s has an unrecognised archive, %s; not placed, but recorded in"
            " osbuild.json. The image is not affected",
            *(nvr, file.filename),
        )


def _warn_of_unknown(image: BuiltImage) -> None:
    for upload in image.unknown_uploads:
        logger.warning(
            "%s was uploaded to %s, which this version does not know; recorded as returned: %s",
            image.filename,
            upload.provider,
            upload.describe(),
        )


def _found(job: Job) -> Query[Found]:
    method, request = method_of(job.wanted), job.wanted
    if job.build_id is not None:
        return (yield from method.result_of_build(job.build_id, job.task_id, request))
    if job.task is None:
        gone = "the hub does not know task %d any more: it was deleted, or this is another hub"
        return failed(job, gone % job.task_id)
    if job.task.state is TaskState.CANCELED:
        reason = "task %d was cancelled in Koji, not by this run" % job.task_id
        return cancelled(job, reason, job.task)
    if job.task.state is TaskState.FAILED:
        return ()
    return (yield from method.result(job.task_id, request))

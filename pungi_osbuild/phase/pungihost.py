"""
The host of a run inside Pungi: what happens goes where Pungi and its later phases expect it.

Nothing of Pungi is imported here; see :mod:`pungi_osbuild.phase.composeview`.
"""

from __future__ import annotations

import logging
import os.path
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Dict, Iterable, Optional, Sequence

from pungi_osbuild.checked import to_json
from pungi_osbuild.errors import PlacementError
from pungi_osbuild.hub import Profile, in_its_folder
from pungi_osbuild.metadata import (
    ImageClashError,
    ProductmdTypes,
    SharedImages,
    record_images,
    record_osbuild,
)
from pungi_osbuild.model import (
    BuiltImage,
    ImageRequest,
    Outcome,
    OutcomeKind,
    PlacedImage,
    RunResult,
)
from pungi_osbuild.phase.composeview import PungiCompose, PungiVariant, view
from pungi_osbuild.phase.messages import Messages
from pungi_osbuild.phase.sanity import check_sanity
from pungi_osbuild.phase.tasklog import TaskLogs, upload_lines
from pungi_osbuild.phase.telemetry import Spans
from pungi_osbuild.placing import FileSource
from pungi_osbuild.run import (
    Event,
    Job,
    OutcomeReached,
    SubmissionIntended,
    TaskResumed,
    TaskSubmitted,
    check_recording,
    check_writable,
    expected_images,
)
from pungi_osbuild.secrets import hide

DELIVERABLE = "osbuild"
"""What Pungi's in-tree phase calls its images in deliverables.json."""

IMAGE_DONE = "osbuild-imagedone"
IMAGE_FAIL = "osbuild-imagefail"
"""The messages to notification scripts, named as createiso's; docs/pungi.md lists their fields."""


@dataclass(frozen=True)
class PungiHost:
    """
    :param images: the compose's image manifest
    :param productmd: the image types and formats that the installed productmd knows
    :param log: Pungi's log of the phase
    :param task_logs: a log for each task
    :param checks_sanity: make the sanity check of images, which this Pungi leaves to the phases
    :param messages: sends messages to notification scripts
    :param on_result: gets the result before it is recorded: recording can fail
    :param spans: what Pungi's telemetry sees of each request
    """

    compose: PungiCompose
    profile: Profile
    images: SharedImages
    productmd: ProductmdTypes
    log: logging.Logger
    task_logs: TaskLogs
    checks_sanity: bool
    messages: Messages
    on_result: Callable[[RunResult], None]
    spans: Spans = field(default_factory=Spans)

    def expect(self, requests: Iterable[ImageRequest]) -> None:
        """Record in deliverables.json what will be built: each arch with its subvariant."""
        for request in requests:
            record = (
                self.compose.attempt_deliverable
                if request.can_fail
                else self.compose.require_deliverable
            )
            for arch in request.arches:
                record(self._variant(request), arch, DELIVERABLE, request.subvariant)

    def check(self, requests: Sequence[ImageRequest]) -> None:
        """
        Refuse a compose whose metadata cannot be written.

        :raises InputError: the folder cannot be written to
        :raises SourceError: a file that is there, or the installed productmd, cannot be used
        """
        check_writable(Path(self.compose.topdir))
        check_pungi_recording(self.compose, self.images, self.productmd, requests)

    def source(self, image: BuiltImage) -> Optional[FileSource]:
        """
        Return the file that Pungi's own downloader has of an image; None where it has none.

        Since Pungi 4.5 there is ``compose.koji_downloader``. With ``koji_cache`` it downloads the
        file into the folder which that names; None means that ``topurl`` answers 404. Without
        ``koji_cache`` it downloads nothing: it returns the path on Koji's volume, or None when
        there is no such file, which also says that the volume is not mounted. Whatever it does
        not have is looked for by the run itself, whose own reason then names the address.

        :raises PlacementError: its download failed
        """
        downloader = getattr(self.compose, "koji_downloader", None)
        # Without a topdir it would look below the working directory.
        if downloader is None or not self.profile.topdir:
            return None
        path = os.path.join(self.profile.topdir, image.path)  # noqa: PTH118  Pungi takes a text
        try:
            file = downloader.get_file(path)
        except Exception as error:  # whatever requests, the lock's library or Pungi raise
            raise PlacementError(
                "Pungi's downloader cannot fetch %s: %s" % (path, error),
                "Check koji_cache, and whether Koji's file server is reachable.",
            ) from error
        if file is None:
            return None
        local = Path(file)
        return FileSource(in_its_folder(local, image.path) if file == path else local)

    def notify(self, event: Event, job: Job) -> None:
        """Log what happens, and leave what Pungi and its later phases look for."""
        if isinstance(event, SubmissionIntended):
            # Logged before the hub is asked, which a slow hub does not delay.
            self.spans.begin(job.wanted)
            what = (job.wanted.variant, ",".join(job.wanted.arches), job.wanted.nvr)
            self.log.info("[BEGIN] OSBuild task for variant %s (%s, %s)", *what)
        elif isinstance(event, TaskSubmitted) and job.is_ours:
            self._register(job, "Submitted OSBuild task for variant %s (%s, task id: %d, %s)")
        elif isinstance(event, TaskResumed) and not event.waiting:
            self.spans.begin(job.wanted)
            self._register(
                job, "[BEGIN] Resuming OSBuild task for variant %s (%s, task id: %d, %s)"
            )
        elif isinstance(event, OutcomeReached) and job.outcome is not None:
            self._finished(job.outcome)

    def _register(self, job: Job, message: str) -> None:
        """Leave the task's id where Pungi's handler of SIGTERM looks; then log it."""
        task_id, request = job.task_id, job.wanted
        try:
            (Path(self.compose.paths.log.koji_tasks_dir()) / str(task_id)).touch()
        except Exception as error:  # a Pungi that keeps ids elsewhere; the task goes on
            self.log.warning("koji-tasks/%d cannot be made: %s", task_id, error)
        self.log.info(message, request.variant, ",".join(request.arches), task_id, request.nvr)
        self.task_logs.submitted(job)

    def built(self, outcome: Outcome) -> Outcome:
        """Check the images, add them to the manifest, and notify the scripts."""
        try:
            self._check_sanity(outcome.images)
            self.images.add(outcome.images, self.productmd)
        except (PlacementError, ImageClashError) as error:
            return replace(
                outcome, kind=OutcomeKind.FAILED, reason=error.reason, hint=error.solution
            )
        for image in outcome.images:
            self.messages.send(IMAGE_DONE, _fields_of_image(image))
        return outcome

    def _finished(self, outcome: Outcome) -> None:
        """Log the end; a failure that is allowed makes the compose incomplete."""
        request = outcome.request
        self.spans.begin(request)
        self.task_logs.finished(outcome)
        what = (request.variant, ",".join(request.arches))
        if outcome.ok:
            message = "[DONE ] OSBuild task for variant %s (%s, task id: %s, %s): %s"
            made = "; ".join(map(_in_a_line, outcome.images))
            self.log.info(message, *what, outcome.task_id, request.nvr, made)
            self.spans.end(request)
            return
        if request.can_fail:
            for arch in request.arches:
                self.compose.fail_deliverable(
                    self._variant(request), arch, DELIVERABLE, request.subvariant
                )
        self.log.error(
            "[FAIL] Osbuild (variant %s, arch %s, subvariant %s) %s%s",
            *(*what, request.subvariant, outcome.kind.value),
            ", but going on anyway." if request.can_fail else ".",
        )
        # Composer quotes addresses as they were given to it.
        self.log.error("%s", hide(describe_failure(outcome)))
        self.spans.end(request, hide(outcome.in_a_line()))
        self.log.error("See %s for details", self.task_logs.path(request))
        self.messages.send(IMAGE_FAIL, _fields_of_failure(outcome))

    def abandoned(self, outcome: Outcome) -> None:
        """Write into the task's own log how it ended for this compose."""
        self.task_logs.finished(outcome)
        self.spans.end(outcome.request, hide(outcome.in_a_line()))

    def record(self, result: RunResult) -> RunResult:
        """
        Write osbuild.json, and images.json with our images alone.

        Pungi writes images.json again at the end, with all images, and the CHECKSUM files. Of a
        compose that fails it writes neither; what was built, and uploaded, must be found all the
        same.

        :raises PungiOsbuildError: one of them cannot be written; the other one was, if it could be
        """
        self.on_result(result)
        failed = {image.path for outcome in result.failures for image in outcome.images}
        good = [image for image in result.images if image.path not in failed]
        folder = Path(self.compose.paths.compose.metadata())
        try:
            record_images(folder / "images.json", result.identity, good, ())
        finally:
            record_osbuild(folder / "osbuild.json", result, (), failed)
        return result

    def _check_sanity(self, images: Iterable[PlacedImage]) -> None:
        if self.checks_sanity:
            for image in images:
                path = Path(self.compose.paths.compose.topdir()) / image.path
                check_sanity(path, image.format or "")

    def _variant(self, request: ImageRequest) -> PungiVariant:
        return self.compose.all_variants[request.variant]


def check_pungi_recording(
    compose: PungiCompose,
    images: SharedImages,
    known: ProductmdTypes,
    requests: Sequence[ImageRequest],
) -> None:
    """
    Try to record what some requests are expected to make, in memory.

    :raises SourceError: the compose's metadata, or the installed productmd, cannot be used for it
    """
    check_recording(Path(compose.topdir), view(compose).identity, requests)
    images.try_adding([image for one in requests for image in expected_images(one)], known)


def describe_failure(outcome: Outcome) -> str:
    """Return a failed request in a line: what it is, required or not, N-V-R, task and reason."""
    request = outcome.request
    details = ["allowed to fail" if request.can_fail else "required"]
    if request.nvr is not None:
        details.append(request.nvr)
    if outcome.task_id is not None:
        details.append("task %d" % outcome.task_id)
    return "%s [%s] %s: %s" % (
        request.describe(),
        ", ".join(details),
        outcome.kind.value,
        outcome.in_a_line(),
    )


def _in_a_line(image: PlacedImage) -> str:
    """Return an image's file and what it is called in clouds."""
    return ", ".join([image.path, *map(hide, upload_lines(image))])


def _fields_of_image(image: PlacedImage) -> Dict[str, object]:
    built = image.built
    return {
        "variant": image.variant,
        "arch": built.arch,
        "subvariant": image.subvariant,
        "path": image.path,
        "image_type": image.image_type,
        "nvr": built.nvr,
        "task_id": built.task_id,
        "build_id": built.build_id,
        "cloud": [to_json(upload) for upload in built.uploads],
    }


def _fields_of_failure(outcome: Outcome) -> Dict[str, object]:
    request = outcome.request
    return {
        "variant": request.variant,
        "arches": list(request.arches),
        "subvariant": request.subvariant,
        "image_type": request.config.image_type,
        "nvr": request.nvr,
        "task_id": outcome.task_id,
        "can_fail": request.can_fail,
        "reason": outcome.explanation,
    }

"""Whoever a run works for: told of everything that happens, and keeper of the compose's records."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol, Sequence

from pungi_osbuild.model import (
    BuiltImage,
    ComposeIdentity,
    ImageRequest,
    Outcome,
    RunResult,
    Settings,
)
from pungi_osbuild.placing import FileSource, check_media_checksums
from pungi_osbuild.run import events
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.record import check_recording, check_writable, record

logger = logging.getLogger(__name__)


class Host(Protocol):
    """What a run asks of whoever it works for. Nothing here may raise unless it says so."""

    def check(self, requests: Sequence[ImageRequest]) -> None:
        """
        Refuse what could not be recorded in the end; called before the hub is asked anything.

        :raises PungiOsbuildError: so
        """

    def source(self, image: BuiltImage) -> Optional[FileSource]:
        """
        Return where an image is; None: on Koji's volume, or else behind its address.

        Called from several threads.

        :raises PlacementError: it cannot be had
        """

    def built(self, outcome: Outcome) -> Outcome:
        """
        Take over the placed images of a request; called from several threads.

        :returns: the outcome, or a failed one where the images cannot be used
        """

    def notify(self, event: events.Event, job: Job) -> None:
        """Take note of what has happened to a request, in the run's own thread; see Listener."""

    def abandoned(self, outcome: Outcome) -> None:
        """Take note of a task that a run which is stopped leaves behind."""

    def record(self, result: RunResult) -> RunResult:
        """
        Record the run in the compose, also one that failed or was stopped.

        :returns: the result; a request has failed in it whose image could not be recorded
        :raises PungiOsbuildError: it cannot be recorded
        """


@dataclass(frozen=True)
class ComposeFolder:
    """
    The host of a run on a compose that exists: the folder, and nobody beside it.

    :param topdir: the compose folder
    """

    topdir: Path
    identity: ComposeIdentity
    settings: Settings

    def check(self, requests: Sequence[ImageRequest]) -> None:
        """
        Refuse checksum options, a folder and metadata in which the run could not be recorded.

        :raises SourceError: the options, or a file of the metadata
        :raises InputError: the folder
        """
        check_media_checksums(self.settings, self.identity)
        check_writable(self.topdir)
        check_recording(self.topdir, self.identity, requests)

    def source(self, _image: BuiltImage) -> Optional[FileSource]:
        """Leave it to the run where an image is."""
        return None

    def built(self, outcome: Outcome) -> Outcome:
        """Log the images; they are recorded in the end."""
        placed = ", ".join(image.path for image in outcome.images)
        logger.info("placed %s: %s", outcome.request.describe(), placed)
        return outcome

    def notify(self, event: events.Event, job: Job) -> None:
        """Log what a slow hub delays, the tasks, and failures."""
        what, nvr, outcome = job.wanted.describe(), job.wanted.nvr, job.outcome
        if isinstance(event, events.SubmissionIntended):
            logger.info("submitting %s: %s", what, nvr)
        elif isinstance(event, events.TaskSubmitted) and job.is_ours:
            logger.info("submitted %s: task %d, %s", what, job.task_id, nvr)
        elif isinstance(event, events.TaskResumed) and not event.waiting:
            logger.info("resuming %s: task %d, %s", what, job.task_id, nvr)
        elif isinstance(event, events.OutcomeReached) and outcome is not None and not outcome.ok:
            logger.error(
                "%s %s%s: %s",
                outcome.kind.value,
                what,
                " (allowed to fail)" if job.wanted.can_fail else "",
                outcome.in_a_line(),
            )

    def abandoned(self, outcome: Outcome) -> None:
        """Leave it to the run's error to name the tasks."""

    def record(self, result: RunResult) -> RunResult:
        """Write the CHECKSUM files, images.json and osbuild.json."""
        return record(result, self.topdir, self.settings)

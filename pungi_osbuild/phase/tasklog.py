"""A log for each task, named after variant, arch and image: where to look for a reason."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List

from pungi_osbuild.methods import method_of
from pungi_osbuild.model import (
    ImageRequest,
    Outcome,
    PlacedImage,
)
from pungi_osbuild.run import Job
from pungi_osbuild.secrets import hide, hide_in

logger = logging.getLogger(__name__)

_HIDDEN = "not shown: it may hold secrets"


class TaskLogs:
    """
    Writes ``<Variant>-<arch>-<N-V-R>.log``; several arches are joined by ``+``.

    A log that cannot be written is a warning: no image fails for it.

    :param folder: where the logs go; made when it is missing
    :param weburl: Koji's web address, "" when it is not known
    :param now: seconds since the epoch
    """

    def __init__(self, folder: Path, weburl: str, now: Callable[[], float]) -> None:
        self._folder = folder
        self._weburl = weburl
        self._now = now

    def path(self, request: ImageRequest) -> Path:
        """Return where a request's log is."""
        image = request.nvr or "%s-%s" % (request.config.name, request.version)
        name = "%s-%s-%s.log" % (request.variant, "+".join(request.arches), image)
        return self._folder / name.replace("/", "_")

    def submitted(self, job: Job) -> None:
        """Write what was submitted, and where the task can be looked at."""
        lines = ["task %d: %s" % (job.task_id, job.wanted.describe())]
        if self._weburl:
            lines.append("%s/taskinfo?taskID=%d" % (self._weburl, job.task_id))
        lines.append("%s %s" % (job.wanted.config.method, _shown(job.wanted)))
        self._write(job.wanted, lines)

    def finished(self, outcome: Outcome) -> None:
        """Write what became of the request: images with cloud IDs, or the reason and the logs."""
        lines = [outcome.kind.value]
        lines.extend((outcome.explanation or "").splitlines())
        lines.extend("see %s" % address for address in outcome.logs)
        for image in outcome.images:
            lines.extend(_image_lines(image))
        self._write(outcome.request, lines)

    def _write(self, request: ImageRequest, lines: List[str]) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._now()))
        # Composer quotes addresses as they were given to it.
        text = hide("%s UTC %s\n" % (stamp, "\n    ".join(lines)))
        path = self.path(request)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as log:
                log.write(text)
        except OSError as error:
            logger.warning("the log %s cannot be written: %s", path, error.strerror or error)


def _shown(request: ImageRequest) -> str:
    """Return the arguments as JSON, without what may be a secret."""
    method = method_of(request)
    sent: List[Any] = method.arguments(request)
    for opts in (one for one in sent if isinstance(one, dict)):
        opts.update((name, _HIDDEN) for name in method.hidden_options if name in opts)
    return json.dumps(hide_in(sent), sort_keys=True)


def _image_lines(image: PlacedImage) -> Iterator[str]:
    sums = ", ".join("%s %s" % (checksum.type, checksum.value) for checksum in image.checksums)
    yield "%s (%d bytes, %s)" % (image.path, image.size, sums)
    yield from ("    %s" % line for line in upload_lines(image))


def upload_lines(image: PlacedImage) -> Iterator[str]:
    """Return the provider and the ID of each upload of an image."""
    for cloud in image.built.cloud:
        yield "%s %s" % (cloud.provider, cloud.id)
    for unknown in image.built.unknown_uploads:
        yield "%s %s" % (unknown.provider, unknown.describe())

"""What a run says of its requests, whoever it works for: lines of log."""

from __future__ import annotations

import logging

from pungi_osbuild.run import events
from pungi_osbuild.run.events import Event
from pungi_osbuild.run.job import Job

logger = logging.getLogger(__name__)


class Log:
    """A listener that logs what is out of the ordinary."""

    def notify(self, event: Event, job: Job) -> None:
        """Log an event."""
        what, result = job.wanted.describe(), job.result
        if isinstance(event, events.TaskResumed):
            _log_resumed(event, job)
        elif isinstance(event, events.CancelRequested) and event.is_timeout:
            logger.warning(
                "%s: task %d has not ended %g s after it was submitted (timeout)",
                *(what, job.task_id, job.wanted.config.timeout or 0.0),
            )
        elif isinstance(event, events.RetryScheduled) and result is not None:
            logger.warning(
                "%s: task %s failed (%s); retrying in %d s (%d of %d)",
                *(what, result.task_id, result.transient_reason, event.pause),
                *(job.retries, job.wanted.config.retries),
            )
        elif isinstance(event, events.ReadyToSubmit) and job.waits_since is not None:
            logger.info("%s: %s is free again", what, job.wanted.nvr)


def _log_resumed(event: events.TaskResumed, job: Job) -> None:
    what, nvr = job.wanted.describe(), job.wanted.nvr
    if event.waiting:
        logger.info(
            "%s: task %d was cancelled, and composer goes on with %s: waiting for it",
            *(what, job.task_id, nvr),
        )
        return
    if job.build_id is not None:
        logger.info("%s: taking over %s, which task %d has left", what, nvr, job.task_id)
    if job.is_changed:
        logger.warning(
            "%s: %s has changed since task %d was submitted, which is kept; --rebuild-changed"
            " builds it again",
            *(what, job.wanted.config.place, job.task_id),
        )

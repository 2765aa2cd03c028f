"""The state of each request of a run, for readers in other threads."""

from __future__ import annotations

import threading
from typing import Callable, Dict, Iterable, Tuple

from pungi_osbuild.model import ImageRequest
from pungi_osbuild.run.events import Event, Planned
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.progress import Progress, RequestStatus, status_of


class ProgressTracker:
    """A listener that keeps the jobs of a run. Thread-safe; returns frozen values."""

    def __init__(self) -> None:
        self._now: Callable[[], float] = lambda: 0.0
        self._lock = threading.Lock()
        self._compose_id = ""
        self._jobs: Dict[int, Job] = {}

    def plan(
        self, compose_id: str, requests: Iterable[ImageRequest], now: Callable[[], float]
    ) -> None:
        """
        Begin with what is to be submitted.

        :param now: the hub's time, in seconds since the epoch
        """
        with self._lock:
            self._now = now
            self._compose_id = compose_id
            self._jobs = {one.number: Job(Planned.of(one), request=one) for one in requests}

    def notify(self, _event: Event, job: Job) -> None:
        """Take note of a job after an event."""
        with self._lock:
            self._jobs[job.number] = job

    def running(self) -> Tuple[RequestStatus, ...]:
        """Return those whose tasks have not ended, as far as is known."""
        return tuple(one for one in self.snapshot().statuses if one.stage.is_running)

    def snapshot(self) -> Progress:
        """Return where everything stands."""
        with self._lock:
            jobs = [self._jobs[number] for number in sorted(self._jobs)]
        # The outcome of an earlier run is not an outcome of this one.
        statuses = tuple(status_of(job) for job in jobs)
        return Progress(self._compose_id, self._now(), statuses)

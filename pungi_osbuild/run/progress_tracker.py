"""What a run knows of each request by now, for whoever looks from another thread."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Callable, Dict, Iterable, Tuple

from pungi_osbuild.hub import Task
from pungi_osbuild.methods import ImageStates
from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.collect import SubmittedTask
from pungi_osbuild.run.progress import ENDED_AS, STAGE_OF, Progress, RequestStatus, Stage


class ProgressTracker:
    """Where each request of a run stands. Thread-safe; what it gives is frozen."""

    def __init__(self) -> None:
        self._now: Callable[[], float] = lambda: 0.0
        self._lock = threading.Lock()
        self._compose_id = ""
        self._statuses: Dict[int, RequestStatus] = {}
        self._requests: Dict[int, int] = {}

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
            self._statuses = {request.number: _planned(request) for request in requests}
            self._requests = {}

    def submitted(self, submitted: SubmittedTask) -> None:
        """Take note of a task; of several attempts the last one counts."""
        request = submitted.request
        with self._lock:
            self._requests[submitted.task_id] = request.number
            self._statuses[request.number] = replace(
                _planned(request),
                nvr=request.nvr,
                task_id=submitted.task_id,
                attempt=submitted.attempt,
                stage=Stage.FREE,
                since=self._now() if submitted.created is None else submitted.created,
            )

    def waits_for_build(self, request: ImageRequest, task: Task) -> None:
        """Take note of a task that was cancelled, and whose build is waited for."""
        with self._lock:
            self._requests[task.id] = request.number
            self._statuses[request.number] = replace(
                _planned(request),
                nvr=request.nvr,
                task_id=task.id,
                attempt=request.attempt,
                stage=Stage.WAITING,
                since=task.times.created,
            )

    def update_states(self, tasks: Iterable[Task]) -> None:
        """Take note of states of tasks; others' tasks may be among them."""
        with self._lock:
            for task in tasks:
                self._change(task.id, stage=STAGE_OF[task.state])

    def update_images(self, images: Iterable[Tuple[int, ImageStates]]) -> None:
        """Take note of what composer says of the images of tasks."""
        with self._lock:
            for task_id, states in images:
                self._change(task_id, images=states)

    def finished(self, outcome: Outcome) -> None:
        """Take note of what became of a request for good."""
        request = outcome.request
        with self._lock:
            before = self._statuses.get(request.number, _planned(request))
            self._statuses[request.number] = replace(
                before,
                nvr=request.nvr,
                task_id=outcome.task_id,
                attempt=outcome.attempt,
                stage=ENDED_AS[outcome.kind],
                until=self._now(),
                reason=outcome.explanation,
            )

    def running(self) -> Tuple[RequestStatus, ...]:
        """Return those whose tasks have not ended, as far as is known."""
        return tuple(one for one in self.snapshot().statuses if one.stage.is_running)

    def snapshot(self) -> Progress:
        """Return where everything stands."""
        with self._lock:
            statuses = tuple(self._statuses[number] for number in sorted(self._statuses))
            return Progress(self._compose_id, self._now(), statuses)

    def _change(self, task_id: int, **changes: Any) -> None:
        number = self._requests.get(task_id)
        if number is None:
            return
        status = self._statuses[number]
        # Of an earlier attempt, or of a request that is finished: nobody wants to know.
        if status.task_id == task_id and not status.stage.is_end:
            self._statuses[number] = replace(status, **changes)


def _planned(request: ImageRequest) -> RequestStatus:
    config = request.config
    return RequestStatus(
        variant=request.variant,
        arches=request.arches,
        name=config.name,
        image_type=config.image_type,
        can_fail=request.can_fail,
        method=config.method,
        nvr=request.nvr,
    )

"""Attempts: a request is submitted, and what comes of that is written down at once."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Callable, Dict, List, Optional, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub import HubFaultError
from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.cancelling import Canceller
from pungi_osbuild.run.collect import Submitted, refused
from pungi_osbuild.run.history import Bounds
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.knowntasks import KnownTasks
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.submitting import Submitter

logger = logging.getLogger(__name__)


class Attempts:
    """
    Submits requests, and lets journal, host and the known tasks know. Called from several threads.

    :param bounds: what is known of the hub's tasks before the first submission
    """

    def __init__(
        self,
        submitter: Submitter,
        journal: Journal,
        host: Host,
        tasks: KnownTasks,
        canceller: Canceller,
        policy: RunPolicy,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        self._submitter = submitter
        self._journal = journal
        self._host = host
        self._tasks = tasks
        self._canceller = canceller
        self._policy = policy
        self._clock = clock
        self._bounds = bounds
        self._first: Dict[int, int] = {}
        self.lost: Optional[HubError] = None
        """Why the hub could not be reached, when it could not."""

    @property
    def in_doubt(self) -> int:
        """How many submissions the hub has not answered: there may be a task, or none."""
        return self._submitter.in_doubt

    def first(self, request: ImageRequest) -> int:
        """Return the number of the first attempt of a request in this run."""
        return self._first.get(request.number, 1)

    def submit(self, request: ImageRequest, attempt: int) -> Union[Submitted, Outcome]:
        """Return the task that a request has become, or why there is none."""
        self._first.setdefault(request.number, attempt)
        self._host.submitting(request)
        try:
            self._journal.intent(request, attempt, self._bounds)
            task_id = self._submitter.submit(request, self._bounds.task_id)
        except HubFaultError as fault:
            try_to(lambda: self._journal.refused(request, attempt))
            return refused(request, attempt, "the hub refused the task: %s" % fault.reason)
        except HubError as error:
            self.lost = error
            reason = error.reason
            if self._submitter.is_in_doubt(request):
                reason += "; whether there is a task now is not known"
            return refused(request, attempt, reason)
        except PungiOsbuildError as error:
            return refused(request, attempt, error.reason)
        # Two threads may do this at once; the lower of two bounds is one, too.
        self._bounds = replace(self._bounds, task_id=max(self._bounds.task_id, task_id))
        submitted = self._register(request, attempt, task_id)
        if self._policy.cancel_on_stop and self._policy.stop.requested:
            # Nobody may be left to take this result, to cancel the task, or to keep a journal.
            try_to(lambda: self._canceller.cancel([task_id]))
        try_to(lambda: self._journal.submitted(request, attempt, task_id))
        return submitted

    def find_doubtful(self) -> List[Submitted]:
        """Return the tasks of submissions that were not answered, while there is somebody to."""
        try:
            found = self._submitter.look_up()
        except (HubFaultError, PungiOsbuildError) as error:
            logger.error("what was not answered could not be looked up: %s", error)
            return []
        submissions = []
        for request, task_id in found:
            submissions.append(self._register(request, request.attempt, task_id))
            note = functools.partial(self._journal.submitted, request, request.attempt, task_id)
            try_to(note)
        return submissions

    def _register(self, request: ImageRequest, attempt: int, task_id: int) -> Submitted:
        """
        Know of a task from now on.

        In the thread that was told of it: a signal may end the run between the moment when the
        result is taken from the thread and the next line.
        """
        submitted = Submitted(request, task_id, attempt, self._clock.monotonic())
        self._tasks.submitted[task_id] = submitted
        self._host.submitted(submitted)
        return submitted


def try_to(work: Callable[[], None]) -> None:
    """Do what may fail without changing what has happened already."""
    try:
        work()
    except PungiOsbuildError as error:
        logger.error("%s", error.reason)

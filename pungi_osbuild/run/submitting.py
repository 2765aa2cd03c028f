"""
Submitting: a request becomes one task, never two, whatever becomes of the hub's answer; and what
comes of it is written down at once.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, replace
from typing import Callable, Dict, Iterable, List, Optional, Set, Tuple, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError, ReplyError
from pungi_osbuild.hub import (
    Hub,
    HubFaultError,
    LostSubmission,
    Unanswered,
    await_submitted,
    find_submitted,
    submit,
)
from pungi_osbuild.methods import sent_digest
from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.collect import SubmittedTask, refused
from pungi_osbuild.run.history import Bounds
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.submitted_tasks import Canceller, SubmittedTasks
from pungi_osbuild.stop import StopFlag

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Doubtful:
    """A request that was sent, and what is older than its task."""

    request: ImageRequest
    after: int


class Submitter:
    """
    Submits requests. Called from several threads.

    A submission whose answer was lost is looked up on the hub. Only when it cannot arrive there any
    more is it submitted again.

    :param user_id: who submits, as the hub calls him
    :param stop: ends the looking
    """

    def __init__(self, hub: Hub, user_id: int, clock: Clock, stop: StopFlag) -> None:
        self._hub = hub
        self._user_id = user_id
        self._clock = clock
        self._stop = stop
        self._doubtful: Dict[int, _Doubtful] = {}
        self._given: Set[int] = set()

    @property
    def in_doubt(self) -> int:
        """How many submissions the hub has not answered: there may be a task, or none."""
        return len(self._doubtful)

    def is_in_doubt(self, request: ImageRequest) -> bool:
        """Whether there may be a task of a request, or none."""
        return request.number in self._doubtful

    def submit(self, request: ImageRequest, after: int) -> int:
        """
        Submit a request and return its task id.

        :param after: the id of a task from before; whatever came of an earlier try is older
        :raises HubFaultError: the hub refused it; there is no task
        :raises HubError: the hub could not be reached, or the run is being stopped
        """
        while True:
            task_id = self._try_once(_Doubtful(request, after))
            if task_id is not None:
                return task_id
            logger.warning("%s: the hub knows no such task; submitting it", request.describe())

    def look_up(self) -> List[Tuple[ImageRequest, int]]:
        """
        Return what is in doubt and has become a task, with the task's id; asked once.

        :raises HubFaultError: the hub refused the call
        :raises HubError: the hub could not be reached
        """
        doubtful = dict(self._doubtful)
        sought = _sought(doubtful.values())
        found = find_submitted(self._hub, self._user_id, sought, self._given)
        for number in found:
            self._doubtful.pop(number, None)
        return [(doubtful[number].request, task_id) for number, task_id in found.items()]

    def _try_once(self, doubtful: _Doubtful) -> Optional[int]:
        request = doubtful.request
        # Before it is sent: whoever stops the run meanwhile must know.
        self._doubtful[request.number] = doubtful
        try:
            answer = submit(self._hub, request)
        except (HubFaultError, HubError):
            self._doubtful.pop(request.number, None)
            raise
        if isinstance(answer, int) and (answer <= doubtful.after or answer in self._given):
            # Two requests never share a task, and none has one from before it was submitted.
            sought = _sought([doubtful])
            there = find_submitted(self._hub, self._user_id, sought, self._given)
            found = there.get(request.number)
            if found is None:
                raise ReplyError(
                    "the hub says that %s is task %d, which is another request's"
                    % (request.describe(), answer),
                    "Look with `koji list-tasks --mine` what came of it, then run this again.",
                )
        elif isinstance(answer, Unanswered):
            logger.warning("%s: %s; looking for its task", request.describe(), answer.reason)
            found = self._looked_for(doubtful)
        else:
            found = answer
        if found is not None:
            self._given.add(found)
        self._doubtful.pop(request.number, None)
        return found

    def _looked_for(self, doubtful: _Doubtful) -> Optional[int]:
        sought = _sought([doubtful])
        found = await_submitted(
            self._hub, self._user_id, sought, self._clock, self._check, self._given
        )
        task_id = found.get(doubtful.request.number)
        if task_id is not None:
            logger.warning("%s: it is task %d", doubtful.request.describe(), task_id)
        return task_id

    def _check(self) -> None:
        if self._stop.requested:
            raise HubError(
                "the run was stopped while it looked for the task of a submission whose answer was"
                " lost",
                "Look with `koji list-tasks --mine` whether there is one, then run this again.",
            )


def _sought(doubtful: Iterable[_Doubtful]) -> List[LostSubmission]:
    return [
        LostSubmission(
            one.request.number, one.request.config.method, sent_digest(one.request), one.after
        )
        for one in doubtful
    ]


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
        tasks: SubmittedTasks,
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

    def submit(self, request: ImageRequest, attempt: int) -> Union[SubmittedTask, Outcome]:
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

    def find_doubtful(self) -> List[SubmittedTask]:
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

    def _register(self, request: ImageRequest, attempt: int, task_id: int) -> SubmittedTask:
        """
        Know of a task from now on.

        In the thread that was told of it: a signal may end the run between the moment when the
        result is taken from the thread and the next line.
        """
        submitted = SubmittedTask(request, task_id, attempt, self._clock.monotonic())
        self._tasks.submitted[task_id] = submitted
        self._host.submitted(submitted)
        return submitted


def try_to(work: Callable[[], None]) -> None:
    """Do what may fail without changing what has happened already."""
    try:
        work()
    except PungiOsbuildError as error:
        logger.error("%s", error.reason)

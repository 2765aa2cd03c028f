"""Submitting: a request becomes one task, never two, whatever becomes of the hub's answer."""

from __future__ import annotations

import logging
from typing import AbstractSet, Dict, Iterable, List, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError, ReplyError
from pungi_osbuild.hub import (
    Hub,
    HubFaultError,
    LostSubmission,
    Unanswered,
    await_submitted,
    cancel,
    find_submitted,
    submit,
)
from pungi_osbuild.methods import sent_digest
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.run.events import CancelAnswered
from pungi_osbuild.stop import StopFlag

logger = logging.getLogger(__name__)


class InDoubtError(Exception):
    """
    A submission was sent, and nobody knows if there is a task.

    :param cause: why it could not be found out; ``lost`` is it when the hub was lost
    """

    def __init__(self, cause: Union[HubFaultError, PungiOsbuildError]) -> None:
        super().__init__(cause.reason)
        self.lost = cause if isinstance(cause, HubError) else None


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
        self._given: Set[int] = set()

    def submit(self, request: ImageRequest, after: int) -> int:
        """
        Submit a request and return its task id.

        :param after: the id of a task from before; whatever came of an earlier try is older
        :raises HubFaultError: the hub refused it; there is no task
        :raises InDoubtError: the hub could not be reached, or the run is being stopped, while the
            task was looked for; or the hub says that it is a task that it cannot be
        :raises HubError: the hub could not be reached; there is no task
        """
        while True:
            answer = submit(self._hub, request)
            try:
                task_id = self._task_of(request, answer, after)
            except (HubFaultError, PungiOsbuildError) as error:
                raise InDoubtError(error) from error
            if task_id is not None:
                self._given.add(task_id)
                return task_id
            logger.warning("%s: the hub knows no such task; submitting it", request.describe())

    def look_up(
        self, sent: Iterable[Tuple[ImageRequest, int]], known: AbstractSet[int]
    ) -> Dict[int, int]:
        """
        Return the tasks that submissions have become, by the requests' numbers; asked once.

        :param sent: each with the id of a task from before
        :param known: tasks that are others'
        :raises HubFaultError: the hub refused the call
        :raises HubError: the hub could not be reached
        """
        return find_submitted(self._hub, self._user_id, _sought(sent), known)

    def _task_of(
        self, request: ImageRequest, answer: Union[int, Unanswered], after: int
    ) -> Optional[int]:
        """Return the task that a request has become; None: there is none, and will be none."""
        if isinstance(answer, Unanswered):
            logger.warning("%s: %s; looking for its task", request.describe(), answer.reason)
            sought = _sought([(request, after)])
            found = await_submitted(
                self._hub, self._user_id, sought, self._clock, self._check, self._given
            ).get(request.number)
            if found is not None:
                logger.warning("%s: it is task %d", request.describe(), found)
            return found
        if answer > after and answer not in self._given:
            return answer
        # Two requests never share a task, and none has one from before it was submitted.
        found = self.look_up([(request, after)], self._given).get(request.number)
        if found is None:
            raise ReplyError(
                "the hub says that %s is task %d, which is another request's"
                % (request.describe(), answer),
                "Look with `koji list-tasks --mine` what came of it, then run this again.",
            )
        return found

    def _check(self) -> None:
        if self._stop.requested:
            raise HubError(
                "the run was stopped while it looked for the task of a submission whose answer was"
                " lost",
                "Look with `koji list-tasks --mine` whether there is one, then run this again.",
            )


def _sought(sent: Iterable[Tuple[ImageRequest, int]]) -> List[LostSubmission]:
    return [
        LostSubmission(request.number, request.config.method, sent_digest(request), after)
        for request, after in sent
    ]


def cancel_tasks(hub: Hub, task_ids: Sequence[int]) -> Dict[int, CancelAnswered]:
    """
    Cancel tasks, and return how each stands, as far as the hub says so.

    A task that the hub refuses to cancel is logged and goes on. One that has ended by itself is
    not cancelled, though the hub does not say so.

    :raises HubError: the hub could not be reached
    """
    if not task_ids:
        return {}
    what = "%d task%s" % (len(task_ids), "" if len(task_ids) == 1 else "s")
    logger.warning("cancelling %s: %s", what, ", ".join(map(str, sorted(task_ids))))
    try:
        refusals, tasks = cancel(hub, sorted(task_ids))
    except HubFaultError as fault:
        refusals, tasks = dict.fromkeys(task_ids, fault.reason), ()
    for task_id, why in refusals.items():
        logger.error("task %d could not be cancelled: %s", task_id, why)
    seen = {task.id: task for task in tasks}
    return {task_id: CancelAnswered(seen.get(task_id)) for task_id in task_ids}

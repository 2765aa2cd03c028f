"""Submitting: a request becomes one task, never two, whatever becomes of the hub's answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Set, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, ReplyError
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
from pungi_osbuild.model import ImageRequest
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

"""What is known of the tasks of a run, by whichever thread learns it first."""

from __future__ import annotations

from typing import Dict, List, Optional

from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.cancelling import Canceller
from pungi_osbuild.run.collect import Submitted, cancelled, failed
from pungi_osbuild.run.watch import Ended

GOES_ON = "osbuild-composer is not told, so the build, and what it uploads, may still appear"


class KnownTasks:
    """
    The tasks that were submitted, and how they have ended, by their ids.

    Written to by several threads; whoever iterates has a copy, as a thread that nobody has waited
    for may still add to them.
    """

    def __init__(self, canceller: Canceller) -> None:
        self._canceller = canceller
        self.submitted: Dict[int, Submitted] = {}
        self.ended: Dict[int, Ended] = {}

    @property
    def latest(self) -> Dict[int, Submitted]:
        """Of several attempts of a request the last one, by the requests' numbers."""
        return {one.request.number: one for one in list(self.submitted.values())}

    @property
    def requests(self) -> List[ImageRequest]:
        """The requests of all attempts."""
        return [one.request for one in list(self.submitted.values())]

    def end_of(self, task_id: int) -> Optional[Ended]:
        """Return how a task has ended by itself; None when it is not known to have."""
        task = self._canceller.ended(task_id)
        return self.ended.get(task_id) or (None if task is None else Ended(task_id, task))

    def goes_on(self, task_id: int) -> bool:
        """Whether a task goes on in Koji, as far as is known."""
        return task_id not in self._canceller.cancelled and self.end_of(task_id) is None

    def outcome_of(self, submitted: Submitted) -> Outcome:
        """Return the outcome of a task that is not finished when the run stops."""
        if submitted.task_id in self._canceller.cancelled:
            reason = "task %d was cancelled: the run was stopped; %s"
            return cancelled(submitted, reason % (submitted.task_id, GOES_ON), None)
        end = self.end_of(submitted.task_id)
        if end is not None:
            reason = "task %d had ended when the run was stopped; what it built was not collected"
            return failed(submitted, reason % submitted.task_id, end.task)
        reason = "the run was stopped before task %d ended; it goes on in Koji"
        return failed(submitted, reason % submitted.task_id, None)

"""The tasks of a run: which were submitted, which have ended, and which were cancelled."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Set, Tuple, Union

from pungi_osbuild.hub import Hub, HubFaultError, Task, TaskState, cancel
from pungi_osbuild.methods import method_of
from pungi_osbuild.model import ImageRequest, Outcome
from pungi_osbuild.run.collect import SubmittedTask, Work, cancelled, failed
from pungi_osbuild.run.watch import EndedTask, Watcher

logger = logging.getLogger(__name__)


Polled = Union[Tuple[EndedTask, ...], Exception]
"""The tasks that have ended, or why that could not be asked."""


class Canceller:
    """
    Cancels tasks on a hub; may be used from several threads.

    A task that the hub refuses to cancel is logged and goes on. One that has ended by itself is
    not cancelled, though the hub does not say so.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asking: Set[int] = set()
        self._asked: Set[int] = set()
        self._ended: Dict[int, Task] = {}
        self.cancelled: Set[int] = set()
        """The ids of those that are cancelled."""

    def is_ours(self, task_id: Optional[int]) -> bool:
        """Whether a task that was cancelled was cancelled here, as far as is known by now."""
        return task_id in self.cancelled or task_id in self._asking

    def ended(self, task_id: int) -> Optional[Task]:
        """Return a task that was found to have ended by itself; None for any other."""
        return self._ended.get(task_id)

    def cancel(self, task_ids: Iterable[int]) -> None:
        """
        Cancel those of some tasks that nobody has tried to cancel here yet.

        :raises HubError: the hub could not be reached
        """
        asked = sorted(set(task_ids) - self._asked)
        if not asked:
            return
        what = "%d task%s" % (len(asked), "" if len(asked) == 1 else "s")
        logger.warning("cancelling %s: %s", what, ", ".join(map(str, asked)))
        # A poll may show that it was done before the reply does.
        self._asking.update(asked)
        try:
            refusals, tasks = cancel(self._hub, asked)
            self._know(asked, tasks)
        except HubFaultError as fault:
            refusals = dict.fromkeys(asked, fault.reason)
            self._know(asked, ())
        finally:
            self._asking.difference_update(asked)
        for task_id, why in refusals.items():
            logger.error("task %d could not be cancelled: %s", task_id, why)

    def _know(self, asked: Iterable[int], tasks: Iterable[Task]) -> None:
        self._asked.update(asked)
        for task in tasks:
            if task.state is TaskState.CANCELED:
                self.cancelled.add(task.id)
            elif task.state.is_end:
                self._ended[task.id] = task


class SubmittedTasks:
    """
    The tasks that were submitted, and how they have ended, by their ids.

    Written to by several threads; whoever iterates has a copy, as a thread that nobody has waited
    for may still add to them.
    """

    def __init__(self, canceller: Canceller) -> None:
        self._canceller = canceller
        self.submitted: Dict[int, SubmittedTask] = {}
        self.ended: Dict[int, EndedTask] = {}

    @property
    def latest(self) -> Dict[int, SubmittedTask]:
        """Of several attempts of a request the last one, by the requests' numbers."""
        return {one.request.number: one for one in list(self.submitted.values())}

    @property
    def requests(self) -> List[ImageRequest]:
        """The requests of all attempts."""
        return [one.request for one in list(self.submitted.values())]

    def end_of(self, task_id: int) -> Optional[EndedTask]:
        """Return how a task has ended by itself; None when it is not known to have."""
        task = self._canceller.ended(task_id)
        return self.ended.get(task_id) or (None if task is None else EndedTask(task_id, task))

    def goes_on(self, task_id: int) -> bool:
        """Whether a task goes on in Koji, as far as is known."""
        return task_id not in self._canceller.cancelled and self.end_of(task_id) is None

    def outcome_of(self, submitted: SubmittedTask) -> Outcome:
        """Return the outcome of a task that is not finished when the run stops."""
        if submitted.task_id in self._canceller.cancelled:
            reason = "task %d was cancelled: the run was stopped"
            return with_what_goes_on(cancelled(submitted, reason % submitted.task_id, None))
        end = self.end_of(submitted.task_id)
        if end is not None:
            reason = "task %d had ended when the run was stopped; what it built was not collected"
            return failed(submitted, reason % submitted.task_id, end.task)
        reason = "the run was stopped before task %d ended; it goes on in Koji"
        return failed(submitted, reason % submitted.task_id, None)


def with_what_goes_on(outcome: Outcome) -> Outcome:
    """Return the outcome of a task that was cancelled here, with what goes on all the same."""
    goes_on = method_of(outcome.request).goes_on_cancelled
    if goes_on is None:
        return outcome
    return replace(outcome, reason="%s; %s" % (outcome.reason, goes_on))


class OpenTasks:
    """
    The tasks that have not ended, as far as the run knows, and are watched until they do.

    The watcher belongs to the poller's thread from the moment when a poll is given to it until its
    answer is taken, and to the run's thread otherwise. So it has no lock, and a task that is
    submitted in between waits here until :meth:`hand_over`.
    """

    def __init__(self, watcher: Watcher, tasks: SubmittedTasks) -> None:
        self._watcher = watcher
        self._tasks = tasks
        self._unwatched: List[int] = []
        self.ids: Set[int] = set()

    def add(self, task_id: int) -> None:
        """Watch one more task, from the next poll on; for the run's thread."""
        self.ids.add(task_id)
        self._unwatched.append(task_id)

    def hand_over(self) -> None:
        """Let the watcher know of all tasks; for the run's thread, before it gives a poll."""
        for task_id in self._unwatched:
            self._watcher.add(task_id)
        self._unwatched.clear()

    def poll(self, _nothing: None) -> Polled:
        """Ask which tasks have ended; for the poller's thread."""
        ended = self._watcher.poll()
        # Known here and now: the run may be stopped before anybody looks into the inbox.
        self._tasks.ended.update((item.task_id, item) for item in ended)
        return ended

    def take(self, polled: Polled) -> List[Work]:
        """
        Return what has ended, to be read; for the run's thread.

        :raises Exception: the hub could not be asked, for this reason
        """
        if isinstance(polled, Exception):
            raise polled
        self.ids -= {one.task_id for one in polled}
        return [(self._tasks.submitted[one.task_id], one.task) for one in polled]

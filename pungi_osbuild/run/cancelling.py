"""Cancelling tasks, each once, and knowing what became of them."""

from __future__ import annotations

import logging
from typing import Dict, Iterable, Optional, Set

from pungi_osbuild.hub import Hub, HubFaultError, Task, TaskState, cancel

logger = logging.getLogger(__name__)


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

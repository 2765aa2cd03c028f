"""What is due in the life of a task, as values: a hub can remember them over a restart."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Tuple, Union

from koji_rehearsal.composer.jobs import Compose
from koji_rehearsal.composer.request import Order
from koji_rehearsal.records import Target


@dataclass(frozen=True)
class Offer:
    """A step: a task is offered to the builders."""

    task_id: int


@dataclass(frozen=True)
class Start:
    """A step: the builder sees a task that it was given."""

    task_id: int


@dataclass(frozen=True)
class Beginning:
    """A step: composer has found a worker for each image of a task."""

    order: Order


@dataclass(frozen=True)
class Conclusion:
    """A step: composer has ended, and so does the task."""

    target: Target
    compose: Compose


@dataclass(frozen=True)
class StrayUploads:
    """A step: composer has built, and uploaded, images that it will never import."""

    order: Order
    arches: Tuple[str, ...]


@dataclass(frozen=True)
class FilesDue:
    """A step: the builder has made the files of a build that it does without composer."""

    task_id: int
    build_id: int
    target: Target


@dataclass(frozen=True)
class Vacancy:
    """A step: a builder has become free."""


Step = Union[Offer, Start, Beginning, Conclusion, StrayUploads, FilesDue, Vacancy]
"""What is due; a value, so that a hub can remember it over a restart."""


class Schedule:
    """The steps to come, each at its time. Used under the hub's lock."""

    def __init__(self) -> None:
        self._due: List[Tuple[float, int, Step]] = []
        self._scheduled = 0

    def at(self, when: float, step: Step) -> None:
        """Have a step done at a time, after those that were put there before for the same time."""
        self._scheduled += 1
        # To the microsecond, as all of the hub's times.
        heapq.heappush(self._due, (round(when, 6), self._scheduled, step))

    def due(self, now: float) -> Iterator[Tuple[float, Step]]:
        """Take out each step that is due, with its time; one may bring others that are due, too."""
        while self._due and self._due[0][0] <= now:
            when, _, step = heapq.heappop(self._due)
            yield when, step

    def in_progress(self) -> Dict[str, Any]:
        """Return what is to come, by name."""
        return {"due": self._due, "scheduled": self._scheduled}

    def restore(self, work: Mapping[str, Any]) -> None:
        """Go on with what was to come at another time."""
        self._due = [(when, number, step) for when, number, step in work["due"]]
        self._scheduled = int(work["scheduled"])

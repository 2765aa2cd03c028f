"""What is due in the life of a task, as values: a hub can remember them over a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple, Union

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

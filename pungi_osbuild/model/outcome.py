"""What became of requests, and what a run ended with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from pungi_osbuild.model.compose import ComposeIdentity
from pungi_osbuild.model.image import PlacedImage
from pungi_osbuild.model.request import ImageRequest


class OutcomeKind(str, Enum):
    """What became of a request."""

    BUILT = "built"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class TaskTimes:
    """The hub's own times of a task, seconds since the epoch."""

    created: Optional[float] = None
    started: Optional[float] = None
    ended: Optional[float] = None


@dataclass(frozen=True)
class Outcome:
    """
    What became of a request. A failed image is a value, not an exception.

    :param task_id: None when nothing was submitted
    :param attempt: 1 for the first submission
    :param reason: why it failed, for people, per arch where composer says so; None when built
    :param logs: addresses of files that say more
    :param nvr_taken: it failed because its N-V-R was taken by another build meanwhile
    :param placed: when its last image was placed, seconds since the epoch
    """

    request: ImageRequest
    kind: OutcomeKind
    task_id: Optional[int] = None
    attempt: int = 1
    reason: Optional[str] = None
    logs: Tuple[str, ...] = ()
    nvr_taken: bool = False
    times: TaskTimes = TaskTimes()
    placed: Optional[float] = None
    images: Tuple[PlacedImage, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every image of the request is in its place."""
        return self.kind is OutcomeKind.BUILT


@dataclass(frozen=True)
class KojiPlace:
    """Which Koji instance built the images; the addresses that later readers need."""

    profile: str
    server: str
    topurl: str
    weburl: str


@dataclass(frozen=True)
class RunResult:
    """Everything that a run ended with, in the order of the plan."""

    identity: ComposeIdentity
    koji: KojiPlace
    outcomes: Tuple[Outcome, ...]

    @property
    def images(self) -> Tuple[PlacedImage, ...]:
        """All placed images."""
        return tuple(image for outcome in self.outcomes for image in outcome.images)

    @property
    def failures(self) -> Tuple[Outcome, ...]:
        """All outcomes that are not built."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    @property
    def required_failures(self) -> Tuple[Outcome, ...]:
        """The failures that may not be."""
        return tuple(outcome for outcome in self.failures if not outcome.request.can_fail)

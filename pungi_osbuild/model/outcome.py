"""What became of requests, and what a run ended with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from pungi_osbuild.model.compose import ComposeIdentity
from pungi_osbuild.model.image import PlacedImage
from pungi_osbuild.model.request import ImageRequest
from pungi_osbuild.secrets import bare_address


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
class EarlierTry:
    """
    A task that a request was before, and that failed.

    :param attempt: 1 for the first submission
    """

    task_id: Optional[int]
    attempt: int
    nvr: Optional[str]
    reason: Optional[str]


@dataclass(frozen=True)
class Orphan:
    """
    Something that a task leaves behind which came to nothing: somebody has to delete it, or use it.

    :param place: ``koji`` for a build, else composer's name of the cloud
    :param name: the N-V-R, or what the image is called in its cloud; where it is there, its id
    :param is_there: False: it may still appear, as composer goes on
    :param region: of the cloud, which Azure calls location; None: there is none, or nobody says
    """

    place: str
    name: str
    is_there: bool = False
    region: Optional[str] = None

    def describe(self) -> str:
        """Return it for people."""
        where = "" if self.region is None else " in %s" % self.region
        state = "is there" if self.is_there else "may appear"
        return "%s %s%s %s" % (self.place, self.name, where, state)


@dataclass(frozen=True)
class Outcome:
    """
    What became of a request. A failed image is a value, not an exception.

    :param task_id: None when nothing was submitted
    :param attempt: 1 for the first submission
    :param reason: why it failed, for people, per arch where composer says so; None when built
    :param logs: addresses of files that say more
    :param nvr_taken: it failed because its N-V-R was taken by another build meanwhile
    :param passing: it failed for this reason, which may pass; None: trying again is of no use
    :param placed: when its last image was placed, seconds since the epoch
    :param earlier: the tries before this one, in their order
    :param orphans: what this try and those before leave behind, in clouds and in Koji
    """

    request: ImageRequest
    kind: OutcomeKind
    task_id: Optional[int] = None
    attempt: int = 1
    reason: Optional[str] = None
    logs: Tuple[str, ...] = ()
    nvr_taken: bool = False
    passing: Optional[str] = None
    times: TaskTimes = TaskTimes()
    placed: Optional[float] = None
    images: Tuple[PlacedImage, ...] = ()
    earlier: Tuple[EarlierTry, ...] = ()
    orphans: Tuple[Orphan, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every image of the request is in its place."""
        return self.kind is OutcomeKind.BUILT


@dataclass(frozen=True)
class KojiPlace:
    """
    Which Koji instance built the images; the addresses that later readers need.

    They hold no login and no query, whoever has written them down.
    """

    profile: str
    server: str
    topurl: str
    weburl: str

    def __post_init__(self) -> None:
        """Leave out what is secret."""
        for part in ("server", "topurl", "weburl"):
            object.__setattr__(self, part, bare_address(getattr(self, part)))


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

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
    An earlier task of a request, which failed.

    :param attempt: 1 for the first submission
    """

    task_id: Optional[int]
    attempt: int
    nvr: Optional[str]
    reason: Optional[str]


@dataclass(frozen=True)
class Leftover:
    """
    Something that a failed or cancelled task left: somebody has to delete it, or use it.

    :param place: ``koji`` for a build, else composer's name of the cloud
    :param note: what is known of it, where neither "is there" nor "may appear" says it
    :param name: the N-V-R, or what the image is called in its cloud; where it is there, its id
    :param is_there: False: it may still appear, as composer goes on
    :param region: of the cloud, which Azure calls location; None: there is none, or nobody says
    """

    place: str
    name: str
    is_there: bool = False
    region: Optional[str] = None
    note: Optional[str] = None

    def describe(self) -> str:
        """Return it for people."""
        where = "" if self.region is None else " in %s" % self.region
        state = self.note or ("is there" if self.is_there else "may appear")
        return "%s %s%s %s" % (self.place, self.name, where, state)


@dataclass(frozen=True)
class Outcome:
    """
    What became of a request. A failed image is a value, not an exception.

    :param task_id: None when nothing was submitted
    :param attempt: 1 for the first submission
    :param reason: why it failed, for people, per arch where composer says so; None when built
    :param hint: what to do about it; None: the reason is enough
    :param logs: addresses of files that say more, the best one first
    :param nvr_taken: it failed because another build took its N-V-R meanwhile
    :param transient_reason: why it looks transient; None: a retry is of no use
    :param goes_on: composer goes on with its build, though the task has failed
    :param placed: when its last image was placed, seconds since the epoch
    :param earlier: the tries before this one, in their order
    :param leftovers: what this try and earlier ones left in clouds and in Koji
    """

    request: ImageRequest
    kind: OutcomeKind
    task_id: Optional[int] = None
    attempt: int = 1
    reason: Optional[str] = None
    hint: Optional[str] = None
    logs: Tuple[str, ...] = ()
    nvr_taken: bool = False
    transient_reason: Optional[str] = None
    goes_on: bool = False
    times: TaskTimes = TaskTimes()
    placed: Optional[float] = None
    images: Tuple[PlacedImage, ...] = ()
    earlier: Tuple[EarlierTry, ...] = ()
    leftovers: Tuple[Leftover, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every image of the request is in its place."""
        return self.kind is OutcomeKind.BUILT

    @property
    def explanation(self) -> Optional[str]:
        """The reason, then what to do about it, on lines of their own."""
        if self.reason is None or self.hint is None:
            return self.reason
        return "%s\n%s" % (self.reason, self.hint)

    def in_a_line(self) -> str:
        """Return the same in one line, for a log: the hint is a sentence of its own."""
        reason = "; ".join(line.strip() for line in (self.reason or "").splitlines())
        return reason if self.hint is None else "%s. %s" % (reason.rstrip("."), self.hint)


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
        """The failures of required images."""
        return tuple(outcome for outcome in self.failures if not outcome.request.can_fail)

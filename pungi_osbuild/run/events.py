"""
What can happen to a request and to a run: each event is declared once, with its form in JSON.

The journal keeps the events of :data:`JOURNALED`; the form of a line follows from the fields. The
others are of the present run alone: a later run asks the hub again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Dict, Mapping, Optional, Tuple, Type

from pungi_osbuild.checked import FILE, INLINED, OMITTED, PATH, Key, Struct, from_json, to_json
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import KojiBuild, Task
from pungi_osbuild.methods import UNRECORDED_METHOD, ImageStates, block_digest
from pungi_osbuild.model import Arch, ImageRequest, Leftover, Outcome, OutcomeKind

LATEST = 253402300799.0
"""The last second of the year 9999."""


class Ending(str, Enum):
    """How a run came to its end, if it did."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    BROKEN = "broken"


@dataclass(frozen=True)
class Slot:
    """The place of a request in a config and a compose, whatever the request says besides."""

    variant: str
    arches: Tuple[Arch, ...]
    name: str
    image_type: str
    # A plan has none in journals from before there was a second method.
    method: Annotated[str, OMITTED] = UNRECORDED_METHOD

    @classmethod
    def of(cls, request: ImageRequest) -> Slot:
        """Return the slot of a request."""
        config = request.config
        return cls(request.variant, request.arches, config.name, config.image_type, config.method)

    def describe(self) -> str:
        """Return how messages call it: variant, arches, name and image type."""
        arches = ",".join(self.arches)
        return "%s %s %s (%s)" % (self.variant, arches, self.name, self.image_type)


@dataclass(frozen=True)
class Planned:
    """
    A request of a run, submitted or not.

    :param block: digest of what the config asks for
    :param nvr: None where the hub was to give the release
    """

    slot: Annotated[Slot, INLINED]
    block: str
    nvr: Optional[str]
    can_fail: bool

    @classmethod
    def of(cls, request: ImageRequest) -> Planned:
        """Return a request as it is planned."""
        return cls(Slot.of(request), block_digest(request), request.nvr, request.can_fail)


@dataclass(frozen=True)
class Bounds:
    """
    What was known of the hub before a submission: its task is none of those before.

    :param task_id: the highest of this user's tasks; 0: none
    :param owner: this user's id; None: not known
    """

    task_id: Annotated[int, Key("after_task")] = 0
    owner: Optional[int] = None


@dataclass(frozen=True)
class Event:
    """What has happened; of a request when it does not say otherwise."""


@dataclass(frozen=True)
class JournalEvent(Event):
    """What the journal keeps."""


# What happens to a run


@dataclass(frozen=True)
class RunStarted(JournalEvent):
    """A process began to work on the compose."""

    pid: int
    host: str


@dataclass(frozen=True)
class PlanMade(JournalEvent):
    """
    It is known what the run is to build; the hub was not asked for anything yet.

    :param server: the hub's address
    :param anew: what was submitted before is of no interest any more
    """

    compose: str
    profile: str
    server: str
    anew: bool
    requests: Tuple[Planned, ...]


@dataclass(frozen=True)
class RunEnded(JournalEvent):
    """
    The run is over.

    :param hub_gone: the hub was there for this run alone
    """

    how: Ending
    hub_gone: bool = False


# What happens to a request, and is in the journal


@dataclass(frozen=True)
class SubmissionIntended(JournalEvent):
    """
    A request is about to be submitted.

    :param intent: its number in the journal
    :param attempt: 1 for the first submission
    :param block: digest of what the config asked for
    :param sent: digest of exactly what is to be submitted
    :param base_release: without the arch; None where no release is known
    :param bounds: what was known of the hub by then
    :param left: what the submissions before have left
    :param may_leave: what it may leave itself in Koji and in a cloud, should nobody see it end
    """

    intent: int
    attempt: int
    slot: Annotated[Slot, INLINED]
    block: str
    sent: str
    version: str
    base_release: Optional[str]
    nvr: Optional[str]
    bounds: Annotated[Bounds, INLINED]
    left: Annotated[Tuple[Leftover, ...], OMITTED] = ()
    may_leave: Annotated[Tuple[Leftover, ...], OMITTED] = ()


@dataclass(frozen=True)
class TaskSubmitted(JournalEvent):
    """A submission became a task."""

    intent: int
    task_id: int


@dataclass(frozen=True)
class SubmissionRefused(JournalEvent):
    """There is no task of a submission, and there will be none."""

    intent: int


@dataclass(frozen=True)
class TaskResumed(JournalEvent):
    """
    The run goes on with a task of an earlier one.

    :param state: of the task, as Koji calls it
    :param waiting: for the build that the task has left, which was cancelled
    """

    intent: int
    state: str
    waiting: bool


@dataclass(frozen=True)
class StateSeen(JournalEvent):
    """
    A task has ended.

    :param state: as Koji calls it
    """

    intent: int
    state: str


@dataclass(frozen=True)
class ImagePlaced(JournalEvent):
    """
    An image is in its place.

    :param path: below ``compose/``
    :param size: bytes
    """

    intent: int
    path: Annotated[str, PATH]
    size: int


@dataclass(frozen=True)
class OutcomeReached(JournalEvent):
    """
    It is known what became of a request, for good.

    :param intent: None where nothing was submitted
    :param leftovers: what this submission and those before it have left
    """

    intent: Optional[int]
    attempt: int
    slot: Annotated[Slot, INLINED]
    outcome: OutcomeKind
    reason: Optional[str]
    leftovers: Annotated[Tuple[Leftover, ...], OMITTED] = ()


# What happens to a request in the present run, and is not in the journal


@dataclass(frozen=True)
class TaskSeen(Event):
    """
    The hub said how a task stands.

    :param task: None: it does not know the task any more
    """

    task: Optional[Task]


@dataclass(frozen=True)
class TimeoutBegan(Event):
    """
    A task counts as begun.

    :param at: since when, by the run's monotonic clock
    """

    at: float


@dataclass(frozen=True)
class ImagesSeen(Event):
    """Composer said how the images of a task stand."""

    images: ImageStates


@dataclass(frozen=True)
class BuildSeen(Event):
    """
    The hub said who has the N-V-R of a submission.

    :param build: None: nobody
    :param at: when it said so, by the run's monotonic clock
    """

    build: Optional[KojiBuild]
    at: float = 0.0


@dataclass(frozen=True)
class NvrChecked(Event):
    """The hub said whether the N-V-R can be used once more."""

    taken: bool


@dataclass(frozen=True)
class CollectingBegan(Event):
    """
    What a task has built is being read.

    :param build_id: of the build that the task has left though it was cancelled or has failed;
        None: the task's result names it
    """

    build_id: Optional[int] = None


@dataclass(frozen=True)
class CancelRequested(Event):
    """The run has the task cancelled, and why."""

    why: str
    is_timeout: bool = False


@dataclass(frozen=True)
class CancelAnswered(Event):
    """
    The hub was asked to cancel a task.

    :param task: how it stands now; None: the hub did not say
    """

    task: Optional[Task]


@dataclass(frozen=True)
class AttemptEnded(Event):
    """
    It is known what became of a submission; whether it is the last word is not decided.

    :param lost: why the hub could not be reached, when that is the reason
    """

    outcome: Outcome
    lost: Optional[HubError] = None


@dataclass(frozen=True)
class RetryScheduled(Event):
    """
    A request will be submitted again.

    :param at: when, by the run's monotonic clock
    :param pause: seconds until then
    """

    at: float
    pause: float


@dataclass(frozen=True)
class ReadyToSubmit(Event):
    """A request is as it is to be submitted next, with its release and the attempt's number."""

    request: ImageRequest


JOURNALED: Mapping[str, Type[JournalEvent]] = {
    "run": RunStarted,
    "plan": PlanMade,
    "intent": SubmissionIntended,
    "submitted": TaskSubmitted,
    "refused": SubmissionRefused,
    "resumed": TaskResumed,
    "state": StateSeen,
    "placed": ImagePlaced,
    "outcome": OutcomeReached,
    "end": RunEnded,
}
_NAMES = {kind: name for name, kind in JOURNALED.items()}


def entry_of(event: JournalEvent, time: float) -> Dict[str, Any]:
    """
    Return the entry of an event in the journal.

    :param time: seconds since the epoch by the hub's clock
    """
    return {"event": _NAMES[type(event)], "time": readable(time), **to_json(event)}


def readable(time: float) -> float:
    """Return a time as it can be read back: a hub may show any."""
    return min(max(time, 0.0), LATEST)


def read_entry(entry: Mapping[str, Any]) -> Tuple[JournalEvent, float]:
    """
    Return the event of an entry, and its time.

    :raises ValueError: no run writes that
    """
    fields = Struct(entry, "it", FILE)
    name = fields.text("event")
    if name not in JOURNALED:
        raise ValueError("%r is not an event" % name)
    return from_json(JOURNALED[name], fields), fields.seconds("time")

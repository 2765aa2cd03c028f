"""
What a journal says: its entries become frozen values. Pure; any prefix of any journal can be read.

A torn end is passed over: it was never acted on. Reading stops at the first line that no run can
have written: from there on nobody knows what was submitted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Set, Tuple

from pungi_osbuild.checked import FILE, Struct, path_below
from pungi_osbuild.methods import UNRECORDED_METHOD, block_digest
from pungi_osbuild.model import Arch, ImageRequest, OutcomeKind
from pungi_osbuild.run.journal_lines import Damage, read_lines

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
    method: str

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

    slot: Slot
    block: str
    nvr: Optional[str]
    can_fail: bool

    @classmethod
    def of(cls, request: ImageRequest) -> Planned:
        """Return a request as it is planned."""
        return cls(Slot.of(request), block_digest(request), request.nvr, request.can_fail)


@dataclass(frozen=True)
class JournaledFile:
    """
    An image that was placed, as the journal has it.

    :param path: below ``compose/``
    :param size: bytes
    """

    path: str
    size: int


@dataclass(frozen=True)
class Bounds:
    """
    What was known of the hub before a submission: its task is none of those before.

    :param task_id: the highest of this user's tasks; 0: none
    :param owner: this user's id; None: not known
    """

    task_id: int = 0
    owner: Optional[int] = None


@dataclass(frozen=True)
class Submission:
    """
    One submission of a request, and what came of it. Times are seconds since the epoch, by the
    hub's clock.

    :param intent: its number in the journal
    :param block: digest of what the config asked for
    :param sent: digest of exactly what was to be submitted
    :param base_release: without the arch; None where no release was known
    :param server: the hub's address; None where the journal does not say
    :param time: when it was to be submitted
    :param changed: when something was last said of it
    :param task_id: None when that is not known, or there is none
    :param refused: the hub refused it: there is no task
    :param state: of the task, as Koji calls it, when it was last seen; None: not seen
    :param outcome: None when nothing was said
    :param resumed: the last run goes on with it, whatever its outcome was before
    :param waiting: its task was cancelled, and the last run waits for the build
    """

    intent: int
    slot: Slot
    attempt: int
    block: str
    sent: str
    version: str
    base_release: Optional[str]
    nvr: Optional[str]
    server: Optional[str]
    bounds: Bounds
    time: float
    changed: float
    task_id: Optional[int] = None
    refused: bool = False
    state: Optional[str] = None
    outcome: Optional[OutcomeKind] = None
    reason: Optional[str] = None
    placed: Tuple[JournaledFile, ...] = ()
    resumed: bool = False
    waiting: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knows if there is a task."""
        return self.task_id is None and not self.refused


@dataclass(frozen=True)
class NeverSubmitted:
    """What became of a request of the last run that was not even tried."""

    slot: Slot
    outcome: OutcomeKind
    reason: Optional[str]
    time: float


@dataclass(frozen=True)
class RunEntry:
    """
    A run: the process, and when it was at work. Times are seconds since the epoch.

    :param compose: the compose's id; None when the run had not got that far
    :param profile: of Koji
    :param server: the hub's address
    :param ended: None when it was killed, or is still at work
    """

    pid: int
    host: str
    started: float
    compose: Optional[str] = None
    profile: Optional[str] = None
    server: Optional[str] = None
    ended: Optional[float] = None
    ending: Optional[Ending] = None


@dataclass(frozen=True)
class History:
    """
    Everything that a journal says.

    :param runs: in their order
    :param planned: the requests of the last run that said so
    :param submissions: in their order, since a run last began from nothing
    :param never: of the last run
    :param tasks: the ids of all tasks ever submitted, also before a run that began from nothing
    :param next_intent: a number that no submission has
    :param is_hub_gone: the last run was a rehearsal's: nothing that it submitted can be asked for
    :param size: of the lines that were read, in bytes
    :param checksum: of the last of them
    :param damage: the line at which reading stopped; None: all was read
    :param foreign: the version of a journal that cannot be read
    """

    runs: Tuple[RunEntry, ...] = ()
    planned: Tuple[Planned, ...] = ()
    submissions: Tuple[Submission, ...] = ()
    never: Tuple[NeverSubmitted, ...] = ()
    tasks: FrozenSet[int] = frozenset()
    next_intent: int = 0
    is_hub_gone: bool = False
    size: int = 0
    checksum: str = ""
    damage: Optional[Damage] = None
    foreign: Optional[str] = None

    @property
    def nvrs(self) -> FrozenSet[str]:
        """The N-V-Rs that these submissions have taken, or may have."""
        taken = (one.nvr for one in self.submissions if not one.refused)
        return frozenset(nvr for nvr in taken if nvr is not None)


def read_history(content: bytes) -> History:
    """
    Return what a journal says.

    :param content: of the file, whole or cut off anywhere
    """
    lines = read_lines(content)
    reader, damage = _Reader(), lines.damage
    for number, entry in enumerate(lines.entries, 1):
        try:
            reader.take(entry)
        except ValueError as error:
            damage = Damage(number, str(error))
            break
    return replace(
        reader.history(),
        size=lines.size,
        checksum=lines.checksum,
        damage=damage,
        foreign=lines.foreign,
    )


class _Reader:
    """Takes entries one by one, each as a whole or not at all."""

    def __init__(self) -> None:
        self._runs: List[RunEntry] = []
        self._planned: Tuple[Planned, ...] = ()
        self._submissions: List[Submission] = []
        self._by_intent: Dict[int, int] = {}
        self._never: List[NeverSubmitted] = []
        self._server: Optional[str] = None
        self._tasks: Set[int] = set()
        self._next_intent = 0
        self._is_hub_gone = False
        self._events: Mapping[str, Callable[[Struct], None]] = {
            "run": self._run,
            "plan": self._plan,
            "intent": self._intent,
            "submitted": self._submitted,
            "refused": self._refused,
            "state": self._state,
            "resumed": self._resumed,
            "placed": self._placed,
            "outcome": self._outcome,
            "end": self._end,
        }

    def take(self, entry: Mapping[str, Any]) -> None:
        """
        Take an entry.

        :raises ValueError: no run writes that after what was taken before; it was not taken
        """
        fields = Struct(entry, "it", FILE)
        event = fields.text("event")
        if event not in self._events:
            raise ValueError("%r is not an event" % event)
        self._events[event](fields)

    def history(self) -> History:
        return History(
            runs=tuple(self._runs),
            planned=self._planned,
            submissions=tuple(self._submissions),
            never=tuple(self._never),
            tasks=frozenset(self._tasks),
            next_intent=self._next_intent,
            is_hub_gone=self._is_hub_gone,
        )

    def _run(self, fields: Struct) -> None:
        run = RunEntry(fields.integer("pid"), fields.text("host"), fields.seconds("time"))
        self._runs.append(run)
        self._never = []

    def _plan(self, fields: Struct) -> None:
        planned = tuple(map(_planned, fields.structs("requests")))
        anew, server = fields.flag("anew"), fields.text("server")
        compose, profile = fields.text("compose"), fields.text("profile")
        if self._runs:
            self._runs[-1] = replace(
                self._runs[-1], compose=compose, profile=profile, server=server
            )
        self._planned = planned
        self._is_hub_gone = False
        self._server = server
        if anew:
            self._submissions = []
            self._by_intent = {}

    def _intent(self, fields: Struct) -> None:
        time = fields.seconds("time")
        submission = Submission(
            intent=self._new_intent(fields),
            slot=_slot(fields),
            attempt=fields.integer("attempt"),
            block=fields.text("block"),
            sent=fields.text("sent"),
            version=fields.text("version"),
            base_release=fields.text_or_none("base_release"),
            nvr=fields.text_or_none("nvr"),
            server=self._server,
            bounds=Bounds(fields.integer("after_task"), fields.optional("owner", fields.integer)),
            time=time,
            changed=time,
        )
        self._by_intent[submission.intent] = len(self._submissions)
        self._submissions.append(submission)
        self._next_intent += 1

    def _submitted(self, fields: Struct) -> None:
        task_id = fields.integer("task_id")
        self._change(fields, task_id=task_id)
        self._tasks.add(task_id)

    def _refused(self, fields: Struct) -> None:
        self._change(fields, refused=True)

    def _state(self, fields: Struct) -> None:
        self._change(fields, state=fields.text("state"))

    def _resumed(self, fields: Struct) -> None:
        state, waiting = fields.text("state"), fields.flag("waiting")
        self._change(fields, state=state, resumed=True, waiting=waiting)

    def _placed(self, fields: Struct) -> None:
        file = JournaledFile(path_below(fields, "path"), fields.integer("size"))
        before = self._submissions[self._position(fields)]
        others = tuple(other for other in before.placed if other.path != file.path)
        self._change(fields, placed=(*others, file))

    def _outcome(self, fields: Struct) -> None:
        kind = fields.choice("outcome", OutcomeKind)
        reason = fields.text_or_none("reason")
        if fields.optional("intent", fields.integer) is None:
            self._never.append(NeverSubmitted(_slot(fields), kind, reason, fields.seconds("time")))
        else:
            ended = {"outcome": kind, "reason": reason}
            self._change(fields, **ended, resumed=False, waiting=False)

    def _end(self, fields: Struct) -> None:
        ending, is_hub_gone, time = (
            fields.choice("how", Ending),
            fields.flag("hub_gone"),
            fields.seconds("time"),
        )
        self._is_hub_gone = is_hub_gone
        if self._runs:
            self._runs[-1] = replace(self._runs[-1], ended=time, ending=ending)

    def _new_intent(self, fields: Struct) -> int:
        intent = fields.integer("intent")
        if intent != self._next_intent:
            raise ValueError("intent %d follows intent %d" % (intent, self._next_intent - 1))
        return intent

    def _position(self, fields: Struct) -> int:
        """Return where the submission stands that an entry is about."""
        intent = fields.integer("intent")
        if intent not in self._by_intent:
            raise ValueError("there is no intent %d" % intent)
        return self._by_intent[intent]

    def _change(self, fields: Struct, **changes: Any) -> None:
        position, time = self._position(fields), fields.seconds("time")
        self._submissions[position] = replace(self._submissions[position], changed=time, **changes)


def _slot(fields: Struct) -> Slot:
    return Slot(
        fields.text("variant"),
        fields.texts("arches"),
        fields.text("name"),
        fields.text("image_type"),
        # A plan has none in journals from before there was a second method.
        fields.text("method") if fields.has("method") else UNRECORDED_METHOD,
    )


def _planned(fields: Struct) -> Planned:
    return Planned(
        _slot(fields), fields.text("block"), fields.text_or_none("nvr"), fields.flag("can_fail")
    )

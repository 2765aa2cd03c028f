"""The content of a journal: its events, replayed. Pure; any prefix of a journal can be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.run import events
from pungi_osbuild.run.job import Job, Submission, changed, submission_of
from pungi_osbuild.run.journal_lines import Damage, read_lines


@dataclass(frozen=True)
class RunEntry:
    """
    A run: the process, and its time. Times are seconds since the epoch.

    :param compose: the compose's id; None when the run had not got that far
    :param profile: of Koji
    :param server: the hub's address
    :param ended: None when it was killed, or still runs
    """

    pid: int
    host: str
    started: float
    compose: Optional[str] = None
    profile: Optional[str] = None
    server: Optional[str] = None
    ended: Optional[float] = None
    ending: Optional[events.Ending] = None


@dataclass(frozen=True)
class History:
    """
    Everything that is in a journal.

    :param runs: in their order
    :param planned: the requests of the last run that made a plan
    :param submissions: in their order, since a run last forgot the earlier ones
    :param forgotten: the earlier ones
    :param never: outcomes of requests of the last run that were never submitted, and when
    :param tasks: the ids of all tasks ever submitted, forgotten ones too
    :param next_intent: a number that no submission has
    :param is_hub_gone: the last run was a rehearsal, whose hub no longer exists
    :param size: of the lines that were read, in bytes
    :param checksum: of the last of them
    :param damage: the line at which reading stopped; None: all was read
    :param foreign: the version of a journal that cannot be read
    """

    runs: Tuple[RunEntry, ...] = ()
    planned: Tuple[events.Planned, ...] = ()
    submissions: Tuple[Submission, ...] = ()
    forgotten: Tuple[Submission, ...] = ()
    never: Tuple[Tuple[events.OutcomeReached, float], ...] = ()
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

    @property
    def jobs(self) -> Tuple[Job, ...]:
        """The jobs of the last run that made a plan, in the order of the plan."""
        return self.jobs_for(self.planned)

    def jobs_for(self, planned: Sequence[events.Planned]) -> Tuple[Job, ...]:
        """
        Return the jobs of some requests, each with its last submission.

        A request and a submission are matched by slot. Where several requests have one slot, those
        that ask for the same are the same; the others are taken in their order.
        """
        by_slot: Dict[events.Slot, List[int]] = {}
        for position, one in enumerate(planned):
            by_slot.setdefault(one.slot, []).append(position)
        before, forgotten = _by_slot(self.submissions), _by_slot(self.forgotten)
        found: Dict[int, Submission] = {}
        for slot, positions in by_slot.items():
            blocks = [planned[position].block for position in positions]
            for index, submission in _paired(blocks, before.get(slot, [])).items():
                found[positions[index]] = submission
        never = {event.slot: (event, time) for event, time in self.never}
        last = set(found.values())
        jobs = []
        for position, one in enumerate(planned):
            old = forgotten.get(one.slot, [])
            replaced = [each for each in (*old, *before.get(one.slot, [])) if each not in last]
            jobs.append(
                Job(
                    one,
                    found.get(position),
                    never.get(one.slot),
                    self.runs[-1].server if self.runs else None,
                    left=old[-1].left_in_all if old and position not in found else (),
                    replaced=tuple(image for each in replaced for image in each.placed),
                )
            )
        return tuple(jobs)


def _by_slot(submissions: Sequence[Submission]) -> Dict[events.Slot, List[Submission]]:
    found: Dict[events.Slot, List[Submission]] = {}
    for submission in submissions:
        found.setdefault(submission.slot, []).append(submission)
    return found


def _paired(blocks: Sequence[str], before: Sequence[Submission]) -> Dict[int, Submission]:
    """Return which of the submissions of a slot belongs to each of its requests."""
    if not before:
        return {}
    if len(blocks) == 1:
        return {0: before[-1]}
    last = {submission.block: submission for submission in before}
    paired = {index: last.pop(block) for index, block in enumerate(blocks) if block in last}
    waiting = (index for index in range(len(blocks)) if index not in paired)
    return {**paired, **dict(zip(waiting, last.values()))}


def replay(content: bytes) -> History:
    """
    Return the content of a journal.

    A torn end is ignored: it was never acted on. Reading stops at the first line that no run can
    have written: what was submitted after it is unknown.

    :param content: of the file, whole or cut off anywhere
    """
    lines = read_lines(content)
    player, damage = _Player(), lines.damage
    for number, entry in enumerate(lines.entries, 1):
        try:
            player.take(*events.read_entry(entry))
        except ValueError as error:
            damage = Damage(number, str(error))
            break
    return replace(
        player.history(),
        size=lines.size,
        checksum=lines.checksum,
        damage=damage,
        foreign=lines.foreign,
    )


class _Player:
    """Takes the events of a journal one by one, each as a whole or not at all."""

    def __init__(self) -> None:
        self._runs: List[RunEntry] = []
        self._planned: Tuple[events.Planned, ...] = ()
        self._submissions: List[Submission] = []
        self._forgotten: List[Submission] = []
        self._by_intent: Dict[int, int] = {}
        self._never: List[Tuple[events.OutcomeReached, float]] = []
        self._server: Optional[str] = None
        self._tasks: Set[int] = set()
        self._next_intent = 0
        self._is_hub_gone = False

    def take(self, event: events.JournalEvent, time: float) -> None:
        """
        Take an event.

        :raises ValueError: no run writes that after what was taken before; it was not taken
        """
        if isinstance(event, events.RunStarted):
            self._runs.append(RunEntry(event.pid, event.host, time))
            self._never = []
        elif isinstance(event, events.PlanMade):
            self._plan(event)
        elif isinstance(event, events.RunEnded):
            self._is_hub_gone = event.hub_gone
            self._change_run(ended=time, ending=event.how)
        elif isinstance(event, events.SubmissionIntended):
            self._intend(submission_of(event, self._server, time))
        elif isinstance(event, events.OutcomeReached) and event.intent is None:
            self._never.append((event, time))
        else:
            self._change(event, time)

    def history(self) -> History:
        return History(
            runs=tuple(self._runs),
            planned=self._planned,
            submissions=tuple(self._submissions),
            forgotten=tuple(self._forgotten),
            never=tuple(self._never),
            tasks=frozenset(self._tasks),
            next_intent=self._next_intent,
            is_hub_gone=self._is_hub_gone,
        )

    def _change_run(self, **changes: Any) -> None:
        if self._runs:
            self._runs[-1] = replace(self._runs[-1], **changes)

    def _plan(self, event: events.PlanMade) -> None:
        self._change_run(compose=event.compose, profile=event.profile, server=event.server)
        self._planned = event.requests
        self._is_hub_gone = False
        self._server = event.server
        if event.anew:
            self._forgotten.extend(self._submissions)
            self._submissions = []
            self._by_intent = {}

    def _intend(self, submission: Submission) -> None:
        if submission.intent != self._next_intent:
            raise ValueError(
                "intent %d follows intent %d" % (submission.intent, self._next_intent - 1)
            )
        self._by_intent[submission.intent] = len(self._submissions)
        self._submissions.append(submission)
        self._next_intent += 1

    def _change(self, event: Any, time: float) -> None:
        intent = event.intent
        if intent not in self._by_intent:
            raise ValueError("there is no intent %d" % intent)
        position = self._by_intent[intent]
        self._submissions[position] = changed(self._submissions[position], event, time)
        if isinstance(event, events.TaskSubmitted):
            self._tasks.add(event.task_id)

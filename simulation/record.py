"""
What is known of a night afterwards, as plain values: the hub's own tables, the requests that it
got, the runs with what they said, and what was done to them. The invariants read nothing else, but
the files of the composes.

It shares no code with the runs: the hub's tables are those of ``koji_rehearsal``, and what a run
said is copied field by field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.encoding import BUILD_STATES, TASK_STATES
from koji_rehearsal.state import State

REPO = "https://repo.example.com/%s/%s/%d/$arch"
"""A block's repository: names compose, block and edition, so a task's arguments say whose it is."""

_REPO = re.compile(r"https://repo\.example\.com/([^/]+)/([^/]+)/(\d+)/\$arch")

_TASK_STATE = {number: name for name, number in TASK_STATES.items() if isinstance(name, str)}
_BUILD_STATE = {number: name for name, number in BUILD_STATES.items() if isinstance(name, str)}


POWER_CUTS = ("power-cut", "crash.power")
"""What takes from a disk what it was not told to keep."""


class Ended(str, Enum):
    """How a run came to its end."""

    RESULT = "result"
    """It returned what became of each request."""

    ERROR = "error"
    """It raised an error."""

    INTERRUPTED = "interrupted"
    """It was stopped, and said so."""

    CRASH = "crash"
    """It was killed, or its machine lost its power."""

    HUNG = "hung"
    """It did not come to an end within its bounds of virtual time."""


@dataclass(frozen=True, order=True)
class Slot:
    """
    An image of a night, whatever its config says besides.

    :param compose: the compose's key
    :param block: the image block's key
    """

    compose: str
    block: str
    arches: Tuple[str, ...]

    def __str__(self) -> str:
        return "%s/%s/%s" % (self.compose, self.block, "+".join(self.arches))


@dataclass(frozen=True)
class HubTask:
    """
    An image task, as the hub has it. Times are the hub's.

    :param slot: whose it is; None: another client's
    :param edition: of the config that asked for it
    :param state: as Koji calls it
    """

    id: int
    slot: Optional[Slot]
    edition: int
    nvr: str
    created: float
    ended: Optional[float]
    state: str
    started: Optional[float] = None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None

    def overlaps(self, later: HubTask) -> bool:
        """Whether it had not ended when another one was made."""
        return self.ended is None or self.ended > later.created


@dataclass(frozen=True)
class HubFile:
    """
    An image of a build.

    :param path: below Koji's topdir
    """

    archive_id: int
    filename: str
    arch: str
    size: int
    md5: str
    path: str


@dataclass(frozen=True)
class HubBuild:
    """A build, as the hub has it."""

    id: int
    nvr: str
    state: str
    task_id: Optional[int]
    created: float
    completed: Optional[float]
    files: Tuple[HubFile, ...] = ()
    is_composers: bool = True


@dataclass(frozen=True)
class Exchange:
    """
    A request that a run sent, seen from the network. Times are of the virtual world.

    :param run: the run's name
    :param calls: methods with their positional arguments
    """

    at: float
    run: str
    calls: Tuple[Tuple[str, Tuple[Any, ...]], ...]
    is_answered: bool = True


@dataclass(frozen=True)
class ToldOutcome:
    """
    What a run said became of a request.

    :param kind: built, failed or cancelled
    :param images: paths below ``compose/``
    :param leftovers: place and name of each
    """

    slot: Slot
    kind: str
    task_id: Optional[int]
    attempt: int
    can_fail: bool
    nvr: Optional[str] = None
    reason: Optional[str] = None
    images: Tuple[str, ...] = ()
    leftovers: Tuple[Tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Run:
    """
    A run. Times are of the virtual world, in seconds since it began.

    :param rebuild: nothing, changed or all
    :param edition: of the config that it was begun with
    :param slots: what that config asks for
    :param timeouts: of its slots
    :param bound: when it must have ended
    :param error: the class of what it raised
    :param is_ours: that is an error for people
    :param said: the reason and the solution of the error
    :param log: what it logged, a line each
    :param beside: it was begun while another one was in progress
    """

    name: str
    compose: str
    began: float
    bound: float
    slots: Tuple[Slot, ...] = ()
    timeouts: Mapping[str, Optional[float]] = field(default_factory=dict)
    rebuild: str = "nothing"
    edition: int = 0
    fail_fast: bool = False
    cancels: bool = False
    verify: bool = True
    ended: Optional[float] = None
    how: Optional[Ended] = None
    outcomes: Tuple[ToldOutcome, ...] = ()
    error: str = ""
    is_ours: bool = True
    said: str = ""
    log: Tuple[str, ...] = ()
    beside: bool = False

    @property
    def ended_properly(self) -> bool:
        """Whether it had the time to record what it did."""
        return self.how in (Ended.RESULT, Ended.INTERRUPTED, Ended.ERROR)


@dataclass(frozen=True)
class Happening:
    """
    Something that was done to a run, its hub or its machine: the cause of what follows.

    :param kind: of the fault or the act
    :param whom: the compose's key, a slot, an N-V-R or "hub"
    """

    at: float
    kind: str
    whom: str = ""

    @property
    def is_of_network(self) -> bool:
        """Whether it was done to what is sent between a run and its hub."""
        return self.kind.startswith("net.") or self.kind in ("network-down", "hub-restarts")

    @property
    def is_of_disk(self) -> bool:
        """Whether it was done to a disk."""
        return self.kind.startswith(("disk.", "volume.")) or self.kind in (
            *POWER_CUTS,
            "remove-image",
        )


@dataclass(frozen=True)
class Record:
    """
    Everything.

    :param composes: where each compose is, by its key
    :param settled: the composes whose files may be looked at: no run is at work on them
    :param cloud_names: that are taken: cloud, place there and name
    :param koji: Koji's topdir
    :param faults: of the rehearsal: what it was asked to do wrong with builds and files
    :param results_in: where the rehearsal says what became of uploads
    """

    composes: Mapping[str, Path]
    settled: Tuple[str, ...]
    koji: Path
    tasks: Tuple[HubTask, ...] = ()
    builds: Tuple[HubBuild, ...] = ()
    cloud_names: Tuple[Tuple[str, ...], ...] = ()
    exchanges: Tuple[Exchange, ...] = ()
    runs: Tuple[Run, ...] = ()
    happenings: Tuple[Happening, ...] = ()
    faults: Tuple[str, ...] = ()
    results_in: str = "archive"
    secrets: Tuple[str, ...] = ()
    foreign: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    """Files of others in each compose, which nobody may change: path and content."""

    over: bool = False
    """The night has come to its end."""

    def runs_of(self, compose: str) -> List[Run]:
        """Return the runs of a compose, in their order."""
        return [run for run in self.runs if run.compose == compose]

    def last_run(self, compose: str) -> Optional[Run]:
        """Return the last run of a compose, but for one that was refused beside another."""
        refused = (Ended.ERROR, Ended.CRASH)
        runs = [one for one in self.runs_of(compose) if not one.beside or one.how not in refused]
        return runs[-1] if runs else None

    def tasks_of(self, slot: Slot) -> List[HubTask]:
        """Return the tasks of a slot, in their order."""
        return [task for task in self.tasks if task.slot == slot]

    def build_of(self, task: HubTask) -> Optional[HubBuild]:
        """Return the build that a task has made, or is making."""
        for build in self.builds:
            # Composer names the task when it imports the build; it registers it when it is asked.
            is_making = build.task_id is None and build.is_composers and build.nvr == task.nvr
            if build.task_id == task.id or (is_making and build.created == task.started):
                return build
        return None

    def has_fault(self, *kinds: str) -> bool:
        """Whether the rehearsal was asked for a fault of some kinds."""
        return any(fault.partition(":")[0] in kinds for fault in self.faults)

    def happened(self, *kinds: str) -> List[Happening]:
        """Return what happened of some kinds."""
        return [one for one in self.happenings if one.kind in kinds]


CLOUD_NAME = "img-%s-%s"
"""How the name of a block's image in a cloud begins: with its compose and its key."""


def slot_of(options: Mapping[str, Any], arches: Sequence[str]) -> Optional[Tuple[Slot, int]]:
    """Return whose task it is that has these options, and the edition of its config."""
    for repo in options.get("repo") or ():
        found = _REPO.fullmatch(repo if isinstance(repo, str) else str(repo.get("baseurl")))
        if found is not None:
            return Slot(found.group(1), found.group(2), tuple(arches)), int(found.group(3))
    return None


def hub_tasks(state: State, methods: Iterable[str], began: float = 0.0) -> Tuple[HubTask, ...]:
    """
    Return the image tasks of a hub.

    :param began: when the world did, by the hub's clock
    """
    wanted = frozenset(methods)
    return tuple(_task(task, began) for task in state.tasks.values() if task.method in wanted)


def _task(task: Any, began: float) -> HubTask:
    name, version, _distro, _image_type, _target, arches, options = task.request
    whose = slot_of(options or {}, arches)
    return HubTask(
        id=task.id,
        slot=None if whose is None else whose[0],
        edition=0 if whose is None else whose[1],
        nvr="%s-%s-%s" % (name, version, (options or {}).get("release")),
        created=task.create_ts - began,
        ended=None if task.completion_ts is None else task.completion_ts - began,
        state=_TASK_STATE[task.state],
        started=None if task.start_ts is None else task.start_ts - began,
    )


def hub_builds(state: State, began: float = 0.0) -> Tuple[HubBuild, ...]:
    """
    Return the builds of a hub, with their images.

    :param began: when the world did, by the hub's clock
    """
    return tuple(
        HubBuild(
            id=build.id,
            nvr=build.nvr,
            state=_BUILD_STATE[build.state],
            task_id=build.task_id,
            created=build.create_ts - began,
            completed=None if build.completion_ts is None else build.completion_ts - began,
            is_composers=build.by_composer,
            files=tuple(
                HubFile(
                    one.id,
                    one.filename,
                    one.arch,
                    one.size,
                    one.checksum,
                    "%s/images/%s" % (build.folder, one.filename),
                )
                for one in state.archives_of(build.id)
                if one.is_image
            ),
        )
        for build in state.builds.values()
    )


def told(outcome: Any, slots: Mapping[int, Slot]) -> ToldOutcome:
    """Copy what a run said of a request; the request's number says which it is."""
    request = outcome.request
    return ToldOutcome(
        slot=slots[request.number],
        kind=str(outcome.kind.value),
        task_id=outcome.task_id,
        attempt=outcome.attempt,
        can_fail=request.can_fail,
        nvr=request.nvr,
        reason=outcome.explanation,
        images=tuple(image.path for image in outcome.images),
        leftovers=tuple((one.place, one.name) for one in outcome.leftovers),
    )


def latest_tasks(record: Record, compose: str) -> Dict[Slot, HubTask]:
    """Return the last task of each slot of a compose."""
    return {
        task.slot: task
        for task in record.tasks
        if task.slot is not None and task.slot.compose == compose
    }

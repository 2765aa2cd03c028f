"""
The builder: takes tasks, hands them to composer, tags what was built. Time alone moves it.

Nothing runs in the background: :meth:`Builder.advance` does, in order and at their own times, all
steps that were due since it was last called, so thousands of tasks cost nothing while they build.
Each step follows the handler of koji-osbuild 12. Used under the hub's lock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Callable, Deque, Dict, Mapping, Sequence, Tuple

from koji_rehearsal import build_rules
from koji_rehearsal.composer import request
from koji_rehearsal.composer.answers import ComposerAnswers, traceback_of
from koji_rehearsal.composer.jobs import Compose, ComposerJobs
from koji_rehearsal.composer.request import Order
from koji_rehearsal.composer.table import Table
from koji_rehearsal.encoding import (
    TASK_STATES,
    BuildError,
    GenericError,
    TaskFault,
    as_fault,
    canonical_arches,
)
from koji_rehearsal.faults import FaultPlan
from koji_rehearsal.importer import Importer
from koji_rehearsal.records import Build, Tag, Target, Task
from koji_rehearsal.settings import HubSettings
from koji_rehearsal.state import State, next_id
from koji_rehearsal.steps import (
    Beginning,
    Conclusion,
    FilesDue,
    Offer,
    Schedule,
    Start,
    Step,
    StrayUploads,
    Vacancy,
)
from koji_rehearsal.store import Store
from koji_rehearsal.task_methods import TASK_METHODS, RehearsedMethod, Wanted
from pungi_osbuild import imagetypes

HOST_ID = 1
TASK_WEIGHT = 0.2
"""What koji-osbuild gives a task that is taken."""

UNTIL_BUILDING = 0.1
"""How much of its time composer takes to find a worker for an image."""


@dataclass(frozen=True)
class Addresses:
    """Where the hub, its files and the composer that it stands in for are."""

    server: str
    topurl: str
    composer: str

    def repo(self, tag: Tag) -> str:
        """Return the repository of a build tag, which koji-osbuild builds from by default."""
        return "%s/repos/%s/%d/$arch" % (self.topurl, tag.name, tag.id)


class Builder:
    """
    Advances tasks from FREE to their end.

    :param addresses: what requests and results name
    :param faults: what goes wrong
    """

    def __init__(
        self,
        state: State,
        store: Store,
        settings: HubSettings,
        addresses: Addresses,
        faults: FaultPlan,
    ) -> None:
        self._state = state
        self._store = store
        self._settings = settings
        self._addresses = addresses
        table = Table(settings.composer_version, state.content.own_types)
        self._importer = Importer(state, store, settings, faults, table)
        self._jobs = ComposerJobs(state, settings, faults, self._importer)
        self._answers = ComposerAnswers(faults, table, addresses.composer, addresses.server)
        self._schedule = Schedule()
        self._queue: Deque[int] = deque()
        self._building = 0

    def submit(
        self, owner: int, method: RehearsedMethod, request: Sequence[Any], now: float
    ) -> Task:
        """Make an image task, which is FREE."""
        wanted = method.wanted(request)
        attempt = self._state.next_attempt(
            wanted.name, wanted.version, wanted.image_type, wanted.arches
        )
        number = next_id(self._state.tasks)
        task = Task(number, method.name, tuple(request), owner, now, attempt=attempt)
        self._state.add_task(task)
        self._schedule.at(now + self._settings.start_delay / 2, Offer(task.id))
        return task

    def submit_tagging(self, owner: int, tag: Tag, build: Build, now: float) -> Task:
        """Make a tagBuild task, which ends at once."""
        task = _tagging(self._state, owner, tag, build, now)
        self._state.add_task(task)
        return task

    def cancel(self, task: Task, now: float) -> None:
        """Cancel a task that has not ended. What composer does for it goes on."""
        if not task.ended:
            self._end(replace(task, state=TASK_STATES["CANCELED"]), now)

    def advance(self, now: float) -> None:
        """Do all steps that are due."""
        for when, step in self._schedule.due(now):
            self._do(step, when)

    def in_progress(self) -> Dict[str, Any]:
        """Return all that is under way, by name."""
        return {
            **self._schedule.in_progress(),
            "queue": list(self._queue),
            "building": self._building,
            "jobs": self._jobs.in_progress(),
        }

    def restore(self, work: Mapping[str, Any]) -> None:
        """Go on where another builder was; what is overdue is done at its own time."""
        self._schedule.restore(work)
        self._queue = deque(work["queue"])
        self._building = int(work["building"])
        self._jobs.restore(work["jobs"])

    def _do(self, step: Step, now: float) -> None:
        if isinstance(step, Offer):
            self._queue.append(step.task_id)
            self._take_waiting(now)
        elif isinstance(step, Start):
            self._guarded(step.task_id, now, lambda: self._take(step.task_id, now))
        elif isinstance(step, Beginning):
            # Of a task that has ended nobody tells that its images are being built.
            if self._is_asked_about(step.order, now):
                self._tell(step.order, "building")
        elif isinstance(step, StrayUploads):
            self._jobs.finish_stray(step.order, step.arches)
        elif isinstance(step, FilesDue):
            self._guarded(step.task_id, now, lambda: self._end_with_files(step, now))
        elif isinstance(step, Conclusion):
            task_id = step.compose.order.task_id
            self._guarded(task_id, now, lambda: self._conclude(step.target, step.compose, now))
        else:
            self._take_waiting(now)

    def _guarded(self, task_id: int, now: float, step: Callable[[], None]) -> None:
        """Do a task's step; one that goes wrong fails the task, as a builder does."""
        try:
            step()
        except Exception as error:
            task = self._state.tasks[task_id]
            if not task.ended:
                self._fail(task, traceback_of(type(error).__name__, str(error)), now)

    def _take_waiting(self, now: float) -> None:
        """Give tasks to the builder as far as it has room; it sees each a little later."""
        capacity = self._settings.capacity
        while self._queue and (capacity is None or self._building < capacity):
            task = self._state.tasks[self._queue.popleft()]
            if not task.ended:
                self._building += 1
                state = TASK_STATES["ASSIGNED"]
                self._state.put_task(replace(task, state=state, host_id=HOST_ID))
                self._schedule.at(now + self._settings.start_delay / 2, Start(task.id))

    def _take(self, task_id: int, now: float) -> None:
        task = self._state.tasks[task_id]
        if task.ended:
            return
        state = TASK_STATES["OPEN"]
        opened = replace(task, state=state, start_ts=now, weight=TASK_WEIGHT)
        self._state.put_task(opened)
        try:
            if TASK_METHODS[task.method].files is not None:
                self._build(opened, now)
                return
            target, order = self._order(opened)
        except GenericError as error:
            self._fail(opened, as_fault(error), now)
        else:
            self._ask(opened, target, order, now)

    def _build(self, task: Task, now: float) -> None:
        """
        Begin to build without composer.

        :raises koji.GenericError: the target, an arch or the N-V-R is not to be had
        """
        wanted, state = TASK_METHODS[task.method].wanted(task.request), self._state
        target = _target(self._state, wanted)
        release = wanted.options.get("release") or build_rules.next_release(
            state, wanted.name, wanted.version
        )
        build = build_rules.reserve_build(
            state, state.users[task.owner], wanted.name, wanted.version, release, now
        )
        state.put_build(replace(build, by_composer=False, task_id=task.id))
        self._schedule.at(now + self._settings.duration, FilesDue(task.id, build.id, target))

    def _end_with_files(self, step: FilesDue, now: float) -> None:
        """Import what was built without composer, and end its task."""
        task, build = self._state.tasks[step.task_id], self._state.builds[step.build_id]
        method = TASK_METHODS[task.method]
        if task.ended or method.files is None:
            build_rules.refund_build(self._state, build, now)
            return
        wanted = method.wanted(task.request)
        try:
            done = self._importer.import_files(build, method.files(wanted, build.nvr), now)
        except GenericError as error:
            build_rules.refund_build(self._state, build, now)
            self._fail(task, as_fault(error), now)
            return
        result = method.result(task.id, done.id, done.nvr)
        self._finish(task, step.target, done, not wanted.options.get("skip_tag"), result, now)

    def _ask(self, task: Task, target: Target, order: Order, now: float) -> None:
        """Hand an order to composer, and ask for the first time what became of it."""
        answer = self._answers.to_request(order)
        if answer is None or answer.goes_on:
            # First of all: composer works, whatever becomes of the task.
            self._compose(target, self._jobs.start(order, now), now)
        elif answer.reserves:
            self._jobs.start(order, now)
            if answer.stray:
                self._schedule.at(now + self._settings.duration, StrayUploads(order, answer.stray))
        fault = self._answers.to_first_question(order) if answer is None else answer.fault
        if fault is None:
            self._tell(order, "pending")
        else:
            self._fail(task, fault, now)

    def _order(self, task: Task) -> Tuple[Target, Order]:
        """
        Return what a task asks composer for, and the target that it goes to.

        :raises koji.GenericError: the target, an arch or the release is not to be had
        :raises KeyError: a repo or ostree ref has a ``$name`` that koji-osbuild does not know
        :raises ValueError: one has a ``$`` that is none
        """
        name, version, distro, image_type, _, arches, options = task.request
        target = _target(self._state, TASK_METHODS[task.method].wanted(task.request))
        order = Order(
            task_id=task.id,
            name=name,
            version=version,
            release=options.get("release") or build_rules.next_release(self._state, name, version),
            distro=distro,
            image_type=imagetypes.api_name(image_type),
            arches=tuple(arches),
            repos=tuple(options.get("repo") or (self._addresses.repo(target.build_tag),)),
            options=options,
            kind=self._state.content.image_type(imagetypes.api_name(image_type)),
            attempt=task.attempt,
        )
        request = order.request(self._addresses.server)
        self._store.write_output(task.id, "compose-request.json", request)
        return target, order

    def _compose(self, target: Target, compose: Compose, now: float) -> None:
        """Wait for composer, which is quick when Koji has refused to register the build."""
        order = compose.order
        settings = self._settings
        lasts = settings.duration if compose.build is not None else settings.start_delay
        self._schedule.at(now + lasts, Conclusion(target, compose))
        if compose.build is not None and lasts > 0:
            self._schedule.at(now + lasts * UNTIL_BUILDING, Beginning(order))

    def _is_asked_about(self, order: Order, now: float) -> bool:
        """Whether the builder asks again and is told; a task that is not told fails."""
        task = self._state.tasks[order.task_id]
        lost = None if task.ended else self._answers.to_later_question(order)
        if lost is not None:
            self._fail(task, lost, now)
        return lost is None and not task.ended

    def _tell(self, order: Order, images: str) -> None:
        status = request.status_at_work(order.arches, images)
        self._store.write_output(order.task_id, "compose-status.json", status)

    def _conclude(self, target: Target, compose: Compose, now: float) -> None:
        """End a task that composer has ended with, if it still runs."""
        ended = self._jobs.finish(compose, now)
        if not self._is_asked_about(compose.order, now):
            return
        task = self._state.tasks[compose.order.task_id]
        for name, document in ended.documents().items():
            self._store.write_output(task.id, name, document)
        if not ended.success or ended.build is None:
            self._fail(task, as_fault(BuildError("Compose failed (id: %s)" % compose.id)), now)
            return
        result = {
            "composer": {"server": self._addresses.composer, "id": ended.compose.id},
            "koji": {"build": ended.build.id},
        }
        is_tagged = not compose.order.options.get("skip_tag")
        self._finish(task, target, ended.build, is_tagged, result, now)

    def _finish(
        self, task: Task, target: Target, build: Build, is_tagged: bool, result: Any, now: float
    ) -> None:
        """Tag a build, if it is to be, and end its task."""
        closed = replace(task, state=TASK_STATES["CLOSED"], result=result)
        if not is_tagged:
            self._end(closed, now)
            return
        child = _tag(self._state, task, target, build, now)
        if child.fault is not None:
            # A builder ends with the fault while it waits, and still waits in Koji's table.
            self._fail(replace(task, waiting=True), child.fault, now)
        else:
            self._end(replace(closed, waiting=False), now)

    def _fail(self, task: Task, fault: TaskFault, now: float) -> None:
        self._end(replace(task, state=TASK_STATES["FAILED"], fault=fault), now)

    def _end(self, task: Task, now: float) -> None:
        had_builder = self._state.tasks[task.id].state != TASK_STATES["FREE"]
        self._state.put_task(replace(task, completion_ts=now))
        if had_builder:
            self._building -= 1
            # Not at once: of many tasks that fail when they are taken each would take the next.
            self._schedule.at(now, Vacancy())


def _target(state: State, wanted: Wanted) -> Target:
    """
    Return the target that a task goes to.

    :raises koji.GenericError: there is none, or it has not all of the arches
    """
    target = state.target_on_first_use(wanted.target)
    if target is None:
        raise GenericError("No such build target: %s" % wanted.target)
    _check_arches(target, wanted.arches)
    return target


def _tag(state: State, parent: Task, target: Target, build: Build, now: float) -> Task:
    """Do the tagBuild subtask, the only one that looks at the package list."""
    child = replace(
        _tagging(state, parent.owner, target.dest_tag, build, now),
        request=(target.dest_tag.id, build.id, False, None, True),
        parent=parent.id,
        label="tag",
        priority=parent.priority - 1,
        awaited=False,
    )
    state.add_task(child)
    return child


def _tagging(state: State, owner: int, tag: Tag, build: Build, now: float) -> Task:
    """Tag a build and return the task that did, or could not."""
    task = Task(
        id=next_id(state.tasks),
        method="tagBuild",
        request=(tag.id, build.id, False, None),
        owner=owner,
        create_ts=now,
        state=TASK_STATES["CLOSED"],
        start_ts=now,
        completion_ts=now,
        host_id=HOST_ID,
    )
    try:
        build_rules.tag_build(state, state.users[owner], tag, build, tag.id)
    except GenericError as error:
        return replace(task, state=TASK_STATES["FAILED"], fault=as_fault(error))
    return task


def _check_arches(target: Target, arches: Sequence[str]) -> None:
    tag = target.build_tag
    if not tag.arches:
        # The stray percent sign is koji-osbuild's own.
        raise BuildError("Missing arches for tag '%%%s'" % tag.name)
    unsupported = set(arches) - set(canonical_arches(tag.arches))
    if unsupported:
        raise BuildError("Unsupported architecture(s): %s" % unsupported)

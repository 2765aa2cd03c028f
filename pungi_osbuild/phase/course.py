"""The course of a run: from the first submission to the last image in its place."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, field, replace
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub import Hub, HubFaultError, fault_text
from pungi_osbuild.model import ComposeIdentity, ImageRequest, Outcome, OutcomeKind
from pungi_osbuild.phase.cancelling import Canceller
from pungi_osbuild.phase.collect import Collector, Read, Submitted, Work, cancelled, failed, refused
from pungi_osbuild.phase.history import Bounds
from pungi_osbuild.phase.host import Host
from pungi_osbuild.phase.journal import Journal
from pungi_osbuild.phase.releases import Registry, allocate
from pungi_osbuild.phase.reserved import Left, ReservedBuilds
from pungi_osbuild.phase.resume import Going, Reserved
from pungi_osbuild.phase.retrying import Retries, RetryPolicy
from pungi_osbuild.phase.submitting import Submitter
from pungi_osbuild.phase.watch import SLICE, Ended, Watcher
from pungi_osbuild.phase.workers import GRACE, Workers
from pungi_osbuild.stop import StopFlag

logger = logging.getLogger(__name__)

SUBMITTERS = 3
COLLECTORS = 4
MAX_ATTEMPTS = 5
"""Submissions of one request whose allocated release is taken by others again and again."""

Polled = Union[Tuple[Union[Read, Left], ...], Exception]
"""What a poll has found out of the tasks and builds that have ended, or why it could not."""

_LOST = (
    "task %d was cancelled, and %s is BUILDING still: composer seems to have lost it. Have an"
    " administrator release it (`koji cancel %s`), or take another release; then run this again"
)
_GOES_ON = "osbuild-composer is not told, so the build, and what it uploads, may still appear"


@dataclass(frozen=True)
class Graces:
    """
    Seconds for what is in progress when a run is stopped whose tasks are cancelled.

    :param submitting: a task whose id comes later can only be cancelled by its own thread, if that
        lives on
    :param collecting: images that are being placed
    :param unseen: after which collecting begins of no more tasks that had ended unseen
    """

    submitting: float = 15.0
    collecting: float = 5.0
    unseen: float = 5.0


@dataclass(frozen=True)
class Conduct:
    """
    When a run gives up, when it tries again, and how.

    :param stop: looked at in each turn, for a signal whose exception was swallowed
    :param cancel_on_stop: cancel the tasks of a run that is stopped
    :param fail_fast: cancel what still runs as soon as a request that may not fail has failed
    """

    stop: StopFlag = field(default_factory=StopFlag)
    cancel_on_stop: bool = False
    fail_fast: bool = False
    graces: Graces = field(default_factory=Graces)
    retries: RetryPolicy = field(default_factory=RetryPolicy)


class Course:
    """
    What happens between the first submission and the last image in its place.

    :param registry: the N-V-Rs that the hub knows
    :param identity: of the compose
    :param host: told of everything that happens
    :param reserved: waits for builds that tasks have left which were cancelled
    :param bounds: what is known of the hub's tasks before the first submission
    """

    def __init__(
        self,
        hub: Hub,
        submitter: Submitter,
        registry: Registry,
        identity: ComposeIdentity,
        journal: Journal,
        watcher: Watcher,
        collector: Collector,
        host: Host,
        conduct: Conduct,
        reserved: ReservedBuilds,
        bounds: Bounds = Bounds(),  # noqa: B008  frozen
    ) -> None:
        self._submitter = submitter
        self._registry = registry
        self._identity = identity
        self._journal = journal
        self._watcher = watcher
        self._collector = collector
        self._host = host
        self._conduct = conduct
        self._reserved = reserved
        self._bounds = bounds
        self._submitted: Dict[int, Submitted] = {}
        self._first: Dict[int, int] = {}
        self._outcomes: Dict[int, Outcome] = {}
        self._lost: Optional[HubError] = None
        self._reason_to_give_up: Optional[str] = None
        self._canceller = Canceller(hub)
        self._overdue: Set[int] = set()
        self._retries = Retries(registry, conduct.retries, collector.clock)
        self._ended: Dict[int, Ended] = {}

    @property
    def unfinished(self) -> List[Submitted]:
        """What was submitted and has no outcome; of several attempts the last one."""
        # A copy: a thread that nobody has waited for may add to it.
        submissions = list(self._submitted.values())
        latest = {submitted.request.number: submitted for submitted in submissions}
        return [latest[number] for number in latest if number not in self._outcomes]

    @property
    def going_on(self) -> List[int]:
        """The tasks that go on in Koji when the run stops now."""
        open_tasks = {submitted.task_id for submitted in self.unfinished}
        return sorted(
            task_id
            for task_id in open_tasks - self._canceller.cancelled
            if self._end_of(task_id) is None
        )

    @property
    def in_doubt(self) -> int:
        """How many submissions the hub has not answered: there may be a task, or none."""
        return self._submitter.in_doubt

    def outcomes(self, requests: Sequence[ImageRequest]) -> Tuple[Outcome, ...]:
        """Return what became of each request that was submitted or refused, in their order."""
        found = {outcome.request.number: outcome for outcome in self.left()}
        found.update(self._outcomes)
        return tuple(found[request.number] for request in requests if request.number in found)

    def go(
        self,
        requests: Sequence[ImageRequest],
        going: Sequence[Going] = (),
        reserved: Sequence[Reserved] = (),
    ) -> None:
        """
        Submit requests, and go on until there is an outcome for each and for all others.

        :param going: what earlier runs have submitted
        :param reserved: what earlier runs have submitted, and whose build has to be waited for
        :raises HubError: the hub could not be reached while something was submitted or collected;
            there is an outcome for each request all the same
        """
        for one in going:
            self._go_on(one)
        for waiting in reserved:
            self._wait_for(waiting)
        self._submit([(request, request.attempt) for request in requests])
        grace = self._conduct.graces.collecting if self._conduct.cancel_on_stop else GRACE
        collectors = Workers(self._collect, self._collect_broke, COLLECTORS, grace)
        try:
            with collectors:
                self._watch(collectors)
        finally:
            for outcome in collectors.take_ready():
                self._try_to(functools.partial(self.keep, outcome))
        if self._lost is not None:
            raise self._lost

    def keep(self, outcome: Outcome) -> None:
        """Keep what became of a request."""
        outcome = self._retries.told(outcome)
        request = outcome.request
        self._outcomes[request.number] = outcome
        self._host.settled(outcome)
        is_fatal = self._conduct.fail_fast and not outcome.ok and not request.can_fail
        if is_fatal and self._reason_to_give_up is None:
            self._reason_to_give_up = "%s has failed (osbuild_fail_fast)" % request.describe()
        self._journal.outcome(outcome)

    def left(self) -> Tuple[Outcome, ...]:
        """Return the outcomes of what was submitted and is not finished: of a run that stops."""
        waiting = {outcome.request.number: outcome for outcome in self._retries.waiting}
        return tuple(
            self._retries.told(waiting.get(submitted.request.number) or self._unfinished(submitted))
            for submitted in self.unfinished
        )

    def cancel(self) -> None:
        """
        Cancel every task that goes on; what has ended meanwhile is collected, while there is time.

        :raises HubError: the hub could not be reached
        """
        deadline = self._collector.clock.monotonic() + self._conduct.graces.unseen
        self._find_doubtful()
        self._canceller.cancel(self.going_on)
        for submitted in self.unfinished:
            end = self._end_of(submitted.task_id)
            if end is None or self._collector.clock.monotonic() >= deadline:
                continue
            (read,) = self._collector.read([(submitted, end.task)])
            try:
                outcome = self._collect(read)
            except Exception as error:
                outcome = self._collect_broke(read, error)
            self._try_to(functools.partial(self.keep, outcome))

    def _go_on(self, going: Going) -> None:
        """Take over a task of an earlier run: its end is found by the next poll."""
        request, task = going.request, going.task
        created = task.times.created
        # By the hub's own times: the host's clock may have been set since then. What has ended
        # while nobody looked is not overdue, however long ago it was submitted.
        begun = self._collector.clock.monotonic() - self._collector.hub.time.age(created)
        submitted = Submitted(
            request,
            task.id,
            request.attempt,
            None if task.state.is_end else begun,
            created,
            going.build_id,
        )
        self._submitted[task.id] = submitted
        self._watcher.add(task.id)
        self._host.resumed(submitted)

    def _wait_for(self, reserved: Reserved) -> None:
        task, request = reserved.task, reserved.request
        self._submitted[task.id] = Submitted(request, task.id, request.attempt)
        self._canceller.cancelled.add(task.id)
        self._reserved.add(reserved)

    def _watch(self, collectors: Workers[Read, Outcome]) -> None:
        with Workers(self._poll, _as_a_value, 1, grace=0.0) as poller:
            self._watch_by(poller, collectors)

    def _watch_by(self, poller: Workers[None, Polled], collectors: Workers[Read, Outcome]) -> None:
        check = self._conduct.stop.check
        while self._is_waiting or collectors.pending:
            check()
            self._journal.check()
            done = collectors.take_ready() if self._is_waiting else [collectors.take(check)]
            again = [outcome for outcome in done if not self._settle(outcome)]
            if again:
                self._submit(self._with_new_releases(again))
            if self._reason_to_give_up is not None:
                self._give_up(self._reason_to_give_up)
            self._cancel_overdue()
            self._try_again()
            if not self._is_waiting:
                continue
            if self._is_due:
                poller.give(None)
                ended = poller.take(check)
                if isinstance(ended, Exception):
                    raise ended
                for one in ended:
                    if isinstance(one, Left):
                        self._let_go(one)
                    else:
                        collectors.give(one)
            elif self._watcher.open:
                self._watcher.wait()
            else:
                self._collector.clock.sleep(SLICE)

    @property
    def _is_due(self) -> bool:
        return bool(self._watcher.open and self._watcher.is_due) or self._reserved.is_due

    def _give_up(self, why: str) -> None:
        self._canceller.cancel(self._watcher.open)
        for one in self._reserved.drop():
            reason = "task %d was cancelled, and its build is not waited for: %s"
            self.keep(
                cancelled(self._submitted[one.task.id], reason % (one.task.id, why), one.task)
            )

    def _let_go(self, left: Left) -> None:
        """Go on with a request whose N-V-R nobody of ours has built."""
        task, request = left.reserved.task, left.reserved.request
        submitted = self._submitted[task.id]
        if left.build is None:
            logger.info("%s: %s can be had again", request.describe(), request.nvr)
            attempt = request.attempt + 1
            self._submit([(request.with_attempt(attempt), attempt)])
        elif left.is_lost:
            self.keep(cancelled(submitted, _LOST % (task.id, request.nvr, request.nvr), task))
        else:
            reason = "task %d was cancelled, and %s was taken by another build"
            taken = replace(
                failed(submitted, reason % (task.id, request.nvr), task), nvr_taken=True
            )
            if not self._settle(taken):
                self._submit(self._with_new_releases([taken]))

    @property
    def _is_waiting(self) -> bool:
        """Whether there is something to do that time alone brings."""
        return bool(self._watcher.open or self._reserved.open or self._retries.waiting)

    def _cancel_overdue(self) -> None:
        now = self._collector.clock.monotonic()
        late = {one for one in self._watcher.open if self._submitted[one].is_overdue(now)}
        for task_id in sorted(late - self._overdue):
            request = self._submitted[task_id].request
            logger.warning(
                "%s: task %d has not ended %g s after it was submitted (timeout)",
                request.describe(),
                task_id,
                request.config.timeout,
            )
        self._overdue |= late
        self._canceller.cancel(late)

    def _try_again(self) -> None:
        """Submit what has waited long enough; nothing when the run gives up."""
        if self._reason_to_give_up is not None:
            for outcome in self._retries.drop():
                self.keep(outcome)
            return
        tries, kept = self._retries.take_due()
        for outcome in kept:
            self.keep(outcome)
        if tries:
            self._submit(tries)

    def _poll(self, _nothing: None) -> Polled:
        # In a thread of its own: a hub that does not answer keeps nobody from stopping the run.
        works: List[Work] = []
        lefts: List[Left] = []
        if self._watcher.open and self._watcher.is_due:
            ended = self._watcher.poll()
            self._ended.update((item.task_id, item) for item in ended)
            works += [(self._submitted[one.task_id], one.task) for one in ended]
        if self._reserved.is_due:
            for left in self._reserved.poll():
                if left.is_ours and left.build is not None and not left.is_lost:
                    task = left.reserved.task
                    submitted = replace(self._submitted[task.id], build_id=left.build.id)
                    works.append((submitted, task))
                else:
                    lefts.append(left)
        return (*self._collector.read(works), *lefts)

    def _submit(self, requests: Sequence[Tuple[ImageRequest, int]]) -> None:
        grace = self._conduct.graces.submitting if self._conduct.cancel_on_stop else GRACE
        submitters = Workers(self._submit_one, self._submit_broke, SUBMITTERS, grace)
        try:
            with submitters:
                for request in requests:
                    submitters.give(request)
                while submitters.pending:
                    self._note(submitters.take(self._conduct.stop.check))
        finally:
            for done in submitters.take_ready():
                self._note(done)

    def _note(self, done: Union[Submitted, Outcome]) -> None:
        if isinstance(done, Outcome):
            self.keep(done)
        else:
            self._watcher.add(done.task_id)

    def _submit_one(self, item: Tuple[ImageRequest, int]) -> Union[Submitted, Outcome]:
        request, attempt = item
        why_not = "the run was stopped" if self._conduct.stop.requested else self._reason_to_give_up
        if why_not is not None:
            reason = "it was not submitted: %s" % why_not
            return replace(refused(request, attempt, reason), kind=OutcomeKind.CANCELLED)
        self._first.setdefault(request.number, attempt)
        try:
            self._journal.intent(request, attempt, self._bounds)
            task_id = self._submitter.submit(request, self._bounds.task_id)
        except HubFaultError as fault:
            self._try_to(lambda: self._journal.refused(request, attempt))
            return refused(request, attempt, "the hub refused the task: %s" % fault_text(fault))
        except HubError as error:
            self._lost = error
            reason = error.reason
            if self._submitter.is_in_doubt(request):
                reason += "; whether there is a task now is not known"
            return refused(request, attempt, reason)
        except PungiOsbuildError as error:
            return refused(request, attempt, error.reason)
        # Two threads may do this at once; the lower of two bounds is one, too.
        self._bounds = replace(self._bounds, task_id=max(self._bounds.task_id, task_id))
        submitted = self._register(request, attempt, task_id)
        if self._conduct.cancel_on_stop and self._conduct.stop.requested:
            # Nobody may be left to take this result, to cancel the task, or to keep a journal.
            self._try_to(lambda: self._canceller.cancel([task_id]))
        self._try_to(lambda: self._journal.submitted(request, attempt, task_id))
        return submitted

    def _find_doubtful(self) -> None:
        """Find the tasks of submissions that were not answered, while there is somebody to."""
        try:
            found = self._submitter.look_up()
        except (HubFaultError, PungiOsbuildError) as error:
            logger.error("what was not answered could not be looked up: %s", error)
            return
        for request, task_id in found:
            self._note(self._register(request, request.attempt, task_id))
            note = functools.partial(self._journal.submitted, request, request.attempt, task_id)
            self._try_to(note)

    def _register(self, request: ImageRequest, attempt: int, task_id: int) -> Submitted:
        """
        Know of a task from now on.

        In the thread that was told of it: a signal may end the run between the moment when the
        result is taken from the thread and the next line.
        """
        submitted = Submitted(request, task_id, attempt, self._collector.clock.monotonic())
        self._submitted[task_id] = submitted
        self._host.submitted(submitted)
        return submitted

    def _try_to(self, work: Callable[[], None]) -> None:
        """Do what may fail without changing what has happened already."""
        try:
            work()
        except PungiOsbuildError as error:
            logger.error("%s", error.reason)

    def _submit_broke(
        self, item: Tuple[ImageRequest, int], error: Exception
    ) -> Union[Submitted, Outcome]:
        return refused(item[0], item[1], _bug(error))

    def _collect(self, read: Read) -> Outcome:
        submitted = read.submitted
        self._note_state(read)
        outcome = self._collector.finish(read)
        for image in outcome.images:
            note = functools.partial(
                self._journal.placed, submitted.request, submitted.attempt, image
            )
            self._try_to(note)
        return self._host.built(outcome) if outcome.ok else outcome

    def _note_state(self, read: Read) -> None:
        if read.task is not None:
            submitted, state = read.submitted, read.task.state.name
            self._try_to(lambda: self._journal.state(submitted.request, submitted.attempt, state))

    def _collect_broke(self, read: Read, error: Exception) -> Outcome:
        submitted, task = read.submitted, read.task
        if isinstance(error, HubError):
            self._lost = error
            reason = "task %d ended, and what it built was not collected: %s"
            return failed(submitted, reason % (submitted.task_id, error.reason), task)
        return failed(submitted, _bug(error), task)

    def _settle(self, outcome: Outcome) -> bool:
        """Keep an outcome; False when its request is to be submitted again instead."""
        request = outcome.request
        tried = outcome.attempt - self._first.get(request.number, 1) + 1
        gone_on = self._reason_to_give_up is None and tried < MAX_ATTEMPTS
        if outcome.nvr_taken and request.release_from_hub and gone_on:
            logger.warning("%s was taken by another build meanwhile; taking another", request.nvr)
            self._retries.note(outcome)
            return False
        if outcome.kind is OutcomeKind.CANCELLED and outcome.task_id in self._canceller.cancelled:
            outcome = self._explained(outcome)
        last = outcome if self._reason_to_give_up is not None else self._retries.take(outcome)
        if last is not None:
            self.keep(last)
        return True

    def _explained(self, outcome: Outcome) -> Outcome:
        """Return the outcome of a task that was cancelled here, with the reason for that."""
        why, kind = self._reason_to_give_up, outcome.kind
        if outcome.task_id in self._overdue:
            timeout = outcome.request.config.timeout
            why = "it had not ended %g s after it was submitted (timeout)" % (timeout or 0)
            kind = OutcomeKind.FAILED
        reason = "task %d was cancelled: %s; %s" % (outcome.task_id or 0, why, _GOES_ON)
        return replace(outcome, reason=reason, kind=kind)

    def _with_new_releases(self, again: Sequence[Outcome]) -> List[Tuple[ImageRequest, int]]:
        waiting = [replace(outcome.request, base_release=None) for outcome in again]
        others = [submitted.request for submitted in self._submitted.values()]
        allocated = allocate(waiting, self._registry, self._identity, others)
        attempts = [outcome.attempt + 1 for outcome in again]
        return [
            (request.with_attempt(attempt), attempt)
            for request, attempt in zip(allocated, attempts)
        ]

    def _unfinished(self, submitted: Submitted) -> Outcome:
        if submitted.task_id in self._canceller.cancelled:
            reason = "task %d was cancelled: the run was stopped; %s"
            return cancelled(submitted, reason % (submitted.task_id, _GOES_ON), None)
        end = self._end_of(submitted.task_id)
        if end is not None:
            reason = "task %d had ended when the run was stopped; what it built was not collected"
            return failed(submitted, reason % submitted.task_id, end.task)
        reason = "the run was stopped before task %d ended; it goes on in Koji"
        return failed(submitted, reason % submitted.task_id, None)

    def _end_of(self, task_id: int) -> Optional[Ended]:
        """Return how a task has ended by itself; None when it is not known to have."""
        task = self._canceller.ended(task_id)
        return self._ended.get(task_id) or (None if task is None else Ended(task_id, task))


def _as_a_value(_nothing: None, error: Exception) -> Polled:
    return error


def _bug(error: Exception) -> str:
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)

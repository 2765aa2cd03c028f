"""
The course of a run: from the first submission to the last image in its place.

The thread that calls :meth:`Course.go` decides everything and waits for nobody: it asks no hub and
places nothing. Others submit, poll, read, collect and ask for it, and what they have done comes to
it through one inbox, so that nothing that is finished waits for something that hangs.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.clock import SLICE
from pungi_osbuild.hub import Hub
from pungi_osbuild.model import ComposeIdentity, ImageRequest, Outcome, OutcomeKind
from pungi_osbuild.planning import NvrRegistry, allocate
from pungi_osbuild.run.collect import (
    Collector,
    SubmittedTask,
    TaskResult,
    Work,
    cancelled,
    failed,
    refused,
)
from pungi_osbuild.run.history import Bounds
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.orphaned_builds import OrphanedBuilds, ReservationResult
from pungi_osbuild.run.outcomes import Outcomes, RecordedCollector, defect
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.resume import InProgress, OrphanedBuild
from pungi_osbuild.run.retrying import Retries
from pungi_osbuild.run.submitted_tasks import Canceller, OpenTasks, Polled, SubmittedTasks
from pungi_osbuild.run.submitting import Attempts, Submitter, try_to
from pungi_osbuild.run.watch import Watcher
from pungi_osbuild.run.workers import Inbox, Questions
from pungi_osbuild.timing import RELEASE_ATTEMPTS

logger = logging.getLogger(__name__)

SUBMITTERS = 3
READERS = 2
COLLECTORS = 4
QUESTIONS = 4

_LOST = (
    "task %d was cancelled, and %s is BUILDING still: composer seems to have lost it. Have an"
    " administrator release it (`koji cancel %s`), or take another release; then run this again"
)


class Course:
    """
    What happens between the first submission and the last image in its place.

    :param registry: the N-V-Rs that the hub knows
    :param identity: of the compose
    :param host: told of everything that happens
    :param orphaned: waits for builds whose tasks were cancelled
    :param bounds: what is known of the hub's tasks before the first submission
    :param inbox: where the work of its threads meets; None: one of its own

    Which thread owns what: the watcher is the poller's while it polls, and else the run's own.
    What is known of tasks (:class:`SubmittedTasks`) is written by whoever learns it, as the run may
    be stopped before its own thread reads the inbox. All else, ``outcomes`` included, is the run's
    own, so nothing here needs a lock; what ``_submit_one`` reads of it in another thread is set
    once and never taken back.
    """

    def __init__(
        self,
        hub: Hub,
        submitter: Submitter,
        registry: NvrRegistry,
        identity: ComposeIdentity,
        journal: Journal,
        watcher: Watcher,
        collector: Collector,
        host: Host,
        policy: RunPolicy,
        orphaned: OrphanedBuilds,
        bounds: Bounds = Bounds(),  # noqa: B008  frozen
        inbox: Optional[Inbox] = None,
    ) -> None:
        self._registry = registry
        self._identity = identity
        self._journal = journal
        self._watcher = watcher
        self._collector = collector
        self._recorder = RecordedCollector(collector, journal, host)
        self._host = host
        self._policy = policy
        self._orphaned = orphaned
        self._hub = hub
        self._canceller = Canceller(hub)
        self._tasks = SubmittedTasks(self._canceller)
        self._attempts = Attempts(
            submitter, journal, host, self._tasks, self._canceller, policy, collector.clock, bounds
        )
        self._retries = Retries(policy.retries, collector.clock)
        self.outcomes = Outcomes(
            self._tasks, self._canceller, self._retries, host, journal, policy.fail_fast
        )
        self._to_cancel: Set[int] = set()
        self._open = OpenTasks(watcher, self._tasks)
        self._again: List[Outcome] = []
        self._given: Dict[int, ImageRequest] = {}
        self._submitted_at = 0.0
        self._is_over = False
        inbox = self._inbox = inbox or Inbox()
        self._questions = Questions(inbox, QUESTIONS)
        self._collectors = inbox.workers(
            self._recorder.collect,
            self._recorder.failed,
            self._collected,
            COLLECTORS,
            policy.shutdown_timeouts.collecting,
        )
        self._readers = inbox.workers(
            collector.read, _unread, self._give_to_collectors, READERS, grace=0.0
        )
        self._submitters = inbox.workers(
            self._submit_one,
            self._submit_broke,
            self._record_submission,
            SUBMITTERS,
            policy.shutdown_timeouts.submitting,
        )
        self._poller = inbox.workers(self._open.poll, _as_a_value, self._polled, 1, grace=0.0)

    @property
    def in_doubt(self) -> int:
        """How many submissions the hub has not answered: there may be a task, or none."""
        return self._attempts.in_doubt

    def go(
        self,
        requests: Sequence[ImageRequest],
        in_progress: Sequence[InProgress] = (),
        orphaned: Sequence[OrphanedBuild] = (),
    ) -> None:
        """
        Submit requests, and go on until there is an outcome for each and for all others.

        :param in_progress: what earlier runs have submitted
        :param orphaned: what earlier runs have submitted, and whose build has to be waited for
        :raises HubError: the hub could not be reached while something was submitted or collected;
            there is an outcome for each request all the same
        """
        for one in in_progress:
            self._resume(one)
        for build in orphaned:
            self._wait_for(build)
        self._submit([(request, request.attempt) for request in requests])
        try:
            with (
                self._questions,
                self._collectors,
                self._readers,
                self._submitters,
                self._poller,
            ):
                while self._is_waiting or self._again or self._inbox.pending:
                    self._turn()
        finally:
            # The threads may still be at work: what they hand in from now on nobody takes. What
            # collectors and submitters have handed in is kept; polls and questions lead nowhere.
            self._is_over = True
            for act in self._inbox.rest(self._collectors, self._submitters):
                try_to(act)
        lost = self._recorder.lost or self._attempts.lost
        if lost is not None:
            raise lost

    def cancel(self) -> None:
        """
        Cancel every task that goes on; what has ended meanwhile is collected, while there is time.

        :raises HubError: the hub could not be reached
        """
        deadline = self._collector.clock.monotonic() + self._policy.shutdown.unseen
        for found in self._attempts.find_doubtful():
            self._record_submission(found)
        self._canceller.cancel(self.outcomes.in_progress)
        for submitted in self.outcomes.unfinished:
            end = self._tasks.end_of(submitted.task_id)
            if end is None or self._collector.clock.monotonic() >= deadline:
                continue
            (read,) = self._collector.read([(submitted, end.task)])
            try:
                outcome = self._recorder.collect(read)
            except Exception as error:
                outcome = self._recorder.failed(read, error)
            try_to(functools.partial(self.outcomes.record, outcome))

    def _resume(self, resumed: InProgress) -> None:
        """Take over a task of an earlier run: its end is found by the next poll."""
        request, task = resumed.request, resumed.task
        created = task.times.created
        # By the hub's own times: the host's clock may have been set since then. What has ended
        # while nobody looked is not overdue, however long ago it was submitted.
        begun = self._collector.clock.monotonic() - self._hub.time.age(created)
        submitted = SubmittedTask(
            request,
            task.id,
            request.attempt,
            None if task.state.is_end else begun,
            created,
            resumed.build_id,
        )
        self._tasks.submitted[task.id] = submitted
        self._open.add(task.id)
        self._host.resumed(submitted)

    def _wait_for(self, orphaned: OrphanedBuild) -> None:
        task, request = orphaned.task, orphaned.request
        self._tasks.submitted[task.id] = SubmittedTask(request, task.id, request.attempt)
        self._canceller.cancelled.add(task.id)
        self._orphaned.add(orphaned)

    def _turn(self) -> None:
        """Act on what has been done, begin what is due, and wait a while for more."""
        self._policy.stop.check()
        # Before anything else is begun: somebody may have removed the folder under the run.
        self._journal.check()
        self._inbox.act()
        if self._again and not self._questions.is_asked("releases"):
            again, self._again = self._again, []
            others = self._tasks.requests
            work = functools.partial(
                self._with_new_releases, again, [*others, *self._given.values()]
            )
            self._questions.ask("releases", work, self._submit)
        if self.outcomes.reason_to_give_up is not None:
            self._give_up(self.outcomes.reason_to_give_up)
        now = self._collector.clock.monotonic()
        self._cancel(self.outcomes.find_overdue(self._open.ids, now))
        self._retry_due()
        if self._orphaned.is_due:
            self._questions.ask("orphaned builds", self._orphaned.poll, self._collect_orphaned)
        self._poll_when_due()
        if self._inbox.pending:
            self._inbox.act(self._pause)
        elif self._is_waiting:
            # By the clock: nothing but time brings anything now.
            self._collector.clock.sleep(self._pause)

    def _poll_when_due(self) -> None:
        if self._open.ids and not self._poller.pending and self._watcher.is_due:
            # Not while tasks are made one after the other: each would be looked up by itself. A
            # submission that hangs must not keep the others from being watched, so not for long.
            since = self._collector.clock.monotonic() - self._submitted_at
            if self._submitters.pending and since < SLICE:
                return
            self._open.hand_over()
            self._poller.give(None)

    @property
    def _pause(self) -> float:
        """Seconds until there may be something to do: there are signals and timeouts, too."""
        if not self._open.ids or self._poller.pending or self._watcher.is_due:
            return SLICE
        return min(SLICE, self._watcher.left)

    def _cancel(self, task_ids: Set[int]) -> None:
        # In a thread of its own, as every question to the hub: it may take as long as an outage.
        wanted = task_ids - self._to_cancel
        if wanted:
            self._to_cancel |= wanted
            cancel = functools.partial(self._canceller.cancel, wanted)
            self._questions.ask("cancel %s" % sorted(wanted), cancel, _nothing)

    def _give_up(self, why: str) -> None:
        self._cancel(self._open.ids)
        for one in self._orphaned.drop():
            reason = "task %d was cancelled, and its build is not waited for: %s"
            self.outcomes.record(
                cancelled(self._tasks.submitted[one.task.id], reason % (one.task.id, why), one.task)
            )

    def _collect_orphaned(self, results: Sequence[ReservationResult]) -> None:
        for result in results:
            if result.is_ours and result.build is not None and not result.is_lost:
                task = result.orphaned.task
                submitted = replace(self._tasks.submitted[task.id], build_id=result.build.id)
                self._readers.give([(submitted, task)])
            else:
                self._continue_without(result)

    def _continue_without(self, result: ReservationResult) -> None:
        """Continue with a request whose N-V-R no task of ours has built."""
        task, request = result.orphaned.task, result.orphaned.request
        submitted = self._tasks.submitted[task.id]
        if result.build is None:
            logger.info("%s: %s is free again", request.describe(), request.nvr)
            attempt = request.attempt + 1
            self._submit([(request.with_attempt(attempt), attempt)])
        elif result.is_lost:
            self.outcomes.record(
                cancelled(submitted, _LOST % (task.id, request.nvr, request.nvr), task)
            )
        else:
            reason = "task %d was cancelled, and %s was taken by another build"
            outcome = failed(submitted, reason % (task.id, request.nvr), task)
            self._collected(replace(outcome, nvr_taken=True))

    @property
    def _is_waiting(self) -> bool:
        """Whether there is something to do that time alone brings."""
        return bool(self._open.ids or self._orphaned.open or self._retries.waiting)

    def _retry_due(self) -> None:
        """Submit what has waited long enough; nothing when the run gives up."""
        if self.outcomes.reason_to_give_up is not None:
            for outcome in self._retries.drop():
                self.outcomes.record(outcome)
            return
        due = self._retries.due
        if due:
            # Asked as late as can be: composer may still have been at work on the first one.
            nvrs = [str(outcome.request.nvr) for outcome in due]
            act = functools.partial(self._submit_again, due)
            self._questions.ask("retries", functools.partial(self._registry.taken, nvrs), act)

    def _submit_again(self, due: Sequence[Outcome], taken: Set[str]) -> None:
        tries, final = self._retries.take_due(due, taken)
        for outcome in final:
            self.outcomes.record(outcome)
        self._submit(tries)

    def _polled(self, polled: Polled) -> None:
        works = self._open.take(polled)
        if works:
            self._readers.give(works)

    def _give_to_collectors(self, found: Sequence[TaskResult]) -> None:
        for read in found:
            self._collectors.give(read)

    def _submit(self, requests: Sequence[Tuple[ImageRequest, int]]) -> None:
        self._submitted_at = self._collector.clock.monotonic()
        for request, attempt in requests:
            self._given[request.number] = request
            self._submitters.give((request, attempt))

    def _record_submission(self, done: Union[SubmittedTask, Outcome]) -> None:
        self._submitted_at = self._collector.clock.monotonic()
        if isinstance(done, Outcome):
            self.outcomes.record(done)
        else:
            self._open.add(done.task_id)

    # In a submitter's thread. A run that stops or gives up has items in the queue still.
    def _submit_one(self, item: Tuple[ImageRequest, int]) -> Union[SubmittedTask, Outcome]:
        request, attempt = item
        why_not = self.outcomes.reason_to_give_up
        if self._policy.stop.requested:
            why_not = "the run was stopped"
        if why_not is not None:
            reason = "it was not submitted: %s" % why_not
            return replace(refused(request, attempt, reason), kind=OutcomeKind.CANCELLED)
        return self._attempts.submit(request, attempt)

    def _submit_broke(
        self, item: Tuple[ImageRequest, int], error: Exception
    ) -> Union[SubmittedTask, Outcome]:
        return refused(item[0], item[1], defect(error))

    def _collected(self, outcome: Outcome) -> None:
        if self._is_over:
            self.outcomes.record(outcome)
        elif self._needs_another_release(outcome):
            logger.warning(
                "%s was taken by another build meanwhile; taking another", outcome.request.nvr
            )
            self._retries.add_attempt(outcome)
            self._again.append(outcome)
        else:
            self.outcomes.record_or_retry(outcome)

    def _needs_another_release(self, outcome: Outcome) -> bool:
        """Whether a request is submitted again, as another build has taken its N-V-R."""
        tried = outcome.attempt - self._attempts.first(outcome.request) + 1
        return (
            outcome.nvr_taken
            and outcome.request.release_from_hub
            and self.outcomes.reason_to_give_up is None
            and tried < RELEASE_ATTEMPTS
        )

    def _with_new_releases(
        self, again: Sequence[Outcome], others: Sequence[ImageRequest]
    ) -> List[Tuple[ImageRequest, int]]:
        waiting = [replace(outcome.request, base_release=None) for outcome in again]
        allocated = allocate(waiting, self._registry, self._identity, others)
        attempts = [outcome.attempt + 1 for outcome in again]
        return [
            (request.with_attempt(attempt), attempt)
            for request, attempt in zip(allocated, attempts)
        ]


def _as_a_value(_nothing: None, error: Exception) -> Polled:
    return error


def _unread(works: Sequence[Work], error: Exception) -> Tuple[TaskResult, ...]:
    return tuple(TaskResult(*work, error) for work in works)


def _nothing(_answer: object) -> None:
    """Do nothing with an answer: the canceller keeps it."""

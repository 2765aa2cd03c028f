"""
The engine of a run: from the first submission to the last image in its place.

The thread that calls :meth:`Engine.run` decides everything and waits for nobody: it asks no hub and
places nothing. Others do (:mod:`pungi_osbuild.run.work`). What they have done comes to it as events
through one inbox: it has them written to the journal, applies them to the jobs, has the listeners
told, and asks :func:`~pungi_osbuild.run.decide.next_step` what to do with these jobs.
"""

from __future__ import annotations

import functools
import logging
import math
from collections import deque
from dataclasses import replace
from typing import Callable, Deque, Dict, FrozenSet, List, Optional, Sequence, Tuple

from pungi_osbuild.clock import SLICE
from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.run.collect import TaskResult
from pungi_osbuild.run.decide import Action, NextStep, next_step
from pungi_osbuild.run.events import AttemptEnded, Bounds, Event, TaskSubmitted
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.jobs import Jobs, News
from pungi_osbuild.run.outcomes import completed, explained, finishing
from pungi_osbuild.run.situation import Facts
from pungi_osbuild.run.work import (
    Due,
    Polled,
    Work,
    not_collected,
    not_polled,
    not_read,
    not_submitted_by_defect,
)
from pungi_osbuild.run.workers import Inbox, Questions

logger = logging.getLogger(__name__)

SUBMITTERS = 3
"""So many submissions are intended and not answered, at most: a run that is killed has to look each
of them up."""

READERS = 2
COLLECTORS = 4
QUESTIONS = 4


class Engine:
    """
    What happens between the first submission and the last image in its place.

    :param jobs: those of the run: resumed, or ready to be submitted
    :param bounds: what is known of the hub's tasks before the first submission
    :param tasks: the ids of all tasks that were ever submitted for this compose
    :param inbox: where the work of all threads meets

    Which thread owns what: all that is here belongs to the thread that calls :meth:`run`, so
    nothing needs a lock. Workers are given frozen jobs and return events. The watcher is the
    poller's while a poll is pending, and else the engine's own.
    """

    def __init__(
        self,
        jobs: Jobs,
        work: Work,
        bounds: Bounds = Bounds(),  # noqa: B008  frozen
        tasks: FrozenSet[int] = frozenset(),
        inbox: Optional[Inbox] = None,
    ) -> None:
        self._jobs = jobs
        self._work = work
        self._policy = work.policy
        self._clock = work.clock
        self._bounds = bounds
        self._facts = Facts(tasks)
        # When each job that is not finished is looked at again, by the monotonic clock.
        self._agenda: Dict[int, float] = {
            job.number: -math.inf for job in jobs if job.outcome is None
        }
        self._to_submit: Deque[int] = deque()
        self._open: Dict[int, int] = {}
        self._news: List[News] = []
        self._submitted_at = self._clock.monotonic()
        self._lost: Optional[HubError] = None
        inbox = self._inbox = inbox or Inbox()
        timeouts = self._policy.shutdown_timeouts
        self._questions = Questions(inbox, QUESTIONS)
        self._collectors = inbox.workers(
            work.collect, not_collected, self._take, COLLECTORS, timeouts.collecting
        )
        self._readers = inbox.workers(
            work.collector.read, not_read, self._give_to_collectors, READERS, grace=0.0
        )
        self._submitters = inbox.workers(
            work.submit, not_submitted_by_defect, self._take, SUBMITTERS, timeouts.submitting
        )
        self._poller = inbox.workers(work.poll, not_polled, self._polled, 1, grace=0.0)
        for job in jobs:
            self._watch(job)
            self._give_up_after(job)

    def run(self) -> None:
        """
        Go on until there is an outcome for each job.

        :raises HubError: the hub could not be reached while something was submitted or collected;
            there is an outcome for each job all the same
        """
        try:
            with (
                self._questions,
                self._collectors,
                self._readers,
                self._submitters,
                self._poller,
            ):
                while self._agenda or self._inbox.pending:
                    self._turn()
        finally:
            # The threads may still be at work: what they hand in from now on nobody takes, and the
            # next run looks it up. What was handed in by collectors and submitters is kept; polls
            # and questions lead nowhere any more.
            for act in self._inbox.rest(self._collectors, self._submitters):
                act()
            self._try_to_record()
            self._finish_what_is_over()
        if self._lost is not None:
            raise self._lost

    def cancel(self) -> None:
        """
        Cancel every task that goes on; what has ended meanwhile is collected, while there is time.

        For a run that is stopped: asks the hub in this thread.

        :raises HubError: the hub could not be reached
        """
        deadline = self._clock.monotonic() + self._policy.shutdown.unseen
        self._take(self._work.look_up(self._jobs))
        self._try_to_record()
        asked = [job for job in self._jobs if job.goes_on and not job.is_cancel_answered]
        self._take(self._work.cancel(asked))
        self._try_to_record()
        for job in self._jobs:
            is_over = job.result is not None or job.is_cancelled or not job.has_ended
            if is_over or not job.is_ours or self._clock.monotonic() >= deadline:
                continue
            (result,) = self._work.collector.read([job])
            try:
                self._take(self._work.collect(result))
            except Exception as error:
                self._take(not_collected(result, error))
            self._try_to_record()
        self._finish_what_is_over()

    def _turn(self) -> None:
        """Do what is due, and take what others have done; wait a while when there is nothing."""
        self._policy.stop.check()
        # Before anything else is begun: somebody may have removed the folder under the run.
        self._jobs.check()
        self._do_what_is_due()
        self._poll_when_due()
        if self._inbox.pending:
            self._inbox.act(self._pause)
        elif self._agenda:
            # By the clock: nothing but time brings anything now.
            self._clock.sleep(self._pause)
        self._record()

    @property
    def _pause(self) -> float:
        """Seconds until there may be something to do: there are signals, too."""
        next_at = min(self._agenda.values(), default=math.inf) - self._clock.monotonic()
        pause = min(SLICE, max(0.0, next_at))
        is_polled = self._poller.pending or self._work.watcher.is_due
        return pause if is_polled or not self._open else min(pause, self._work.watcher.left)

    # What has happened

    def _take(self, news: Sequence[News]) -> None:
        self._news.extend(news)

    def _record(self) -> None:
        """
        Have what has happened written down, all at once, applied and told; see what follows.

        One write and one fsync for all of it: images that end together wait for each other less.
        """
        news, self._news = self._news, []
        try:
            self._jobs.record(news)
        finally:
            for number, event in news:
                self._follow(self._jobs[number], event)

    def _try_to_record(self) -> None:
        try:
            self._record()
        except PungiOsbuildError as error:
            logger.error("%s", error.reason)

    def _follow(self, job: Job, event: Event) -> None:
        """See what follows from an event for the run."""
        if job.outcome is not None:
            self._agenda.pop(job.number, None)
            self._give_up_after(job)
        elif job.number in self._agenda:
            self._agenda[job.number] = -math.inf
        if isinstance(event, AttemptEnded):
            self._lost = event.lost or self._lost
        elif isinstance(event, TaskSubmitted):
            # Two threads may submit at once; the lower of two bounds is one, too.
            task_id = max(self._bounds.task_id, event.task_id)
            self._bounds = replace(self._bounds, task_id=task_id)
            self._submitted_at = self._clock.monotonic()
        self._watch(job)

    def _give_up_after(self, job: Job) -> None:
        """Give up on the rest of the run when a job is over that must not fail."""
        is_over = job.outcome is not None and not job.outcome.ok and not job.wanted.can_fail
        if is_over and self._policy.fail_fast and self._facts.giving_up is None:
            why = "%s has failed (osbuild_fail_fast)" % job.wanted.describe()
            self._facts = replace(self._facts, giving_up=why)
            self._agenda.update(dict.fromkeys(self._agenda, -math.inf))

    def _watch(self, job: Job) -> None:
        if job.is_open:
            self._open[job.task_id] = job.number
        elif job.has_task:
            self._open.pop(job.task_id, None)

    def _finish_what_is_over(self) -> None:
        """Record what has become of jobs whose last attempt is over; of a run that stops."""
        for job in self._jobs:
            if job.result is not None and job.outcome is None and job.retry_at is None:
                outcome = explained(job, job.result, self._facts.giving_up)
                events = finishing(job, completed(job, outcome))
                self._take([(job.number, event) for event in events])
        self._try_to_record()

    # What is to be done

    def _do_what_is_due(self) -> None:
        while True:
            now = self._clock.monotonic()
            due: Dict[Action, List[Tuple[int, NextStep]]] = {}
            for number in [number for number, at in self._agenda.items() if at <= now]:
                job = self._jobs[number]
                step = next_step(job, now, self._policy, self._facts)
                self._agenda[number] = step.at
                due.setdefault(step.action, []).append((number, step))
                self._take([(number, event) for event in step.events])
            # What follows at once is on disk and known before anything is begun.
            self._record()
            for action, steps in due.items():
                self._begin(action, [(self._jobs[number], step) for number, step in steps])
            self._submit_next()
            if min(self._agenda.values(), default=math.inf) > now:
                break

    def _begin(self, action: Action, due: Due) -> None:
        """Give some jobs to those who do what is to be done with them."""
        if action is Action.SUBMIT:
            self._to_submit.extend(job.number for job, _ in due)
        elif action is Action.COLLECT:
            self._readers.give([job for job, _ in due])
        elif action is Action.CANCEL:
            jobs = [job for job, _ in due]
            what = "cancel %s" % [job.task_id for job in jobs]
            self._questions.ask(what, functools.partial(self._work.cancel, jobs), self._take)
        elif action is Action.CHECK_NVR:
            self._ask("retries", due, self._work.check_nvrs)
        elif action is Action.ASK_BUILD:
            self._ask("builds", due, self._work.ask_builds)
        elif action is Action.NEW_RELEASE:
            # One after the other: two that ask at once would be given the same release.
            numbers = {job.number for job, _ in due}
            others = [job for job in self._jobs if job.number not in numbers]
            take = functools.partial(self._work.take_new_releases, others=others)
            self._ask("releases", due, take)

    def _ask(self, what: str, due: Due, question: Callable[[Due], List[News]]) -> None:
        """
        Ask the hub something about jobs, in a thread of its own; it may take as long as an outage.

        Jobs about which it cannot be asked yet are looked at again soon.
        """
        if self._questions.is_asked(what):
            later = self._clock.monotonic() + SLICE
            self._agenda.update((job.number, later) for job, _ in due)
        else:
            self._questions.ask(what, functools.partial(question, due), self._take)

    def _submit_next(self) -> None:
        """Submit what is queued, as far as the journal may be ahead of the hub."""
        jobs: List[Job] = []
        while self._to_submit and self._submitters.pending + len(jobs) < SUBMITTERS:
            job = self._jobs[self._to_submit.popleft()]
            if job.is_ready and job.outcome is None and self._facts.giving_up is None:
                jobs.append(job)
        if jobs:
            self._submitted_at = self._clock.monotonic()
            self._take(self._jobs.intents(jobs, self._bounds))
            self._record()
        for job in jobs:
            self._submitters.give(self._jobs[job.number])

    def _give_to_collectors(self, results: Sequence[TaskResult]) -> None:
        for result in results:
            self._collectors.give(result)

    def _poll_when_due(self) -> None:
        if not self._open or self._poller.pending or not self._work.watcher.is_due:
            return
        # Not while tasks are made one after the other: each would be looked up by itself. A
        # submission that hangs must not keep the others from being watched, so not for long.
        since = self._clock.monotonic() - self._submitted_at
        if not self._submitters.pending or since >= SLICE:
            self._poller.give(tuple(self._open.items()))

    def _polled(self, polled: Polled) -> None:
        if isinstance(polled, Exception):
            raise polled
        self._take(polled)

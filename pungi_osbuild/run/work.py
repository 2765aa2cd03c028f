"""
The work of a run outside the engine's thread: asking the hub, and placing images.

Each method is given frozen jobs, and returns what has happened as events. Called from kobo
threads; raises nothing but what its docstring names.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Iterable, List, Sequence, Tuple, Union

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub import Hub, HubFaultError
from pungi_osbuild.model import ComposeIdentity
from pungi_osbuild.planning import NvrRegistry, allocate
from pungi_osbuild.run import events
from pungi_osbuild.run.collect import Collector, TaskResult
from pungi_osbuild.run.decide import NextStep
from pungi_osbuild.run.host import Host
from pungi_osbuild.run.job import Job
from pungi_osbuild.run.jobs import News
from pungi_osbuild.run.leftovers import leftovers_of_cancelled
from pungi_osbuild.run.outcomes import defect, failed, not_submitted, refused
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.resume import builds_of
from pungi_osbuild.run.submitting import InDoubtError, Submitter, cancel_tasks
from pungi_osbuild.run.tracked import TrackedTasks
from pungi_osbuild.run.watch import Watcher

logger = logging.getLogger(__name__)

Due = Sequence[Tuple[Job, NextStep]]
"""Jobs, and what is to be done with each."""

Polled = Union[List[News], Exception]
"""What the hub said of tasks, or why it could not be asked."""


@dataclass(frozen=True)
class Work:
    """
    The work, and what it is done with.

    :param registry: the N-V-Rs that the hub knows
    :param identity: of the compose
    :param watcher: asks :attr:`tracked` which tasks have ended
    """

    hub: Hub
    submitter: Submitter
    collector: Collector
    registry: NvrRegistry
    identity: ComposeIdentity
    watcher: Watcher
    tracked: TrackedTasks
    host: Host
    policy: RunPolicy
    clock: Clock

    def submit(self, job: Job) -> List[News]:
        """Submit a request whose intent is in the journal."""
        assert job.submission is not None
        request, intent = job.wanted, job.submission.intent
        there_is_none = (job.number, events.SubmissionRefused(intent))
        if self.policy.stop.requested:
            # A run that is stopped still has items in the queue.
            outcome = not_submitted(request, "the run was stopped")
            return [there_is_none, (job.number, events.AttemptEnded(outcome))]
        try:
            task_id = self.submitter.submit(request, job.submission.bounds.task_id)
        except HubFaultError as fault:
            outcome = refused(request, "the hub refused the task: %s" % fault.reason)
            return [there_is_none, (job.number, events.AttemptEnded(outcome))]
        except InDoubtError as error:
            outcome = refused(request, "%s; whether there is a task now is not known" % error)
            return [(job.number, events.AttemptEnded(outcome, error.lost))]
        except HubError as error:
            return [
                there_is_none,
                (job.number, events.AttemptEnded(refused(request, error.reason), error)),
            ]
        news: List[News] = [
            (job.number, events.TaskSubmitted(intent, task_id)),
            (job.number, events.TimeoutBegan(self.clock.monotonic())),
        ]
        if self.policy.cancel_on_stop and self.policy.stop.requested:
            # The engine may no longer be there to take this result and cancel the task.
            try:
                answers = cancel_tasks(self.hub, [task_id])
            except HubError as error:
                logger.error("%s", error.reason)
            else:
                news.append((job.number, answers[task_id]))
        return news

    def look_up(self, jobs: Iterable[Job]) -> List[News]:
        """Find the tasks of submissions that were not answered; asked once."""
        sent, known = {}, set()
        for job in jobs:
            if job.has_task:
                known.add(job.task_id)
            elif job.in_doubt and job.submission is not None:
                sent[job.number] = (job.wanted, job.submission)
        sought = [(request, submission.bounds.task_id) for request, submission in sent.values()]
        try:
            found = self.submitter.look_up(sought, known) if sought else {}
        except (HubFaultError, PungiOsbuildError) as error:
            logger.error("what was not answered could not be looked up: %s", error)
            return []
        return [
            (number, events.TaskSubmitted(sent[number][1].intent, task_id))
            for number, task_id in found.items()
        ]

    def poll(self, tasks: Sequence[Tuple[int, int]]) -> Polled:
        """
        Ask how tasks stand.

        :param tasks: the id of each, and the number of its request
        :raises Exception: the hub could not be asked
        """
        numbers = dict(tasks)
        ended = self.watcher.poll(numbers)
        seen: List[Tuple[int, events.Event]] = [
            *self.tracked.take_seen(),
            *((one.task_id, events.TaskSeen(one.task)) for one in ended),
        ]
        return [(numbers[task_id], event) for task_id, event in seen if task_id in numbers]

    def collect(self, result: TaskResult) -> List[News]:
        """
        Collect the result of a task that has ended, and place its images.

        :raises HubError: the hub could not be reached, which says nothing of the image
        """
        job, intent = result.job, _intent(result.job)
        happened: List[events.Event] = []
        if job.task is not None:
            happened.append(events.StateSeen(intent, job.task.state.name))
        outcome = self.collector.finish(result)
        happened.extend(
            events.ImagePlaced(intent, image.path, image.size) for image in outcome.images
        )
        if outcome.ok:
            outcome = self.host.built(outcome)
        return [(job.number, event) for event in (*happened, events.AttemptEnded(outcome))]

    def cancel(self, jobs: Sequence[Job]) -> List[News]:
        """
        Have the tasks of jobs cancelled.

        :raises HubError: the hub could not be reached
        """
        answers = cancel_tasks(self.hub, [job.task_id for job in jobs])
        return [(job.number, answers[job.task_id]) for job in jobs]

    def check_nvrs(self, due: Due) -> List[News]:
        """
        Ask whether N-V-Rs can be used once more.

        :raises HubFaultError: the hub refused a call
        :raises HubError: the hub could not be reached
        """
        taken = self.registry.taken([str(job.wanted.nvr) for job, _ in due])
        return [(job.number, events.NvrChecked(job.wanted.nvr in taken)) for job, _ in due]

    def ask_builds(self, due: Due) -> List[News]:
        """
        Ask who has N-V-Rs.

        :raises HubFaultError: the hub refused a call
        :raises HubError: the hub could not be reached
        :raises ReplyError: a reply does not look as it should
        """
        builds = builds_of(self.hub, [str(job.wanted.nvr) for job, _ in due])
        now = self.clock.monotonic()
        return [(job.number, events.BuildSeen(builds[str(job.wanted.nvr)], now)) for job, _ in due]

    def take_new_releases(self, due: Due, others: Sequence[Job]) -> List[News]:
        """
        Allocate other releases.

        :param others: all other jobs of the run: the hub may not know their releases yet
        :raises HubError: no free release was found
        """
        for job, _ in due:
            logger.warning(
                "%s was taken by another build meanwhile; taking another", job.wanted.nvr
            )
        wanted = [replace(step.request, base_release=None) for _, step in due if step.request]
        taken = [job.wanted for job in others]
        allocated = allocate(wanted, self.registry, self.identity, taken)
        return [(request.number, events.ReadyToSubmit(request)) for request in allocated]


def not_read(jobs: Sequence[Job], error: Exception) -> Tuple[TaskResult, ...]:
    """Return what is found about tasks when reading has raised an exception."""
    return tuple(TaskResult(job, error) for job in jobs)


def not_polled(_tasks: Sequence[Tuple[int, int]], error: Exception) -> Polled:
    """Return the result of a poll that has raised an exception."""
    return error


def not_submitted_by_defect(job: Job, error: Exception) -> List[News]:
    """Return what has happened when submitting has raised an exception."""
    return [(job.number, events.AttemptEnded(refused(job.wanted, defect(error))))]


def not_collected(result: TaskResult, error: Exception) -> List[News]:
    """Return what has happened when collecting has raised an exception."""
    job, task = result.job, result.job.task
    lost = error if isinstance(error, HubError) else None
    if lost is None:
        outcome = failed(job, defect(error), task)
    else:
        reason = "task %d ended, and what it built was not collected: %s"
        outcome = failed(job, reason % (job.task_id, lost.reason), task)
    # Whatever it has built or uploaded, nobody has seen it.
    outcome = replace(outcome, leftovers=leftovers_of_cancelled(job.wanted))
    return [(job.number, events.AttemptEnded(outcome, lost))]


def _intent(job: Job) -> int:
    assert job.submission is not None
    return job.submission.intent

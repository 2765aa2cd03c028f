"""
The plan of a resumed run: what became of earlier submissions, and what to do with them.

A submission of which nobody knows whether it became a task is looked up by its arguments. A task
that was cancelled leaves a build that composer goes on with, and that is taken over when it is
complete.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Callable, Dict, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import (
    Answer,
    Batch,
    Hub,
    KojiBuild,
    LostSubmission,
    Task,
    TaskState,
    await_submitted,
    build_call,
    execute_all,
    look_up,
    read_build,
    sent_digests,
)
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.run.history import History, Submission
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.resume import (
    Decision,
    InProgress,
    Match,
    OrphanedBuild,
    Rebuild,
    ToSubmit,
    decide,
    match,
    removed_from_config,
)

logger = logging.getLogger(__name__)

TASKS_PER_CALL = 50
"""Tasks looked up in one call, with a SELECT of the hub's for each."""


_LEFT_ALONE = "%s: built again; task %d is left alone, `koji cancel %d` if nobody wants it"


@dataclass(frozen=True)
class ResumePlan:
    """What is to be done with each request of a run, each in one of three ways."""

    to_submit: Tuple[ToSubmit, ...] = ()
    in_progress: Tuple[InProgress, ...] = ()
    orphaned: Tuple[OrphanedBuild, ...] = ()

    @property
    def continued(self) -> Tuple[ImageRequest, ...]:
        """The requests that are not submitted again, with the releases that they have."""
        return (
            *(one.request for one in self.in_progress),
            *(one.request for one in self.orphaned),
        )

    @property
    def is_resumed(self) -> bool:
        """Whether there is anything to continue."""
        return bool(self.in_progress or self.orphaned)


def check_hub(
    hub: Hub, requests: Sequence[ImageRequest], history: History, rebuild: Rebuild
) -> None:
    """
    Refuse another hub than the one that requests were submitted to.

    One hub may have several addresses. It is the same where it has the tasks: with their numbers
    and with exactly the arguments that were sent. It is asked only when its address is another.

    :raises HubError: the hub could not be reached
    :raises InputError: it is another hub, or nothing proves that it is the same
    """
    here = hub.profile.server.rstrip("/")
    elsewhere = [
        (one.request, one.submission)
        for one in match(requests, history)
        if one.submission is not None
        and not one.submission.refused
        and (one.submission.server or here).rstrip("/") != here
    ]
    if rebuild is Rebuild.ALL or not elsewhere:
        return
    # A task's number and the digest of its arguments: a few are proof enough.
    known = [one for one in elsewhere if one[1].task_id is not None][:TASKS_PER_CALL]
    digests = sent_digests(
        hub, {one.task_id: one.slot.method for _, one in known if one.task_id is not None}
    )
    for request, submission in known or elsewhere:
        if submission.task_id is None or digests.get(submission.task_id) != submission.sent:
            raise InputError(
                "%s was submitted to the Koji hub at %s, and the hub at %s (profile %r) does not"
                " have its task" % (request.describe(), submission.server, here, hub.profile.name),
                "Use a profile that leads to the first hub. `pungi-osbuild run --rebuild-all`"
                " forgets what was submitted for the compose, and builds everything at the other"
                " hub.",
            )


def plan_resume(
    hub: Hub,
    user_id: int,
    requests: Sequence[ImageRequest],
    journal: Journal,
    rebuild: Rebuild,
    clock: Clock,
    check: Callable[[], None] = lambda: None,
) -> ResumePlan:
    """
    Return what is to be done with each request, by what the journal and the hub say.

    Asks nobody when nothing was submitted before. What is found out of a submission in doubt is
    written to the journal.

    :param user_id: who submits
    :param check: called now and then; may raise to end the asking
    :raises HubFaultError: the hub refused a call
    :raises HubError: the hub could not be reached
    :raises ReplyError: a reply does not look as it should
    """
    history = journal.history
    if rebuild is Rebuild.ALL or not history.submissions:
        _warn_of_forgotten(history)
        return ResumePlan(tuple(ToSubmit(request) for request in requests))
    matches = match(requests, history)
    for gone in removed_from_config(matches, history):
        if gone.outcome is not None:
            continue  # another config has built it, or it has failed: nothing is lost
        logger.warning(
            "%s is not in the config any more: %s is left alone",
            *(gone.slot.describe(), _describe(gone)),
        )
    ids = _find_tasks(hub, user_id, matches, journal, clock, check)
    tasks = _tasks(hub, list(ids.values()))
    states = {position: tasks.get(task_id) for position, task_id in ids.items()}
    builds = _builds(hub, matches, states)
    decisions = [
        decide(one, rebuild, states.get(position), builds.get(position), history.tasks)
        for position, one in enumerate(matches)
    ]
    for position, (one, decision) in enumerate(zip(matches, decisions)):
        task = states.get(position)
        if isinstance(decision, ToSubmit) and task is not None and not task.state.is_end:
            logger.warning(_LEFT_ALONE, one.request.describe(), task.id, task.id)
        _log_decision(one, decision)
        if not isinstance(decision, ToSubmit):
            journal.resume(decision.request, decision.submission)
            journal.resumed(
                decision.request,
                decision.submission.attempt,
                decision.task.state.name,
                isinstance(decision, OrphanedBuild),
            )
    return ResumePlan(
        tuple(one for one in decisions if isinstance(one, ToSubmit)),
        tuple(one for one in decisions if isinstance(one, InProgress)),
        tuple(one for one in decisions if isinstance(one, OrphanedBuild)),
    )


def _find_tasks(
    hub: Hub,
    user_id: int,
    matches: Sequence[Match],
    journal: Journal,
    clock: Clock,
    check: Callable[[], None],
) -> Dict[int, int]:
    """Return the ids of the tasks that there are, by the position of their match."""
    ids: Dict[int, int] = {}
    doubtful: Dict[int, Submission] = {}
    for position, one in enumerate(matches):
        if one.submission is None or one.submission.refused:
            continue
        if one.submission.task_id is not None:
            ids[position] = one.submission.task_id
        else:
            doubtful[position] = one.submission
    if not doubtful:
        return ids
    found: Dict[int, int] = {}
    # Somebody else may go on with what the first one has submitted.
    for owner in {submission.bounds.owner or user_id for submission in doubtful.values()}:
        sought = [
            LostSubmission(
                position, submission.slot.method, submission.sent, submission.bounds.task_id
            )
            for position, submission in doubtful.items()
            if (submission.bounds.owner or user_id) == owner
        ]
        known = journal.history.tasks
        found.update(await_submitted(hub, owner, sought, clock, check, known))
    for position, submission in doubtful.items():
        request, task_id = matches[position].request, found.get(position)
        journal.resume(request, submission)
        if task_id is None:
            logger.info("%s: the hub knows no task of it", request.describe())
            journal.refused(request, submission.attempt)
        else:
            logger.info("%s: found task %d on the hub", request.describe(), task_id)
            journal.submitted(request, submission.attempt, task_id)
            ids[position] = task_id
    return ids


def _tasks(hub: Hub, ids: Sequence[int]) -> Mapping[int, Task]:
    slices = [ids[start : start + TASKS_PER_CALL] for start in range(0, len(ids), TASKS_PER_CALL)]
    found: Dict[int, Task] = {}
    for tasks in execute_all(hub, [look_up(some) for some in slices]):
        if isinstance(tasks, Exception):
            raise tasks
        found.update((task.id, task) for task in tasks)
    return found


def _builds(
    hub: Hub, matches: Sequence[Match], states: Mapping[int, Optional[Task]]
) -> Mapping[int, Optional[KojiBuild]]:
    """Return what is left of tasks that came to nothing, by the position of their match."""
    batch = Batch()
    answers: Dict[int, Answer[Optional[KojiBuild]]] = {}
    for position, task in states.items():
        submission = matches[position].submission
        over = task is not None and task.state in (TaskState.CANCELED, TaskState.FAILED)
        if over and submission is not None and submission.nvr is not None:
            nvr = submission.nvr
            answers[position] = batch.ask(build_call(nvr), partial(read_build, nvr))
    batch.send(hub)
    return {position: answer() for position, answer in answers.items()}


def _warn_of_forgotten(history: History) -> None:
    for one in history.submissions:
        if one.task_id is not None and one.outcome is None and not history.is_hub_gone:
            logger.warning(_LEFT_ALONE, one.slot.describe(), one.task_id, one.task_id)


def _describe(submission: Submission) -> str:
    if submission.task_id is None:
        return "a submission that may have become a task (%s)" % submission.nvr
    return "task %d (%s)" % (submission.task_id, submission.nvr)


def _log_decision(one: Match, decision: Decision) -> None:
    what = one.request.describe()
    if isinstance(decision, ToSubmit):
        if decision.last is not None and decision.last.task_id is not None:
            logger.info(
                "%s: task %d came to nothing; submitting it again", what, decision.last.task_id
            )
        return
    if isinstance(decision, OrphanedBuild):
        logger.info(
            "%s: task %d was cancelled, and composer goes on with %s: waiting for it",
            *(what, decision.task.id, decision.submission.nvr),
        )
        return
    if decision.build_id is not None:
        logger.info(
            "%s: taking over %s, which task %d has left",
            *(what, decision.submission.nvr, decision.task.id),
        )
    if decision.changed:
        logger.warning(
            "%s: %s has changed since task %d was submitted, which is kept; --rebuild-changed"
            " builds it again",
            *(what, one.request.config.place, decision.task.id),
        )

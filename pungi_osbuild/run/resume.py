"""
Resuming: what the hub says of what earlier runs have submitted, asked about all of it together.

What is done then, the table of :mod:`pungi_osbuild.run.decide` says. A submission of which nobody
knows whether it became a task is looked up by its arguments. A task that was cancelled leaves a
build that composer goes on with, and that is taken over when it is complete.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import (
    Batch,
    Hub,
    KojiBuild,
    LostSubmission,
    Task,
    await_submitted,
    build_call,
    execute_all,
    look_up,
    read_build,
    sent_digests,
)
from pungi_osbuild.model import ImageRequest, OutcomeKind
from pungi_osbuild.run import events
from pungi_osbuild.run.decide import Action, next_step
from pungi_osbuild.run.history import History
from pungi_osbuild.run.job import Job, Submission
from pungi_osbuild.run.jobs import Jobs, News
from pungi_osbuild.run.policy import Rebuild, RunPolicy
from pungi_osbuild.run.situation import Facts

logger = logging.getLogger(__name__)

TASKS_PER_CALL = 50
"""Tasks looked up in one call, with a SELECT of the hub's for each."""

_LEFT_ALONE = "%s: built again; task %d is left alone, `koji cancel %d` if nobody wants it"


def may_be_submitted(
    requests: Sequence[ImageRequest], history: History
) -> Tuple[ImageRequest, ...]:
    """Return the requests that a run may submit, as far as that can be said without the hub."""
    jobs = history.jobs_for(list(map(events.Planned.of, requests)))
    return tuple(
        request for request, job in zip(requests, jobs) if not _is_in_progress(job.submission)
    )


def _is_in_progress(submission: Optional[Submission]) -> bool:
    """Whether a task was submitted, and nobody has said that it came to nothing."""
    return (
        submission is not None
        and submission.task_id is not None
        and submission.outcome in (None, OutcomeKind.BUILT)
    )


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
    jobs = history.jobs_for(list(map(events.Planned.of, requests)))
    elsewhere = [
        (request, job.submission)
        for request, job in zip(requests, jobs)
        if job.submission is not None
        and not job.submission.refused
        and (job.submission.server or here).rstrip("/") != here
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


def warn_of_unplanned(jobs: Iterable[Job], history: History, is_anew: bool) -> None:
    """Log what earlier runs have submitted, and this one leaves alone."""
    slots = set() if is_anew else {job.planned.slot for job in jobs}
    # Another config has built it, or it has failed: then nothing is lost.
    last = {one.slot: one for one in history.submissions if not one.refused}
    for slot, one in last.items():
        if slot in slots or one.outcome is not None or history.is_hub_gone:
            continue
        if not is_anew:
            what = "%s is not in the config any more: %s is left alone"
            logger.warning(what, slot.describe(), _describe(one))
        elif one.task_id is not None:
            logger.warning(_LEFT_ALONE, slot.describe(), one.task_id, one.task_id)


def resume(
    hub: Hub,
    user_id: int,
    jobs: Jobs,
    policy: RunPolicy,
    tasks: Set[int],
    clock: Clock,
) -> Tuple[ImageRequest, ...]:
    """
    Go on with what earlier runs have submitted; return the requests that are to be submitted.

    Asks nobody when nothing was submitted before. What is found out of a submission in doubt is
    written to the journal.

    :param user_id: who submits
    :param tasks: the ids of all tasks that were ever submitted for this compose; those that are
        found are added
    :raises HubFaultError: the hub refused a call
    :raises HubError: the hub could not be reached
    :raises ReplyError: a reply does not look as it should
    """
    while True:
        facts, now = Facts(frozenset(tasks)), clock.monotonic()
        earlier = [(job, next_step(job, now, policy, facts)) for job in jobs if not job.is_ours]
        due: Dict[Action, List[Job]] = {}
        for job, step in earlier:
            due.setdefault(step.action, []).append(job)
        unknown = due.get(Action.LOOK_UP, [])
        news = [
            *_looked_up(hub, user_id, unknown, tasks, clock, policy.stop.check),
            *_tasks_seen(hub, due.get(Action.ASK_TASK, [])),
            *_builds_seen(hub, due.get(Action.ASK_BUILD, []), now),
            *((job.number, event) for job, step in earlier for event in step.events),
        ]
        if not news:
            break
        jobs.record([*news, *_timeouts(hub, jobs, news, clock)])
        tasks.update(event.task_id for _, event in news if isinstance(event, events.TaskSubmitted))
    for job, step in earlier:
        if step.request is not None:
            _log_built_again(job)
    return tuple(step.request for _, step in earlier if step.request is not None)


def _timeouts(hub: Hub, jobs: Jobs, news: Iterable[News], clock: Clock) -> Iterator[News]:
    """
    Give since when the timeouts of tasks that are resumed count.

    By the hub's own times: the host's clock may have been set since then. What has ended while
    nobody looked is not overdue, however long ago it was submitted.
    """
    for number, event in news:
        task = jobs[number].task
        if isinstance(event, events.TaskResumed) and task is not None and not task.state.is_end:
            yield number, events.TimeoutBegan(clock.monotonic() - hub.time.age(task.times.created))


def _looked_up(
    hub: Hub,
    user_id: int,
    jobs: Iterable[Job],
    known: Set[int],
    clock: Clock,
    check: Callable[[], None],
) -> List[News]:
    """Return what became of submissions of which nobody knows if there is a task."""
    doubtful = {job.number: job.submission for job in jobs if job.submission is not None}
    found: Dict[int, int] = {}
    # Somebody else may go on with what the first one has submitted.
    for owner in {submission.bounds.owner or user_id for submission in doubtful.values()}:
        sought = [
            LostSubmission(
                number, submission.slot.method, submission.sent, submission.bounds.task_id
            )
            for number, submission in doubtful.items()
            if (submission.bounds.owner or user_id) == owner
        ]
        found.update(await_submitted(hub, owner, sought, clock, check, known))
    news: List[News] = []
    for number, submission in doubtful.items():
        task_id = found.get(number)
        event: events.Event = events.SubmissionRefused(submission.intent)
        if task_id is None:
            logger.info("%s: the hub knows no task of it", submission.slot.describe())
        else:
            logger.info("%s: found task %d on the hub", submission.slot.describe(), task_id)
            event = events.TaskSubmitted(submission.intent, task_id)
        news.append((number, event))
    return news


def _tasks_seen(hub: Hub, jobs: Sequence[Job]) -> List[News]:
    ids = [job.task_id for job in jobs]
    slices = [ids[start : start + TASKS_PER_CALL] for start in range(0, len(ids), TASKS_PER_CALL)]
    found: Dict[int, Task] = {}
    for tasks in execute_all(hub, [look_up(some) for some in slices]):
        if isinstance(tasks, Exception):
            raise tasks
        found.update((task.id, task) for task in tasks)
    return [(job.number, events.TaskSeen(found.get(job.task_id))) for job in jobs]


def _builds_seen(hub: Hub, jobs: Sequence[Job], now: float) -> List[News]:
    nvrs = {job.number: job.submission.nvr for job in jobs if job.submission is not None}
    builds = builds_of(hub, [nvr for nvr in nvrs.values() if nvr is not None])
    return [(number, events.BuildSeen(builds.get(nvr or ""), now)) for number, nvr in nvrs.items()]


def builds_of(hub: Hub, nvrs: Iterable[str]) -> Mapping[str, Optional[KojiBuild]]:
    """
    Return the builds that have some N-V-Rs, asked in one multicall; None where there is none.

    :raises HubFaultError: the hub refused a call
    :raises HubError: the hub could not be reached
    :raises ReplyError: a reply does not look as it should
    """
    batch = Batch()
    answers = {
        nvr: batch.ask(build_call(nvr), partial(read_build, nvr)) for nvr in sorted(set(nvrs))
    }
    batch.send(hub)
    return {nvr: answer() for nvr, answer in answers.items()}


def reused_releases(prepared: Iterable[ImageRequest], jobs: Jobs) -> Mapping[int, str]:
    """
    Return releases of the hub's that requests may have once more, by the requests' numbers.

    The one that the request had before, whose build came to nothing; or the one that another arch
    of its block has. Whether it can be had is for the hub to say.
    """
    siblings: Dict[Tuple[str, str], Set[str]] = {}
    for job in jobs:
        request = job.wanted
        if job.is_ours and request.release_from_hub and request.base_release is not None:
            block = (request.variant, request.config.place)
            siblings.setdefault(block, set()).add(request.base_release)
    found: Dict[int, str] = {}
    for request in prepared:
        if not request.release_from_hub:
            continue
        last = jobs[request.number].submission
        before = None if last is None or jobs[request.number].is_changed else last.base_release
        others = siblings.get((request.variant, request.config.place), set())
        base = before or (min(others) if len(others) == 1 else None)
        if base is not None:
            found[request.number] = base
    return found


def _describe(submission: Submission) -> str:
    if submission.task_id is None:
        return "a submission that may have become a task (%s)" % submission.nvr
    return "task %d (%s)" % (submission.task_id, submission.nvr)


def _log_built_again(job: Job) -> None:
    what = job.wanted.describe()
    if job.task is not None and not job.task.state.is_end:
        logger.warning(_LEFT_ALONE, what, job.task_id, job.task_id)
    if job.has_task:
        logger.info("%s: task %d came to nothing; submitting it again", what, job.task_id)

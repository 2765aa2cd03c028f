"""Engines for tests, put together by hand, and jobs in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence, Tuple, Type

from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Hub
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.methods import block_digest, sent_digest
from pungi_osbuild.model import ImageRequest, Outcome, PlacedImage, Settings
from pungi_osbuild.run import Job, ProgressTracker
from pungi_osbuild.run.collect import Collector
from pungi_osbuild.run.engine import Engine
from pungi_osbuild.run.events import (
    Bounds,
    Ending,
    ImagePlaced,
    OutcomeReached,
    PlanMade,
    Planned,
    ReadyToSubmit,
    RunEnded,
    Slot,
    StateSeen,
    SubmissionIntended,
    SubmissionRefused,
    TaskResumed,
    TaskSubmitted,
)
from pungi_osbuild.run.host import ComposeFolder
from pungi_osbuild.run.hub_queries import HubNvrs, UserTasks
from pungi_osbuild.run.job import Submission, apply
from pungi_osbuild.run.jobs import Jobs, Listener
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.outcomes import finishing
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.submitting import Submitter
from pungi_osbuild.run.tracked import TrackedTasks
from pungi_osbuild.run.watch import Watcher
from pungi_osbuild.run.work import Work
from tests.rehearsed import QUICK
from tests.values import a_koji_place, an_identity


def plan_of(requests: Sequence[ImageRequest], anew: bool = False, **koji: Any) -> PlanMade:
    """Return the event that a run makes of its plan."""
    place = a_koji_place(**koji)
    planned = tuple(map(Planned.of, requests))
    return PlanMade(an_identity().id, place.profile, place.server, anew, planned)


def intended(
    request: ImageRequest,
    intent: int = 0,
    bounds: Bounds = Bounds(),  # noqa: B008
) -> SubmissionIntended:
    """Return the event that a request is about to be submitted."""
    planned = Planned.of(request)
    return SubmissionIntended(
        intent,
        request.attempt,
        planned.slot,
        block_digest(request),
        sent_digest(request),
        request.version,
        request.base_release,
        request.nvr,
        bounds,
    )


def a_job(request: ImageRequest, task_id: Optional[int] = None, **changes: Any) -> Job:
    """Return the job of a request, with a task where it has an id."""
    job = Job(Planned.of(request), request=request)
    if task_id is not None:
        job = apply(job, intended(request), 1000.0)
        job = apply(job, TaskSubmitted(0, task_id), 1000.0)
    return replace(job, **changes)


def finish(listener: Listener, outcome: Outcome) -> None:
    """Let a listener know what has become of a request for good."""
    slot = Slot.of(outcome.request)
    event = OutcomeReached(0, outcome.attempt, slot, outcome.kind, outcome.explanation)
    listener.notify(event, a_job(outcome.request, outcome.task_id, outcome=outcome))


class WrittenJournal(Journal):
    """A journal that is written by hand, line by line, as a run writes it."""

    def __init__(self, topdir: Path, now: Callable[[], float], rebuild_all: bool = False) -> None:
        super().__init__(topdir, now, rebuild_all)
        self._intents: Dict[Tuple[int, int], int] = {}

    def plan(
        self, requests: Sequence[ImageRequest], anew: bool = False, server: Optional[str] = None
    ) -> None:
        place = {} if server is None else {"server": server}
        self.append([plan_of(requests, anew, **place)])

    def intent(self, request: ImageRequest, attempt: int, bounds: Bounds = Bounds()) -> None:  # noqa: B008
        self._intents[request.number, attempt] = self.next_intent
        self.append([intended(request.with_attempt(attempt), self.next_intent, bounds)])

    def resume(self, request: ImageRequest, submission: Submission) -> None:
        self._intents[request.number, submission.attempt] = submission.intent

    def resumed(self, request: ImageRequest, attempt: int, state: str, waiting: bool) -> None:
        self.append([TaskResumed(self._intents[request.number, attempt], state, waiting)])

    def submitted(self, request: ImageRequest, attempt: int, task_id: int) -> None:
        self.append([TaskSubmitted(self._intents[request.number, attempt], task_id)])

    def refused(self, request: ImageRequest, attempt: int) -> None:
        self.append([SubmissionRefused(self._intents[request.number, attempt])])

    def state(self, request: ImageRequest, attempt: int, state: str) -> None:
        self.append([StateSeen(self._intents[request.number, attempt], state)])

    def placed(self, request: ImageRequest, attempt: int, image: PlacedImage) -> None:
        self.append([ImagePlaced(self._intents[request.number, attempt], image.path, image.size)])

    def outcome(self, outcome: Outcome) -> None:
        request = outcome.request
        intent = self._intents.get((request.number, outcome.attempt))
        slot, reason = Slot.of(request), outcome.explanation
        self.append([OutcomeReached(intent, outcome.attempt, slot, outcome.kind, reason)])

    def end(self, ending: Ending) -> None:
        self.append([RunEnded(ending)])


def an_engine(
    hub: Hub,
    topdir: Path,
    journal: Journal,
    requests: Sequence[ImageRequest],
    policy: RunPolicy = RunPolicy(),  # noqa: B008
    clock: Clock = Clock(),  # noqa: B008
    submitter: Type[Submitter] = Submitter,
    collector: Type[Collector] = Collector,
    over: Sequence[Outcome] = (),
) -> Tuple[Engine, Jobs]:
    """
    Return the engine of a run of some requests, and their jobs; nothing has begun.

    :param over: outcomes that are known before
    """
    host = ComposeFolder(topdir, an_identity(), Settings())
    tasks = UserTasks(hub, hub.user_id(), ("osbuildImage",))
    tracked = TrackedTasks(tasks, ProgressTracker(), clock, False)
    work = Work(
        hub,
        submitter(hub, tasks.owner, clock, policy.stop),
        collector(hub, topdir, Settings(), productmd_types(), clock, host.source),
        HubNvrs(hub),
        an_identity(),
        Watcher(tracked, QUICK, clock),
        tracked,
        host,
        policy,
        clock,
    )
    planned = [Job(Planned.of(request), request=request) for request in requests]
    journal.append([plan_of(requests)])
    jobs = Jobs(planned, journal, (host,), hub.time.now)
    jobs.record([(request.number, ReadyToSubmit(request)) for request in requests])
    for one in over:
        events = finishing(jobs[one.request.number], one)
        jobs.record([(one.request.number, event) for event in events])
    return Engine(jobs, work), jobs

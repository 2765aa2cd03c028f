"""A whole run: allocate, submit, watch, collect, place, record."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.errors import HubError, RunInterruptedError
from pungi_osbuild.hub import (
    Hub,
    HubFaultError,
    Profile,
    Task,
    ended_since,
    fault_text,
    look_up,
    next_number,
    submit,
    taken,
)
from pungi_osbuild.metadata import Vocabulary
from pungi_osbuild.model import (
    Compose,
    ImageRequest,
    Outcome,
    RunResult,
    Settings,
)
from pungi_osbuild.phase.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.phase.collect import Collector, Submitted, Work, failed, refused
from pungi_osbuild.phase.journal import Journal
from pungi_osbuild.phase.media_checksums import check_media_checksums
from pungi_osbuild.phase.record import record
from pungi_osbuild.phase.releases import allocate
from pungi_osbuild.phase.watch import PollPolicy, Watcher
from pungi_osbuild.phase.workers import Workers

logger = logging.getLogger(__name__)

SUBMITTERS = 3
COLLECTORS = 4
MAX_ATTEMPTS = 5
"""Submissions of one request whose allocated release is taken by others again and again."""


@dataclass(frozen=True)
class RunOptions:
    """
    How a run goes about it.

    :param over_http: fetch images over HTTP even where Koji's volume is mounted
    :param policy: how often the hub is asked; None: adaptive, or ``osbuild_poll_interval``
    """

    over_http: bool = False
    policy: Optional[PollPolicy] = None


DEFAULTS = RunOptions()


@dataclass(frozen=True)
class _HubTasks:
    """The image tasks of one user on a hub."""

    hub: Hub
    owner: int

    def ended_since(self, since: float) -> Tuple[Task, ...]:
        return ended_since(self.hub, self.owner, since)

    def look_up(self, ids: Sequence[int]) -> Tuple[Task, ...]:
        return look_up(self.hub, ids)


@dataclass(frozen=True)
class _HubRegistry:
    """The N-V-Rs that a hub knows."""

    hub: Hub

    def next_number(self, name: str, version: str) -> Optional[int]:
        return next_number(self.hub, name, version)

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        return set(taken(self.hub, nvrs))


def run(
    requests: Sequence[ImageRequest],
    compose: Compose,
    settings: Settings,
    profile: Profile,
    vocabulary: Vocabulary,
    options: RunOptions = DEFAULTS,
    clock: Clock = SYSTEM_CLOCK,
) -> RunResult:
    """
    Build every request, place the images below ``compose.topdir`` and record them.

    Takes a plan that was checked; touches the hub, the compose's image folders, ``images.json``,
    ``osbuild.json`` and ``work/global/osbuild``. A request that failed is an outcome.

    :raises HubError: the hub cannot be reached, or nobody is logged in
    :raises InputError: another run is at work on the compose
    :raises SourceError: the checksum options cannot be used; nothing was submitted
    :raises RunInterruptedError: stopped from outside; what was done by then is recorded
    """
    topdir = Path(compose.topdir)
    check_media_checksums(settings, compose.identity)
    with Journal(topdir, clock.now) as journal, Hub(profile) as hub:
        tasks = _HubTasks(hub, hub.user_id())
        with _faults_explained(profile):
            allocated = allocate(requests, _HubRegistry(hub), compose.identity)
        policy = options.policy or PollPolicy(fixed=settings.poll_interval)
        course = _Course(
            hub=hub,
            journal=journal,
            compose=compose,
            watcher=Watcher(tasks, policy, clock),
            collector=Collector(hub, topdir, settings, vocabulary, clock, options.over_http),
            clock=clock,
        )
        interrupted = False
        try:
            course.go(allocated)
        except KeyboardInterrupt:
            interrupted = True
        outcomes = tuple(
            course.outcomes[request.number]
            for request in allocated
            if request.number in course.outcomes
        )
        result = RunResult(compose.identity, profile.place, outcomes)
        result = record(result, () if interrupted else allocated, topdir, settings)
        if interrupted:
            raise _interrupted(course)
        return result


class _Course:
    """What happens between the first submission and the last image in its place."""

    def __init__(
        self,
        hub: Hub,
        journal: Journal,
        compose: Compose,
        watcher: Watcher,
        collector: Collector,
        clock: Clock,
    ) -> None:
        self.hub = hub
        self.outcomes: Dict[int, Outcome] = {}
        self._journal = journal
        self._compose = compose
        self._watcher = watcher
        self._collector = collector
        self._clock = clock
        self._running: Dict[int, Submitted] = {}

    @property
    def open_tasks(self) -> List[int]:
        """The tasks whose end was not seen."""
        return sorted(self._watcher.open)

    def go(self, requests: Sequence[ImageRequest]) -> None:
        """Submit all requests, and go on until there is an outcome for each."""
        self._submit([(request, 1) for request in requests])
        with Workers(self._collect, self._collect_broke, COLLECTORS) as collectors:
            while self._watcher.open or collectors.pending:
                again: List[Outcome] = []
                if self._watcher.open:
                    ended, reply = self._watcher.timed_poll()
                    for item in ended:
                        collectors.give((self._running[item.task_id], item.task))
                    done = collectors.take_ready()
                    again = [outcome for outcome in done if not self._settle(outcome)]
                    if self._watcher.open and not again:
                        self._watcher.wait(reply)
                else:
                    outcome = collectors.take()
                    again = [] if self._settle(outcome) else [outcome]
                if again:
                    self._submit(self._with_new_releases(again))

    def _submit(self, requests: Sequence[Tuple[ImageRequest, int]]) -> None:
        with Workers(self._submit_one, self._submit_broke, SUBMITTERS) as submitters:
            for request in requests:
                submitters.give(request)
            while submitters.pending:
                done = submitters.take()
                if isinstance(done, Outcome):
                    self._settle(done)
                else:
                    self._running[done.task_id] = done
                    self._watcher.add(done.task_id)

    def _submit_one(self, item: Tuple[ImageRequest, int]) -> Union[Submitted, Outcome]:
        request, attempt = item
        self._journal.intent(request, attempt)
        try:
            task_id = submit(self.hub, request)
        except HubFaultError as fault:
            return refused(request, attempt, "the hub refused the task: %s" % fault_text(fault))
        except HubError as error:
            return refused(request, attempt, error.reason)
        self._journal.submitted(request, attempt, task_id)
        logger.info("submitted %s: task %d, %s", request.describe(), task_id, request.nvr)
        return Submitted(request, task_id, attempt)

    def _submit_broke(
        self, item: Tuple[ImageRequest, int], error: Exception
    ) -> Union[Submitted, Outcome]:
        return refused(item[0], item[1], _bug(error))

    def _collect(self, work: Work) -> Outcome:
        return self._collector.collect(*work)

    def _collect_broke(self, work: Work, error: Exception) -> Outcome:
        return failed(work[0], _bug(error), work[1])

    def _settle(self, outcome: Outcome) -> bool:
        """Keep an outcome; False when its request is to be submitted again instead."""
        request = outcome.request
        if outcome.nvr_taken and request.release_from_hub and outcome.attempt < MAX_ATTEMPTS:
            logger.warning("%s was taken by another build meanwhile; taking another", request.nvr)
            return False
        self._journal.outcome(outcome)
        self.outcomes[request.number] = outcome
        if not outcome.ok:
            logger.error(
                "%s %s%s: %s",
                outcome.kind.value,
                request.describe(),
                " (it may fail)" if request.can_fail else "",
                outcome.reason,
            )
        return True

    def _with_new_releases(self, again: Sequence[Outcome]) -> List[Tuple[ImageRequest, int]]:
        waiting = [replace(outcome.request, base_release=None) for outcome in again]
        with _faults_explained(self.hub.profile):
            allocated = allocate(waiting, _HubRegistry(self.hub), self._compose.identity)
        return [(request, outcome.attempt + 1) for request, outcome in zip(allocated, again)]


def _bug(error: Exception) -> str:
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)


def _interrupted(course: _Course) -> RunInterruptedError:
    open_tasks = course.open_tasks
    named = ", ".join(str(task_id) for task_id in open_tasks) or "none"
    return RunInterruptedError(
        "interrupted; tasks that go on in Koji: %s" % named,
        "What was finished is recorded. Cancel the tasks with `koji cancel` if they are not"
        " wanted.",
    )


@contextmanager
def _faults_explained(profile: Profile) -> Iterator[None]:
    try:
        yield
    except HubFaultError as fault:
        raise HubError(
            "the hub at %s refused: %s" % (profile.server, fault_text(fault)),
            "Check the profile %r and what it may do there." % profile.name,
        ) from fault

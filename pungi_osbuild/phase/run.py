"""A whole run: allocate, submit, watch, collect, place, record."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from pungi_osbuild.errors import (
    ConfigError,
    HubError,
    PungiOsbuildError,
    RunInterruptedError,
)
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
from pungi_osbuild.phase.preflight import preflight
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

    :raises ConfigError: the hub says that a request which may not fail would, so nothing was
        submitted
    :raises HubError: the hub cannot be reached, or refuses; what was done by then is recorded
    :raises InputError: another run is at work on the compose
    :raises SourceError: the checksum options cannot be used; nothing was submitted
    :raises RunInterruptedError: stopped from outside; what was done by then is recorded
    """
    topdir = Path(compose.topdir)
    check_media_checksums(settings, compose.identity)
    with Journal(topdir, clock.now) as journal, _refusals_explained(profile), Hub(profile) as hub:
        tasks = _HubTasks(hub, hub.user_id())
        problems = preflight(hub, requests)
        if any(problem.is_error for problem in problems.values()):
            raise ConfigError(tuple(problems.values()))
        wanted = [request for request in requests if request.number not in problems]
        allocated = allocate(wanted, _HubRegistry(hub), compose.identity)
        course = _Course(
            hub=hub,
            journal=journal,
            compose=compose,
            watcher=Watcher(
                tasks, options.policy or PollPolicy(fixed=settings.poll_interval), clock
            ),
            collector=Collector(hub, topdir, settings, vocabulary, clock, options.over_http),
        )
        for request in requests:
            if request.number in problems:
                course.keep(refused(request, 1, problems[request.number].message))
        stopped: Optional[BaseException] = None
        try:
            course.go(allocated)
        except BaseException as error:
            # Whatever it was: what is finished must be recorded before it goes on its way.
            stopped = error
        outcomes = course.outcomes(requests)
        result = record(RunResult(compose.identity, profile.place, outcomes), topdir, settings)
        if isinstance(stopped, KeyboardInterrupt):
            raise _interrupted(course) from None
        if stopped is not None:
            raise stopped
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
    ) -> None:
        self.hub = hub
        self._journal = journal
        self._compose = compose
        self._watcher = watcher
        self._collector = collector
        self._submitted: Dict[int, Submitted] = {}
        self._outcomes: Dict[int, Outcome] = {}
        self._lost: Optional[HubError] = None

    @property
    def unfinished(self) -> List[Submitted]:
        """What was submitted and has no outcome."""
        return [
            submitted
            for submitted in self._submitted.values()
            if submitted.request.number not in self._outcomes
        ]

    def outcomes(self, requests: Sequence[ImageRequest]) -> Tuple[Outcome, ...]:
        """Return what became of each request that was submitted or refused, in their order."""
        found = {submitted.request.number: _unfinished(submitted) for submitted in self.unfinished}
        found.update(self._outcomes)
        return tuple(found[request.number] for request in requests if request.number in found)

    def go(self, requests: Sequence[ImageRequest]) -> None:
        """
        Submit all requests, and go on until there is an outcome for each.

        :raises HubError: the hub could not be reached, not even for one submission
        """
        self._submit([(request, 1) for request in requests])
        if self._lost is not None and not self._submitted:
            raise self._lost
        collectors = Workers(self._collect, self._collect_broke, COLLECTORS)
        try:
            with collectors:
                self._watch(collectors)
        finally:
            for outcome in collectors.take_ready():
                self._outcomes.setdefault(outcome.request.number, outcome)

    def _watch(self, collectors: Workers[Work, Outcome]) -> None:
        while self._watcher.open or collectors.pending:
            again: List[Outcome] = []
            if self._watcher.open:
                ended, reply = self._watcher.timed_poll()
                for item in ended:
                    collectors.give((self._submitted[item.task_id], item.task))
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
        submitters = Workers(self._submit_one, self._submit_broke, SUBMITTERS)
        try:
            with submitters:
                for request in requests:
                    submitters.give(request)
                while submitters.pending:
                    self._note(submitters.take())
        finally:
            for done in submitters.take_ready():
                self._note(done)

    def _note(self, done: Union[Submitted, Outcome]) -> None:
        if isinstance(done, Outcome):
            self.keep(done)
        else:
            self._submitted[done.task_id] = done
            self._watcher.add(done.task_id)

    def _submit_one(self, item: Tuple[ImageRequest, int]) -> Union[Submitted, Outcome]:
        request, attempt = item
        try:
            self._journal.intent(request, attempt)
            task_id = submit(self.hub, request)
        except HubFaultError as fault:
            return refused(request, attempt, "the hub refused the task: %s" % fault_text(fault))
        except PungiOsbuildError as error:
            self._lost = error if isinstance(error, HubError) else self._lost
            return refused(request, attempt, error.reason)
        try:
            self._journal.submitted(request, attempt, task_id)
        except PungiOsbuildError as error:
            logger.error("task %d is not in the journal: %s", task_id, error.reason)
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
        self.keep(outcome)
        return True

    def keep(self, outcome: Outcome) -> None:
        """Keep what became of a request."""
        request = outcome.request
        self._outcomes[request.number] = outcome
        if not outcome.ok:
            logger.error(
                "%s %s%s: %s",
                outcome.kind.value,
                request.describe(),
                " (it may fail)" if request.can_fail else "",
                "; ".join((outcome.reason or "").splitlines()),
            )
        self._journal.outcome(outcome)

    def _with_new_releases(self, again: Sequence[Outcome]) -> List[Tuple[ImageRequest, int]]:
        waiting = [replace(outcome.request, base_release=None) for outcome in again]
        others = [submitted.request for submitted in self._submitted.values()]
        registry = _HubRegistry(self.hub)
        allocated = allocate(waiting, registry, self._compose.identity, others)
        return [(request, outcome.attempt + 1) for request, outcome in zip(allocated, again)]


def _unfinished(submitted: Submitted) -> Outcome:
    reason = "the run was stopped before task %d ended; it goes on in Koji" % submitted.task_id
    return failed(submitted, reason, None)


def _bug(error: Exception) -> str:
    logger.debug("unexpected", exc_info=error)
    return "BUG in pungi-osbuild, please report it: %s: %s" % (type(error).__name__, error)


def _interrupted(course: _Course) -> RunInterruptedError:
    open_tasks = sorted(submitted.task_id for submitted in course.unfinished)
    named = ", ".join(str(task_id) for task_id in open_tasks) or "none"
    return RunInterruptedError(
        "interrupted; tasks that go on in Koji: %s" % named,
        "What was finished is recorded. Cancel the others with `koji cancel` if they are not"
        " wanted; running this again submits new ones.",
    )


@contextmanager
def _refusals_explained(profile: Profile) -> Iterator[None]:
    try:
        yield
    except HubFaultError as fault:
        raise HubError(
            "the hub at %s refused: %s" % (profile.server, fault_text(fault)),
            "Check the profile %r and what it may do there." % profile.name,
        ) from fault

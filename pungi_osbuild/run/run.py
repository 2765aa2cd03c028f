"""A whole run: allocate, submit, watch, collect, place, record."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import PungiOsbuildError, RunInterruptedError
from pungi_osbuild.hub import DownloadSession, Hub, Profile
from pungi_osbuild.metadata import ProductmdTypes
from pungi_osbuild.model import Compose, ImageRequest, Outcome, RunResult, Settings
from pungi_osbuild.placing import check_links, remove_partial_files
from pungi_osbuild.planning import Preflight, allocate, preflight, refusals_explained
from pungi_osbuild.problems import ConfigError, has_errors
from pungi_osbuild.run.collect import Collector, refused
from pungi_osbuild.run.course import Course
from pungi_osbuild.run.history import Bounds, Ending
from pungi_osbuild.run.host import ComposeFolder, Host
from pungi_osbuild.run.hub_queries import HubNvrs, UserTasks
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.orphaned_builds import OrphanedBuilds
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.progress_tracker import ProgressTracker
from pungi_osbuild.run.record import own_files
from pungi_osbuild.run.resume import Rebuild, reused_releases
from pungi_osbuild.run.resume_plan import ResumePlan, check_hub, plan_resume
from pungi_osbuild.run.submitting import Submitter
from pungi_osbuild.run.tracked import TrackedHost, TrackedTasks
from pungi_osbuild.run.watch import Watcher
from pungi_osbuild.run.workers import Inbox
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import (
    HUB_CALLS,
    ORPHANED_BUILD_INTERVAL,
    TASKS,
    DownloadRetry,
    PollPolicy,
    RateLimiter,
    RetryPolicy,
    ShutdownTimeouts,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOptions:
    """
    How a run goes about it.

    :param over_http: fetch images over HTTP even where Koji's volume is mounted
    :param polling: how often the hub is asked; None: adaptive, or ``osbuild_poll_interval``
    :param stop: looked at in each turn, for a signal whose exception was swallowed
    :param cancel_on_stop: cancel the tasks of a run that is stopped
    :param connect_limit: seconds for which a hub is waited for that has never answered; for one
        that has, ``osbuild_outage_limit`` counts
    :param host: whoever the run works for; None: the compose folder
    :param shutdown: for what is in progress when a run is stopped
    :param retries: when a request is retried that failed for a transient reason
    :param tracker: shows where the run stands to somebody who looks; None: nobody does
    :param rebuild: what is built again of what earlier runs on the compose have submitted
    :param is_hub_gone: the hub is there for this run alone: a later one begins from nothing
    :param inbox: makes the inbox of the run's threads, which may be of another class
    """

    over_http: bool = False
    polling: Optional[PollPolicy] = None
    stop: StopFlag = field(default_factory=StopFlag)
    cancel_on_stop: bool = False
    connect_limit: float = 0.0
    host: Optional[Host] = None
    shutdown: ShutdownTimeouts = field(default_factory=ShutdownTimeouts)
    retries: RetryPolicy = TASKS
    tracker: Optional[ProgressTracker] = None
    rebuild: Rebuild = Rebuild.NOTHING
    is_hub_gone: bool = False
    inbox: Callable[[], Inbox] = Inbox


DEFAULTS = RunOptions()


def run(
    requests: Sequence[ImageRequest],
    compose: Compose,
    settings: Settings,
    profile: Profile,
    productmd: ProductmdTypes,
    options: RunOptions = DEFAULTS,
    clock: Clock = SYSTEM_CLOCK,
) -> RunResult:
    """
    Build every request, place the images below ``compose.topdir`` and record them.

    Goes on where earlier runs on the compose have left off: no task is submitted twice, and no
    image that is there is lost.

    Takes a plan that was checked; touches the hub, the compose's image folders, ``images.json``,
    ``osbuild.json`` and ``work/global/osbuild``. A request that failed is an outcome.

    :raises ConfigError: the hub says that a required request would fail, so nothing was
        submitted
    :raises HubError: the hub cannot be reached, or refuses; what was done by then is recorded
    :raises InputError: another run is at work on the compose, it cannot be written to, or earlier
        runs have used another hub
    :raises SourceError: the checksum options or the compose's metadata cannot be used; nothing was
        submitted
    :raises RunInterruptedError: stopped from outside; what was done by then is recorded
    """
    tracker = options.tracker or ProgressTracker()
    host = options.host or ComposeFolder(Path(compose.topdir), compose.identity, settings)
    retries = replace(HUB_CALLS, limit=settings.outage_limit, limit_at_first=options.connect_limit)
    hub = Hub(profile, retries, clock, options.stop, RateLimiter(clock), clock)
    given = (requests, compose, settings, profile, productmd, options, clock)
    setup = _Setup(*given, hub, tracker, TrackedHost(host, tracker))
    setup.check_place()
    tracker.plan(compose.identity.id, requests, hub.time.now)
    with (
        Journal(setup.topdir, hub.time.now, options.rebuild is Rebuild.ALL) as journal,
        _ending(journal, options.is_hub_gone),
        refusals_explained(profile),
        ExitStack() as stack,
    ):
        remove_partial_files(setup.topdir, requests)
        rebuild = Rebuild.ALL if journal.history.is_hub_gone else options.rebuild
        journal.plan(requests, compose.identity, profile.place, rebuild is Rebuild.ALL)
        with _nothing_submitted_yet(options.stop):
            stack.enter_context(hub)
            ready = _make_ready(setup, journal, rebuild)
        downloads = DownloadSession(DownloadRetry.within(settings.outage_limit), clock)
        stack.enter_context(downloads)
        course = _course(setup, ready, journal, downloads)
        for outcome in ready.refused:
            course.outcomes.record(outcome)
        stopped = _build(course, ready)
        # Whoever waited for the hub when the run was stopped says so by a HubError.
        is_interrupted = isinstance(stopped, KeyboardInterrupt) or (
            stopped is not None and options.stop.requested
        )
        if is_interrupted:
            _hurry(setup, course)
        # Nothing is recorded in a folder that somebody has made since.
        journal.check()
        result = _record(setup, course)
        if is_interrupted:
            raise _interrupted(course) from None
        if stopped is not None:
            raise stopped
        return result


@dataclass(frozen=True)
class _Setup:
    """What is given to a run, and what its steps share."""

    requests: Sequence[ImageRequest]
    compose: Compose
    settings: Settings
    profile: Profile
    productmd: ProductmdTypes
    options: RunOptions
    clock: Clock
    hub: Hub
    tracker: ProgressTracker
    host: Host

    @property
    def topdir(self) -> Path:
        """The compose folder."""
        return Path(self.compose.topdir)

    def check_place(self) -> None:
        """
        Refuse a compose in which the run could not be recorded, or images not be placed.

        :raises PungiOsbuildError: so
        """
        self.host.check(self.requests)
        # Pungi's own host may bring images from a cache of its own.
        is_local = self.options.host is None and not self.options.over_http
        if self.settings.link_type == "hardlink" and self.profile.topdir and is_local:
            check_links(Path(self.profile.topdir), self.topdir / "compose")


@dataclass(frozen=True)
class _Ready:
    """
    What is known before the first submission.

    :param requests: to submit, each with its release
    :param refused: the outcomes of those that preflight has refused
    :param bounds: what tells the tasks of this run from those before it
    """

    plan: ResumePlan
    requests: Tuple[ImageRequest, ...]
    refused: Tuple[Outcome, ...]
    tasks: UserTasks
    registry: HubNvrs
    bounds: Bounds


def _make_ready(setup: _Setup, journal: Journal, rebuild: Rebuild) -> _Ready:
    """
    Find out what to continue, check the rest by preflight, and give it releases.

    :raises ConfigError: the hub would refuse a request
    """
    hub, requests, check = setup.hub, setup.requests, setup.options.stop.check
    check_hub(hub, requests, journal.history, rebuild)
    methods = dict.fromkeys(request.config.method for request in requests)
    tasks = UserTasks(hub, hub.user_id(), tuple(methods))
    registry = HubNvrs(hub, check)
    plan = plan_resume(hub, tasks.owner, requests, journal, rebuild, setup.clock, check)
    for one in plan.orphaned:
        setup.tracker.waits_for_build(one.request, one.task)
    fresh = [one.request.with_attempt(one.attempt) for one in plan.to_submit]
    found = preflight(hub, fresh) if fresh else Preflight()
    # What is resumed must be collected, whatever became of the config meanwhile.
    if has_errors(found.general if plan.is_resumed else found.problems):
        raise ConfigError(found.problems)
    accepted = [one for one in fresh if one.number not in found.by_request]
    wanted = _with_releases_again(plan, accepted, registry)
    allocated = allocate(wanted, registry, setup.compose.identity, plan.continued)
    return _Ready(
        plan,
        allocated,
        tuple(
            refused(
                one,
                one.attempt,
                "; ".join(problem.message for problem in found.by_request[one.number]),
            )
            for one in fresh
            if one.number in found.by_request
        ),
        tasks,
        registry,
        # Before the first submission, as any task that is older than this is none of ours.
        Bounds(tasks.newest(), tasks.owner) if allocated else Bounds(),
    )


def _course(setup: _Setup, ready: _Ready, journal: Journal, downloads: DownloadSession) -> Course:
    """Return the course of the run, put together; nothing has begun."""
    hub, settings, options, clock = setup.hub, setup.settings, setup.options, setup.clock
    polling = options.polling or PollPolicy(fixed=settings.poll_interval)
    is_watched = options.tracker is not None
    interval = polling.fixed or ORPHANED_BUILD_INTERVAL
    return Course(
        hub,
        Submitter(hub, ready.tasks.owner, clock, options.stop),
        ready.registry,
        setup.compose.identity,
        journal,
        Watcher(TrackedTasks(ready.tasks, setup.tracker, clock, is_watched), polling, clock),
        Collector(
            hub,
            setup.topdir,
            settings,
            setup.productmd,
            clock,
            setup.host.source,
            options.over_http,
            own_files(setup.topdir),
            downloads,
        ),
        setup.host,
        RunPolicy(
            options.stop,
            options.cancel_on_stop,
            settings.fail_fast,
            options.shutdown,
            options.retries,
        ),
        OrphanedBuilds(hub, clock, journal.history.tasks, interval=interval),
        ready.bounds,
        options.inbox(),
    )


def _build(course: Course, ready: _Ready) -> Optional[BaseException]:
    """Build everything; return what has stopped that, if anything has."""
    try:
        course.go(ready.requests, ready.plan.in_progress, ready.plan.orphaned)
    except BaseException as error:
        # Whatever it was: what is finished must be recorded before it goes on its way.
        return error
    return None


def _hurry(setup: _Setup, course: Course) -> None:
    """Wait for the hub no longer, and cancel the tasks where that is wanted."""
    setup.hub.hurry()
    if not setup.options.cancel_on_stop:
        return
    try:
        course.cancel()
    except PungiOsbuildError as error:
        logger.error("the tasks could not be cancelled: %s", error.reason)


def _record(setup: _Setup, course: Course) -> RunResult:
    """Record in the compose what became of each request."""
    for outcome in course.outcomes.unfinished_outcomes():
        setup.host.abandoned(outcome)
    outcomes = course.outcomes.of(setup.requests)
    return setup.host.record(RunResult(setup.compose.identity, setup.profile.place, outcomes))


@contextmanager
def _ending(journal: Journal, is_hub_gone: bool) -> Iterator[None]:
    """Record how the run ends, whatever ends it."""
    ending = Ending.BROKEN
    try:
        yield
        ending = Ending.FINISHED
    except (KeyboardInterrupt, RunInterruptedError):
        ending = Ending.INTERRUPTED
        raise
    finally:
        try:
            journal.end(ending, is_hub_gone)
        except PungiOsbuildError as error:
            logger.error("%s", error.reason)


def _with_releases_again(
    plan: ResumePlan, fresh: Sequence[ImageRequest], registry: HubNvrs
) -> List[ImageRequest]:
    """Give requests the releases of the hub's that they or their block had before, if free."""
    bases = reused_releases(plan.to_submit, plan.continued)
    again = {
        one.number: one.with_release(bases[one.number]) for one in fresh if one.number in bases
    }
    taken = registry.taken(filter(None, (one.nvr for one in again.values()))) if again else set()
    free = {number: one for number, one in again.items() if one.nvr not in taken}
    return [free.get(one.number, one) for one in fresh]


@contextmanager
def _nothing_submitted_yet(stop: StopFlag) -> Iterator[None]:
    """Look at the flag before and after; being stopped costs nothing here."""
    try:
        stop.check()
        try:
            yield
        finally:
            # Also where it is an error: whoever waited for the hub says so by a HubError.
            stop.check()
    except KeyboardInterrupt:
        raise RunInterruptedError(
            "interrupted before this run submitted anything",
            "Run the same command again; what earlier runs have submitted is not lost.",
        ) from None


def _interrupted(course: Course) -> RunInterruptedError:
    named = ", ".join(map(str, course.outcomes.in_progress)) or "none"
    if course.in_doubt:
        named += ", and perhaps %d whose submission was not answered" % course.in_doubt
    return RunInterruptedError(
        "interrupted; tasks that go on in Koji: %s" % named,
        "What was finished is recorded. Run the same command again to go on from here: what is"
        " built meanwhile is collected then, and nothing is submitted twice. Cancel tasks that are"
        " not wanted with `koji cancel`.",
    )

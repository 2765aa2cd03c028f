"""A whole run: allocate, submit, watch, collect, place, record."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import PungiOsbuildError, RunInterruptedError
from pungi_osbuild.hub import DownloadSession, Hub, Profile
from pungi_osbuild.metadata import ProductmdTypes
from pungi_osbuild.model import Compose, ImageRequest, RunResult, Settings
from pungi_osbuild.placing import check_links, remove_partial_files
from pungi_osbuild.planning import Preflight, allocate, preflight, refusals_explained
from pungi_osbuild.problems import ConfigError, has_errors
from pungi_osbuild.run.collect import Collector
from pungi_osbuild.run.engine import Engine
from pungi_osbuild.run.events import Bounds, Ending, PlanMade, Planned, ReadyToSubmit, RunEnded
from pungi_osbuild.run.history import History
from pungi_osbuild.run.host import ComposeFolder, Host
from pungi_osbuild.run.hub_queries import HubNvrs, UserTasks
from pungi_osbuild.run.jobs import Jobs, News
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.run.log import Log
from pungi_osbuild.run.outcomes import finishing, refused
from pungi_osbuild.run.policy import Rebuild, RunPolicy
from pungi_osbuild.run.progress_tracker import ProgressTracker
from pungi_osbuild.run.record import own_files, remove_replaced
from pungi_osbuild.run.resume import check_hub, resume, reused_releases, warn_of_unplanned
from pungi_osbuild.run.submitting import Submitter
from pungi_osbuild.run.tracked import TrackedTasks
from pungi_osbuild.run.watch import Watcher
from pungi_osbuild.run.work import Work
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
    this = _Run(requests, compose, settings, profile, productmd, options, clock, hub, tracker, host)
    this.check_place()
    tracker.plan(compose.identity.id, requests, hub.time.now)
    with (
        Journal(this.topdir, hub.time.now, options.rebuild is Rebuild.ALL) as journal,
        _ending(journal, options.is_hub_gone),
        refusals_explained(profile),
        ExitStack() as stack,
    ):
        remove_partial_files(this.topdir, requests)
        jobs = this.plan(journal)
        downloads = DownloadSession(DownloadRetry.within(settings.outage_limit), clock)
        with _nothing_submitted_yet(options.stop):
            stack.enter_context(hub)
            engine = this.make_ready(jobs, journal.history, stack.enter_context(downloads))
        stopped = _build(engine)
        # Whoever waited for the hub when the run was stopped says so by a HubError.
        is_interrupted = isinstance(stopped, KeyboardInterrupt) or (
            stopped is not None and options.stop.requested
        )
        if is_interrupted:
            this.hurry(engine)
        # Nothing is recorded in a folder that somebody has made since.
        journal.check()
        result = this.record(jobs)
        remove_replaced(this.topdir, [image for job in jobs for image in job.replaced])
        if is_interrupted:
            raise _interrupted(jobs) from None
        if stopped is not None:
            raise stopped
        return result


@dataclass(frozen=True)
class _Run:
    """What is given to a run, and its steps."""

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

    def plan(self, journal: Journal) -> Jobs:
        """Write down what is to be built; return the jobs, each with what was submitted before."""
        history, place = journal.history, self.profile.place
        planned = tuple(map(Planned.of, self.requests))
        is_anew = self.rebuild(history) is Rebuild.ALL
        compose_id = self.compose.identity.id
        journal.append([PlanMade(compose_id, place.profile, place.server, is_anew, planned)])
        jobs = [
            replace(job.anew if is_anew else job, request=request, server=place.server)
            for job, request in zip(history.jobs_for(planned), self.requests)
        ]
        warn_of_unplanned(jobs, history, is_anew)
        return Jobs(jobs, journal, (self.tracker, Log(), self.host), self.hub.time.now)

    def rebuild(self, history: History) -> Rebuild:
        """Return what is built again; everything where the hub that had it is gone."""
        return Rebuild.ALL if history.is_hub_gone else self.options.rebuild

    def make_ready(self, jobs: Jobs, history: History, downloads: DownloadSession) -> Engine:
        """
        Find out what to continue, have the rest ready, and put the engine together.

        :raises ConfigError: the hub would refuse a request
        """
        hub, options, clock = self.hub, self.options, self.clock
        policy = self._policy(self.rebuild(history))
        check_hub(hub, self.requests, history, policy.rebuild)
        methods = dict.fromkeys(request.config.method for request in self.requests)
        tasks = UserTasks(hub, hub.user_id(), tuple(methods))
        registry = HubNvrs(hub, options.stop.check)
        submitted = set(history.tasks)
        fresh = resume(hub, tasks.owner, jobs, policy, submitted, clock)
        self._prepare(jobs, fresh, registry)
        # Before the first submission, as any task that is older than this is none of ours.
        is_anything_ready = any(job.is_ready and job.outcome is None for job in jobs)
        newest = tasks.newest() if is_anything_ready else max(submitted, default=0)
        bounds = Bounds(newest, tasks.owner)
        collector = Collector(
            hub,
            self.topdir,
            self.settings,
            self.productmd,
            clock,
            self.host.source,
            options.over_http,
            own_files(self.topdir),
            downloads,
        )
        polling = options.polling or PollPolicy(fixed=self.settings.poll_interval)
        tracked = TrackedTasks(tasks, self.tracker, clock, options.tracker is not None)
        work = Work(
            hub,
            Submitter(hub, tasks.owner, clock, options.stop),
            collector,
            registry,
            self.compose.identity,
            Watcher(tracked, polling, clock),
            tracked,
            self.host,
            policy,
            clock,
        )
        return Engine(jobs, work, bounds, frozenset(submitted), options.inbox())

    def _prepare(self, jobs: Jobs, fresh: Sequence[ImageRequest], registry: HubNvrs) -> None:
        """Check requests by preflight, and give them releases; record what it has refused."""
        continued = [job.wanted for job in jobs if job.is_ours]
        found = preflight(self.hub, fresh) if fresh else Preflight()
        # What is resumed must be collected, whatever became of the config meanwhile.
        if has_errors(found.general if continued else found.problems):
            raise ConfigError(found.problems)
        accepted = [one for one in fresh if one.number not in found.by_request]
        wanted = _with_releases_again(accepted, jobs, registry)
        allocated = allocate(wanted, registry, self.compose.identity, continued)
        news: List[News] = [(one.number, ReadyToSubmit(one)) for one in allocated]
        for one in (one for one in fresh if one.number in found.by_request):
            why = "; ".join(problem.message for problem in found.by_request[one.number])
            outcome = refused(one, why)
            news.extend((one.number, event) for event in finishing(jobs[one.number], outcome))
        jobs.record(news)

    def hurry(self, engine: Engine) -> None:
        """Wait for the hub no longer, and cancel the tasks where that is wanted."""
        self.hub.hurry()
        if not self.options.cancel_on_stop:
            return
        try:
            engine.cancel()
        except PungiOsbuildError as error:
            logger.error("the tasks could not be cancelled: %s", error.reason)

    def record(self, jobs: Jobs) -> RunResult:
        """Record in the compose what became of each request."""
        for outcome in jobs.unfinished_outcomes:
            self.host.abandoned(outcome)
        koji, identity = self.profile.place, self.compose.identity
        return self.host.record(RunResult(identity, koji, jobs.outcomes()))

    def _policy(self, rebuild: Rebuild) -> RunPolicy:
        options, polling = self.options, self.options.polling
        fixed = self.settings.poll_interval if polling is None else polling.fixed
        return RunPolicy(
            options.stop,
            options.cancel_on_stop,
            self.settings.fail_fast,
            options.shutdown,
            options.retries,
            rebuild,
            fixed or ORPHANED_BUILD_INTERVAL,
        )


def _build(engine: Engine) -> Optional[BaseException]:
    """Build everything; return what has stopped that, if anything has."""
    try:
        engine.run()
    except BaseException as error:
        # Whatever it was: what is finished must be recorded before it goes on its way.
        return error
    return None


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
            journal.append([RunEnded(ending, is_hub_gone)])
        except PungiOsbuildError as error:
            logger.error("%s", error.reason)


def _with_releases_again(
    prepared: Sequence[ImageRequest], jobs: Jobs, registry: HubNvrs
) -> List[ImageRequest]:
    """Give requests the releases of the hub's that they or their block had before, if free."""
    bases = reused_releases(prepared, jobs)
    again = {
        one.number: one.with_release(bases[one.number]) for one in prepared if one.number in bases
    }
    taken = registry.taken(filter(None, (one.nvr for one in again.values()))) if again else set()
    free = {number: one for number, one in again.items() if one.nvr not in taken}
    return [free.get(one.number, one) for one in prepared]


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


def _interrupted(jobs: Jobs) -> RunInterruptedError:
    named = ", ".join(map(str, jobs.in_progress)) or "none"
    if jobs.in_doubt:
        named += ", and perhaps %d whose submission was not answered" % jobs.in_doubt
    return RunInterruptedError(
        "interrupted; tasks that go on in Koji: %s" % named,
        "What was finished is recorded. Run the same command again to go on from here: what is"
        " built meanwhile is collected then, and nothing is submitted twice. Cancel tasks that are"
        " not wanted with `koji cancel`.",
    )

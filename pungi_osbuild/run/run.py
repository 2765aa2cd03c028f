"""A whole run: allocate, submit, watch, collect, place, record."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Type

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import PungiOsbuildError, RunInterruptedError
from pungi_osbuild.hub import DownloadSession, Hub, Profile
from pungi_osbuild.metadata import ProductmdTypes
from pungi_osbuild.model import Compose, ImageRequest, RunResult, Settings
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
from pungi_osbuild.run.workers import WorkerThread
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import (
    HUB_CALLS,
    ORPHANED_BUILD_INTERVAL,
    TASKS,
    DownloadRetry,
    PollPolicy,
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
    :param rebuild: what is built anew of what earlier runs on the compose have submitted
    :param is_hub_gone: the hub is there for this run alone: a later one begins anew
    :param thread_class: of all threads: kobo's ``WorkerThread``, or a class made from it
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
    thread_class: Type[WorkerThread] = WorkerThread


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

    :raises ConfigError: the hub says that a request which may not fail would, so nothing was
        submitted
    :raises HubError: the hub cannot be reached, or refuses; what was done by then is recorded
    :raises InputError: another run is at work on the compose, it cannot be written to, or earlier
        runs have used another hub
    :raises SourceError: the checksum options or the compose's metadata cannot be used; nothing was
        submitted
    :raises RunInterruptedError: stopped from outside; what was done by then is recorded
    """
    topdir = Path(compose.topdir)
    tracker = options.tracker or ProgressTracker()
    retries = replace(HUB_CALLS, limit=settings.outage_limit, limit_at_first=options.connect_limit)
    hub = Hub(profile, retries, clock, options.stop)
    host = TrackedHost(options.host or ComposeFolder(topdir, compose.identity, settings), tracker)
    host.check(requests)
    # Pungi's own host may bring images from a cache of its own.
    is_local = options.host is None and not options.over_http
    if settings.link_type == "hardlink" and profile.topdir and is_local:
        check_links(Path(profile.topdir), topdir / "compose")
    tracker.plan(compose.identity.id, requests, hub.time.now)
    with (
        Journal(topdir, hub.time.now, options.rebuild is Rebuild.ALL) as journal,
        _ending(journal, options.is_hub_gone),
        refusals_explained(profile),
        ExitStack() as stack,
    ):
        remove_partial_files(topdir, requests)
        rebuild = Rebuild.ALL if journal.history.is_hub_gone else options.rebuild
        anew = rebuild is Rebuild.ALL
        journal.plan(requests, compose.identity, profile.place, anew)
        with _nothing_submitted_yet(options.stop):
            stack.enter_context(hub)
            check_hub(hub, requests, journal.history, rebuild)
            methods = dict.fromkeys(request.config.method for request in requests)
            tasks = UserTasks(hub, hub.user_id(), tuple(methods))
            registry = HubNvrs(hub, options.stop.check)
            check = options.stop.check
            plan = plan_resume(hub, tasks.owner, requests, journal, rebuild, clock, check)
            for one in plan.orphaned:
                tracker.waits_for_build(one.request, one.task)
            fresh = _to_submit(plan)
            found = preflight(hub, fresh) if fresh else Preflight()
            if has_errors(found.general if plan.is_resumed else found.problems):
                raise ConfigError(found.problems)
            wanted = _with_releases_again(
                plan, [one for one in fresh if one.number not in found.by_request], registry
            )
            allocated = allocate(wanted, registry, compose.identity, plan.continued)
            bounds = _bounds(tasks) if allocated else Bounds()
        polling = options.polling or PollPolicy(fixed=settings.poll_interval)
        course = Course(
            hub,
            Submitter(hub, tasks.owner, clock, options.stop),
            registry,
            compose.identity,
            journal,
            Watcher(
                TrackedTasks(tasks, tracker, clock, options.tracker is not None), polling, clock
            ),
            Collector(
                hub,
                topdir,
                settings,
                productmd,
                clock,
                host.source,
                options.over_http,
                own_files(topdir),
                stack.enter_context(
                    DownloadSession(DownloadRetry.within(settings.outage_limit), clock)
                ),
            ),
            host,
            RunPolicy(
                options.stop,
                options.cancel_on_stop,
                settings.fail_fast,
                options.shutdown,
                options.retries,
            ),
            OrphanedBuilds(
                hub, clock, journal.history.tasks, interval=polling.fixed or ORPHANED_BUILD_INTERVAL
            ),
            bounds,
            options.thread_class,
        )
        for request in fresh:
            if request.number in found.by_request:
                reasons = (problem.message for problem in found.by_request[request.number])
                course.outcomes.record(refused(request, request.attempt, "; ".join(reasons)))
        stopped: Optional[BaseException] = None
        try:
            course.go(allocated, plan.in_progress, plan.orphaned)
        except BaseException as error:
            # Whatever it was: what is finished must be recorded before it goes on its way.
            stopped = error
        # Whoever waited for the hub when the run was stopped says so by a HubError.
        interrupted = isinstance(stopped, KeyboardInterrupt) or (
            stopped is not None and options.stop.requested
        )
        if interrupted:
            hub.hurry()
            if options.cancel_on_stop:
                _cancel(course)
        # Nothing is recorded in a folder that somebody has made since.
        journal.check()
        for outcome in course.outcomes.unfinished_outcomes():
            host.abandoned(outcome)
        outcomes = course.outcomes.of(requests)
        result = RunResult(compose.identity, profile.place, outcomes)
        result = host.record(result)
        if interrupted:
            raise _interrupted(course) from None
        if stopped is not None:
            raise stopped
        return result


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


def _to_submit(plan: ResumePlan) -> List[ImageRequest]:
    return [one.request.with_attempt(one.attempt) for one in plan.to_submit]


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


def _bounds(tasks: UserTasks) -> Bounds:
    """Return what tells the tasks of this run from those before it."""
    return Bounds(tasks.newest(), tasks.owner)


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


def _cancel(course: Course) -> None:
    try:
        course.cancel()
    except PungiOsbuildError as error:
        logger.error("the tasks could not be cancelled: %s", error.reason)


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

"""
The work of the phase inside Pungi: what its validate, start and stop mean.

Nothing of Pungi is imported here; see :mod:`pungi_osbuild.phase.composeview`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterable, List, Optional, Sequence, Set, Tuple, Type

from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.config import (
    Reading,
    Source,
    read_config,
    unmatched_patterns,
    written_patterns,
)
from pungi_osbuild.errors import InputError, PungiOsbuildError, RunInterruptedError
from pungi_osbuild.hub import Profile, read_profile
from pungi_osbuild.metadata import SharedImages, productmd_types
from pungi_osbuild.model import Compose, ComposeConfig, ImageRequest, RunResult
from pungi_osbuild.phase.composeview import PungiCompose, path_problems, view
from pungi_osbuild.phase.messages import Messages
from pungi_osbuild.phase.pungihost import (
    PungiHost,
    check_pungi_recording,
    describe_failure,
)
from pungi_osbuild.phase.tasklog import TaskLogs
from pungi_osbuild.phase.telemetry import OpenSpan, Spans
from pungi_osbuild.planning import check_beside, check_on_hub, checked_plan
from pungi_osbuild.problems import ConfigError, Problem, Severity
from pungi_osbuild.run import (
    Background,
    Inbox,
    Rebuild,
    RunOptions,
    WorkerThread,
    check_hub,
    may_be_submitted,
    read_journal,
    run,
)
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import PUNGI_CONNECT_LIMIT, TERMINATE_TIMEOUT


@dataclass(frozen=True)
class Features:
    """
    What the installed Pungi has, found by inspection and not by its version.

    :param thread_class: kobo's worker thread, or Pungi's own, which carries its telemetry on
    :param checks_sanity: whether its image phases check their images themselves (4.13 and later)
    :param open_span: opens a span of its telemetry; None: it has none
    """

    thread_class: Type[Any] = WorkerThread
    checks_sanity: bool = False
    open_span: Optional[OpenSpan] = None


@dataclass(frozen=True)
class _Plan:
    config: ComposeConfig
    compose: Compose
    requests: Tuple[ImageRequest, ...]
    profile: Profile


class PungiWork:
    """
    The phase's work for one compose.

    :param log: Pungi's log of the phase
    :param terminate_timeout: seconds that :meth:`terminate` waits at most
    """

    def __init__(
        self,
        compose: PungiCompose,
        log: logging.Logger,
        features: Features,
        clock: Clock = SYSTEM_CLOCK,
        terminate_timeout: float = TERMINATE_TIMEOUT,
    ) -> None:
        self._compose = compose
        self._log = log
        self._features = features
        self._clock = clock
        self._terminate_timeout = terminate_timeout
        self._stop = StopFlag()
        self._images = SharedImages(
            compose.im, Path(compose.paths.compose.metadata("images.json", create_dir=False))
        )
        self._background: Optional[Background] = None
        self._result: Optional[RunResult] = None
        self._reported: Set[Problem] = set()
        self._given_up = False

    def validate(self) -> None:
        """
        Find everything that is certain to go wrong, before any phase has begun.

        Also asks the hub: login, permissions, targets, arches, tags, package lists, files, N-V-Rs.
        Warnings are logged.

        :raises ConfigError: there are errors; nothing was submitted
        :raises InputError: the journal does not say what was submitted for this compose before
        :raises SourceError: the images could not be recorded in the compose's metadata
        """
        before = read_journal(Path(self._compose.topdir))
        plan, problems = self._plan()
        if plan is not None and plan.requests:
            check_pungi_recording(self._compose, self._images, productmd_types(), plan.requests)
            # What was built is not checked again: its tag may be locked by now.
            asked = check_on_hub(
                plan.profile,
                may_be_submitted(plan.requests, before),
                before.nvrs,
                lambda hub: check_hub(hub, plan.requests, before, Rebuild.NOTHING),
            )
            problems = [*problems, *asked.problems]
        self._report(problems)

    def used_patterns(self) -> Set[str]:
        """Return the patterns of the section that match a variant of the compose."""
        config = self._read().config
        if config is None:
            return set()
        uids = [variant.uid for variant in self._compose.get_variants()]
        used = set(written_patterns(config)) - set(unmatched_patterns(config, uids))
        return {one.pattern for one in used}

    def start(self) -> None:
        """
        Begin to build, in a thread beside the caller's.

        :raises ConfigError: there are errors; nothing was submitted
        """
        plan, problems = self._plan()
        if plan is not None:
            # Phases before this one have put their images into the manifest by now.
            problems = [*problems, *check_beside(plan.requests, self._images.entries())]
        self._report(problems)
        assert plan is not None, "a config without errors has a plan"
        host = self._host(plan.profile)
        host.expect(plan.requests)
        self._background = Background(lambda: self._run(plan, host), self._features.thread_class)
        self._background.start()

    def finish(self) -> None:
        """
        Wait for the end.

        :raises RuntimeError: required images failed, or the run broke off; one message that names
            every failed image
        """
        if self._background is None:
            return
        try:
            ended = self._background.join(lambda: self._given_up)
        except PungiOsbuildError as error:
            raise RuntimeError("\n".join([in_lines(error), *self._failures()])) from error
        if not ended:
            raise RuntimeError("the osbuild phase was abandoned: it did not end in time")
        assert self._result is not None, "a run that ended has a result"
        if self._result.required_failures:
            raise RuntimeError("\n".join(self._failures()))

    def terminate(self) -> None:
        """
        Cancel the tasks and wait a while until that is done and recorded; for a signal handler.

        When it is called a second time it does nothing.
        """
        if self._stop.requested:
            return
        self._stop.ask()
        if self._background is None or self._background.wait(0):
            return
        if self._background.wait(self._terminate_timeout):
            # Pungi's handler comes next, and may say that it failed to kill koji tasks.
            self._log.warning("the osbuild phase has ended: %s", self._background.error)
        else:
            self._given_up = True
            self._log.error(
                "the osbuild phase has not ended after %d seconds. Check the tasks listed in"
                " koji-tasks/: they may still run in Koji",
                self._terminate_timeout,
            )

    def _run(self, plan: _Plan, host: PungiHost) -> None:
        options = RunOptions(
            stop=self._stop,
            cancel_on_stop=True,
            connect_limit=PUNGI_CONNECT_LIMIT,
            host=host,
            inbox=lambda: Inbox(self._features.thread_class),
        )
        # Pungi makes the CHECKSUM files, and reads every image for them.
        settings = replace(plan.config.settings, media_checksums=())
        broken: Optional[PungiOsbuildError] = None
        with host.messages:
            try:
                run(
                    plan.requests,
                    plan.compose,
                    settings,
                    plan.profile,
                    host.productmd,
                    options,
                    self._clock,
                )
            except RunInterruptedError:
                raise  # and drop the messages: the signal handler waits for the end
            except PungiOsbuildError as error:
                broken = error
            self._wait_for(host.messages)
        if broken is not None:
            raise broken

    def _wait_for(self, messages: Messages) -> None:
        try:
            messages.wait(self._stop.check)
        except KeyboardInterrupt:
            raise RunInterruptedError(
                "interrupted after the images were recorded; %d messages to notification scripts"
                " may be lost" % messages.unsent,
                "The compose is complete. See the scripts' own logs for what has arrived.",
            ) from None

    def _host(self, profile: Profile) -> PungiHost:
        folder = Path(self._compose.paths.log.topdir()) / "osbuild"
        return PungiHost(
            self._compose,
            profile,
            self._images,
            productmd_types(),
            self._log,
            TaskLogs(folder, profile.weburl, self._clock.now),
            self._features.checks_sanity,
            Messages(self._compose.notifier, self._log, self._features.thread_class),
            self._keep_result,
            Spans(self._features.open_span),
        )

    def _keep_result(self, result: RunResult) -> None:
        self._result = result

    def _failures(self) -> List[str]:
        """Return the lines that name every failed image; none where nothing was tried."""
        return _failures(self._result) if self._result is not None else []

    def _read(self) -> Reading:
        return read_config(Source("the compose's config", self._compose.conf))

    def _plan(self) -> Tuple[Optional[_Plan], Sequence[Problem]]:
        """Return what is to be done, None where the config has none, and all problems."""
        reading = self._read()
        problems = [*reading.problems, *path_problems(self._compose)]
        profile, unusable = _profile(reading)
        problems.extend(unusable)
        if reading.config is None:
            return None, problems
        compose = view(self._compose)
        planned = checked_plan(reading.config, compose, productmd_types(), problems)
        if profile is None:
            return None, planned.problems
        return _Plan(reading.config, compose, planned.requests, profile), planned.problems

    def _report(self, problems: Sequence[Problem]) -> None:
        """Log warnings and notes, each once; raise the errors."""
        for problem in problems:
            if problem.is_error or problem in self._reported:
                continue
            self._reported.add(problem)
            level = logging.INFO if problem.severity is Severity.NOTE else logging.WARNING
            for line in problem.lines():
                self._log.log(level, "%s", line)
        errors = tuple(dict.fromkeys(problem for problem in problems if problem.is_error))
        if errors:
            raise ConfigError(errors)


def _profile(reading: Reading) -> Tuple[Optional[Profile], List[Problem]]:
    name = reading.config.settings.koji_profile if reading.config is not None else None
    if name is None:
        missing = Problem(
            "no-profile",
            "koji_profile",
            "the config names no Koji profile",
            "Set koji_profile to a profile of /etc/koji.conf.d or ~/.koji/config.d.",
        )
        return None, [missing] if reading.config is not None else []
    try:
        return read_profile(name), []
    except InputError as error:
        unusable = Problem(
            "no-profile",
            "koji_profile",
            error.reason,
            "See the profiles in ~/.koji/config.d and /etc/koji.conf.d.",
        )
        return None, [unusable]


def _lines(problems: Iterable[Problem]) -> List[str]:
    return [line for problem in problems for line in problem.lines()]


def in_lines(error: PungiOsbuildError) -> str:
    """Return an error for Pungi's log; of a config with errors each stands on lines of its own."""
    if not isinstance(error, ConfigError):
        return error.in_a_line()
    return "\n".join(_lines(error.problems))


def _failures(result: RunResult) -> List[str]:
    if not result.failures:
        return []
    required = len(result.required_failures)
    head = "osbuild: %d of %d image builds failed: %d required, %d allowed to fail" % (
        len(result.failures),
        len(result.outcomes),
        required,
        len(result.failures) - required,
    )
    return [head, *("    %s" % describe_failure(one) for one in result.failures)]

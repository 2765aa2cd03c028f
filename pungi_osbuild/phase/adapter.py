"""
The one importer of Pungi: the phase that replaces its own ``osbuild`` phase.

``pungi.scripts.pungi_koji.run_compose`` looks the class up in ``pungi.phases`` when it is called,
and Pungi checks a config by what ``pungi.checks.make_schema`` returns then. :func:`install` puts
ours in both places; Pungi's files are not edited. Differences between Pungi 4.3.2 and 4.14 are
found by inspection, never by a version number.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Callable, Optional

import pungi.checks
import pungi.phases
from pungi.phases import base

from pungi_osbuild.config import section_schema
from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.model import JsonDict
from pungi_osbuild.phase.logforward import forward
from pungi_osbuild.phase.pungiwork import Features, PungiWork, in_lines
from pungi_osbuild.phase.telemetry import OpenSpan
from pungi_osbuild.phase.termination import before_termination, bounded
from pungi_osbuild.run import WorkerThread

_CONFIG_UTILS = "pungi_utils.config_utils"
_SCRIPT = "pungi.scripts.pungi_koji"
_CANCELLING = "try_kill_koji_tasks"


class OSBuildPhase(base.PhaseLoggerMixin, base.ConfigGuardedPhase):  # type: ignore[misc]
    """
    The replacement of Pungi's phase ``osbuild``; see docs/pungi.md.

    ``validate`` finds every problem before anything runs; ``start`` begins to build; ``stop`` waits
    for the end, beside the other image phases.
    """

    name = "osbuild"

    def __init__(self, compose: Any) -> None:
        super().__init__(compose)
        self._began: Optional[PungiWork] = None

    def validate(self) -> None:
        """
        Find every problem, also on the hub.

        :raises ValueError: with a line or two for each; Pungi shows them all and stops
        """
        try:
            self._work().validate()
        except PungiOsbuildError as error:
            raise ValueError(in_lines(error)) from error

    def run(self) -> None:
        """
        Begin to build.

        :raises RuntimeError: the config has errors; nothing was submitted
        """
        work = self._work()
        self.used_patterns = work.used_patterns()
        try:
            work.start()
        except PungiOsbuildError as error:
            raise RuntimeError(in_lines(error)) from error

    def stop(self) -> None:
        """
        Wait for the end.

        :raises RuntimeError: one message for all images that failed, if one of them is required
        """
        if not self.finished:
            self._work().finish()
        super().stop()

    def _work(self) -> PungiWork:
        """Return the work, begun when it is first needed: a phase that is skipped has none."""
        if self._began is None:
            log = self.logger or self.compose._logger or logging.getLogger(__name__)
            forward(log)
            self._began = PungiWork(self.compose, log, features())
            before_termination(self._began.terminate)
        return self._began


def features() -> Features:
    """Return what the installed Pungi has."""
    return Features(_thread_class(), not _test_phase_checks_images(), _open_span())


def install() -> None:
    """Replace Pungi's own phase and its options; a second call changes nothing."""
    pungi.phases.OSBuildPhase = OSBuildPhase
    make_schema = pungi.checks.make_schema
    if not getattr(make_schema, "has_pungi_osbuild", False):
        make_schema = _with_our_options(make_schema)
        pungi.checks.make_schema = make_schema
    # This one keeps a name of its own for it; who imports it later gets ours anyway.
    config_utils = sys.modules.get(_CONFIG_UTILS)
    if config_utils is not None:
        config_utils.make_schema = make_schema  # type: ignore[attr-defined]
    _bound_cancelling()


def _bound_cancelling() -> None:
    """Bound the time for which Pungi's signal handler waits for the hub."""
    script: Any = sys.modules.get(_SCRIPT)
    cancelling = getattr(script, _CANCELLING, None)
    if cancelling is not None and not hasattr(cancelling, "__wrapped__"):
        setattr(script, _CANCELLING, bounded(cancelling))


def _with_our_options(make_schema: Callable[[], JsonDict]) -> Callable[[], JsonDict]:
    def make_schema_with_pungi_osbuild() -> JsonDict:
        schema = make_schema()
        # Replaced, not merged: in draft 4 a $ref of Pungi's would silence what stands beside it.
        schema["properties"].update(section_schema()["properties"])
        return schema

    make_schema_with_pungi_osbuild.has_pungi_osbuild = True  # type: ignore[attr-defined]
    return make_schema_with_pungi_osbuild


def _thread_class() -> Any:
    """Since Pungi 4.9 there is a thread that carries OpenTelemetry's context into itself."""
    try:
        from pungi.threading import TelemetryWorkerThread
    except ImportError:
        return WorkerThread
    return TelemetryWorkerThread


def _open_span() -> Optional[OpenSpan]:
    """Since Pungi 4.9 there is ``pungi.otel``; its spans go nowhere unless somebody wants them."""
    try:
        from pungi.otel import tracing
    except ImportError:
        return None
    return getattr(tracing, "span", None)


def _test_phase_checks_images() -> bool:
    """Up to Pungi 4.12 the test phase checks all images; later each phase checks its own."""
    try:
        from pungi.phases import test
    except ImportError:
        return False
    return hasattr(test, "check_image_sanity")

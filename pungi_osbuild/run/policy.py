"""How a run behaves: when it gives up, what it tries again, and what it does when stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import (
    ORPHANED_BUILD_INTERVAL,
    ORPHANED_BUILD_TIMEOUT,
    TASKS,
    WORKERS_SHUTDOWN,
    RetryPolicy,
    ShutdownTimeouts,
)


class Rebuild(str, Enum):
    """What is built again of what was submitted before."""

    NOTHING = "nothing"
    CHANGED = "changed"
    ALL = "all"


@dataclass(frozen=True)
class RunPolicy:
    """
    When a run gives up, when it tries again, and how.

    :param stop: looked at in each turn, for a signal whose exception was swallowed
    :param cancel_on_stop: cancel the tasks of a run that is stopped
    :param fail_fast: cancel what still runs as soon as a required request has failed
    :param shutdown: for what is in progress when a run is stopped that cancels its tasks; see
        :attr:`shutdown_timeouts`
    :param retries: of requests that failed for a transient reason
    :param rebuild: what is built again of what earlier runs on the compose have submitted
    :param build_interval: seconds between two questions about builds whose tasks were cancelled
    :param build_timeout: seconds after which composer is said to have lost such a build
    """

    stop: StopFlag = field(default_factory=StopFlag)
    cancel_on_stop: bool = False
    fail_fast: bool = False
    shutdown: ShutdownTimeouts = field(default_factory=ShutdownTimeouts)
    retries: RetryPolicy = TASKS
    rebuild: Rebuild = Rebuild.NOTHING
    build_interval: float = ORPHANED_BUILD_INTERVAL
    build_timeout: float = ORPHANED_BUILD_TIMEOUT

    @property
    def shutdown_timeouts(self) -> ShutdownTimeouts:
        """For what is in progress when the run is stopped."""
        if self.cancel_on_stop:
            return self.shutdown
        return ShutdownTimeouts(WORKERS_SHUTDOWN, WORKERS_SHUTDOWN)

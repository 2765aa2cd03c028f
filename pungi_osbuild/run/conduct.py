"""How a run behaves: when it gives up, what it tries again, and what it waits for when stopped."""

from __future__ import annotations

from dataclasses import dataclass, field

from pungi_osbuild.run.retrying import RetryPolicy
from pungi_osbuild.stop import StopFlag


@dataclass(frozen=True)
class Graces:
    """
    Seconds for what is in progress when a run is stopped whose tasks are cancelled.

    :param submitting: a task whose id comes later can only be cancelled by its own thread, if that
        lives on
    :param collecting: images that are being placed
    :param unseen: after which collecting begins of no more tasks that had ended unseen
    """

    submitting: float = 15.0
    collecting: float = 5.0
    unseen: float = 5.0


@dataclass(frozen=True)
class Conduct:
    """
    When a run gives up, when it tries again, and how.

    :param stop: looked at in each turn, for a signal whose exception was swallowed
    :param cancel_on_stop: cancel the tasks of a run that is stopped
    :param fail_fast: cancel what still runs as soon as a request that may not fail has failed
    """

    stop: StopFlag = field(default_factory=StopFlag)
    cancel_on_stop: bool = False
    fail_fast: bool = False
    graces: Graces = field(default_factory=Graces)
    retries: RetryPolicy = field(default_factory=RetryPolicy)

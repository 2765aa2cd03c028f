"""How a rehearsal hub behaves: how long tasks build, how many at once, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from pungi_osbuild.rehearsal.faults import Fault


class ResultsIn(str, Enum):
    """Where the results of an upload are found; composer before version 91 had only the last."""

    ARCHIVE = "archive"
    """In the archive's ``extra``, the build's ``extra`` and the task's compose-status.json."""

    BUILD = "build"
    """In the build's ``extra.typeinfo.image`` and compose-status.json."""

    STATUS = "status"
    """In compose-status.json alone."""


@dataclass(frozen=True)
class HubSettings:
    """
    The settings of a rehearsal hub.

    :param port: to listen on at 127.0.0.1; 0: any that is free
    :param duration: seconds that each task builds
    :param capacity: how many tasks build at the same time; None: all of them
    :param faults: what goes wrong, and for which images
    :param seed: composer's ids, AMIs and digests follow from it and from the N-V-R and arch
    :param results_in: where upload results are found
    :param sboms: whether builds hold SBOMs
    """

    port: int = 0
    duration: float = 2.0
    capacity: Optional[int] = None
    faults: Tuple[Fault, ...] = ()
    seed: int = 0
    results_in: ResultsIn = ResultsIn.ARCHIVE
    sboms: bool = True

    @property
    def start_delay(self) -> float:
        """Seconds that a task is FREE, then ASSIGNED, before it is OPEN, where there is room."""
        return min(0.1, self.duration / 10)

"""How a rehearsal hub behaves: how long tasks build, how many at once, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Optional, Tuple

from koji_rehearsal.composer import versions
from koji_rehearsal.faults import Fault

LOOPBACK = "127.0.0.1"


class ResultsIn(str, Enum):
    """Where the results of an upload are found; composer before version 91 had only the last."""

    ARCHIVE = "archive"
    """In the archive's ``extra``, the build's ``extra`` and the task's compose-status.json."""

    BUILD = "build"
    """In the build's ``extra.typeinfo.image`` and compose-status.json."""

    STATUS = "status"
    """In compose-status.json alone."""

    @classmethod
    def of_composer(cls, version: int) -> ResultsIn:
        """Return where composer of a version puts them: since 91 they are in Koji's archives."""
        return cls.ARCHIVE if version >= versions.RESULTS_IN_KOJI else cls.STATUS


@dataclass(frozen=True)
class Outage:
    """
    A time in which every call is answered that the server is offline.

    :param start: seconds after the hub's start
    :param lasts: seconds
    """

    start: float
    lasts: float


@dataclass(frozen=True)
class HubSettings:
    """
    The settings of a rehearsal hub.

    :param port: to listen on; 0: any that is free
    :param speed: seconds that pass on the hub's clock in one second
    :param state_file: where the state is kept over a restart; None: nowhere
    :param submissions_file: gets a line for each image that is submitted; None: there is none
    :param duration: seconds that each task builds
    :param capacity: how many tasks build at the same time; None: all of them
    :param faults: what goes wrong, and for which images
    :param seed: composer's ids, AMIs and digests follow from it and from the N-V-R and arch
    :param composer_version: which osbuild-composer answers, for what it knows
    :param results_in: where upload results are found
    :param sboms: whether builds hold SBOMs
    :param clouds_remember: whether a cloud refuses an image whose name it has; there was no cloud
        behind the hub that this one imitates
    :param host: the address to listen on; the default is reached from this machine alone
    :param session_lifetime: seconds after which a session expires, from its login or the last
        renewal; None: never
    :param outages: when the hub is offline
    :param max_connections: more at the same time are turned away with HTTP 503
    :param patience: seconds that a client may keep the hub waiting for a request
    """

    port: int = 0
    speed: float = 1.0
    state_file: Optional[Path] = None
    submissions_file: Optional[Path] = None
    duration: float = 2.0
    capacity: Optional[int] = None
    faults: Tuple[Fault, ...] = ()
    seed: int = 0
    composer_version: int = versions.NEWEST
    results_in: ResultsIn = ResultsIn.ARCHIVE
    sboms: bool = True
    clouds_remember: bool = True
    host: str = LOOPBACK
    session_lifetime: Optional[float] = None
    outages: Tuple[Outage, ...] = ()
    max_connections: int = 256
    patience: float = 60.0

    @property
    def start_delay(self) -> float:
        """Seconds that a task is FREE, then ASSIGNED, before it is OPEN, where there is room."""
        return min(0.1, self.duration / 10)

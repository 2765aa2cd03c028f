"""
Waiting for orphaned builds: those whose tasks were cancelled.

Cancelling a task does not stop composer: the build stays BUILDING, which keeps its N-V-R from all
others, and becomes COMPLETE without a tag (found by experiment with koji-osbuild on kojihub
1.35.3). Nobody else can build that N-V-R, so the build is waited for.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import AbstractSet, Dict, Optional, Tuple

from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Batch, BuildState, Hub, KojiBuild, build_call, read_build
from pungi_osbuild.run.resume import OrphanedBuild
from pungi_osbuild.timing import ORPHANED_BUILD_INTERVAL, ORPHANED_BUILD_TIMEOUT


@dataclass(frozen=True)
class ReservationResult:
    """
    What became of the N-V-R that an orphaned build had reserved.

    :param build: the build that has it; None: it is free again
    :param is_ours: it was built by a task of this compose
    :param is_lost: it has been BUILDING for too long
    """

    orphaned: OrphanedBuild
    build: Optional[KojiBuild] = None
    is_ours: bool = False
    is_lost: bool = False


class OrphanedBuilds:
    """
    Orphaned builds that are waited for.

    :param ours: the ids of all tasks that were submitted for this compose
    """

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        ours: AbstractSet[int] = frozenset(),
        limit: float = ORPHANED_BUILD_TIMEOUT,
        interval: float = ORPHANED_BUILD_INTERVAL,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._ours = ours
        self._interval = interval
        self._open: Dict[str, OrphanedBuild] = {}
        self._due = clock.monotonic()
        self._deadline = self._due + limit

    @property
    def open(self) -> Tuple[OrphanedBuild, ...]:
        """What is still waited for."""
        return tuple(self._open.values())

    @property
    def is_due(self) -> bool:
        """Whether there is something to ask, and it may be asked now."""
        return bool(self._open) and self._clock.monotonic() >= self._due

    def add(self, orphaned: OrphanedBuild) -> None:
        """Wait for one more."""
        self._open[str(orphaned.submission.nvr)] = orphaned

    def drop(self) -> Tuple[OrphanedBuild, ...]:
        """Wait for none any more; return those that were waited for."""
        dropped = []
        # One by one: another thread may be polling, and each belongs to one of both.
        with suppress(KeyError):
            while True:
                dropped.append(self._open.popitem()[1])
        return tuple(dropped)

    def poll(self) -> Tuple[ReservationResult, ...]:
        """
        Ask for all, in one multicall, and return what has come to an end.

        :raises HubFaultError: the hub refused a call
        :raises HubError: the hub could not be reached
        :raises ReplyError: a reply does not look as it should
        """
        opened = dict(self._open)
        batch = Batch()
        answers = {
            nvr: batch.ask(build_call(nvr), partial(read_build, nvr)) for nvr in sorted(opened)
        }
        batch.send(self._hub)
        now = self._clock.monotonic()
        self._due = now + self._interval
        ended = []
        for nvr, answer in answers.items():
            build = answer()
            is_building = build is not None and build.state is BuildState.BUILDING
            is_over = not is_building or now >= self._deadline
            if is_over and self._open.pop(nvr, None) is not None:
                ended.append(self._result(opened[nvr], build, is_building))
        return tuple(ended)

    def _result(
        self, orphaned: OrphanedBuild, build: Optional[KojiBuild], is_lost: bool
    ) -> ReservationResult:
        if build is None or not build.takes_nvr:
            return ReservationResult(orphaned)
        is_ours = build.task_id in {*self._ours, orphaned.task.id}
        return ReservationResult(orphaned, build, is_ours, is_lost)

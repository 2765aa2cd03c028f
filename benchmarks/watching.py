"""One run, ours or the in-tree way's, and what it cost: the hub, the machine, and time."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence

from benchmarks.meter import Usage, measured
from benchmarks.scene import ARCHES, PROFILE, ROOT, USER, Request, Scene, Seen, a_scene

SUBMITTING = frozenset({"osbuildImage"})
POLLING = frozenset(
    {"getTaskInfo", "getTaskChildren", "getTaskDescendents", "getHost", "listTasks"}
)


@dataclass(frozen=True)
class Run:
    """
    A run and its cost.

    :param way: ``ours`` or ``in-tree``
    :param blocks: image blocks, each for two arches
    :param tasks: that were submitted for them
    :param duration: seconds that each task took
    :param pss: bytes at most, of all its processes together
    :param cpu: seconds
    :param late: seconds from the end of the last task to the end of the run
    :param requests: to the hub, all of them
    :param waiting: polls a second from the last submission to the first end
    :param share: of one hub worker's time that these took
    :param worst: submissions and polls in the worst second
    :param worst_of_all: requests of every kind in the worst second
    """

    way: str
    blocks: int
    tasks: int
    duration: float
    pss: int
    processes: int
    threads: int
    cpu: float
    late: float
    seconds: float
    requests: int
    waiting: float
    share: float
    worst: int
    worst_of_all: int
    logins: int
    connections: int

    @property
    def images(self) -> int:
        """How many images were built."""
        return self.blocks * len(ARCHES)


def ours(folder: Path, blocks: int, duration: float) -> Run:
    """Run ``pungi-osbuild run``: a task for each image."""
    with a_scene(folder, blocks, duration) as scene:
        used = measured(
            [
                *(sys.executable, "-m", "pungi_osbuild", "run", str(scene.config)),
                *("--compose", str(scene.compose), "--profile", PROFILE, "--user", USER),
                *("--password-file", str(folder / "password")),
            ],
            scene.environment,
            ROOT,
            folder / "run.log",
            interval=0.5,
        )
    return _summary("ours", scene, blocks, duration, used)


def in_tree(folder: Path, blocks: int, duration: float) -> Run:
    """Run the in-tree way: a task and a ``koji watch-task`` for each block."""
    with a_scene(folder, blocks, duration) as scene:
        used = measured(
            [
                *(sys.executable, "-m", "benchmarks.intree"),
                *(str(scene.config), str(scene.compose)),
            ],
            scene.environment,
            ROOT,
            folder / "run.log",
            # Reading what two hundred processes use takes its time.
            interval=2.0,
        )
    return _summary("in-tree", scene, blocks, duration, used)


def _summary(way: str, scene: Scene, blocks: int, duration: float, used: Usage) -> Run:
    seen = scene.seen()
    _expect_images(scene, blocks)
    waiting = _while_waiting(seen)
    window = max(min(seen.ends) - _last_submission(seen), 1e-9)
    common = (one for one in seen.requests if _is(one, SUBMITTING | POLLING))
    return Run(
        way=way,
        blocks=blocks,
        tasks=sum(_is(one, SUBMITTING) for one in seen.requests),
        duration=duration,
        pss=used.pss,
        processes=used.processes,
        threads=used.threads,
        cpu=used.cpu,
        late=used.ended - max(seen.ends),
        seconds=used.ended - used.began,
        requests=len(seen.requests),
        waiting=len(waiting) / window,
        share=sum(one.busy for one in waiting) / window,
        worst=_worst_second(common),
        worst_of_all=_worst_second(seen.requests),
        logins=seen.logins,
        connections=seen.connections,
    )


def _expect_images(scene: Scene, blocks: int) -> None:
    """
    Look that the run did its work.

    :raises RuntimeError: there are not two images for each block
    """
    placed = len(list(scene.compose.glob("compose/Server/*/images/*.raw")))
    if placed != blocks * len(ARCHES):
        raise RuntimeError("%d images of %d blocks; see %s" % (placed, blocks, scene.folder))


def _is(request: Request, methods: Iterable[str]) -> bool:
    return not set(request.methods).isdisjoint(methods)


def _last_submission(seen: Seen) -> float:
    return max(one.at for one in seen.requests if _is(one, SUBMITTING))


def _while_waiting(seen: Seen) -> Sequence[Request]:
    """Return the polls between the last submission and the first end."""
    start, end = _last_submission(seen), min(seen.ends)
    return [one for one in seen.requests if start < one.at < end and _is(one, POLLING)]


def _worst_second(requests: Iterable[Request]) -> int:
    times = sorted(one.at for one in requests)
    worst = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - 1.0:
            first += 1
        worst = max(worst, last - first + 1)
    return worst

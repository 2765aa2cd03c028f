"""While one thing hangs, nothing else waits: one inbox, and a run that asks and places nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import pytest

from koji_rehearsal import HubSettings
from pungi_osbuild.clock import Clock
from pungi_osbuild.hub import Hub
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.model import ImageRequest, Outcome, RunResult, Settings
from pungi_osbuild.run import Event, Job, OutcomeReached, RunOptions, run
from pungi_osbuild.run.host import ComposeFolder
from pungi_osbuild.run.journal import read_journal
from tests.gate import Gate, call_of
from tests.rehearsed import QUICK
from tests.run.test_cancel import LONG, ONE_AFTER_THE_OTHER, Scene, a_scene, wanted
from tests.values import an_identity

LIMIT = 25
"""Seconds; a gate lets pass what it holds a little later, and the test has failed then."""

A_POLL = b">completeAfter<"
FIRST_POLL = call_of("getTaskInfo")
A_READING = b">getTaskResult<"


def submission_of(name: str) -> bytes:
    """Return what the submission of an image has in it, and nothing else."""
    text = "<methodName>osbuildImage</methodName>\n<params>\n<param>\n<value><string>%s<"
    return (text % name).encode("ascii")


class Watching(ComposeFolder):
    """A host that does something when an image is placed, and when it is finished."""

    def when(
        self,
        built: Callable[[Outcome], None] = lambda _outcome: None,
        finished: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> Watching:
        object.__setattr__(self, "on", (built, finished))
        return self

    def built(self, outcome: Outcome) -> Outcome:
        self.__dict__["on"][0](outcome)
        return super().built(outcome)

    def notify(self, event: Event, job: Job) -> None:
        super().notify(event, job)
        if isinstance(event, OutcomeReached) and job.outcome is not None:
            self.__dict__["on"][1](job.outcome)


def until(condition: Callable[[], bool]) -> bool:
    """Wait for something that another thread does."""
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Held:
    """What is held, and what happens meanwhile: asked of the journal and the hub from outside."""

    def __init__(self, scene: Scene, gate: Gate) -> None:
        self.scene = scene
        self.gate = gate
        self.meanwhile: List[bool] = []

    def open_when(self, condition: Callable[[], bool], held: Optional[bytes] = None) -> None:
        """Open the gate when something has happened, and remember whether it did in time."""
        if held is not None:
            self.gate.hold(held)

        def wait() -> None:
            is_held = self.gate.holding.wait(LIMIT)
            self.meanwhile.append(is_held and until(condition))
            self.gate.open()

        threading.Thread(target=wait, daemon=True).start()

    def outcomes(self) -> Dict[str, str]:
        """Return what the journal says, by the images' names."""
        return {
            one.slot.name: one.outcome.value
            for one in read_journal(self.scene.topdir).submissions
            if one.outcome is not None
        }

    def run(
        self,
        requests: Sequence[ImageRequest],
        host: Optional[ComposeFolder] = None,
        fail_fast: bool = False,
    ) -> RunResult:
        return run(
            requests,
            self.scene.compose,
            Settings(fail_fast=fail_fast, outage_limit=0),
            self.scene.profile,
            productmd_types(),
            RunOptions(polling=QUICK, host=host),
            Clock(sleep=self.scene.times.sleep),
        )

    def cancelled(self) -> bool:
        return bool(self.scene.asked_to_cancel)


def a_host(scene: Scene) -> Watching:
    return Watching(scene.topdir, an_identity(), Settings()).when()


def kinds(result: RunResult) -> List[str]:
    return [outcome.kind.value for outcome in result.outcomes]


def test_a_poll_that_hangs_keeps_no_image_from_being_recorded(tmp_path: Path) -> None:
    """It was in its place when the hub began to hang: in the journal, and told to the host."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, turns=[15]) as scene, scene.behind_a_gate() as gate:
        held, finished = Held(scene, gate), []  # type: Held, List[str]

        def built(outcome: Outcome) -> None:
            # The first is placed, and the next question hangs.
            if not held.meanwhile and not gate.holding.is_set():
                name = outcome.request.config.name
                held.open_when(lambda: held.outcomes() == {name: "built"} and len(finished) == 1)
                gate.hold(A_POLL)
                assert gate.holding.wait(LIMIT)
                scene.times.turns = [15] * 5

        host = a_host(scene).when(built, lambda outcome: finished.append(outcome.kind.value))
        result = held.run([wanted(0), wanted(1)], host)
    assert held.meanwhile == [True]
    assert kinds(result) == ["built"] * 2


def test_a_poll_that_hangs_keeps_nobody_from_failing_fast(tmp_path: Path) -> None:
    """One cannot be placed: the other is cancelled before the poll is answered."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, turns=[15]) as scene, scene.behind_a_gate() as gate:
        held = Held(scene, gate)

        def built(_outcome: Outcome) -> None:
            held.open_when(held.cancelled, A_POLL)
            assert gate.holding.wait(LIMIT)
            raise ValueError("it cannot be placed")

        result = held.run([wanted(0), wanted(1)], a_host(scene).when(built), fail_fast=True)
    assert held.meanwhile == [True]
    assert sorted(kinds(result)) == ["cancelled", "failed"]


def test_a_poll_that_hangs_keeps_no_timeout_from_acting(tmp_path: Path) -> None:
    """Whichever poll it is: the first one here."""
    with a_scene(tmp_path, LONG) as scene, scene.behind_a_gate() as gate:
        held = Held(scene, gate)
        held.open_when(held.cancelled, FIRST_POLL)
        result = held.run([wanted(0, timeout=0.3)])
    assert held.meanwhile == [True]
    assert kinds(result) == ["failed"]
    assert "(timeout)" in (result.outcomes[0].reason or "")


def test_a_submission_that_hangs_keeps_no_other_image_waiting(tmp_path: Path) -> None:
    """The first is built, placed and recorded before the second has a task."""
    with a_scene(tmp_path, HubSettings(duration=0)) as scene, scene.behind_a_gate() as gate:
        held = Held(scene, gate)
        held.open_when(lambda: held.outcomes() == {"image-0": "built"}, submission_of("image-1"))
        result = held.run([wanted(0), wanted(1)])
    assert held.meanwhile == [True]
    assert kinds(result) == ["built"] * 2


def test_a_submission_that_hangs_stops_no_timeout(tmp_path: Path) -> None:
    """Of a task that was made before it."""
    with a_scene(tmp_path, LONG) as scene, scene.behind_a_gate() as gate:
        held = Held(scene, gate)
        held.open_when(held.cancelled, submission_of("image-1"))
        result = held.run([wanted(0, timeout=0.3), wanted(1, timeout=0.3)])
    assert held.meanwhile == [True]
    assert kinds(result) == ["failed"] * 2


def test_a_reading_that_hangs_hides_no_other_end(tmp_path: Path) -> None:
    """What the first has built is not told; the second was cancelled in Koji meanwhile."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, turns=[15]) as scene:
        direct = scene.profile
        with scene.behind_a_gate() as gate:
            held = Held(scene, gate)

            def ended() -> bool:
                with Hub(direct) as hub:
                    open_ones = [task_id for task_id, state in states(hub).items() if state != 2]
                    if open_ones:
                        hub.call("cancelTask", open_ones[0])
                return until(lambda: list(held.outcomes().values()) == ["cancelled"])

            held.open_when(ended, A_READING)
            result = held.run([wanted(0), wanted(1)])
    assert held.meanwhile == [True]
    assert sorted(kinds(result)) == ["built", "cancelled"]


def states(hub: Hub) -> Dict[int, int]:
    return {task["id"]: task["state"] for task in hub.call("getTaskInfo", [1, 2])}


def test_a_collector_that_hangs_keeps_no_other_image_waiting(tmp_path: Path) -> None:
    """The first is on its way while the second is recorded."""
    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        others: List[bool] = []
        finished = threading.Event()

        def built(outcome: Outcome) -> None:
            if outcome.request.number == 0:
                others.append(finished.wait(LIMIT))

        host = a_host(scene).when(built, lambda _outcome: finished.set())
        result = scene.run([wanted(0), wanted(1)], RunOptions(polling=QUICK, host=host))
    assert others == [True]
    assert kinds(result) == ["built"] * 2


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(3)])
def test_a_host_that_raises_in_a_worker_fails_its_image_alone(
    error: BaseException, tmp_path: Path
) -> None:
    """Whatever it raises: the thread lives on, and the others are recorded."""

    def built(outcome: Outcome) -> None:
        if outcome.request.number == 0:
            raise error

    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        host = a_host(scene).when(built)
        result = scene.run(
            [wanted(number) for number in range(3)], RunOptions(polling=QUICK, host=host)
        )
    assert kinds(result) == ["failed", "built", "built"]
    assert "BUG in pungi-osbuild" in (result.outcomes[0].reason or "")

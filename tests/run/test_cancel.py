"""Cancelling: as soon as one has failed, when the run is stopped, and what the hub refuses."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest

from koji_rehearsal import HubContent, HubSettings, RehearsalHub, parse_fault
from koji_rehearsal import write_profile as write
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, RunInterruptedError
from pungi_osbuild.hub import (
    Call,
    Hub,
    HubFaultError,
    Profile,
    Reply,
    TaskState,
    cancel,
)
from pungi_osbuild.hub import read_profile as read
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import (
    Compose,
    ImageRequest,
    Ostree,
    Outcome,
    OutcomeKind,
    RunResult,
    Settings,
)
from pungi_osbuild.run import Event, Job, RunOptions, TaskSubmitted, run
from pungi_osbuild.run.engine import SUBMITTERS, Engine
from pungi_osbuild.run.host import ComposeFolder
from pungi_osbuild.run.jobs import Jobs
from pungi_osbuild.run.journal import Journal, read_journal
from pungi_osbuild.run.outcomes import refused
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.submitting import Submitter, cancel_tasks
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import ShutdownTimeouts
from tests.gate import ANY_CALL, Gate, call_of
from tests.phase.pungi_standin import LIMIT, params
from tests.rehearsed import QUICK
from tests.run.engines import an_engine
from tests.threads import threads_now, workers_since
from tests.values import a_compose, a_request, an_identity, an_image_config

IN_A_HURRY = ShutdownTimeouts(submitting=0.05, collecting=0.05, unseen=0.0)
LONG = HubSettings(duration=600)
ONE_AFTER_THE_OTHER = HubSettings(duration=10, capacity=1)


class Times:
    """The hub's clock, turned by the run's pauses; the run's own is the system's."""

    def __init__(self, *turns: float) -> None:
        self.now = 1000.0
        self.turns = list(turns)

    def sleep(self, _seconds: float) -> None:
        if self.turns:
            self.now += self.turns.pop(0)
        else:
            time.sleep(0.005)


class Scene:
    """A hub, a compose folder, and a profile that leads from one to the other."""

    def __init__(self, hub: RehearsalHub, folder: Path, times: Times) -> None:
        self.hub = hub
        self.topdir = folder / "compose"
        self.times = times
        self.profile_file = folder / "koji.conf"
        write(self.profile_file, hub)
        self.profile: Profile = read("rehearsal", self.profile_file)
        self.compose: Compose = a_compose(topdir=str(self.topdir))

    def run(
        self,
        requests: Sequence[ImageRequest],
        options: Optional[RunOptions] = None,
        fail_fast: bool = False,
    ) -> RunResult:
        return run(
            requests,
            self.compose,
            Settings(fail_fast=fail_fast, outage_limit=0),
            self.profile,
            productmd_types(),
            options or RunOptions(polling=QUICK),
            Clock(sleep=self.times.sleep),
        )

    @contextmanager
    def behind_a_gate(self) -> Iterator[Gate]:
        """Have the run, and nobody else, go through a gate."""
        direct = self.profile
        with Gate(self.hub) as gate:
            gate.stand_before(self.profile_file)
            self.profile = read("rehearsal", self.profile_file)
            try:
                yield gate
            finally:
                self.profile = direct

    def states(self) -> Dict[int, TaskState]:
        """Return the states of the image tasks, by id."""
        with Hub(self.profile) as hub:
            rows = hub.call("listTasks", {"method": "osbuildImage"}, {"limit": 100})
        return {row["id"]: TaskState(row["state"]) for row in rows}

    @property
    def submitted(self) -> int:
        return len(params(self.hub))

    @property
    def asked_to_cancel(self) -> List[int]:
        return sorted(call[0] for call in params(self.hub, "cancelTask"))


@contextmanager
def a_scene(
    folder: Path,
    settings: HubSettings = LONG,
    faults: Sequence[str] = (),
    turns: Sequence[float] = (),
) -> Iterator[Scene]:
    times = Times(*turns)
    settings = replace(settings, faults=tuple(map(parse_fault, faults)))
    content = HubContent.golden()
    with RehearsalHub(settings, folder / "koji", content, lambda: times.now) as hub:
        yield Scene(hub, folder, times)


def wanted(number: int, can_fail: bool = False, **changes: object) -> ImageRequest:
    config = an_image_config(
        place='osbuild["^Server$"][%d]' % number, name="image-%d" % number, **changes
    )
    return a_request(
        number=number, config=config, subvariant="S%d" % number, can_fail=can_fail, base_release="1"
    )


NOT_A_TEXT = Ostree(url=7)  # type: ignore[arg-type]
"""What the hub's schema refuses."""


def refused_at_once(can_fail: bool = False) -> ImageRequest:
    """A request that has failed before there is a task: the hub's schema refuses it."""
    request = wanted(0, can_fail)
    return replace(request, config=replace(request.config, ostree=NOT_A_TEXT))


def kinds(result: RunResult) -> List[str]:
    return [outcome.kind.value for outcome in result.outcomes]


# osbuild_fail_fast


def test_with_fail_fast_the_rest_is_cancelled(tmp_path: Path) -> None:
    """As soon as a required image has failed; CANCELED on the hub, and said why."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, ["build"], [15]) as scene:
        result = scene.run([wanted(number) for number in range(3)], fail_fast=True)
        states = scene.states()
    assert sorted(kinds(result)) == ["cancelled", "cancelled", "failed"]
    (failed,) = (one for one in result.outcomes if one.kind is OutcomeKind.FAILED)
    cancelled = [one for one in result.outcomes if one.kind is OutcomeKind.CANCELLED]
    for outcome in cancelled:
        assert outcome.task_id is not None
        assert states[outcome.task_id] is TaskState.CANCELED
        reason = outcome.reason or ""
        assert "%s has failed (osbuild_fail_fast)" % failed.request.describe() in reason
        assert "osbuild-composer is not told" in reason
    assert scene.asked_to_cancel == sorted(one.task_id or 0 for one in cancelled)


def test_without_fail_fast_the_rest_goes_on(tmp_path: Path) -> None:
    """Each has its own end, and nothing is cancelled."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, ["build"], [15] * 9) as scene:
        result = scene.run([wanted(number) for number in range(3)])
    assert kinds(result) == ["failed"] * 3
    assert scene.asked_to_cancel == []


def test_with_fail_fast_what_may_fail_cancels_nothing(tmp_path: Path) -> None:
    """That is what failable means."""
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, ["build:name=image-0"], [15] * 9) as scene:
        requests = [wanted(0, can_fail=True), wanted(1), wanted(2)]
        result = scene.run(requests, fail_fast=True)
    assert kinds(result) == ["failed", "built", "built"]
    assert scene.asked_to_cancel == []


@pytest.mark.parametrize(("can_fail", "fail_fast"), [(False, False), (True, True), (True, False)])
def test_a_refusal_that_may_be_stops_nothing(
    can_fail: bool, fail_fast: bool, tmp_path: Path
) -> None:
    """Without ``osbuild_fail_fast`` none does; all others are submitted and built."""
    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        requests = [refused_at_once(can_fail), *(wanted(number) for number in range(1, 20))]
        result = scene.run(requests, fail_fast=fail_fast)
    assert kinds(result) == ["failed"] + ["built"] * 19
    assert scene.asked_to_cancel == []


def test_with_fail_fast_what_is_built_stays_built(tmp_path: Path) -> None:
    """And is recorded."""
    faults = ["build:name=image-1"]
    with a_scene(tmp_path, HubSettings(duration=0), faults) as scene:
        result = scene.run([wanted(0), wanted(1)], fail_fast=True)
    assert kinds(result) == ["built", "failed"]
    assert scene.asked_to_cancel == []


def test_with_fail_fast_a_refusal_ends_it_before_all_is_submitted(tmp_path: Path) -> None:
    """What was not submitted says so; what was is cancelled."""
    with a_scene(tmp_path) as scene:
        result = scene.run(
            [refused_at_once(), *(wanted(number) for number in range(1, 30))], fail_fast=True
        )
        states = scene.states()
    first, *rest = result.outcomes
    assert first.kind is OutcomeKind.FAILED
    assert {outcome.kind for outcome in rest} == {OutcomeKind.CANCELLED}
    assert set(states.values()) <= {TaskState.CANCELED}
    never = [outcome for outcome in rest if outcome.task_id is None]
    assert len(never) + len(states) == 29
    assert all("it was not submitted: " in (outcome.reason or "") for outcome in never)


def test_with_fail_fast_what_preflight_has_refused_counts(tmp_path: Path) -> None:
    """The other is not even submitted."""
    requests = [wanted(0), wanted(1)]
    with (
        a_scene(tmp_path) as scene,
        Hub(scene.profile) as hub,
        Journal(scene.topdir, time.time) as journal,
    ):
        over = [refused(requests[0], "the tag is locked")]
        policy = RunPolicy(fail_fast=True)
        engine, jobs = an_engine(hub, scene.topdir, journal, requests, policy, over=over)
        engine.run()
        assert scene.states() == {}
    assert [one.kind.value for one in jobs.outcomes()] == ["failed", "cancelled"]


# Stopping


class Stopping(ComposeFolder):
    """A host that does something when it is told of a task."""

    def then(self, work: Callable[[], None]) -> Stopping:
        object.__setattr__(self, "work", work)
        return self

    def notify(self, event: Event, job: Job) -> None:
        super().notify(event, job)
        if isinstance(event, TaskSubmitted):
            self.work()  # type: ignore[attr-defined]


def a_host(scene: Scene, work: Callable[[], None]) -> Stopping:
    return Stopping(scene.topdir, an_identity(), Settings()).then(work)


@pytest.mark.parametrize("cancel_on_stop", [True, False])
def test_a_run_that_is_stopped_cancels_its_tasks_where_that_is_wanted(
    cancel_on_stop: bool, tmp_path: Path
) -> None:
    """The `run` command leaves them; Pungi's compose is over."""
    stop = StopFlag()
    with a_scene(tmp_path) as scene:
        scene.times.sleep = lambda _seconds: stop.ask()  # type: ignore[method-assign]
        options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=cancel_on_stop)
        with pytest.raises(RunInterruptedError) as caught:
            scene.run([wanted(0), wanted(1)], options)
        states = scene.states()
    said = caught.value.reason.partition("go on in Koji: ")[2]
    if cancel_on_stop:
        assert said == "none"
        assert list(states.values()) == [TaskState.CANCELED] * 2
        assert scene.asked_to_cancel == sorted(states)
    else:
        assert said == ", ".join(map(str, sorted(states)))
        assert TaskState.CANCELED not in states.values()
        assert scene.asked_to_cancel == []


def test_what_is_submitted_while_the_run_stops_is_cancelled(tmp_path: Path) -> None:
    """Each task, once; nothing more is submitted."""
    stop = StopFlag()
    with a_scene(tmp_path) as scene:
        options = RunOptions(
            polling=QUICK, stop=stop, cancel_on_stop=True, host=a_host(scene, stop.ask)
        )
        with pytest.raises(RunInterruptedError, match="go on in Koji: none"):
            scene.run([wanted(number) for number in range(20)], options)
        states = scene.states()
    assert 1 <= len(states) <= SUBMITTERS  # one for each thread that submits
    assert set(states.values()) == {TaskState.CANCELED}
    assert scene.asked_to_cancel == sorted(states)


def test_a_task_is_found_before_its_thread_has_told_of_it(tmp_path: Path) -> None:
    """Nobody takes what the thread returns: the run has gone by then."""
    stop, gone = StopFlag(), threading.Event()

    class Late(Submitter):
        def submit(self, request: ImageRequest, after: int) -> int:
            task_id = super().submit(request, after)
            stop.ask()
            gone.wait(LIMIT)
            return task_id

    policy = RunPolicy(stop, cancel_on_stop=True, shutdown=IN_A_HURRY)
    with (
        a_scene(tmp_path) as scene,
        Hub(scene.profile) as hub,
        Journal(scene.topdir, time.time) as journal,
    ):
        engine, jobs = an_engine(hub, scene.topdir, journal, [wanted(0)], policy, submitter=Late)
        with pytest.raises(KeyboardInterrupt):
            engine.run()
        assert (jobs.in_doubt, jobs.in_progress) == (1, [])
        engine.cancel()
        gone.set()
        assert (jobs.in_doubt, jobs.in_progress) == (0, [])
        assert scene.states() == {1: TaskState.CANCELED}
    (outcome,) = jobs.outcomes()
    assert (outcome.task_id, outcome.kind) == (1, OutcomeKind.CANCELLED)
    assert read_journal(scene.topdir).tasks == {1}


def test_a_task_that_is_made_after_the_run_has_gone_is_cancelled(tmp_path: Path) -> None:
    """The hub was slow; nobody is left to take the result."""
    stop = StopFlag()
    before = threads_now()
    with a_scene(tmp_path) as scene, scene.behind_a_gate() as gate:
        gate.hold(call_of("osbuildImage"))
        gate.tell(call_of("osbuildImage"), stop.ask)
        options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=True, shutdown=IN_A_HURRY)
        with pytest.raises(RunInterruptedError, match="perhaps 1 whose submission"):
            scene.run([wanted(0)], options)
        assert scene.asked_to_cancel == []
        gate.open()
        for thread in workers_since(before):
            thread.join(LIMIT)
        assert scene.asked_to_cancel == [1]
        assert list(scene.states().values()) == [TaskState.CANCELED]


def test_a_hub_that_is_lost_while_the_run_stops_does_not_hide_a_task(tmp_path: Path) -> None:
    """It was submitted and cannot be cancelled: it goes on, and that is said and recorded."""
    stop = StopFlag()
    with a_scene(tmp_path) as scene:

        def lost() -> None:
            stop.ask()
            scene.hub.stop()

        options = RunOptions(
            polling=QUICK, stop=stop, cancel_on_stop=True, host=a_host(scene, lost)
        )
        with pytest.raises((RunInterruptedError, HubError)) as caught:
            scene.run([wanted(0)], options)
    (task_id,) = read_journal(scene.topdir).tasks
    recorded = (scene.topdir / "compose/metadata/osbuild.json").read_text("utf-8")
    assert "BUG" not in recorded
    assert '"task_id": %d' % task_id in recorded
    assert "go on in Koji: %d" % task_id in caught.value.reason


def test_a_hub_that_is_lost_when_a_run_is_stopped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Recorded, and the tasks that go on are named."""
    stop = StopFlag()
    with a_scene(tmp_path) as scene:

        def lost(_seconds: float) -> None:
            stop.ask()
            scene.hub.stop()

        scene.times.sleep = lost  # type: ignore[method-assign]
        options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=True)
        with (
            caplog.at_level(logging.WARNING),
            pytest.raises(RunInterruptedError, match=r"go on in Koji: 1$"),
        ):
            scene.run([wanted(0)], options)
    assert "the tasks could not be cancelled" in caplog.text
    assert (scene.topdir / "compose/metadata/osbuild.json").exists()


class Seen(StopFlag):
    """A flag that tells when it has been seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def check(self) -> None:
        if self.requested:
            self.seen.set()
        super().check()


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_submission_in_progress_is_waited_for_a_while(is_answered: bool, tmp_path: Path) -> None:
    """An answer that comes in time is a task that is cancelled; one that does not is told of."""
    stop, recorded = Seen(), threading.Event()
    with a_scene(tmp_path) as scene, scene.behind_a_gate() as gate:

        def meanwhile() -> None:
            stop.ask()
            if is_answered:
                assert stop.seen.wait(LIMIT)
                # Whoever does not wait for the answer has recorded everything by then.
                recorded.wait(0.3)
                gate.open()

        kept = Keeping(scene.topdir, an_identity(), Settings()).at_the_end(recorded.set)
        options = RunOptions(
            polling=QUICK,
            stop=stop,
            cancel_on_stop=True,
            host=kept,
            shutdown=ShutdownTimeouts() if is_answered else IN_A_HURRY,
        )
        gate.hold(call_of("osbuildImage"))
        gate.tell(call_of("osbuildImage"), meanwhile)
        with pytest.raises(RunInterruptedError) as caught:
            scene.run([wanted(0)], options)
        said = caught.value.reason.partition("go on in Koji: ")[2]
        gate.open()
        scene.profile = read("rehearsal", scene.profile_file)
        if is_answered:
            assert said == "none"
            assert list(scene.states().values()) == [TaskState.CANCELED]
        else:
            assert said == "none, and perhaps 1 whose submission was not answered"


def test_a_run_is_stopped_though_the_hub_does_not_say_what_has_ended(tmp_path: Path) -> None:
    """The question hangs; another session cancels, and all is recorded."""
    stop = StopFlag()
    with a_scene(tmp_path) as scene:
        with scene.behind_a_gate() as gate:
            options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=True)
            gate.hold(call_of("getTaskInfo"))
            gate.tell(call_of("getTaskInfo"), stop.ask)
            with pytest.raises(RunInterruptedError, match="go on in Koji: none"):
                scene.run([wanted(0), wanted(1)], options)
            assert gate.holding.is_set()
        assert list(scene.states().values()) == [TaskState.CANCELED] * 2
    assert (scene.topdir / "compose/metadata/osbuild.json").exists()


@pytest.mark.parametrize("is_collected", [True, False])
def test_what_has_ended_unseen_is_not_cancelled(is_collected: bool, tmp_path: Path) -> None:
    """The hub says nothing when a task has ended: it is collected, or told of, never a lie."""
    stop = StopFlag()
    with a_scene(tmp_path, HubSettings(duration=10)) as scene:

        def meanwhile(_seconds: float) -> None:
            scene.times.now += 60
            stop.ask()

        scene.times.sleep = meanwhile  # type: ignore[method-assign]
        kept = Keeping(scene.topdir, an_identity(), Settings())
        shutdown = ShutdownTimeouts() if is_collected else IN_A_HURRY
        options = RunOptions(
            polling=QUICK, stop=stop, cancel_on_stop=True, host=kept, shutdown=shutdown
        )
        with pytest.raises(RunInterruptedError, match="go on in Koji: none"):
            scene.run([wanted(0), wanted(1)], options)
        assert set(scene.states().values()) == {TaskState.CLOSED}
        assert len(scene.asked_to_cancel) == 2
    outcomes = kept.results[0].outcomes
    images = list(scene.topdir.glob("compose/Server/x86_64/images/*.qcow2"))
    if is_collected:
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.BUILT] * 2
        assert len(images) == 2
    else:
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.FAILED] * 2
        assert images == []
        for outcome in outcomes:
            assert outcome.reason == (
                "task %d had ended when the run was stopped; what it built was not collected"
                % (outcome.task_id or 0)
            )


class Keeping(ComposeFolder):
    """A host that keeps results, and may do something while an image is collected."""

    @property
    def results(self) -> List[RunResult]:
        kept: List[RunResult] = self.__dict__.setdefault("kept", [])
        return kept

    def then(self, work: Callable[[], None]) -> Keeping:
        object.__setattr__(self, "work", work)
        return self

    def at_the_end(self, work: Callable[[], None]) -> Keeping:
        object.__setattr__(self, "last", work)
        return self

    def built(self, outcome: Outcome) -> Outcome:
        self.__dict__.get("work", lambda: None)()
        return super().built(outcome)

    def record(self, result: RunResult) -> RunResult:
        self.results.append(result)
        self.__dict__.get("last", lambda: None)()
        return super().record(result)


def test_what_is_collected_in_the_last_moment_is_kept(tmp_path: Path) -> None:
    """The run has been stopped when the image is in its place: built, recorded, in the journal."""
    stop = Seen()
    times: List[int] = []

    def meanwhile() -> None:
        times.append(1)
        stop.ask()
        assert stop.seen.wait(LIMIT)

    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        kept = Keeping(scene.topdir, an_identity(), Settings()).then(meanwhile)
        options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=True, host=kept)
        with pytest.raises(RunInterruptedError, match="go on in Koji: none"):
            scene.run([wanted(0)], options)
        assert scene.asked_to_cancel == []
    assert len(times) == 1, "it was collected again"
    assert kinds(kept.results[0]) == ["built"]
    journal = (scene.topdir / "work/global/osbuild/journal.jsonl").read_text("utf-8")
    assert '"built"' in journal


# Stopping before anything is submitted


@pytest.mark.parametrize(
    ("what", "asked"),
    [(ANY_CALL, 0), (call_of("getNextRelease"), 1)],
    ids=["preflight", "releases"],
)
def test_a_run_that_is_stopped_before_it_submits(what: bytes, asked: int, tmp_path: Path) -> None:
    """While the hub is asked what would fail, or for releases: no more questions after the next."""
    stop = StopFlag()
    names = [replace(wanted(number), base_release=None) for number in range(6)]
    with a_scene(tmp_path) as scene, scene.behind_a_gate() as gate:
        gate.tell(what, stop.ask)
        options = RunOptions(polling=QUICK, stop=stop, cancel_on_stop=True)
        with pytest.raises(RunInterruptedError, match="interrupted before this run submitted"):
            scene.run(names, options)
        assert scene.submitted == 0
        assert len(params(scene.hub, "getNextRelease")) == asked


# What the hub refuses


def test_cancelling_asks_for_each_and_tells_what_was_refused(tmp_path: Path) -> None:
    """One that the hub does not know is no reason to leave the others; in one request."""
    with a_scene(tmp_path) as scene, Hub(scene.profile) as hub:
        ids = [hub.call("osbuildImage", *arguments(wanted(number))) for number in range(2)]
        before = scene.hub.counters.requests
        refused, tasks = cancel(hub, [ids[0], 999, ids[1]])
        assert scene.hub.counters.requests == before + 1
        assert list(refused) == [999]
        assert {task.id: task.state for task in tasks} == dict.fromkeys(ids, TaskState.CANCELED)
        assert "No such task" in refused[999]
        assert list(scene.states().values()) == [TaskState.CANCELED] * 2


def test_cancelling_what_has_ended_changes_nothing(tmp_path: Path) -> None:
    """It stays built."""
    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        (outcome,) = scene.run([wanted(0)]).outcomes
        assert outcome.task_id is not None
        with Hub(scene.profile) as hub:
            refused, (task,) = cancel(hub, [outcome.task_id])
        assert (refused, task.state) == ({}, TaskState.CLOSED)
        assert scene.states()[outcome.task_id] is TaskState.CLOSED


def test_cancelling_nothing_asks_nobody(tmp_path: Path) -> None:
    """No request."""
    with a_scene(tmp_path) as scene, Hub(scene.profile) as hub:
        before = scene.hub.counters.requests
        assert cancel(hub, []) == ({}, ())
        assert scene.hub.counters.requests == before


@pytest.mark.parametrize(
    ("count", "said"), [(1, "cancelling 1 task: 1"), (2, "cancelling 2 tasks: 1, 2")]
)
def test_how_many_are_cancelled_is_logged(
    count: int, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In words that fit."""
    with (
        a_scene(tmp_path) as scene,
        Hub(scene.profile) as hub,
        caplog.at_level(logging.WARNING),
    ):
        ids = [hub.call("osbuildImage", *arguments(wanted(number))) for number in range(count)]
        cancel_tasks(hub, ids)
    assert said in caplog.messages


class Stubborn(Hub):
    """A session whose tasks the hub does not let be cancelled, one by one or as a whole."""

    whole = False

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        if not any(call.method == "cancelTask" for call in calls):
            return super().multicall(calls)
        fault = HubFaultError(1005, "Cannot cancel task, not owner")
        if self.whole:
            raise fault
        return tuple(Reply(fault=fault) for _ in calls)


@pytest.mark.parametrize("whole", [False, True])
def test_a_cancel_that_the_hub_refuses_is_told_and_the_image_goes_on(
    whole: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once for each; it is built in the end, and that is what is recorded."""
    faults = ["build:name=image-0"]
    with a_scene(tmp_path, ONE_AFTER_THE_OTHER, faults, [15]) as scene:
        tried = threading.Event()

        class Told(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if "could not be cancelled" in record.getMessage():
                    scene.times.now += 60
                    tried.set()

        logger, told = logging.getLogger("pungi_osbuild.run.submitting"), Told()
        logger.addHandler(told)
        try:
            stubborn = Stubborn(scene.profile)
            stubborn.whole = whole
            requests = [wanted(0), wanted(1)]
            with (
                stubborn as hub,
                caplog.at_level(logging.WARNING),
                Journal(scene.topdir, time.time) as journal,
            ):
                engine, jobs = in_order(scene, hub, journal, requests)
                engine.run()
                outcomes = jobs.outcomes()
        finally:
            logger.removeHandler(told)
    assert tried.is_set()
    assert [outcome.kind.value for outcome in outcomes] == ["failed", "built"]
    assert caplog.text.count("could not be cancelled: Cannot cancel task, not owner") == 1


@pytest.mark.parametrize("whole", [False, True])
def test_a_run_that_may_not_cancel_says_what_goes_on(whole: bool, tmp_path: Path) -> None:
    """Its outcomes do not say that anything was cancelled."""
    with a_scene(tmp_path) as scene, Journal(scene.topdir, time.time) as journal:
        stubborn = Stubborn(scene.profile)
        stubborn.whole = whole
        requests = [wanted(0), wanted(1)]
        with stubborn as hub:
            engine, jobs = stopped(scene, hub, journal, requests)
            engine.cancel()
            ids = sorted(scene.states())
            assert jobs.in_progress == ids
            assert {one.kind for one in jobs.outcomes()} == {OutcomeKind.FAILED}
        with Hub(scene.profile) as hub:
            again = [replace(one, base_release="2") for one in requests]
            engine, jobs = stopped(scene, hub, journal, again)
            engine.cancel()
            assert jobs.in_progress == []
            assert {one.kind for one in jobs.outcomes()} == {OutcomeKind.CANCELLED}


class InOrder(Submitter):
    """Submits the first request first, so that it is the first to be built."""

    def __init__(self, hub: Hub, user_id: int, clock: Clock, stop: StopFlag) -> None:
        super().__init__(hub, user_id, clock, stop)
        self.first = threading.Event()

    def submit(self, request: ImageRequest, after: int) -> int:
        if request.number:
            assert self.first.wait(LIMIT)
        task_id = super().submit(request, after)
        self.first.set()
        return task_id


def stopped(
    scene: Scene, hub: Hub, journal: Journal, requests: Sequence[ImageRequest]
) -> Tuple[Engine, Jobs]:
    """Return an engine that was stopped when all had been submitted, and its jobs."""
    stop = StopFlag()
    scene.times.sleep = lambda _seconds: stop.ask()  # type: ignore[method-assign]
    engine, jobs = in_order(scene, hub, journal, requests, stop)
    with pytest.raises(KeyboardInterrupt):
        engine.run()
    return engine, jobs


def in_order(
    scene: Scene,
    hub: Hub,
    journal: Journal,
    requests: Sequence[ImageRequest],
    stop: StopFlag = StopFlag(),  # noqa: B008
) -> Tuple[Engine, Jobs]:
    """Return an engine that submits the first request first, and its jobs."""
    policy = RunPolicy(stop, fail_fast=True)
    clock = Clock(sleep=scene.times.sleep)
    return an_engine(hub, scene.topdir, journal, requests, policy, clock, InOrder)

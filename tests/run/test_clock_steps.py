"""Clocks that are wrong, or set while a run waits: the host's, and the hub's against the host's."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from koji_rehearsal import HubSettings, RehearsalHub
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import RunInterruptedError
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import TaskRecord, load_osbuild
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.report import progress_json
from pungi_osbuild.report.differences import durations
from pungi_osbuild.run import (
    Progress,
    ProgressTracker,
    RunOptions,
    anonymous_hub,
    refreshed,
    status,
)
from pungi_osbuild.run.job import Submission
from pungi_osbuild.run.journal import read_journal
from pungi_osbuild.timing import PollPolicy
from tests.rehearsed import DATE, Rehearsed, content_for, run_against
from tests.run.test_run import a_config

START = 1795417399.0
HOUR = 3600.0
STEPS = [2 * HOUR, -2 * HOUR, 400 * 24 * HOUR, -400 * 24 * HOUR]
POLLS = PollPolicy(fixed=60.0)


class Clocks:
    """
    The clocks of a host and of a hub; time passes only when somebody sleeps.

    :param ahead: seconds by which the hub's clock is ahead of the host's
    """

    def __init__(self, ahead: float = 0.0) -> None:
        self.passed = 0.0
        self.host_ahead = 0.0
        self.hub_ahead = ahead
        self.at: Dict[float, Callable[[], None]] = {}
        """What happens when so many seconds have passed."""

    def host(self) -> float:
        return START + self.passed + self.host_ahead

    def hub(self) -> float:
        return START + self.passed + self.hub_ahead

    def sleep(self, _seconds: float) -> None:
        self.passed += 60.0
        for when in [when for when in self.at if when <= self.passed]:
            self.at.pop(when)()

    def set_host(self, step: float) -> Callable[[], None]:
        def set_it() -> None:
            self.host_ahead += step

        return set_it

    @property
    def clock(self) -> Clock:
        return Clock(self.host, lambda: self.passed, self.sleep)


class Scene:
    """A hub whose images take an hour, and a compose folder."""

    def __init__(self, folder: Path, clocks: Clocks, hub: RehearsalHub, config: Path) -> None:
        self.clocks = clocks
        self.hub = hub
        self.out = folder / "out"
        self.config = config

    def run(self, tracker: Optional[ProgressTracker] = None) -> Rehearsed:
        prepared = prepare(self.config, Origin(date=DATE), self.out, rehearsal=True)
        options = RunOptions(polling=POLLS, tracker=tracker)
        return run_against(self.hub, prepared, self.out, options, self.clocks.clock)

    def run_until(self, seconds: float) -> None:
        """Run, and be stopped after some seconds."""
        self.clocks.at[self.clocks.passed + seconds] = interrupt
        with pytest.raises(RunInterruptedError):
            self.run()

    def seen(self) -> Progress:
        """Return what another process sees, by the hub."""
        with anonymous_hub(read_profile("rehearsal", self.out / "profile.conf")) as hub:
            return refreshed(hub, status(self.out))

    @property
    def records(self) -> List[TaskRecord]:
        return list(load_osbuild(self.out / "compose/metadata/osbuild.json").tasks)

    @property
    def submissions(self) -> List[Submission]:
        return list(read_journal(self.out).submissions)


def interrupt() -> None:
    raise KeyboardInterrupt


@contextmanager
def a_scene(
    folder: Path,
    clocks: Clocks,
    timeout: Optional[float] = None,
    hub_clock: Optional[Callable[[], float]] = None,
    **settings: Any,
) -> Iterator[Scene]:
    block: Dict[str, Any] = {"arches": ["x86_64"], "release": "1"}
    if timeout is not None:
        block["timeout"] = timeout
    config = a_config(folder, block)
    prepared = prepare(config, Origin(date=DATE), folder / "out", rehearsal=True)
    content = content_for(prepared)
    wanted = HubSettings(**{"duration": HOUR, **settings})
    with RehearsalHub(wanted, folder / "koji", content, hub_clock or clocks.hub) as hub:
        yield Scene(folder, clocks, hub, config)


# Timeouts


@pytest.mark.parametrize("step", STEPS)
def test_a_host_whose_clock_is_set_cancels_nothing(step: float, tmp_path: Path) -> None:
    """A task of an hour that may take two."""
    clocks = Clocks()
    clocks.at = {600.0: clocks.set_host(step), 1800.0: clocks.set_host(step)}
    with a_scene(tmp_path, clocks, 2 * HOUR) as scene:
        done = scene.run()
    assert [outcome.ok for outcome in done.result.outcomes] == [True]
    assert [call for call in done.calls if call.method == "cancelTask"] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_host_whose_clock_is_set_stops_no_timeout(step: float, tmp_path: Path) -> None:
    """Half an hour is over when it is over."""
    clocks = Clocks()
    clocks.at = {600.0: clocks.set_host(step)}
    with a_scene(tmp_path, clocks, HOUR / 2) as scene:
        scene.run()
        (record,) = scene.records
    assert record.outcome is OutcomeKind.FAILED
    assert "it had not ended 1800 s after it was submitted" in (record.reason or "")
    assert record.created is not None
    assert record.ended is not None
    assert 1800 <= record.ended - record.created <= 1800 + 180


@pytest.mark.parametrize("ahead", [0.0, 4 * HOUR, -4 * HOUR])
@pytest.mark.parametrize("step", STEPS)
def test_between_two_runs_the_hub_s_times_count(step: float, ahead: float, tmp_path: Path) -> None:
    """The host's clock is set while nobody runs: what had twenty minutes has twenty more."""
    clocks = Clocks(ahead)
    with a_scene(tmp_path, clocks, 40 * 60.0, duration=4 * HOUR) as scene:
        scene.run_until(600.0)
        clocks.host_ahead += step
        clocks.passed += 600.0
        begun = clocks.passed
        scene.run()
        (record,) = scene.records
    assert record.task_id == 1
    assert "it had not ended 2400 s after it was submitted" in (record.reason or "")
    assert record.created is not None
    assert record.ended is not None
    assert 2400 - 60 <= record.ended - record.created <= 2400 + 180
    assert clocks.passed - begun >= 1000


def test_a_task_whose_time_was_over_before_the_second_run_is_cancelled_at_once(
    tmp_path: Path,
) -> None:
    """The host's clock was set back to before it was submitted."""
    clocks = Clocks()
    with a_scene(tmp_path, clocks, HOUR, duration=100 * HOUR) as scene:
        scene.run_until(600.0)
        clocks.host_ahead -= 2 * HOUR
        clocks.passed += HOUR
        begun = clocks.passed
        scene.run()
        (record,) = scene.records
    assert "(timeout)" in (record.reason or "")
    assert clocks.passed - begun <= 180


# What is recorded, and what is shown


@pytest.mark.parametrize("ahead", [0.0, 4 * HOUR, -4 * HOUR, 400 * 24 * HOUR])
def test_all_times_of_a_task_are_the_hub_s(ahead: float, tmp_path: Path) -> None:
    """Whatever the host says it is; in osbuild.json, in the journal and on the tracker."""
    clocks, tracker = Clocks(ahead), ProgressTracker()
    clocks.at = {600.0: clocks.set_host(2 * HOUR)}
    with a_scene(tmp_path, clocks) as scene:
        scene.run(tracker)
        seen = scene.seen()
        (record,) = scene.records
        (submission,) = scene.submissions
    assert record.created is not None
    assert record.ended is not None
    assert record.placed is not None
    assert abs(record.created - START - ahead) <= 2
    assert record.ended - record.created == HOUR
    assert record.ended <= record.placed <= record.ended + 120
    (took,) = durations(load_osbuild(scene.out / "compose/metadata/osbuild.json")).values()
    assert HOUR <= took <= HOUR + 120
    assert abs(submission.time - record.created) <= 2
    assert abs(submission.changed - record.placed) <= 2
    for progress in (seen, tracker.snapshot()):
        (task,) = progress_json(progress)["tasks"]
        assert task["elapsed"] == pytest.approx(took, abs=3)
        assert progress.elapsed == pytest.approx(took, abs=3)


@pytest.mark.parametrize("speed", [60.0, 3600.0])
def test_a_hub_whose_clock_runs_fast(speed: float, tmp_path: Path) -> None:
    """As a rehearsal's does: an hour is an hour of the hub's, in whatever shows it."""
    clocks = Clocks()
    with a_scene(tmp_path, clocks, speed=speed, duration=4 * HOUR) as scene:
        scene.run()
        seen = status(scene.out)
        (record,) = scene.records
    assert record.created is not None
    assert record.ended is not None
    assert record.placed is not None
    assert record.ended - record.created == 4 * HOUR
    assert record.placed >= record.ended
    (shown,) = seen.statuses
    assert (shown.elapsed(seen.now) or 0.0) >= 4 * HOUR - 1
    assert (shown.elapsed(seen.now) or 0.0) == pytest.approx(record.placed - record.created, abs=2)


@pytest.mark.parametrize("ahead", [0.0, 4 * HOUR, -4 * HOUR])
def test_a_task_that_goes_on_is_as_old_as_the_hub_says(ahead: float, tmp_path: Path) -> None:
    """For another process, with the hub; without it, as old as at the journal's last line."""
    clocks = Clocks(ahead)
    with a_scene(tmp_path, clocks) as scene:
        scene.run_until(600.0)
        clocks.passed += 1200.0
        seen, offline = scene.seen(), status(scene.out)
    (shown,) = seen.statuses
    assert shown.elapsed(seen.now) == pytest.approx(1800.0, abs=61)
    (shown,) = offline.statuses
    assert (shown.elapsed(offline.now) or 0.0) <= 601


@pytest.mark.parametrize("ahead", [4 * HOUR, -4 * HOUR])
def test_the_board_of_a_second_run_has_the_hub_s_times(ahead: float, tmp_path: Path) -> None:
    """Of a task that the first run has submitted."""
    clocks, tracker = Clocks(ahead), ProgressTracker()
    with a_scene(tmp_path, clocks) as scene:
        scene.run_until(600.0)
        clocks.host_ahead += 2 * HOUR
        scene.run(tracker)
        (record,) = scene.records
    (shown,) = tracker.snapshot().statuses
    assert record.placed is not None
    assert record.created is not None
    assert shown.elapsed(0.0) == pytest.approx(record.placed - record.created, abs=2)

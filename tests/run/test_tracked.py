"""A run that is looked at: what is seen, and that it costs no request more."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import List, Optional, Set

from koji_rehearsal import HubSettings
from pungi_osbuild.clock import Clock
from pungi_osbuild.run import ProgressTracker, RunOptions
from pungi_osbuild.timing import PollPolicy
from tests.rehearsed import EXAMPLES, Rehearsed, rehearse

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
LONG = HubSettings(duration=1.5, capacity=5)


def tracked_run(out: Path, tracker: Optional[ProgressTracker], seen: List[Set[str]]) -> Rehearsed:
    """Run with a clock on which each poll may be a look."""

    def sleep(seconds: float) -> None:
        if tracker is not None:
            seen.append({status.state for status in tracker.snapshot().statuses})
        time.sleep(min(seconds, 0.05))

    clock = Clock(monotonic=lambda: time.monotonic() * 100, sleep=sleep)
    options = RunOptions(polling=PollPolicy(fixed=10.0), tracker=tracker)
    return rehearse(CLOUD, out, ["build:name=rhel-azure,arch=aarch64"], LONG, options, clock=clock)


def test_all_states_are_seen(tmp_path: Path) -> None:
    """Free while others build, what composer says, and the ends."""
    tracker, seen = ProgressTracker(), []  # type: ProgressTracker, List[Set[str]]
    done = tracked_run(tmp_path, tracker, seen)
    states = set().union(*seen)
    assert {"free", "pending"} <= states
    assert [status.state for status in tracker.snapshot().statuses].count("built") == 8
    assert [status.reason for status in tracker.snapshot().statuses if status.reason] == [
        outcome.reason for outcome in done.result.failures
    ]
    assert all(status.elapsed(0) is not None for status in tracker.snapshot().statuses)


def test_nobody_asks_composer_while_nobody_looks(tmp_path: Path) -> None:
    """A status is read where a task has failed, and nowhere else."""
    unseen = tracked_run(tmp_path / "a", None, [])
    read = Counter(call.params[0] for call in unseen.calls if call.method == "downloadTaskOutput")
    failed = {outcome.task_id for outcome in unseen.result.failures}
    assert set(read) == failed


def test_a_look_is_taken_in_a_request_that_is_made_anyway(tmp_path: Path) -> None:
    """What is asked for more often than once is a question that the run asks, too."""
    done = tracked_run(tmp_path, ProgressTracker(), [])
    looks = [
        request
        for request in done.requests
        if request.methods.count("getTaskInfo") and request.methods.count("downloadTaskOutput")
    ]
    assert looks, "there was something to look at"
    assert all("listTasks" in request.methods for request in looks[1:])

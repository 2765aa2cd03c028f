"""Timeouts: a task that takes too long is cancelled, and what may still come of it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import pytest

from koji_rehearsal import HubSettings, RehearsalHub
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.metadata import load_osbuild
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.report import result_table
from tests.rehearsed import DATE, Rehearsed, content_for, run_against
from tests.run.test_run import a_config

HOUR = 3600.0
EC2 = {
    "image_types": "aws",
    "upload_options": {
        "region": "us-east-1",
        "share_with_accounts": [],
        "snapshot_name": "{name}-{arch}-{date}",
    },
}


class Hand:
    """The clock of hub and run, turned by the run's pauses."""

    def __init__(self) -> None:
        self.now = 1795417399.0

    def sleep(self, _seconds: float) -> None:
        self.now += 60

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep)


def timed(folder: Path, *blocks: Dict[str, Any], **top: Any) -> Rehearsed:
    """Run blocks whose images take an hour each."""
    out = folder / "out"
    prepared = prepare(a_config(folder, *blocks, **top), Origin(date=DATE), out, rehearsal=True)
    hand = Hand()
    settings = HubSettings(duration=HOUR)
    content = content_for(prepared)
    with RehearsalHub(settings, folder / "koji", content, lambda: hand.now) as hub:
        return run_against(hub, prepared, out, clock=hand.clock())


def cancels(done: Rehearsed) -> List[int]:
    return sorted(call.params[0] for call in done.calls if call.method == "cancelTask")


def test_a_task_that_takes_too_long_is_cancelled(tmp_path: Path) -> None:
    """It fails, and says how long it had; another block has more time."""
    quick = {"name": "quick", "subvariant": "Q", "release": "1", "timeout": 600, **EC2}
    done = timed(tmp_path, {"release": "1"}, quick)
    by_name: Dict[str, List[OutcomeKind]] = {}
    for outcome in done.result.outcomes:
        by_name.setdefault(outcome.request.config.name, []).append(outcome.kind)
    assert by_name == {"image": [OutcomeKind.BUILT] * 2, "quick": [OutcomeKind.FAILED] * 2}
    for outcome in done.result.failures:
        assert outcome.task_id in cancels(done)
        assert "it had not ended 600 s after it was submitted (timeout)" in (outcome.reason or "")
        assert "osbuild-composer is not told" in (outcome.reason or "")
    assert len(cancels(done)) == 2


def test_what_may_still_appear_is_recorded_and_told(tmp_path: Path) -> None:
    """The build keeps its N-V-R, and the image may be uploaded under its name."""
    done = timed(tmp_path, {"arches": ["x86_64"], "release": "1", "timeout": 600, **EC2})
    (task,) = load_osbuild(tmp_path / "out/compose/metadata/osbuild.json").tasks
    told = [(orphan.place, orphan.name, orphan.region, orphan.is_there) for orphan in task.orphans]
    assert told == [
        ("koji", "image-1-1", None, False),
        ("aws", "image-x86_64-%s" % DATE, "us-east-1", False),
    ]
    lines = result_table(done.result, None)
    assert "Leftovers not in any compose (delete if unneeded):" in lines
    assert "    koji image-1-1 may appear, of Server x86_64 image (aws)" in lines


def test_a_timeout_at_the_top_is_of_every_block_that_does_not_say(tmp_path: Path) -> None:
    """As other options fall back."""
    blocks: List[Dict[str, Any]] = [
        {"release": "1"},
        {"name": "slow", "subvariant": "S", "release": "1", "timeout": 2 * HOUR},
    ]
    done = timed(tmp_path, *blocks, osbuild_timeout=600)
    built = {outcome.request.config.name for outcome in done.result.outcomes if outcome.ok}
    assert built == {"slow"}


@pytest.mark.parametrize("timeout", [2 * HOUR, None])
def test_whatever_ends_in_time_is_not_cancelled(timeout: float, tmp_path: Path) -> None:
    """Nobody is asked to cancel anything."""
    block: Dict[str, Any] = {"release": "1"}
    if timeout is not None:
        block["timeout"] = timeout
    done = timed(tmp_path, block)
    assert [outcome.ok for outcome in done.result.outcomes] == [True, True]
    assert cancels(done) == []


def test_a_task_that_has_ended_unseen_is_built(tmp_path: Path) -> None:
    """It was late in being seen, not late: the hub does not cancel what has ended."""
    hand = Hand()
    config = a_config(tmp_path, {"arches": ["x86_64"], "release": "1", "timeout": 90})
    out = tmp_path / "out"
    prepared = prepare(config, Origin(date=DATE), out, rehearsal=True)
    content = content_for(prepared)
    with RehearsalHub(
        HubSettings(duration=60), tmp_path / "koji", content, lambda: hand.now
    ) as hub:
        # The watcher is away for a while: two minutes pass before it asks again.
        clock = replace(hand.clock(), sleep=lambda _seconds: setattr(hand, "now", hand.now + 120))
        done = run_against(hub, prepared, out, clock=clock)
    (outcome,) = done.result.outcomes
    assert cancels(done) == [1]
    assert outcome.ok
    assert outcome.leftovers == ()


def test_a_timeout_is_not_tried_again(tmp_path: Path) -> None:
    """Composer goes on, and has the N-V-R."""
    done = timed(tmp_path, {"arches": ["x86_64"], "release": "1", "timeout": 600, "retries": 3})
    (outcome,) = done.result.outcomes
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.attempt == 1

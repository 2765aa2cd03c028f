"""Trying again: what may pass, what does not, and what a try has taken from the next one."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from pungi_osbuild.metadata import load_osbuild
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.run import RunOptions
from pungi_osbuild.timing import RetryPolicy
from tests.rehearsed import QUICK, Rehearsed, rehearse
from tests.run.test_run import a_config

AT_ONCE = RunOptions(polling=QUICK, retries=RetryPolicy((0.0,)))
UPLOAD = {"region": "us-east-1", "share_with_accounts": []}
TRANSIENT = {
    "corrupt-upload": "the upload to Koji was corrupted",
    "register": "composer could not work with Koji",
    "composer-error": "composer was unavailable",
    "composer-down": "composer could not be reached",
}
LASTING = ["build", "depsolve", "upload", "taken"]


def tried(folder: Path, *faults: str, options: RunOptions = AT_ONCE, **block: Any) -> Rehearsed:
    """Run one image for x86_64, uploaded, with a fixed release and two retries."""
    wanted: Dict[str, Any] = {
        "arches": ["x86_64"],
        "release": "1",
        "retries": 2,
        "image_types": "aws",
        "upload_options": {**UPLOAD, "snapshot_name": "n-{date}-{attempt}"},
        **block,
    }
    return rehearse(a_config(folder, wanted), folder / "out", faults=faults, options=options)


def submissions(done: Rehearsed) -> int:
    return [call.method for call in done.calls].count("osbuildImage")


def reason_of(done: Rehearsed) -> str:
    (outcome,) = done.result.outcomes
    assert outcome.kind is OutcomeKind.FAILED
    return outcome.reason or ""


@pytest.mark.parametrize("fault", TRANSIENT)
def test_what_is_transient_is_retried(
    fault: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And passes: the image is built, under the same N-V-R, and each try is on record."""
    with caplog.at_level(logging.WARNING):
        done = tried(tmp_path, "%s:times=2" % fault)
    (outcome,) = done.result.outcomes
    assert outcome.ok
    assert (outcome.attempt, submissions(done)) == (3, 3)
    assert outcome.request.nvr == "image-1-1"
    (task,) = load_osbuild(tmp_path / "out/compose/metadata/osbuild.json").tasks
    assert [one.attempt for one in task.earlier] == [1, 2]
    assert [one.nvr for one in task.earlier] == ["image-1-1"] * 2
    assert all(one.reason for one in task.earlier)
    assert task.task_id == 3
    assert [one.task_id for one in task.earlier] == [1, 2]
    assert "failed (%s); retrying in 0 s (1 of 2)" % TRANSIENT[fault] in caplog.text
    # Of what composer may have of the first tries nothing is left: ours has the N-V-R.
    assert all(orphan.is_there for orphan in outcome.leftovers)


@pytest.mark.parametrize("fault", [*LASTING, "missing"])
def test_what_will_not_pass_is_tried_once(fault: str, tmp_path: Path) -> None:
    """A package that is missing, a cloud that refuses, an N-V-R that is another's."""
    done = tried(tmp_path, fault)
    assert submissions(done) == 1
    assert "retried" not in reason_of(done)


def test_without_retries_nothing_is_tried_again(tmp_path: Path) -> None:
    """That is the default."""
    done = tried(tmp_path, "corrupt-upload:times=1", retries=0)
    assert submissions(done) == 1
    assert "Corrupted upload" in reason_of(done)


def test_retries_have_an_end(tmp_path: Path) -> None:
    """The last reason is told, with how often it was tried; those before are on record."""
    done = tried(tmp_path, "register")
    assert submissions(done) == 3
    assert "database outage" in reason_of(done)
    assert "not retried: this was the last of 2 retries" in reason_of(done)
    assert [one.attempt for one in done.result.outcomes[0].earlier] == [1, 2]


def test_one_reason_that_lasts_is_enough(tmp_path: Path) -> None:
    """One arch fails for good: the task is not tried again for the other's sake."""
    faults = ["depsolve:arch=aarch64", "corrupt-upload:times=1"]
    block: Dict[str, Any] = {"arches": ["x86_64", "aarch64"], "split_arches": False}
    done = tried(tmp_path, *faults, image_types="guest-image", upload_options={}, **block)
    assert submissions(done) == 1


NAMED = {
    "aws": {**UPLOAD, "snapshot_name": "fixed"},
    "gcp": {"region": "us-east1", "image_name": "fixed-{date}"},
    "azure": {
        "tenant_id": "5c7ef5b6-1c3f-4da0-a622-0b060239d7d7",
        "subscription_id": "4a1d7c2e-58e7-4c4f-9c0e-0d1b2f3a4b5c",
        "resource_group": "r",
        "image_name": "fixed",
    },
}


@pytest.mark.parametrize("image_type", NAMED)
def test_a_fixed_name_that_the_try_has_taken_is_told_instead(
    image_type: str, tmp_path: Path
) -> None:
    """The image is in the cloud already: the next upload of that name would fail after hours."""
    done = tried(
        tmp_path, "corrupt-upload:times=1", image_types=image_type, upload_options=NAMED[image_type]
    )
    assert submissions(done) == 1
    assert "Corrupted upload" in reason_of(done)
    assert "may be taken by this try; put {attempt} into it" in reason_of(done)
    (orphan,) = done.result.outcomes[0].leftovers
    assert orphan.is_there
    assert orphan.place == image_type


@pytest.mark.parametrize("fault", ["register", "composer-error", "composer-down"])
@pytest.mark.parametrize("image_type", NAMED)
def test_a_fixed_name_is_free_where_nothing_was_uploaded(
    fault: str, image_type: str, tmp_path: Path
) -> None:
    """Composer never came to it."""
    fault = "%s:times=1" % fault
    done = tried(tmp_path, fault, image_types=image_type, upload_options=NAMED[image_type])
    assert done.result.outcomes[0].ok
    assert submissions(done) == 2
    assert done.result.outcomes[0].leftovers == ()


@pytest.mark.parametrize(
    ("image_type", "options"),
    [
        ("guest-image", {"region": "us-east-1"}),
        ("aws", UPLOAD),
        ("edge-container", {"name": "n", "tag": "fixed"}),
        ("edge-container", {}),
        ("guest-image", None),
    ],
)
def test_a_name_that_composer_gives_and_a_tag_that_moves_are_no_hindrance(
    image_type: str, options: Optional[Dict[str, Any]], tmp_path: Path
) -> None:
    """What the first try has uploaded is told of, though the image is built in the end."""
    upload = {} if options is None else {"upload_options": options}
    config = a_config(
        tmp_path,
        {"arches": ["x86_64"], "release": "1", "retries": 1, "image_types": image_type, **upload},
    )
    done = rehearse(config, tmp_path / "out", ["corrupt-upload:times=1"], options=AT_ONCE)
    (outcome,) = done.result.outcomes
    assert outcome.ok
    assert submissions(done) == 2
    assert [orphan.is_there for orphan in outcome.leftovers] == [True] * bool(options)


def test_an_nvr_that_composer_is_still_at_is_not_submitted_again(tmp_path: Path) -> None:
    """The builder has lost it, and it goes on: what may still appear is told."""
    done = tried(tmp_path, "composer-lost:times=1")
    assert submissions(done) == 1
    assert "osbuild-composer goes on with image-1-1" in reason_of(done)
    assert "not retried: image-1-1 is in use" in reason_of(done)
    hint = done.result.outcomes[0].hint or ""
    assert "`koji buildinfo image-1-1` shows COMPLETE" in hint
    recorded = json.loads((tmp_path / "out/compose/metadata/osbuild.json").read_text("utf-8"))
    (task,) = recorded["payload"]["tasks"]
    assert {orphan["place"] for orphan in task["orphans"]} == {"koji", "aws"}
    assert not any(orphan["is_there"] for orphan in task["orphans"])
    names = {orphan["name"] for orphan in task["orphans"]}
    assert names == {"image-1-1", "n-20261123-1"}
    assert {orphan["region"] for orphan in task["orphans"]} == {None, "us-east-1"}


def test_other_images_go_on_meanwhile(tmp_path: Path) -> None:
    """Only the one that failed is submitted again."""
    blocks: List[Dict[str, Any]] = [
        {"name": name, "subvariant": name, "release": "1", "retries": 1} for name in ("a", "b")
    ]
    config = a_config(tmp_path, *blocks)
    faults = ["corrupt-upload:name=a,arch=x86_64,times=1"]
    done = rehearse(config, tmp_path / "out", faults, options=AT_ONCE)
    assert [outcome.ok for outcome in done.result.outcomes] == [True] * 4
    assert submissions(done) == 5

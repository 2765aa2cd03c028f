"""The hub's own record of who submitted what, and when."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import koji
import pytest

from koji_rehearsal import HubSettings, RehearsalHub, Submission
from koji_rehearsal.errors import RehearsalError
from tests.cli.commands import pungi_osbuild
from tests.conformance.desk import DURATION, START, STRICT, a_desk

SECRET = {"customizations": {"users": [{"name": "root", "password": "hunter2"}]}}


def lines(path: Path) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_submission_is_kept(tmp_path: Path) -> None:
    """With its user and time; not what was refused, and no passwords."""
    settings = HubSettings(duration=DURATION, submissions_file=tmp_path / "submitted")
    with a_desk(tmp_path / "top", settings=settings, content=STRICT) as desk:
        desk.submit(opts=SECRET)
        desk.clock.turn(5)
        request = ["rig-aws", "42", "fedora-41", ["aws"], "f41-images", ["x86_64", "aarch64"]]
        desk.session("admin").osbuildImage(*request, {"release": "7"})
        with pytest.raises(koji.ActionNotAllowed):
            desk.session("nobody").osbuildImage(*request, {})
        with pytest.raises(koji.ParameterError):
            desk.submit(arches=[])
        first, second = desk.hub.submissions
        assert (first.task_id, first.user, first.at, first.release) == (1, "pungi", START, None)
        assert second == Submission(
            task_id=2,
            at=START + 5,
            user="admin",
            method="osbuildImage",
            name="rig-aws",
            version="42",
            release="7",
            image_type="aws",
            target="f41-images",
            arches=("x86_64", "aarch64"),
            digest=second.digest,
        )
        told = lines(tmp_path / "submitted")
        assert [one["task_id"] for one in told] == [1, 2]
        assert told[1]["at"].endswith("+00:00")
        assert (told[1]["user"], told[1]["arches"]) == ("admin", ["x86_64", "aarch64"])
    assert "hunter2" not in (tmp_path / "submitted").read_text("utf-8")
    assert "hunter2" not in repr((first, second))


def test_the_same_request_has_the_same_digest(tmp_path: Path) -> None:
    """Whatever differs makes another one, passwords, too."""
    with a_desk(tmp_path) as desk:
        for changes in ({}, {}, {"opts": SECRET}, {"distro": "fedora-42"}):
            desk.submit(**changes)
        digests = [one.digest for one in desk.hub.submissions]
        assert digests[0] == digests[1]
        assert len(set(digests)) == 3


def test_a_submission_whose_reply_is_lost_is_kept(tmp_path: Path) -> None:
    """It is what a client has to find."""
    with a_desk(tmp_path, "reset") as desk:
        with pytest.raises(koji.RetryError):
            desk.submit()
        assert [one.task_id for one in desk.hub.submissions] == [1]


def test_it_survives_a_restart(tmp_path: Path) -> None:
    """Together with the state; a line is written once, and one that was torn again."""
    record = tmp_path / "submitted"
    settings = HubSettings(
        duration=DURATION, state_file=tmp_path / "state", submissions_file=record
    )
    for number in range(3):
        with a_desk(tmp_path / "top", settings=settings) as desk:
            desk.submit(version=str(number))
            desk.session().getAPIVersion()
            assert len(desk.hub.submissions) == number + 1
        if number == 1:
            record.write_text(record.read_text("utf-8")[:-20], encoding="utf-8")
    assert [one["task_id"] for one in lines(record)] == [1, 2, 3]


def test_a_file_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    """Before anything is submitted; one that breaks later is told of."""
    settings = HubSettings(submissions_file=tmp_path)
    with (
        pytest.raises(RehearsalError) as caught,
        RehearsalHub(
            replace(settings, submissions_file=tmp_path / "no" / "where"), tmp_path / "top"
        ),
    ):
        pass
    assert "--submissions" in caught.value.solution
    done = pungi_osbuild("hub", "--submissions", "no/where", home=tmp_path)
    assert done.exit == 2
    assert "cannot write the submissions file no/where" in done.err
    with a_desk(tmp_path / "top", settings=settings) as desk:
        desk.submit()
        assert "cannot be written" in str(desk.hub.state_problem)

"""Builds that fail for a reason that goes away, or does not, as composer and Koji tell of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List
from xmlrpc.client import Fault

import koji
import pytest

from koji_rehearsal.faults.fault_options import REASONS
from tests.conformance.desk import Desk, a_desk

FIXED: Dict[str, Dict[str, Any]] = {
    "aws": {"region": "us-east-1", "share_with_accounts": [], "snapshot_name": "fixed-41"},
    "gcp": {"region": "us-east1", "image_name": "fixed-41"},
    "azure": {
        "tenant_id": "t",
        "subscription_id": "s",
        "resource_group": "g",
        "image_name": "fixed-41",
    },
}


def build(desk: Desk, **changes: Any) -> int:
    return desk.build(opts={"release": "1", **changes.pop("opts", {})}, **changes)


def outputs(desk: Desk, task_id: int) -> List[str]:
    names: List[str] = desk.session().listTaskOutput(task_id)
    return sorted(names)


def fault_of(desk: Desk, task_id: int) -> str:
    """Return a task's fault, also one that is a traceback and none of Koji's."""
    with pytest.raises((koji.GenericError, Fault)) as caught:
        desk.session().getTaskResult(task_id)
    return str(getattr(caught.value, "faultString", caught.value))


def test_an_upload_to_koji_is_corrupted_twice(tmp_path: Path) -> None:
    """Only koji-import.log.json says so; the N-V-R can be used again, and the third try is fine."""
    with a_desk(tmp_path, "corrupt-upload:times=2") as desk:
        for task_id in (build(desk), build(desk)):
            assert fault_of(desk, task_id).startswith("Compose failed (id: ")
            status = desk.output(task_id)
            assert status["status"] == "failure"
            assert [one["status"] for one in status["image_statuses"]] == ["success"]
            error = desk.output(task_id, "koji-import.log.json")["job_error"]
            assert error["id"] == 16
            assert 'koji: error: "File size ' in error["reason"]
            assert error["reason"].endswith("doesn't match. Corrupted upload?\" code: 1000")
            assert desk.session().getBuild("rig-image-41-1")["state"] == 3
        assert desk.state(build(desk)) == "CLOSED"
        assert desk.session().getBuild("rig-image-41-1")["build_id"] == 1


def test_a_build_cannot_be_registered_once(tmp_path: Path) -> None:
    """Koji was away; koji-init.log.json and the image's status say so, and there is no build."""
    with a_desk(tmp_path, "register:times=1") as desk:
        task_id = build(desk)
        assert fault_of(desk, task_id).startswith("Compose failed")
        error = {"id": 15, "reason": 'error: "database outage" code: 1014'}
        assert desk.output(task_id, "koji-init.log.json")["job_error"] == error
        (status,) = desk.output(task_id)["image_statuses"]
        assert (status["error"]["id"], status["error"]["details"]) == (13, [error])
        assert desk.session().getBuild("rig-image-41-1") is None
        assert desk.state(build(desk)) == "CLOSED"


def test_a_package_is_missing_however_often(tmp_path: Path) -> None:
    """Composer's error is that of a manifest, with DNF's words in its details."""
    with a_desk(tmp_path, "depsolve:arch=x86_64") as desk:
        for _ in range(2):
            task_id = build(desk)
            assert fault_of(desk, task_id).startswith("Compose failed")
            (status,) = desk.output(task_id)["image_statuses"]
            assert status["error"]["id"] == 9
            (cause,) = status["error"]["details"]
            (dnf,) = cause["details"]
            assert "missing packages: no-such-package" in dnf["reason"]
            log = desk.output(task_id, "koji-import.log.json")
            assert log["job_error"]["id"] == 13
        assert desk.state(build(desk, arches=["aarch64"])) == "CLOSED"


STAGES = {
    "scriptlet": ("org.osbuild.rpm", "scriptlet failed, exit status 127"),
    "selinux": ("org.osbuild.selinux", "setfiles: Could not set context for"),
    "space": ("org.osbuild.copy", "No space left on device"),
    "initramfs": ("org.osbuild.dracut", "installkernel failed in module kernel-modules"),
}


@pytest.mark.parametrize("reason", REASONS["build"])
def test_a_build_fails_in_the_stage_of_its_reason(reason: str, tmp_path: Path) -> None:
    """Composer names the stage, and its log has the words of the tool that failed there."""
    stage, words = STAGES[reason]
    with a_desk(tmp_path, "build:reason=" + reason) as desk:
        task_id = build(desk)
        (status,) = desk.output(task_id)["image_statuses"]
        assert status["error"]["reason"] == 'osbuild build failed in stage: "%s"' % stage
        log = desk.output(task_id, "x86_64-guest-image.log.json")["osbuild_output"]
        failed = log["error"]["details"]["stage"]
        assert (failed["type"], log["success"]) == (stage, False)
        assert words in failed["output"]
        assert "subprocess.CalledProcessError: Command" in failed["output"]
        ((*good, bad),) = log["log"].values()
        assert all(one["success"] for one in good)
        assert (bad["type"], bad["success"]) == (stage, False)


@pytest.mark.parametrize("reason", REASONS["depsolve"])
def test_no_manifest_without_packages(reason: str, tmp_path: Path) -> None:
    """Composer gives none of a compose then, so the builder keeps none of the other arch either."""
    with a_desk(tmp_path, "depsolve:arch=aarch64,reason=" + reason) as desk:
        task_id = build(desk, arches=["x86_64", "aarch64"])
        good, bad = desk.output(task_id)["image_statuses"]
        assert (good["status"], bad["error"]["id"]) == ("success", 9)
        (cause,) = bad["error"]["details"]
        assert cause["details"][0]["reason"].startswith("DNF error occurred: ")
        assert not [name for name in outputs(desk, task_id) if "manifest" in name]


@pytest.mark.parametrize("reason", REASONS["upload"])
@pytest.mark.parametrize("image_type", [*FIXED, "iot-container", "guest-image", "oci"])
def test_a_cloud_refuses_in_its_own_words(image_type: str, reason: str, tmp_path: Path) -> None:
    """Each reason in other ones."""
    upload = FIXED.get(image_type, {"region": "us-east-1"})
    with a_desk(tmp_path, "upload:times=1,reason=" + reason, "upload:times=2..") as desk:
        said = []
        for release in ("1", "2"):
            options = {"upload_options": upload, "release": release}
            task_id = desk.build(image_type=image_type, opts=options)
            (status,) = desk.output(task_id)["image_statuses"]
            (cause,) = status["error"]["details"]
            assert (status["error"]["id"], cause["id"]) == (28, 11)
            said.append(cause["reason"])
        assert (said[0] == said[1]) == (reason == REASONS["upload"][0])


def test_composer_answers_with_an_error(tmp_path: Path) -> None:
    """The task says so itself; there is nothing of a compose, and the N-V-R is free."""
    with a_desk(tmp_path, "composer-error:times=1") as desk:
        task_id = build(desk)
        said = fault_of(desk, task_id)
        assert said.startswith("Failed to create the compose request: <")
        assert "503 Service Unavailable" in said
        assert outputs(desk, task_id) == ["compose-request.json"]
        assert desk.session().getBuild("rig-image-41-1") is None
        assert desk.state(build(desk)) == "CLOSED"


TAKEN = {
    "composer-timeout": "Failed to create the compose request: <",
    "composer-reset": "('Connection aborted.', ConnectionResetError(104",
    "composer-lost": "Failed to get the compose status: <",
    "composer-lost:answer=none": "Max retries exceeded",
    "composer-lost-later": "Failed to get the compose status: <",
    "composer-lost-later:answer=none": "Max retries exceeded",
}
"""Faults after composer has taken a request, and what the builder says of each."""


@pytest.mark.parametrize("fault", sorted(TAKEN))
def test_composer_goes_on_when_the_builder_has_lost_it(fault: str, tmp_path: Path) -> None:
    """The task is FAILED, the build BUILDING, then COMPLETE; another try cannot have its N-V-R."""
    with a_desk(tmp_path, fault + (",times=1" if ":" in fault else ":times=1")) as desk:
        task_id = desk.submit(opts={"release": "1"})
        desk.clock.turn(1.5)
        assert TAKEN[fault] in fault_of(desk, task_id)
        # Written when composer first answers, and never where it does not.
        told = ["compose-status.json"] if "later" in fault else []
        assert outputs(desk, task_id) == ["compose-request.json", *told]
        assert desk.session().getBuild("rig-image-41-1")["state"] == 0
        again = build(desk)
        if told:
            assert desk.output(task_id)["status"] == "pending", "nobody asks composer any more"
        assert outputs(desk, task_id) == ["compose-request.json", *told]
        done = desk.session().getBuild("rig-image-41-1")
        assert (done["state"], done["task_id"]) == (1, task_id)
        assert desk.state(again) == "FAILED"
        (cause,) = desk.output(again)["image_statuses"][0]["error"]["details"]
        assert "Build is already reserved" in cause["reason"]


@pytest.mark.parametrize("image_type", sorted(FIXED))
def test_a_cloud_remembers_the_name_of_a_failed_try(image_type: str, tmp_path: Path) -> None:
    """The upload was before the import, so the next try finds the name taken."""
    upload: Dict[str, Any] = FIXED[image_type]
    with a_desk(tmp_path, "corrupt-upload:times=1") as desk:
        first = build(desk, image_type=image_type, opts={"upload_options": upload})
        (status,) = desk.output(first)["image_statuses"]
        assert (status["status"], "error" in status) == ("success", False)
        # As recorded: only the import failed, and the status of the upload follows it.
        assert status["upload_status"]["status"] == "failure"
        assert all(status["upload_status"]["options"].values())
        again = build(desk, image_type=image_type, opts={"upload_options": upload})
        assert desk.state(again) == "FAILED"
        (status,) = desk.output(again)["image_statuses"]
        assert status["upload_status"]["status"] == "failure"
        assert status["error"]["id"] == 28
        (cause,) = status["error"]["details"]
        assert "fixed-41" in cause["reason"]
        other = {**upload, "image_name": "other"} if image_type != "aws" else dict(upload)
        if image_type == "aws":
            other["region"] = "eu-west-1"
        third = build(desk, image_type=image_type, opts={"upload_options": other})
        assert desk.state(third) == "CLOSED"


def test_an_upload_that_failed_has_no_name(tmp_path: Path) -> None:
    """Nor has one that was never tried."""
    upload = {"upload_options": FIXED["aws"]}
    with a_desk(tmp_path, "upload:times=1", "build:times=2..2") as desk:
        states = [desk.state(build(desk, image_type="aws", opts=upload)) for _ in range(3)]
        assert states == ["FAILED", "FAILED", "CLOSED"]


def test_a_name_is_one_for_two_arches(tmp_path: Path) -> None:
    """They get the same options: the second one finds the name taken."""
    upload = {"upload_options": FIXED["aws"]}
    with a_desk(tmp_path) as desk:
        task_id = build(desk, image_type="aws", arches=["x86_64", "aarch64"], opts=upload)
        first, second = desk.output(task_id)["image_statuses"]
        assert (first["status"], second["status"]) == ("success", "failure")
        assert "InvalidAMIName.Duplicate" in second["error"]["details"][0]["reason"]


def test_tries_are_counted_for_each_image(tmp_path: Path) -> None:
    """Of a name, version, image type and arches; in whatever order the tasks come."""
    with a_desk(tmp_path, "build:times=1") as desk:
        tries = [
            build(desk, **changes)
            for changes in (
                {},
                {"arches": ["aarch64"]},
                {"version": "42"},
                {"image_type": "oci"},
                {},
                {"arches": ["aarch64"]},
            )
        ]
        states = [desk.state(task_id) for task_id in tries]
        assert states == ["FAILED"] * 4 + ["CLOSED", "FAILED"]
        (cause,) = desk.output(tries[5])["image_statuses"][0]["error"]["details"]
        assert "already exists" in cause["reason"]

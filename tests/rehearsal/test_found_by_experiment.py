"""
What was found by experiment with a real hub, fact by fact, where no other test tells it.

N-V-Rs, releases and package lists are in ``test_build_rules``, states in ``test_states``, sessions
in ``test_sessions``, every recorded call in ``tests/conformance``.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator
from xmlrpc.client import Fault

import koji
import pytest

from koji_rehearsal import HubSettings, OwnType, ResultsIn
from pungi_osbuild.imagetypes import ExportedFile, ImageType
from tests.conformance.desk import DURATION, STRICT, Desk, a_desk

ONE = {"release": "1"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, content=STRICT) as one:
        yield one


def reason_of(desk: Desk, task_id: int) -> str:
    (cause,) = desk.output(task_id)["image_statuses"][0]["error"]["details"]
    return str(cause["reason"])


# two tasks with one N-V-R


def test_a_second_task_is_lost_even_when_the_first_fails_later(tmp_path: Path) -> None:
    """It finds the build reserved; so both fail."""
    with a_desk(tmp_path, "build:arch=aarch64", content=STRICT) as desk:
        first = desk.submit(arches=["aarch64"], opts=ONE)
        desk.clock.turn(2)
        second = desk.submit(opts=ONE)
        desk.end_all()
        assert [desk.state(one) for one in (first, second)] == ["FAILED", "FAILED"]
        assert "Build is already reserved" in reason_of(desk, second)


def test_after_a_cancelled_task_the_nvr_is_reserved_and_then_exists(desk: Desk) -> None:
    """Composer goes on, whatever became of the task."""
    first = desk.submit(opts=ONE)
    desk.clock.turn(1)
    desk.session().cancelTask(first)
    second = desk.submit(opts=ONE)
    desk.clock.turn(1)
    assert desk.state(second) == "FAILED"
    assert "Build is already reserved" in reason_of(desk, second)
    desk.end_all()
    assert "Build already exists (id=1, state=COMPLETE)" in reason_of(desk, desk.build(opts=ONE))


def test_without_a_release_a_later_task_gets_the_next(desk: Desk) -> None:
    """One build for each arch, with different N-V-Rs: the builds are never merged."""
    first = desk.submit(arches=["x86_64"])
    desk.clock.turn(1)
    second = desk.submit(arches=["aarch64"])
    desk.end_all()
    assert [desk.build_of(one)["release"] for one in (first, second)] == ["1", "2"]


def test_a_task_cancelled_before_it_is_taken_reserves_nothing(desk: Desk) -> None:
    """Neither FREE nor ASSIGNED: composer was never asked."""
    for seconds, state in ((0.0, "FREE"), (0.06, "ASSIGNED")):
        task_id = desk.submit(opts=ONE)
        desk.clock.turn(seconds)
        assert desk.state(task_id) == state
        desk.session().cancelTask(task_id)
        desk.end_all()
        assert desk.state(task_id) == "CANCELED"
        assert desk.session().getBuild("rig-image-41-1") is None
    assert desk.state(desk.build(opts=ONE)) == "CLOSED"


# releases


@pytest.mark.parametrize(
    "release",
    [
        *("20240101.n.0", "1.x86_64", "20240101.t.3", "0.1.fc41", "1.2.3.4", "1~rc1", "1^git1"),
        *("1_1", "1+1", "abc", "1 1", "ä", "a:b", "1'1", "1\n1", ",draft_1"),
    ],
)
def test_a_release_is_accepted(release: str, desk: Desk) -> None:
    """By CGInitBuild, import and download; a release ending in the arch has it twice."""
    task_id = desk.build(opts={"release": release})
    (archive,) = desk.image_archives(task_id)
    assert archive["filename"] == "rig-image-41-%s.x86_64.qcow2" % release


@pytest.mark.parametrize("wanted, code", [({"name": "rig-image"}, 1), ("rig-image-41", 1)])
def test_the_next_release_wants_name_and_version(wanted: Any, code: int, desk: Desk) -> None:
    """Else the hub stumbles."""
    with pytest.raises(Fault) as caught:
        desk.session().getNextRelease(wanted)
    assert caught.value.faultCode == code


# permissions and options


def test_admins_may_submit_without_the_image_permission(desk: Desk) -> None:
    """Although hasPerm says they have it not; nobody else may."""
    arguments = ["rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"], {}]
    assert desk.session("admin").hasPerm("image") is False
    assert desk.session("admin").osbuildImage(*arguments, priority=-1) == 1
    assert desk.session().getTaskInfo(1)["priority"] == 20
    with pytest.raises(koji.ActionNotAllowed, match=r"required \(logged in as nobody\)"):
        desk.session("nobody").osbuildImage(*arguments)


def test_empty_upload_options_are_none(desk: Desk) -> None:
    """They are valid, and nothing is uploaded."""
    task_id = desk.build("rig-aws", image_type="aws", opts={"upload_options": {}})
    assert desk.output(task_id)["image_statuses"] == [{"status": "success"}]
    request = desk.output(task_id, "compose-request.json")
    assert "upload_options" not in request["image_requests"][0]


# archives


@pytest.mark.parametrize(
    "suffix",
    [
        *("gz", "xz", "zst", "tar.zst", "raw.zst", "ociarchive", "oci", "efi", "vhdfixed"),
        *("vhdfixed.xz", "log", "bin", "anything"),
    ],
)
def test_a_refused_extension_fails_the_task(suffix: str, tmp_path: Path) -> None:
    """Only koji-import.log.json says why: compose-status.json has image success, status failure."""
    odd = ImageType("odd", "aws.s3", ExportedFile("disk." + suffix, "image"))
    content = replace(STRICT, image_types=(odd,), own_types=(OwnType("odd"),))
    with a_desk(tmp_path, content=content) as desk:
        task_id = desk.build(image_type="odd", opts=ONE)
        with pytest.raises(koji.BuildError, match=r"\ACompose failed \(id: "):
            desk.session().getTaskResult(task_id)
        status = desk.output(task_id)
        assert status["status"] == "failure"
        assert status["image_statuses"] == [{"status": "success"}]
        log = desk.output(task_id, "koji-import.log.json")
        said = log["job_error"]["reason"]
        assert "unsupported file extension: rig-image-41-1.x86_64.%s" % suffix in said
        build = desk.session().getBuild("rig-image-41-1")
        assert build["state"] == koji.BUILD_STATES["FAILED"]


@pytest.mark.parametrize(
    "suffixes, name",
    [
        ("qcow2", "qcow2"),
        ("raw", "raw"),
        ("raw.xz", "raw-xz"),
        ("vhd", "vhd"),
        ("vhd.xz", "vhd-compressed"),
        ("tar.gz tar tar.xz tgz oci.tar docker.tar.gz", "tar"),
        ("iso", "iso"),
        ("iso.xz", "iso-compressed"),
        ("vmdk", "vmdk"),
        ("vmdk.xz", "vmdk-compressed"),
        ("ova", "ova"),
        ("wsl", "wsl"),
        ("raw.gz", "raw-gz"),
        ("qcow2.xz qcow2.gz", "qcow2-compressed"),
        ("vhdx", "vhdx"),
        ("vhdx.xz", "vhdx-compressed"),
        ("vdi", "vdi"),
        ("box", "box"),
        ("squashfs", "squashfs"),
        ("erofs", "erofs"),
        ("qcow", "qcow"),
        ("ks", "ks"),
        ("txt", "txt"),
        ("json x.manifest.json x.spdx.json", "json"),
        ("manifest", "manifest"),
        ("img", "initramfs"),
        ("sha256", "checksum"),
        ("vmlinuz", "kernel-image"),
    ],
)
def test_an_extension_has_its_archive_type(suffixes: str, name: str, desk: Desk) -> None:
    """Case does not matter."""
    for suffix in suffixes.split():
        for filename in ("a-1-1.x86_64." + suffix, "A-1-1.X86_64." + suffix.upper()):
            assert desk.session().getArchiveType(filename)["name"] == name


def test_an_image_is_told_from_the_rest(desk: Desk) -> None:
    """All are of btype image; logs are no archives; only ``type`` adds the arch."""
    build_id = desk.build_of(desk.build())["id"]
    archives = desk.session().listArchives(buildID=build_id)
    assert {one["btype"] for one in archives} == {"image"}
    images = [one for one in archives if not one["filename"].endswith(".json")]
    assert images == [one for one in archives if "osbuild_artifact" in one["extra"]["image"]]
    assert len(archives) == 4
    assert len(desk.session().getBuildLogs(build_id)) == 2
    for one in desk.session().listArchives(buildID=build_id, type="image"):
        assert one["arch"] == one["extra"]["image"]["arch"]


@pytest.mark.parametrize("results_in", list(ResultsIn))
def test_composers_before_and_after_91(results_in: ResultsIn, tmp_path: Path) -> None:
    """Older ones tell of uploads in compose-status.json alone, without an arch but in order."""
    settings = HubSettings(duration=DURATION, results_in=results_in)
    upload = {"region": "us-east-1", "share_with_accounts": []}
    with a_desk(tmp_path, settings=settings) as desk:
        arches = ["aarch64", "x86_64"]
        task_id = desk.build(image_type="aws", arches=arches, opts={"upload_options": upload})
        told = [
            one["upload_status"]["options"]["ami"] for one in desk.output(task_id)["image_statuses"]
        ]
        found = [
            one["extra"]["image"].get("upload_target_results")
            for one in desk.image_archives(task_id)
        ]
        if results_in is ResultsIn.ARCHIVE:
            assert [one[0]["options"]["ami"] for one in found] == told
        else:
            assert found == [None, None]
        assert len(set(told)) == 2


# what is not Koji's own


def test_a_composer_that_is_down_is_a_traceback(tmp_path: Path) -> None:
    """A Fault of code 1, which is no koji.GenericError; there is no compose-status.json."""
    with a_desk(tmp_path, "composer-down:name=rig-image", content=STRICT) as desk:
        task_id = desk.build()
        with pytest.raises(Fault) as caught:
            desk.session().getTaskResult(task_id)
        assert not isinstance(caught.value, koji.GenericError)
        assert caught.value.faultCode == 1
        lines = caught.value.faultString.splitlines()
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-1].startswith("requests.exceptions.ConnectionError: ")
        assert desk.session().listTaskOutput(task_id) == ["compose-request.json"]
        assert desk.session().getTaskResult(task_id, raise_fault=False)["faultCode"] == 1
        assert desk.session().listBuilds() == []
        assert desk.state(desk.build("rig-aws")) == "CLOSED"


def test_a_volume_that_cannot_be_written_fails_the_task(desk: Desk) -> None:
    """Not the hub; when it can be written again, the N-V-R is used again."""
    packages = desk.hub.topdir / "packages"
    packages.rmdir()
    packages.write_text("")
    task_id = desk.build(opts=ONE)
    with pytest.raises(koji.BuildError):
        desk.session().getTaskResult(task_id)
    log = desk.output(task_id, "koji-import.log.json")
    assert "Not a directory" in log["job_error"]["reason"]
    assert desk.session().listArchives(buildID=1) == []
    packages.unlink()
    assert desk.state(desk.build(opts=ONE)) == "CLOSED"
    tasks = desk.hub.topdir / "work" / "tasks"
    shutil.rmtree(tasks)
    tasks.write_text("")
    broken = desk.build()
    with pytest.raises(Fault, match=r"NotADirectoryError|FileExistsError"):
        desk.session().getTaskResult(broken)
    assert desk.state(broken) == "FAILED"


def test_a_fault_can_be_of_one_version(tmp_path: Path) -> None:
    """Of a name whose other versions are built."""
    with a_desk(tmp_path, "build:version=42") as desk:
        assert desk.state(desk.build(version="41")) == "CLOSED"
        assert desk.state(desk.build(version="42")) == "FAILED"

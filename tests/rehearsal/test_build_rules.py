"""What a hub allows: N-V-Rs, releases, package lists, targets, arches."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Iterator, Optional
from xmlrpc.client import Fault

import koji
import pytest

from koji_rehearsal.archivetypes import archive_type
from koji_rehearsal.build_rules import count_up
from tests.conformance.desk import STRICT, Desk, a_desk

ONE = {"release": "1"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, content=STRICT) as one:
        yield one


def fault_of(desk: Desk, task_id: int) -> Any:
    with pytest.raises((koji.GenericError, Fault)) as caught:
        desk.session().getTaskResult(task_id)
    return caught.value


def reason_of(desk: Desk, task_id: int) -> str:
    """Return composer's reason, which compose-status.json and koji-init.log.json tell alike."""
    assert str(fault_of(desk, task_id)).startswith("Compose failed (id: ")
    status = desk.output(task_id)
    assert status["status"] == "failure"
    ((cause,),) = (one["error"]["details"] for one in status["image_statuses"])
    reason: str = cause["reason"]
    assert desk.output(task_id, "koji-init.log.json")["job_error"]["reason"] == reason
    return str(reason)


def test_two_tasks_of_one_nvr_at_once_never_work(desk: Desk) -> None:
    """The second finds the build reserved."""
    first, second = desk.submit(opts=ONE), desk.submit(opts=ONE, arches=["aarch64"])
    desk.end_all()
    assert desk.state(first) == "CLOSED"
    assert reason_of(desk, second) == 'error: "Build is already reserved" code: 1000'


def test_an_nvr_that_is_built_is_taken(desk: Desk) -> None:
    """For good."""
    first = desk.build(opts=ONE)
    build = desk.build_of(first)
    reason = reason_of(desk, desk.build(opts=ONE))
    assert "Build already exists (id=%d, state=COMPLETE): {" % build["id"] in reason


def test_an_nvr_that_failed_is_used_again(tmp_path: Path) -> None:
    """With the same build id."""
    with a_desk(tmp_path, "build:arch=aarch64") as desk:
        failed = desk.build(opts=ONE, arches=["aarch64"])
        assert desk.state(failed) == "FAILED"
        build = desk.session().getBuild("rig-image-41-1")
        assert build["state"] == koji.BUILD_STATES["FAILED"]
        assert build["extra"] is None
        assert build["task_id"] is None
        again = desk.build(opts=ONE)
        assert desk.build_of(again)["id"] == build["id"]


@pytest.mark.parametrize(
    "release, after",
    [
        ("1", "2"),
        ("20240101", "20240102"),
        ("1.x86_64", "2.x86_64"),
        ("20240101.0", "20240102.0"),
        ("20240101.n.0", "20240101.n.1"),
        ("20240101.t.3", "20240101.t.4"),
        ("41.1.4", "41.1.5"),
        ("20240101.n.0.x86_64", None),
        ("2.x86_64.aarch64", None),
        ("0.1.fc41", None),
        ("1.2.3.4", None),
        ("1~rc1", None),
        ("abc", None),
    ],
)
def test_the_next_release(release: str, after: Optional[str]) -> None:
    """As a table; Koji does not know how to count everything up."""
    if after is not None:
        assert count_up(release) == after
        return
    with pytest.raises(koji.BuildError) as caught:
        count_up(release)
    assert str(caught.value) == "Unable to increment release value: %s" % release


def test_the_next_release_is_that_after_the_newest_build(tmp_path: Path) -> None:
    """By id, not by release; failed builds do not count, those that still build do."""
    with a_desk(tmp_path, "build:arch=s390x") as desk:

        def after() -> str:
            return str(desk.session().getNextRelease({"name": "rig-image", "version": "41"}))

        assert after() == "1"
        desk.build(opts={"release": "5"})
        desk.build(opts={"release": "3"})
        assert after() == "4"
        desk.build(opts={"release": "9"}, arches=["s390x"])
        assert after() == "4"
        running = desk.submit()
        desk.clock.turn(1)
        assert desk.state(running) == "OPEN"
        assert after() == "5"


def test_an_empty_release_counts_as_none(desk: Desk) -> None:
    """The schema lets it pass."""
    assert desk.build_of(desk.build(opts={"release": ""}))["release"] == "1"


def test_a_release_that_cannot_be_counted_up_fails_the_next_task(desk: Desk) -> None:
    """At once, without asking composer."""
    desk.build(opts={"release": "20240101.n.0.x86_64"})
    task_id = desk.build()
    fault = fault_of(desk, task_id)
    assert fault.faultCode == 1005
    assert str(fault) == "Unable to increment release value: 20240101.n.0.x86_64"
    assert desk.session().listTaskOutput(task_id) == []


@pytest.mark.parametrize(
    "release", ["1~rc1", "1^git1", "1 1", "ä", "20240101.n.0.x86_64", "x" * 200]
)
def test_odd_releases_are_built(release: str, desk: Desk) -> None:
    """And served under their names."""
    task_id = desk.build(opts={"release": release})
    (archive,) = desk.image_archives(task_id)
    assert archive["filename"] == "rig-image-41-%s.x86_64.qcow2" % release
    folder = desk.hub.topdir / "packages" / "rig-image" / "41" / release / "images"
    assert (folder / archive["filename"]).is_file()


@pytest.mark.parametrize(
    "name, version, release, text",
    [
        ("rig-image", "41", "1-2", 'The "-" character not allowed in release field'),
        ("rig-image", "4-1", "1", 'The "-" character not allowed in version field'),
        ("rig image", "41", "1", "Name rig image does not match RegexNameInternal value"),
        ("x" * 300, "41", "1", "is too long. Max length is 256 characters"),
    ],
)
def test_some_nvrs_cannot_be_registered(
    name: str, version: str, release: str, text: str, desk: Desk
) -> None:
    """Composer says why."""
    task_id = desk.build(name, version, opts={"release": release})
    assert text in reason_of(desk, task_id)


@pytest.mark.parametrize("release", ["a/b", "..", "../../../x", "x" * 300])
def test_some_nvrs_cannot_be_imported(release: str, desk: Desk) -> None:
    """The images are built and then lost; nothing is written anywhere."""
    task_id = desk.build(opts={"release": release})
    assert str(fault_of(desk, task_id)).startswith("Compose failed (id: ")
    status = desk.output(task_id)
    assert status["status"] == "failure"
    assert status["image_statuses"] == [{"status": "success"}]
    said = desk.output(task_id, "koji-import.log.json")["job_error"]["reason"]
    assert "invalid file name" in said
    assert list((desk.hub.topdir / "packages").iterdir()) == []
    assert sorted(one.name for one in desk.hub.topdir.iterdir()) == ["packages", "work"]


@pytest.mark.parametrize(
    "name, target, code, text",
    [
        ("not-listed", "f41-images", 1003, "Package not-listed not in list for 2"),
        ("blocked-image", "f41-images", 1003, "Package blocked-image blocked in 2"),
        ("rig-image", "f41-images-empty", 1003, "Package rig-image not in list for 7"),
        ("rig-image", "f41-images-locked", 1004, "tag is locked"),
        ("rig-image", "f41-images-perm", 1004, "tag requires admin permission"),
    ],
)
def test_the_package_list_is_looked_at_when_all_is_built(
    name: str, target: str, code: int, text: str, desk: Desk
) -> None:
    """The subtask's fault is the task's; the build is COMPLETE and in no tag."""
    session = desk.session()
    task_id = desk.build(name, target=target)
    fault = fault_of(desk, task_id)
    assert (fault.faultCode, str(fault)) == (code, text)
    (child,) = session.getTaskChildren(task_id)
    assert koji.TASK_STATES[child["state"]] == "FAILED"
    assert desk.output(task_id)["status"] == "success"
    build = session.getBuild("%s-41-1" % name)
    assert build["state"] == koji.BUILD_STATES["COMPLETE"]
    assert session.listTags(build["id"]) == []


def test_a_package_list_is_inherited_and_can_be_skipped(desk: Desk) -> None:
    """Inheritance counts, ``skip_tag`` does not look."""
    inherited = desk.build(target="f41-images-child", opts=ONE)
    tags = desk.session().listTags(desk.build_of(inherited)["id"])
    assert [tag["name"] for tag in tags] == ["f41-images-child"]
    skipped = desk.build("not-listed", opts={"skip_tag": True})
    assert desk.state(skipped) == "CLOSED"


def test_a_build_is_tagged_after_all(desk: Desk) -> None:
    """By packageListAdd and tagBuild, as one mends it on a real hub."""
    desk.build("not-listed")
    with pytest.raises(koji.TagError, match="Package not-listed not in list for f41-images-"):
        desk.session().tagBuild("f41-images-candidate", "not-listed-41-1")
    with pytest.raises(koji.ActionNotAllowed):
        desk.session().packageListAdd("f41-images-candidate", "not-listed", "pungi")
    desk.session("admin").packageListAdd("f41-images-candidate", "not-listed", "admin")
    assert desk.session().checkTagPackage("f41-images-candidate", "not-listed") is True
    task_id = desk.session().tagBuild("f41-images-candidate", "not-listed-41-1")
    assert desk.state(task_id) == "CLOSED"
    tags = desk.session().listTags("not-listed-41-1")
    assert [tag["name"] for tag in tags] == ["f41-images-candidate"]


@pytest.mark.parametrize(
    "changes, code, text",
    [
        ({"target": "no-such-target"}, 1000, "No such build target: no-such-target"),
        (
            {"target": "f41-images-noarches"},
            1005,
            "Missing arches for tag '%f41-images-build-noarches'",
        ),
        ({"arches": ["x86_64", "sparc"]}, 1005, "Unsupported architecture(s): {'sparc'}"),
        ({"image_type": "no-such-type"}, 1000, "Failed to create the compose request: "),
        ({"image_type": "ami"}, 1000, "Failed to create the compose request: "),
        ({"opts": {"repo": ["https://e.example.com/$basearch/"]}}, 1, "KeyError: 'basearch'"),
        ({"opts": {"ostree": {"ref": "a/$releasever"}}}, 1, "KeyError: 'releasever'"),
        ({"opts": {"repo": ["https://e.example.com/$ /"]}}, 1, "ValueError: Invalid placeholder"),
    ],
)
def test_some_tasks_fail_as_soon_as_they_are_taken(
    changes: Any, code: int, text: str, desk: Desk
) -> None:
    """The hub has taken them all the same; there is no compose-status.json."""
    task_id = desk.submit(**changes)
    desk.clock.turn(0.5)
    fault = fault_of(desk, task_id)
    assert fault.faultCode == code
    assert text in str(getattr(fault, "faultString", fault))
    assert "compose-status.json" not in desk.session().listTaskOutput(task_id)
    assert desk.session().listBuilds() == []


def test_arch_is_put_into_repos_and_refs_but_not_into_the_url(desk: Desk) -> None:
    """By koji-osbuild; a dollar is written twice."""
    ostree = {"url": "https://o.example.com/$arch", "ref": "a/$arch/iot", "parent": "b/${arch}"}
    repo = ["https://e.example.com/$$x/$arch/", {"baseurl": "https://f/", "package_sets": ["os"]}]
    task_id = desk.build(
        image_type="iot-commit", arches=["aarch64"], opts={"ostree": ostree, "repo": repo}
    )
    (request,) = desk.output(task_id, "compose-request.json")["image_requests"]
    assert request["ostree"] == {
        "url": "https://o.example.com/$arch",
        "ref": "a/aarch64/iot",
        "parent": "b/aarch64",
    }
    assert request["repositories"] == [
        {"baseurl": "https://e.example.com/$x/aarch64/", "rhsm": False},
        {"baseurl": "https://f/", "rhsm": False, "package_sets": ["os"]},
    ]


def test_kojis_own_image_types_are_mapped(desk: Desk) -> None:
    """The task keeps what was sent; composer and the output files have its own name."""
    upload = {"region": "us-east-1", "share_with_accounts": []}
    task_id = desk.build(
        "rig-aws", distro="rhel-9.6", image_type="ec2", opts={"upload_options": upload}
    )
    assert desk.session().getTaskRequest(task_id)[3] == "ec2"
    assert "x86_64-aws-rhui.manifest.json" in desk.session().listTaskOutput(task_id)
    (archive,) = desk.image_archives(task_id)
    assert archive["filename"].endswith(".x86_64.raw.xz")


@pytest.mark.parametrize(
    "filename, name",
    [
        ("a-1-1.x86_64.qcow2", "qcow2"),
        ("a-1-1.x86_64.raw.xz", "raw-xz"),
        ("a-1-1.x86_64.tar.gz", "tar"),
        ("a-1-1.x86_64.docker.tar.gz", "tar"),
        ("a-1-1.x86_64.vhd.xz", "vhd-compressed"),
        ("a-1-1.x86_64.ISO", "iso"),
        ("a-1-1.x86_64.wsl", "wsl"),
        ("a-1-1.x86_64.liveimg.squashfs", "liveimg-squashfs"),
        ("a-1-1.x86_64.qcow2.image-os.spdx.json", "json"),
        ("a-1-1.x86_64.raw.zst", None),
        ("a-1-1.x86_64.ociarchive", None),
        ("a-1-1.x86_64.xz", None),
        ("vmlinuz", None),
    ],
)
def test_the_type_of_an_archive_is_its_longest_suffix(filename: str, name: Optional[str]) -> None:
    """Case does not matter."""
    kind = archive_type(filename)
    assert (kind and kind.name) == name


@pytest.mark.parametrize(
    "release, incr, expected",
    [
        (None, 3, "3"),
        ("3", 3, "6"),
        ("20240101", 2, "20240103"),
        ("20240101.0", 10, "20240111.0"),
        ("20240101.n.0", 3, "20240101.n.3"),
        ("3", "4", "7"),
        ("3", -1, "2"),
    ],
)
def test_a_release_is_counted_up_by_more_than_one(
    release: Optional[str], incr: Any, expected: str, desk: Desk
) -> None:
    """Where the caller says so."""
    if release is not None:
        desk.build(opts={"release": release})
    wanted = {"name": "rig-image", "version": "41"}
    assert desk.session().getNextRelease(wanted, incr=incr) == expected
    with pytest.raises(koji.ParameterError, match="incr parameter must be an integer"):
        desk.session().getNextRelease(wanted, "many")


def test_a_build_that_exists_is_shown_with_the_row_that_was_refused(desk: Desk) -> None:
    """All 15 fields of it."""
    desk.build(opts=ONE)
    reason = reason_of(desk, desk.build(opts=ONE))
    row = ast.literal_eval(reason[reason.index("{") : reason.rindex("}") + 1])
    assert list(row) == [
        *("name", "version", "release", "owner", "state", "completion_time", "cg_id", "epoch"),
        *("pkg_id", "extra", "start_time", "source", "task_id", "volume_id", "draft"),
    ]
    build = desk.session().getBuild("rig-image-41-1")
    assert row["pkg_id"] == build["package_id"]
    assert (row["owner"], row["cg_id"]) == (build["owner_id"], build["cg_id"])


def test_a_task_whose_tagging_failed_still_waits(desk: Desk) -> None:
    """In Koji's table; one whose tagging went well does not."""
    failed = desk.session().getTaskInfo(desk.build("not-listed"))
    assert (koji.TASK_STATES[failed["state"]], failed["waiting"]) == ("FAILED", True)
    assert desk.session().getTaskInfo(desk.build())["waiting"] is False


def test_nothing_is_imported_over_what_is_there(desk: Desk) -> None:
    """The build is FAILED; when the folder is gone, the N-V-R is used again."""
    folder = desk.hub.topdir / "packages" / "rig-image" / "41" / "1"
    folder.mkdir(parents=True)
    (folder / "kept").write_text("kept")
    task_id = desk.build(opts=ONE)
    assert str(fault_of(desk, task_id)).startswith("Compose failed (id: ")
    assert desk.output(task_id)["image_statuses"] == [{"status": "success"}]
    said = desk.output(task_id, "koji-import.log.json")["job_error"]
    expected = 'error: "Destination directory already exists: %s" code: 1000' % folder
    assert (said["id"], said["reason"].endswith(expected)) == (16, True)
    assert [one.name for one in folder.iterdir()] == ["kept"]
    (folder / "kept").unlink()
    folder.rmdir()
    assert desk.state(desk.build(opts=ONE)) == "CLOSED"

"""Tasks and builds, named by the prefix; nothing is tagged."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from xmlrpc.client import Fault

import koji
import pytest
import requests

from tests.contract.hub_at_hand import HubAtHand


@pytest.fixture(scope="module", autouse=True)
def begun(hub: HubAtHand) -> None:
    """Begin with all builds at once; the tests wait for what they need."""
    hub.task("built")
    hub.task("cancelled")
    if not hub.lists_every_package():
        hub.task("unlisted", opts={"skip_tag": False})


def built(hub: HubAtHand) -> Any:
    """Return the build of the task that is to succeed."""
    task_id = hub.task("built")
    assert hub.ended(task_id) == "CLOSED", hub.session.getTaskResult(task_id)
    return hub.session.getBuild(hub.session.getTaskResult(task_id)["koji"]["build"])


def reason_of(hub: HubAtHand, task_id: int) -> str:
    """Return composer's reason for a task that failed."""
    status = json.loads(hub.session.downloadTaskOutput(task_id, "compose-status.json"))
    return " ".join(str(one.get("error")) for one in status["image_statuses"])


def test_cancelling_a_task_does_not_stop_composer(session: Any, hub: HubAtHand) -> None:
    """The task is CANCELED at once; its build is BUILDING still, then COMPLETE and untagged."""
    task_id = hub.task("cancelled")
    nvr = "%s-1-1" % hub.name("cancelled")
    hub.wait(lambda: session.getBuild(nvr))
    assert session.cancelTask(task_id) is None
    if hub.state(task_id) == "CLOSED":
        pytest.skip("the task was quicker than its cancelling")
    assert hub.state(task_id) == "CANCELED"
    for raise_fault in (True, False):
        with pytest.raises(koji.GenericError, match="Task %d is canceled" % task_id):
            session.getTaskResult(task_id, raise_fault=raise_fault)
    assert session.cancelTask(task_id) is None
    complete = koji.BUILD_STATES["COMPLETE"]
    hub.wait(lambda: session.getBuild(nvr)["state"] == complete)
    assert session.listTags(nvr) == []
    assert hub.state(task_id) == "CANCELED"


def test_a_task_has_no_result_before_its_end(session: Any, hub: HubAtHand) -> None:
    """FREE, ASSIGNED or OPEN alike."""
    task_id = hub.task("built")
    try:
        session.getTaskResult(task_id)
    except koji.GenericError as error:
        assert (error.faultCode, str(error)) == (1000, "Task %d is not finished" % task_id)
    else:
        assert hub.state(task_id) == "CLOSED"
    assert hub.ended(task_id) == "CLOSED"


def test_a_stranger_cannot_cancel(hub: HubAtHand) -> None:
    """ActionNotAllowed 1004."""
    if hub.anonymous.getLoggedInUser() is not None:
        pytest.skip("this hub takes an anonymous caller for a user")
    with pytest.raises(koji.ActionNotAllowed, match="Cannot cancel task, not owner") as caught:
        hub.anonymous.cancelTask(hub.task("built"))
    assert caught.value.faultCode == 1004


def test_a_finished_task_tells_its_build(session: Any, hub: HubAtHand) -> None:
    """As it is submitted, with an end, and composer's id."""
    build = built(hub)
    task_id = hub.task("built")
    info = session.getTaskInfo(task_id, request=True)
    assert info["method"] == "osbuildImage"
    assert info["request"][0] == hub.name("built")
    assert info["create_ts"] <= info["start_ts"] <= info["completion_ts"]
    assert session.getTaskResult(task_id)["composer"]["id"]
    assert session.taskFinished(task_id) is True
    assert session.getTaskChildren(task_id) == []
    assert session.cancelTask(task_id) is None
    assert hub.state(task_id) == "CLOSED"
    assert build["task_id"] == task_id
    assert build["nvr"] == "%s-1-1" % hub.name("built")
    assert koji.BUILD_STATES[build["state"]] == "COMPLETE"
    assert session.listTags(build["id"]) == []
    assert [one["build_id"] for one in session.listBuilds(taskID=task_id)] == [build["id"]]


def test_a_task_is_found_by_owner_method_and_time(session: Any, hub: HubAtHand) -> None:
    """In one call, with its arguments."""
    built(hub)
    task_id = hub.task("built")
    info = session.getTaskInfo(task_id)
    opts = {
        "owner": info["owner"],
        "method": "osbuildImage",
        "state": [2, 3, 5],
        "completeAfter": info["completion_ts"] - 1,
        "decode": True,
    }
    rows = session.listTasks(opts, {"limit": 500, "order": "id"})
    (row,) = [one for one in rows if one["id"] == task_id]
    assert row["request"][0] == hub.name("built")
    opts["completeAfter"] = info["completion_ts"] + 1
    assert task_id not in [one["id"] for one in session.listTasks(opts, {"limit": 500})]


def test_the_images_are_archives_and_files(session: Any, hub: HubAtHand) -> None:
    """Told from manifests and SBOMs by what stands in their extra; sums and sizes are right."""
    build = built(hub)
    archives = session.listArchives(buildID=build["id"])
    assert {one["btype"] for one in archives} == {"image"}
    (image,) = [one for one in archives if "boot_mode" in one["extra"]["image"]]
    assert image["extra"]["image"]["arch"] == hub.choices.arch
    assert "arch" not in image
    typed = session.listArchives(buildID=build["id"], type="image")
    assert {one["arch"] for one in typed} == {hub.choices.arch}
    assert image["checksum_type"] in (koji.CHECKSUM_TYPES["md5"], koji.CHECKSUM_TYPES["sha256"])
    assert image["filename"] in build["extra"]["typeinfo"]["image"]
    paths = koji.PathInfo(topdir=hub.topurl)
    for one in archives:
        url = "%s/%s" % (paths.imagebuild(build), one["filename"])
        head = requests.head(url, timeout=60, allow_redirects=True)
        assert head.status_code == 200
        if one["size"] < 10**6:
            content = requests.get(url, timeout=60).content
            digest = hashlib.new(koji.CHECKSUM_TYPES[one["checksum_type"]], content)
            assert (len(content), digest.hexdigest()) == (one["size"], one["checksum"])


def test_the_output_of_a_task_is_listed_and_read(session: Any, hub: HubAtHand) -> None:
    """Sizes are text; a piece is a piece of the whole."""
    built(hub)
    task_id = hub.task("built")
    name = "compose-status.json"
    stats = session.listTaskOutput(task_id, stat=True)
    assert {"compose-request.json", name, "koji-init.log.json"} <= set(stats)
    whole = session.downloadTaskOutput(task_id, name)
    assert stats[name]["st_size"] == str(len(whole))
    assert session.downloadTaskOutput(task_id, name, offset=2, size=5) == whole[2:7]
    status = json.loads(whole)
    assert status["status"] == "success"
    assert len(status["image_statuses"]) == 1
    with pytest.raises(koji.GenericError, match=r'no file "nothing\.json" output by task'):
        session.downloadTaskOutput(task_id, "nothing.json")


def test_an_nvr_that_is_built_is_taken(session: Any, hub: HubAtHand) -> None:
    """The second task fails; only its compose-status.json says why. The next release is free."""
    build = built(hub)
    again = hub.submit(hub.name("built"))
    assert hub.ended(again) == "FAILED"
    with pytest.raises(koji.BuildError, match=r"\ACompose failed \(id: ") as caught:
        session.getTaskResult(again)
    assert caught.value.faultCode == 1005
    told = session.getTaskResult(again, raise_fault=False)
    assert told["faultCode"] == 1005
    assert "Build already exists (id=%d, state=COMPLETE)" % build["id"] in reason_of(hub, again)
    assert session.getNextRelease({"name": hub.name("built"), "version": "1"}) == "2"


def test_an_nvr_that_is_being_built_is_reserved(session: Any, hub: HubAtHand) -> None:
    """By a cancelled task's composer as well; a slow test finds it built."""
    hub.wait(lambda: session.getBuild("%s-1-1" % hub.name("cancelled")))
    again = hub.submit(hub.name("cancelled"))
    assert hub.ended(again) == "FAILED"
    reason = reason_of(hub, again)
    assert "Build is already reserved" in reason or "Build already exists" in reason


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"arches": ["sparc"]}, 1005),
        ({"image_type": "no-such-type"}, 1000),
        ({"opts": {"repo": ["https://e.example.com/$basearch/"]}}, 1),
    ],
)
def test_a_task_that_cannot_be_built_fails_when_it_is_taken(
    changes: Any, code: int, session: Any, hub: HubAtHand
) -> None:
    """The hub has taken it all the same; there is no build and no compose-status.json."""
    name = hub.name("failed")
    task_id = hub.submit(name, **changes)
    assert hub.ended(task_id) == "FAILED"
    with pytest.raises((koji.GenericError, Fault)) as caught:
        session.getTaskResult(task_id)
    assert caught.value.faultCode == code
    assert "compose-status.json" not in session.listTaskOutput(task_id)
    assert session.getBuild("%s-1-1" % name) is None


def test_the_package_list_is_looked_at_when_all_is_built(session: Any, hub: HubAtHand) -> None:
    """By the tagBuild subtask, whose fault is the task's; the build is COMPLETE and untagged."""
    if hub.lists_every_package():
        pytest.skip("this hub adds packages on first use")
    task_id = hub.task("unlisted")
    name = hub.name("unlisted")
    assert hub.ended(task_id) == "FAILED"
    with pytest.raises(koji.TagError, match="Package %s not in list for" % name) as caught:
        session.getTaskResult(task_id)
    assert caught.value.faultCode == 1003
    (child,) = session.getTaskChildren(task_id, request=True)
    assert (child["method"], koji.TASK_STATES[child["state"]]) == ("tagBuild", "FAILED")
    assert json.loads(session.downloadTaskOutput(task_id, "compose-status.json"))["status"] == (
        "success"
    )
    build = session.getBuild("%s-1-1" % name)
    assert koji.BUILD_STATES[build["state"]] == "COMPLETE"
    assert session.listTags(build["id"]) == []

"""A task in each of its states, and the ways to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import koji
import pytest

from koji_rehearsal import HubSettings
from tests.conformance.desk import DURATION, STRICT, Desk, a_desk, golden, normal

RELEASE = {"release": "1"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, content=STRICT) as one:
        yield one


def assert_like(found: Any, name: str) -> None:
    """Compare with a golden reply of another request: all but what was asked is the same."""
    expected = golden("replies.json")[name]
    for reply in (found, expected):
        for key in ("request", "name", "package_name", "package_id", "version", "release", "nvr"):
            if key in reply:
                reply[key] = type(reply[key]).__name__
    assert normal(found) == normal(expected)


def test_a_task_goes_from_free_to_open_to_closed(desk: Desk) -> None:
    """In each state it looks as on a real hub, and has a result only at its end."""
    session = desk.session()
    task_id = desk.submit(opts=RELEASE)
    assert_like(session.getTaskInfo(task_id, request=True), "free")
    assert session.taskFinished(task_id) is False
    with pytest.raises(koji.GenericError, match=r"\ATask 1 is not finished\Z"):
        session.getTaskResult(task_id)
    desk.clock.turn(1)
    assert_like(session.getTaskInfo(task_id, request=True), "open")
    assert desk.output(task_id) == {
        "status": "pending",
        "koji_task_id": None,
        "image_statuses": [{"status": "pending"}],
    }
    with pytest.raises(koji.GenericError, match=r"\ATask 1 is not finished\Z"):
        session.getTaskResult(task_id)
    (building,) = session.listBuilds(packageID="rig-image", state=0)
    assert_like(building, "building")
    desk.clock.turn(DURATION)
    assert_like(session.getTaskInfo(task_id, request=True), "closed")
    assert session.taskFinished(task_id) is True
    assert set(session.getTaskResult(task_id)) == {"composer", "koji"}


def test_composer_says_when_it_builds(desk: Desk) -> None:
    """Of the images; the whole is pending until it is done. A cancelled task is told nothing."""
    task_id, other = desk.submit(opts=RELEASE), desk.submit(name="other", opts=RELEASE)
    desk.clock.turn(1)
    desk.session().cancelTask(other)
    desk.clock.turn(DURATION / 2)
    assert desk.output(task_id)["status"] == "pending"
    assert desk.output(task_id)["image_statuses"] == [{"status": "building"}]
    assert desk.output(other)["image_statuses"] == [{"status": "pending"}]


def test_a_task_takes_as_long_as_the_settings_say(desk: Desk) -> None:
    """Its times are those of the hub's clock, whenever somebody looks."""
    task_id = desk.submit()
    created = desk.clock.now
    desk.clock.turn(1000 * DURATION)
    info = desk.session().getTaskInfo(task_id)
    assert info["create_ts"] == created
    assert info["start_ts"] == created + 0.1
    assert info["completion_ts"] == created + 0.1 + DURATION


def test_a_failed_task_raises_its_fault(tmp_path: Path) -> None:
    """Or, on request, tells it."""
    with a_desk(tmp_path, "build", content=STRICT) as desk:
        session = desk.session()
        task_id = desk.build(opts=RELEASE)
        assert_like(session.getTaskInfo(task_id, request=True), "failed")
        with pytest.raises(koji.BuildError, match=r"\ACompose failed \(id: [0-9a-f-]{36}\)\Z"):
            session.getTaskResult(task_id)
        told = session.getTaskResult(task_id, raise_fault=False)
        assert told["faultCode"] == 1005
        assert session.getTaskChildren(task_id) == []


def test_a_cancelled_task_has_no_result(desk: Desk) -> None:
    """Not even without faults."""
    session = desk.session()
    free, running = desk.submit(opts=RELEASE), desk.submit(version="42", opts=RELEASE)
    assert session.cancelTask(free) is None
    assert_like(session.getTaskInfo(free), "canceled_free")
    desk.clock.turn(1)
    assert session.cancelTask(running, recurse=False) is None
    assert_like(session.getTaskInfo(running, request=True), "canceled")
    for raise_fault in (True, False):
        with pytest.raises(koji.GenericError, match=r"\ATask 2 is canceled\Z"):
            session.getTaskResult(running, raise_fault=raise_fault)
    assert session.taskFinished(running) is True


def test_composer_goes_on_when_its_task_is_cancelled(desk: Desk) -> None:
    """The build stays reserved, then it is COMPLETE and in no tag."""
    session = desk.session()
    task_id = desk.submit(opts=RELEASE)
    desk.clock.turn(1)
    session.cancelTask(task_id)
    assert session.getBuild("rig-image-41-1")["state"] == koji.BUILD_STATES["BUILDING"]
    again = desk.submit(opts=RELEASE)
    desk.clock.turn(1)
    (cause,) = desk.output(again)["image_statuses"][0]["error"]["details"]
    assert "Build is already reserved" in cause["reason"]
    desk.end_all()
    build = session.getBuild("rig-image-41-1")
    assert build["state"] == koji.BUILD_STATES["COMPLETE"]
    assert build["task_id"] == task_id
    assert session.listTags(build["id"]) == []
    assert desk.state(task_id) == "CANCELED"
    assert desk.output(task_id)["status"] == "pending"


def test_only_its_owner_or_an_admin_cancels_a_task(desk: Desk) -> None:
    """A task that has ended stays as it is."""
    task_id = desk.submit()
    for user in (None, "nobody"):
        with pytest.raises(koji.ActionNotAllowed, match=r"\ACannot cancel task, not owner\Z"):
            desk.session(user).cancelTask(task_id)
    desk.session("admin").cancelTask(task_id)
    assert desk.state(task_id) == "CANCELED"
    done = desk.build()
    desk.session().cancelTask(done)
    assert desk.state(done) == "CLOSED"
    with pytest.raises(koji.GenericError, match=r"\ANo such task: 999\Z"):
        desk.session().cancelTask(999)
    with pytest.raises(koji.ParameterError, match="Invalid type for value 'x': <class 'str'>"):
        desk.session().cancelTask("x")
    with pytest.raises(koji.ActionNotAllowed, match="admin permission required"):
        desk.session().cancelTaskFull(done)


def test_a_full_hub_lets_tasks_wait(tmp_path: Path) -> None:
    """A cancelled task makes room, and does not come up again."""
    settings = HubSettings(duration=DURATION, capacity=1)
    with a_desk(tmp_path, settings=settings) as desk:
        first, second, third, fourth = (desk.submit(version=str(n)) for n in range(4))
        desk.clock.turn(1)
        states = [desk.state(one) for one in (first, second, third, fourth)]
        assert states == ["OPEN", "FREE", "FREE", "FREE"]
        desk.session().cancelTask(second)
        desk.session().cancelTask(first)
        assert desk.state(third) == "ASSIGNED"
        desk.clock.turn(1)
        assert desk.state(third) == "OPEN"
        desk.clock.turn(DURATION)
        states = [desk.state(one) for one in (first, second, third, fourth)]
        assert states == ["CANCELED", "CANCELED", "CLOSED", "OPEN"]


def test_many_tasks_that_fail_when_taken_do_not_pile_up(tmp_path: Path) -> None:
    """Each makes room for the next, one after another."""
    settings = HubSettings(duration=DURATION, capacity=1)
    with a_desk(tmp_path, settings=settings) as desk:
        tasks = [desk.submit(arches=["sparc"]) for _ in range(400)]
        desk.end_all()
        assert {desk.state(one) for one in (tasks[0], tasks[-1])} == {"FAILED"}


def test_two_hundred_tasks_are_carried(tmp_path: Path) -> None:
    """All at once, each with its build."""
    with a_desk(tmp_path) as desk:
        session = desk.session()
        for number in range(200):
            desk.submit("img-%03d" % (number + 1), opts=RELEASE)
        desk.clock.turn(1)
        assert session.listTasks({"state": [1]}, {"countOnly": True}) == 200
        desk.clock.turn(DURATION)
        closed = session.listTasks(
            {"state": [2], "method": "osbuildImage"}, {"limit": 500, "order": "id"}
        )
        assert [task["id"] for task in closed] == list(range(1, 201))
        assert len(session.listTagged("f41-images-candidate")) == 200


def test_get_task_info_takes_a_list(desk: Desk) -> None:
    """Order and duplicates are kept, None stands for what is not there, an id may be text."""
    session = desk.session()
    first, second = desk.submit(), desk.submit()
    found = session.getTaskInfo([second, 999, first, second])
    assert [one and one["id"] for one in found] == [second, None, first, second]
    assert session.getTaskInfo([]) == []
    assert session.getTaskInfo(str(first))["id"] == first
    assert session.getTaskRequest(first)[0] == "rig-image"
    with pytest.raises(koji.GenericError, match="query returned no rows"):
        session.getTaskInfo([first, 999], strict=True)
    with pytest.raises(koji.ParameterError, match="Invalid type, expected type <class 'int'>"):
        session.getTaskInfo(None)


def test_a_one_element_image_type_is_stored_as_text(desk: Desk) -> None:
    """So a task found again has other arguments than were sent."""
    task_id = desk.submit(image_type=["guest-image"])
    assert desk.session().getTaskRequest(task_id)[3] == "guest-image"


def test_task_output_is_read_in_pieces(desk: Desk) -> None:
    """And never outside the task's folder."""
    session = desk.session()
    task_id = desk.build()
    whole = session.downloadTaskOutput(task_id, "compose-status.json")
    assert session.downloadTaskOutput(task_id, "compose-status.json", 2, 5) == whole[2:7]
    assert session.downloadTaskOutput(task_id, "compose-status.json", volume="DEFAULT") == whole
    names = session.listTaskOutput(task_id)
    volumes = session.listTaskOutput(task_id, all_volumes=True)
    assert volumes == {name: ["DEFAULT"] for name in names}
    stat = session.listTaskOutput(task_id, stat=True)["compose-status.json"]
    assert stat["st_size"] == str(len(whole))
    with pytest.raises(koji.GenericError, match=r"Invalid file name: \.\./\.\./x"):
        session.downloadTaskOutput(task_id, "../../x")
    with pytest.raises(koji.GenericError, match='no file "/etc/passwd" output by task 1'):
        session.downloadTaskOutput(task_id, "/etc/passwd")


def test_children_and_descendents(desk: Desk) -> None:
    """The tagBuild subtask, by text ids."""
    task_id = desk.build()
    found = normal(desk.session().getTaskDescendents(task_id, request=True))
    expected = normal(golden("replies.json")["descendents"])
    assert found == {"1": expected["33"], "2": expected["36"]}


def test_build_replies_look_as_on_a_real_hub(desk: Desk) -> None:
    """An archive, a list of builds, what is in a tag, logs."""
    session = desk.session()
    arches = ["x86_64", "aarch64"]
    task_id = desk.build(version="42.070403.2", arches=arches, opts=RELEASE)
    build = desk.build_of(task_id)
    assert_like(session.listBuilds(taskID=task_id)[0], "listed_build")
    assert_like(session.listTagged("f41-images-candidate", latest=True)[0], "tagged")
    archive = session.getArchive(desk.image_archives(task_id)[0]["id"])
    assert normal(archive) == normal(golden("replies.json")["archive"])
    logs = session.getBuildLogs(build["id"])
    assert sorted(one["path"] for one in logs) == sorted(
        one["path"] for one in golden("replies.json")["logs"]
    )
    for one in logs:
        assert (desk.hub.topdir / one["path"]).is_file()
    assert session.getBuildType(build["id"]) == {"image": {"build_id": build["id"]}}
    assert session.getBuild(build["nvr"]) == build
    named = {key: build[key] for key in ("name", "version", "release")}
    assert session.getBuild(named) == build


def test_archives_are_selected_and_sorted(desk: Desk) -> None:
    """By kind, arch and name; in an order that helps nobody unless one is asked for."""
    session = desk.session()
    build_id = desk.build_of(desk.build(arches=["x86_64", "aarch64"]))["id"]
    everything = session.listArchives(buildID=build_id)
    assert [one["id"] for one in everything] != sorted(one["id"] for one in everything)
    assert session.listArchives(build_id) == everything
    by_name = session.listArchives(buildID=build_id, queryOpts={"order": "-filename", "limit": 2})
    names = sorted((one["filename"] for one in everything), reverse=True)
    assert [one["filename"] for one in by_name] == names[:2]
    assert "arch" not in everything[0]
    images = session.listArchives(buildID=build_id, type="image", typeInfo={"arch": "aarch64"})
    assert {one["arch"] for one in images} == {"aarch64"}
    assert len(images) == len(everything) / 2
    assert session.listArchives(buildID=build_id, type="maven") == []

"""The state that a hub keeps over a restart."""

from __future__ import annotations

import json
import socket
import stat
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List

import koji
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal import HubContent, HubSettings, RehearsalHub, parse_fault
from koji_rehearsal.codec import Codec, CodecError
from koji_rehearsal.encoding import TaskFault
from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.records import Listing, Tagging, Task
from koji_rehearsal.state_file import VERSION
from tests.cli.commands import LIMIT, started
from tests.conformance.desk import DURATION, REPOS, Desk, HandClock

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Life:
    """A hub that is ended and started again, always with the same files and clock."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.clock = HandClock()
        self.file = folder / "state" / "hub.json"
        self._folder = folder
        self._settings = HubSettings(duration=DURATION, state_file=self.file, **settings)
        self._stack = ExitStack()

    def begin(self, *faults: str, content: HubContent = HubContent.golden()) -> Desk:  # noqa: B008
        """Start the hub, once more."""
        settings = replace(self._settings, faults=tuple(map(parse_fault, faults)))
        hub = RehearsalHub(settings, self._folder / "top", content, self.clock)
        return Desk(self._stack.enter_context(hub), self.clock, self._stack)

    def end(self) -> None:
        """Stop the hub and its sessions."""
        self._stack.close()


@pytest.fixture
def life(tmp_path: Path) -> Any:
    one = Life(tmp_path)
    yield one
    one.end()


def told(desk: Desk, task_ids: List[int]) -> List[Any]:
    """Return everything that the hub says of tasks and what came of them."""
    session = desk.session()
    builds = session.listBuilds(queryOpts={"order": "build_id"})
    return [
        session.getTaskInfo(task_ids, request=True),
        [session.getTaskResult(task_id, raise_fault=False) for task_id in task_ids],
        [session.getTaskChildren(task_id, request=True) for task_id in task_ids],
        builds,
        [session.listArchives(buildID=build["build_id"]) for build in builds],
        [session.listTags(build["build_id"]) for build in builds],
        session.listPackages(tagID="f41-images-empty"),
        session.getNextRelease({"name": "rig-image", "version": "41"}),
    ]


def test_what_was_is_there_again(life: Life) -> None:
    """Tasks with their results and faults, builds, archives, tags, package lists, first uses."""
    desk = life.begin("build:name=rig-gce")
    task_ids = [
        desk.submit(),
        desk.submit("rig-gce", image_type="gcp"),
        desk.submit("somebody", target="new-target", opts={"skip_tag": True}),
    ]
    desk.session("admin").packageListAdd("f41-images-empty", "more", "pungi")
    desk.end_all()
    before = told(desk, task_ids)
    assert before[6], "the list has an entry to be kept"
    life.end()
    desk = life.begin(content=replace(HubContent.golden(), strict=True))
    assert desk.hub.resumed
    assert told(desk, task_ids) == before
    assert desk.session().getBuildTarget("new-target")


def test_what_runs_goes_on(life: Life) -> None:
    """A task that waits for a builder, too, and what composer does for a cancelled one."""
    life._settings = replace(life._settings, capacity=2)
    desk = life.begin()
    tasks = [desk.submit(version=str(number)) for number in range(4)]

    def states() -> List[str]:
        return [desk.state(one) for one in tasks]

    desk.clock.turn(DURATION / 2)
    desk.session().cancelTask(tasks[1])
    desk.clock.turn(0)
    assert states() == ["OPEN", "CANCELED", "ASSIGNED", "FREE"]
    life.end()
    desk = life.begin()
    assert states() == ["OPEN", "CANCELED", "ASSIGNED", "FREE"]
    desk.end_all()
    assert states() == ["CLOSED", "CANCELED", "CLOSED", "CLOSED"]
    builds = desk.session().listBuilds(packageID="rig-image")
    assert [build["state"] for build in builds] == [koji.BUILD_STATES["COMPLETE"]] * 4
    ends = [desk.session().getTaskInfo(tasks[number])["completion_ts"] for number in (0, 2, 3)]
    assert ends == sorted(set(ends)), "each at its own time"


def test_an_import_that_a_kill_cut_off_is_done_again(life: Life) -> None:
    """What it has left is removed; the folder of a build that was imported is not."""
    desk = life.begin()
    desk.build("rig-aws", opts={"release": "1"})
    task_id = desk.submit(opts={"release": "1"})
    desk.clock.turn(1)
    assert desk.state(task_id) == "OPEN"
    life.end()
    packages = desk.hub.topdir / "packages"
    half = packages / "rig-image" / "41" / "1" / "images" / "half"
    half.parent.mkdir(parents=True)
    half.write_text("half an image")
    desk = life.begin()
    assert not half.exists()
    assert (packages / "rig-aws" / "41" / "1" / "images").is_dir()
    desk.end_all()
    assert desk.state(task_id) == "CLOSED"


def test_stray_builds_go_on_over_a_restart(life: Life) -> None:
    """What composer builds without importing it is uploaded in its time."""
    upload = {"region": "us-east-1", "share_with_accounts": [], "snapshot_name": "fixed-41"}
    opts = {"upload_options": upload, "release": "1"}
    fault = "composer-refuses:arch=aarch64,times=1"
    desk = life.begin(fault)
    desk.submit(image_type="aws", arches=["x86_64", "aarch64"], opts=opts)
    desk.clock.turn(1)
    desk.session().listTasks()
    life.end()
    desk = life.begin(fault)
    task_id = desk.build(image_type="aws", opts={**opts, "release": "2"})
    assert desk.state(task_id) == "FAILED", "the name is taken"


def test_a_session_is_still_one(life: Life) -> None:
    """Its calls go on being counted: one that arrives twice is done once."""
    desk = life.begin()
    desk.submit()
    known, calls = dict(desk.session().sinfo), desk.session().callnum
    life.end()
    after = life.begin().new_session(None)
    after.setSession(known)
    after.callnum = calls
    assert after.getLoggedInUser()["name"] == "pungi"
    after.callnum = calls - 1
    with pytest.raises(koji.RetryError):
        after._callMethod("getLoggedInUser", (), {}, retry=False)
    after.callnum = calls - 2
    with pytest.raises(koji.SequenceError):
        after._callMethod("getLoggedInUser", (), {}, retry=False)
    after.setSession(None)


def test_a_fault_that_was_spent_is_spent(life: Life) -> None:
    """It happens once in the life of a hub, not once in every run of it."""
    desk = life.begin("taken")
    first = desk.build(opts={"release": "1"})
    life.end()
    desk = life.begin("taken")
    second = desk.build(opts={"release": "2"})
    assert [desk.state(one) for one in (first, second)] == ["FAILED", "CLOSED"]


def test_the_clock_never_goes_back(life: Life) -> None:
    """Also when the one before ran faster."""
    life._settings = replace(life._settings, speed=100.0)
    desk = life.begin()
    task_id = desk.build()
    before = desk.session().getTaskInfo(task_id)["completion_ts"]
    life.end()
    life._settings = replace(life._settings, speed=1.0)
    desk = life.begin()
    assert desk.session().getTaskInfo(desk.submit(version="42"))["create_ts"] >= before


def test_the_file_is_private_and_whole(life: Life) -> None:
    """It holds session keys; beside it nothing is left."""
    desk = life.begin()
    desk.submit()
    assert stat.S_IMODE(life.file.stat().st_mode) == 0o600
    assert [path.name for path in life.file.parent.iterdir()] == ["hub.json"]
    document = json.loads(life.file.read_text())
    assert (document["format"], document["version"]) == ("pungi-osbuild rehearsal hub", VERSION)


def test_it_is_written_when_something_changed(life: Life) -> None:
    """Not at every question."""
    desk = life.begin()
    desk.submit()
    before = life.file.stat().st_ino, life.file.read_bytes()
    for _ in range(5):
        desk.session().getTaskInfo(1)
    assert (life.file.stat().st_ino, life.file.read_bytes()) == before
    desk.submit(version="42")
    assert life.file.read_bytes() != before[1]


def test_a_file_that_cannot_be_written_is_told(life: Life) -> None:
    """The hub goes on, and says why its state is not kept."""
    desk = life.begin()
    desk.submit()
    unfinished = life.file.with_name("hub.json.unfinished")
    unfinished.mkdir()
    desk.submit(version="42")
    assert "cannot be written" in str(desk.hub.state_problem)
    unfinished.rmdir()
    desk.session().getAPIVersion()
    assert desk.hub.state_problem is None


def _version(document: Dict[str, Any]) -> None:
    document["version"] = VERSION + 1


def _format(document: Dict[str, Any]) -> None:
    document["format"] = "something else"


def _altered(document: Dict[str, Any]) -> None:
    document["kept"]["now"] += 1


def _emptied(document: Dict[str, Any]) -> None:
    del document["kept"]


@pytest.mark.parametrize(
    "spoil, said",
    [
        (_version, "its version is %d, this hub reads version %d" % (VERSION + 1, VERSION)),
        (_format, "it is not the state of a rehearsal hub"),
        (_altered, "its checksum is wrong"),
        (_emptied, "its checksum is wrong"),
    ],
)
def test_a_broken_file_is_explained(
    spoil: Callable[[Dict[str, Any]], None], said: str, life: Life
) -> None:
    """And never used, nor written over."""
    life.begin().submit()
    life.end()
    document = json.loads(life.file.read_text())
    spoil(document)
    life.file.write_text(json.dumps(document))
    before = life.file.read_bytes()
    with pytest.raises(RehearsalError, match="the state file") as caught:
        life.begin()
    assert said in caught.value.reason
    assert "--state" in caught.value.solution
    assert life.file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100000])
def test_a_file_of_something_else_is_explained(content: bytes, life: Life) -> None:
    """As above."""
    life.file.parent.mkdir()
    life.file.write_bytes(content)
    with pytest.raises(RehearsalError, match="cannot be used"):
        life.begin()
    assert life.file.read_bytes() == content


@given(JSON)
def test_values_come_back_as_they_were(value: Any) -> None:
    """Whatever a client may have put into a request."""
    codec = Codec(Task, TaskFault)
    task = Task(1, "osbuildImage", (value, "$tuple"), 2, 3.5, fault=TaskFault(1, "no"))
    table = {1: task, ("a", "b"): {"$Task": value}, "set": {1, 2}}
    text = codec.encode(table)
    assert codec.encode(table) == text, "remembered rows are written as the first time"
    assert codec.decode(json.loads(text)) == table
    assert json.dumps(json.loads(text), separators=(",", ":")) == text


@pytest.mark.parametrize("text", ['{"$Unknown":{}}', '{"$Task":{"id":1}}', '{"$dict":[1]}'])
def test_odd_rows_are_refused(text: str) -> None:
    """Of another kind or with other fields."""
    with pytest.raises(CodecError):
        Codec(Task).decode(json.loads(text))


def test_a_kind_of_row_that_is_not_known_is_a_bug() -> None:
    """It would not be read again."""
    with pytest.raises(CodecError, match="BUG: Listing"):
        Codec(Task, Tagging).encode([Listing("t", "p", False, 1)])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_client_goes_on_after_the_hub_was_killed(tmp_path: Path) -> None:
    """With SIGKILL, in the middle of a build: the same session, the same task."""
    arguments = ("hub", "--port", free_port(), "--state", "hub.json", "--duration", 3600)
    process = started(*arguments, "--strict-auth", home=tmp_path)
    try:
        address = _address(process)
        session = koji.ClientSession(address, {"user": "pungi", "password": "pungipw"})
        session.opts.update(max_retries=100, retry_interval=0.1, offline_retry_interval=0.1)
        session.login()
        request = ("rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"])
        task_id = session.osbuildImage(*request, REPOS)
        process.kill()
        process.communicate(timeout=LIMIT)
        process = started(*arguments, "--strict-auth", "--speed", 100000, home=tmp_path)
        assert _address(process) == address
        while not session.taskFinished(task_id):
            pass
        build = session.getBuild(session.getTaskResult(task_id)["koji"]["build"])
        assert build["nvr"] == "rig-image-41-1"
        (image,) = session.listArchives(
            buildID=build["id"], filename=build["nvr"] + ".x86_64.qcow2"
        )
        folder = tmp_path / "hub.json.files" / "packages/rig-image/41/1/images"
        assert (folder / image["filename"]).stat().st_size == image["size"]
        session.logout()
        session.rsession.close()
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT)


def _address(process: Any) -> str:
    """Return the hub's address once it answers."""
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("state "):
            return str(next(one.split()[1] for one in said if one.startswith("hub ")))
    raise AssertionError("the hub has ended: %s" % "".join(said))

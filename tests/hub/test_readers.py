"""
Every reader of what a hub sends, given anything: a value, or the one error that it declares.

Each begins with what a real hub sends and has some of it replaced by anything at all, which gets
further than anything at all would.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Callable, Dict, List, Sequence, Tuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.checked import MAX_NAME, json_struct
from pungi_osbuild.errors import HubError, ReplyError
from pungi_osbuild.hub import (
    Call,
    Hub,
    HubFaultError,
    LostSubmission,
    Reply,
    execute,
    find_submitted,
)
from pungi_osbuild.hub.builds import read_build, read_taken
from pungi_osbuild.hub.calls import read_replies
from pungi_osbuild.hub.preflight_calls import (
    read_arches,
    read_archive_types,
    read_listed,
    read_tag,
    read_target,
    read_user,
)
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.tasks import PAGE, Unanswered, cancel, ended_since, look_up, newest, submit
from pungi_osbuild.methods import Failure
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.methods.osbuild_image.composestatus import read_compose_status
from pungi_osbuild.model import MAX_REASON, BuiltImage
from tests.methods.test_result import (
    AMI,
    IMAGE,
    NVR,
    S3,
    StandIn,
    a_cloud_request,
    a_companion,
    a_status,
    an_archive,
    in_build,
    with_uploads,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.sampled_from(
        ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\0b", "a\nb", "\x1b[2J", "\u202e", "\ud800"]
    )
    | st.just("x" * 5000)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)

Path = Tuple[Any, ...]


def paths(value: Any, here: Path = ()) -> List[Path]:
    """Return where something is in a value."""
    found = [here]
    if isinstance(value, dict):
        for key, item in value.items():
            found.extend(paths(item, (*here, key)))
    if isinstance(value, list):
        for index, item in enumerate(value):
            found.extend(paths(item, (*here, index)))
    return found


def replaced(value: Any, path: Path, by: Any) -> Any:
    """Return a value with something in it replaced."""
    if not path:
        return by
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: replaced(value[key], tuple(rest), by)}
    return [replaced(item, tuple(rest), by) if n == key else item for n, item in enumerate(value)]


@st.composite
def spoiled(draw: Any, value: Any) -> Any:
    """Give a value in which one or two things are replaced."""
    for _ in range(draw(st.integers(1, 2))):
        value = replaced(value, draw(st.sampled_from(paths(value))), draw(ANYTHING))
    return value


def only(read: Callable[[], Any], *errors: Any) -> Any:
    """Return a value, or the error that is declared; any other is the test's."""
    try:
        return read()
    except errors as error:
        if isinstance(error, ReplyError):
            assert error.reason.isprintable()
            assert len(error.reason) < 2000
            assert error.solution
        return None


GOOD = (
    spoiled([an_archive(image=with_uploads(AMI)), a_companion(IMAGE + ".manifest.json")]),
    spoiled(in_build(AMI)),
    spoiled(a_status("ami-2")),
    spoiled({"koji": {"build": 21}, "composer": {"id": "c", "server": "http://c"}}),
    spoiled({**StandIn([]).build, "extra": in_build(S3)}),
)


def a_hub(archives: Any, extra: Any, status: Any, result: Any, build: Any) -> StandIn:
    hub = StandIn([], extra=extra, status=status)
    hub.archives, hub.result = archives, result
    if build is not None:
        hub.build = build
    return hub


@settings(max_examples=150)
@given(
    st.sampled_from(range(5)).flatmap(
        lambda number: st.tuples(
            GOOD[0] if number == 0 else st.just([an_archive()]),
            GOOD[1] if number == 1 else st.just(in_build(AMI)),
            # Python's own JSON: what is no JSON cannot be put into a file.
            GOOD[2].filter(is_json) if number == 2 else st.just(a_status("ami-3")),
            GOOD[3] if number == 3 else st.just({"koji": {"build": 21}}),
            GOOD[4] if number == 4 else st.none(),
        )
    )
)
def test_the_result_of_a_task(answers: Tuple[Any, Any, Any, Any, Any]) -> None:
    """Images whose names stay in their folder, with checksums and sizes; or what is wrong."""
    hub = cast(Hub, a_hub(*answers))
    images = only(lambda: execute(hub, OSBUILD_IMAGE.result(11, a_cloud_request())), ReplyError)
    for image in images or ():
        assert isinstance(image, BuiltImage)
        names = [image.filename, *(sbom.filename for sbom in image.sboms)]
        assert not any("/" in name or name.startswith(".") for name in names)
        assert ".." not in image.path.split("/")
        assert image.path.startswith(("packages/", "vol/"))
        assert len(image.filename) <= MAX_NAME
        assert image.arch == "x86_64"
        assert 0 <= image.size < 2**63
        assert all(upload.describe().isprintable() for upload in image.unknown_uploads)


class Output:
    """Answers about the output of a task."""

    def __init__(self, result: Any, names: Any, files: Dict[str, Any]) -> None:
        self._result, self._names, self._files = result, names, files
        self.largest = 0

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        self.largest = max(self.largest, len(calls))
        return tuple(self._reply(call) for call in calls)

    def _reply(self, call: Call) -> Reply:
        if call.method == "getTaskResult":
            return Reply(fault=HubFaultError(1005, "Compose failed: %s" % (self._result,)))
        if call.method == "listTaskOutput":
            return Reply(self._names)
        return Reply(self._files.get(call.args[1]))


def as_file(content: bytes) -> str:
    return base64.b64encode(content).decode()


STATUS = {
    "status": "failure",
    "image_statuses": [
        {
            "status": "failure",
            "error": {
                "id": 1,
                "reason": "it failed",
                "details": [{"reason": "a target", "details": "x"}, {"id": 2}],
            },
            "upload_status": {"status": "success", "type": "aws", "options": AMI["options"]},
        }
    ],
}
LOG = {"koji_error": "Build is already reserved", "job_error": {"id": 1, "reason": "no"}}
FILES = (
    st.binary(max_size=50).map(as_file)
    | ANYTHING
    | spoiled(STATUS).filter(lambda value: is_json(value)).map(lambda v: as_file(to_json(v)))
    | spoiled(LOG).filter(lambda value: is_json(value)).map(lambda v: as_file(to_json(v)))
)
NAMES = ("compose-status.json", "koji-init.log.json", "koji-import.log.json", "x.log")


def is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def to_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@settings(max_examples=150)
@given(
    ANYTHING,
    spoiled(list(NAMES)) | st.just(list(NAMES)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, FILES)),
)
def test_why_a_task_failed(result: Any, names: Any, files: Dict[str, Any]) -> None:
    """Always a reason that can be shown, of some length at most, and files of some names."""
    hub = Output(result, names, files)
    failure = execute(cast(Hub, hub), OSBUILD_IMAGE.failure(7, a_cloud_request()))
    assert isinstance(failure, Failure)
    assert 0 < len(failure.reason) <= MAX_REASON
    assert all(line.isprintable() for line in failure.reason.split("\n"))
    assert not any("/" in file.name or file.name.startswith(".") for file in failure.files)
    assert hub.largest <= 4
    kept = execute(cast(Hub, hub), OSBUILD_IMAGE.uploads(7, a_cloud_request()))
    assert all(upload.describe().isprintable() for upload in kept)


@given(st.binary() | spoiled(STATUS).filter(is_json).map(to_json))
def test_a_compose_status(content: bytes) -> None:
    """Each arch's image once at most."""
    request = a_cloud_request()
    status = only(lambda: read_compose_status(content, request.arches, request.upload), ReplyError)
    assert status is None or len(status.images) <= 1


@pytest.mark.parametrize("depth", [10, 100, 500, 900, 5000, 100_000])
@pytest.mark.parametrize("piece", [("[", "]"), ('{"a":', "}"), ('{"reason": "x", "details":', "}")])
def test_details_of_any_depth(depth: int, piece: Tuple[str, str]) -> None:
    """Nobody falls into them; what can be told is told."""
    begin, end = piece
    details = begin * depth + '"x"' + end * depth
    text = '{"image_statuses": [{"error": {"reason": "it failed", "details": %s}}]}' % details
    hub = Output("x", list(NAMES), {"compose-status.json": as_file(text.encode())})
    failure = execute(cast(Hub, hub), OSBUILD_IMAGE.failure(7, a_cloud_request()))
    assert failure.reason.startswith("Compose failed")
    assert len(failure.reason) <= MAX_REASON


def test_a_status_without_an_end() -> None:
    """A gigabyte was promised; four megabytes are looked at, and are no JSON."""
    text = b'{"image_statuses": [' + b'{"status": "x"},' * 2**20
    hub = Output("x", list(NAMES), {"compose-status.json": as_file(text)})
    failure = execute(cast(Hub, hub), OSBUILD_IMAGE.failure(7, a_cloud_request()))
    assert "compose-status.json should be JSON" in failure.reason
    assert max(len(file.content) for file in failure.files) == 4 * 2**20


def test_a_million_names_of_output_files() -> None:
    """Some are looked at."""
    hub = Output("x", ["%d.log" % number for number in range(1_000_000)], {})
    execute(cast(Hub, hub), OSBUILD_IMAGE.failure(7, a_cloud_request()))
    assert hub.largest <= 4


def test_a_million_archives() -> None:
    """They are refused as a whole, in a few words."""
    hub = StandIn([an_archive()] * 1_000_000)
    with pytest.raises(ReplyError) as caught:
        execute(cast(Hub, hub), OSBUILD_IMAGE.result(11, a_cloud_request()))
    assert len(caught.value.reason) < 500


def test_one_file_twice_is_refused() -> None:
    """One of them would take the other's place."""
    archive = an_archive(image=with_uploads(AMI))
    hub = StandIn([archive, {**archive, "id": 2}])
    with pytest.raises(ReplyError, match="it is there twice"):
        execute(cast(Hub, hub), OSBUILD_IMAGE.result(11, a_cloud_request()))


TASK = {
    "id": 7,
    "owner": 1,
    "method": "osbuildImage",
    "state": 2,
    "create_ts": 1.5,
    "start_ts": 2,
    "completion_ts": 3.5,
}


class Answers:
    """Answers every call with one value."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._value

    call_once = call

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        return tuple(Reply(self._value) for _ in calls)


@given(ANYTHING | spoiled([TASK]) | spoiled([TASK, None, TASK]))
def test_states_of_tasks(value: Any) -> None:
    """Times that have a date, numbers that Koji could execute."""
    hub = cast(Hub, Answers(value))
    found = [
        only(lambda: execute(hub, look_up([7])), ReplyError) or (),
        only(lambda: execute(hub, ended_since(1, 0.0, "osbuildImage")), ReplyError) or (),
        (only(lambda: cancel(hub, [7]), ReplyError) or ({}, ()))[1],
    ]
    for tasks in found:
        for task in tasks:
            for seconds in vars(task.times).values():
                assert seconds is None or 0 <= seconds < 253402300800
            assert 0 <= task.id < 2**63


@pytest.mark.parametrize(
    "change",
    [{"id": 8}, {"id": "7"}, {"method": "tagBuild"}, {"method": None}],
)
def test_a_task_that_was_not_asked_for_is_refused(change: Dict[str, Any]) -> None:
    """Whatever its state: another task's end is not this one's."""
    hub = cast(Hub, Answers([{**TASK, **change}]))
    with pytest.raises(ReplyError, match="does not match the request: getTaskInfo 7"):
        execute(hub, look_up([7]))
    with pytest.raises(ReplyError, match="does not match the request: getTaskInfo 7"):
        cancel(hub, [7])


def test_each_task_is_told_by_its_place() -> None:
    """Two that changed places, or one too few, are no answer."""
    other = {**TASK, "id": 8}
    assert [task.id for task in execute(cast(Hub, Answers([TASK, other])), look_up([7, 8]))] == [
        7,
        8,
    ]
    assert [task.id for task in execute(cast(Hub, Answers([None, other])), look_up([7, 8]))] == [8]
    for rows in ([other, TASK], [TASK], [TASK, other, None], []):
        with pytest.raises(ReplyError, match="does not match the request"):
            execute(cast(Hub, Answers(rows)), look_up([7, 8]))


@pytest.mark.parametrize("change", [{"owner": 2}, {"owner": None}, {"method": "image"}])
def test_a_task_of_another_user_or_method_is_refused(change: Dict[str, Any]) -> None:
    """Wherever tasks are listed."""
    hub = cast(Hub, Answers([{**TASK, **change}]))
    for ask in (
        lambda: execute(hub, ended_since(1, 0.0, "osbuildImage")),
        lambda: newest(hub, 1, "osbuildImage"),
        lambda: find_submitted(hub, 1, [LostSubmission(0, "osbuildImage", "x", 1)]),
    ):
        with pytest.raises(ReplyError, match="does not match the request: listTasks"):
            ask()


def test_more_tasks_than_were_asked_for_are_refused() -> None:
    """And so are pages without an end."""
    with pytest.raises(ReplyError, match=r"1 tasks at most.*2 tasks"):
        newest(cast(Hub, Answers([TASK, TASK])), 1, "osbuildImage")
    hub = cast(Hub, Answers([TASK] * PAGE))
    with pytest.raises(ReplyError, match="at most 100000 tasks"):
        execute(hub, ended_since(1, 0.0, "osbuildImage"))


def test_a_task_that_runs_has_not_ended() -> None:
    """Only ends are asked for."""
    with pytest.raises(ReplyError, match="state should be 'an end', but is 'OPEN'"):
        execute(cast(Hub, Answers([{**TASK, "state": 1}])), ended_since(1, 0.0, "osbuildImage"))


@given(ANYTHING)
def test_the_id_of_a_task(value: Any) -> None:
    """A number, and nothing that only looks like one."""
    answer = submit(cast(Hub, Answers(value)), a_cloud_request())
    assert isinstance(answer, Unanswered) or (type(answer) is int and 0 <= answer < 2**63)


TARGET = {"name": "t", "build_tag_name": "b", "dest_tag_name": "d"}
TAG = {"name": "d", "locked": False, "perm_id": 1, "perm": "admin", "arches": "x86_64 aarch64"}
BUILD = {"nvr": NVR, "state": 1, "task_id": 5}
TYPES = [{"name": "raw", "extensions": "raw img"}, {"name": "x", "extensions": ""}]
NOBODY = Profile("test", "http://hub", "", "", "")


@given(
    ANYTHING | spoiled(TARGET),
    ANYTHING | spoiled(TAG),
    ANYTHING | spoiled(BUILD),
    ANYTHING | spoiled(TYPES),
    ANYTHING | spoiled({"id": 1, "name": "pungi"}),
    ANYTHING | spoiled(["image", "admin"]),
)
def test_what_preflight_asks(
    target: Any, tag: Any, build: Any, types: Any, user: Any, perms: Any
) -> None:
    """Targets, tags, arches, builds, archive types, users."""
    only(lambda: read_target("t", Reply(target)), ReplyError)
    only(lambda: read_tag("d", Reply(tag)), ReplyError)
    only(lambda: read_arches("d", Reply(tag)), ReplyError)
    only(lambda: read_listed("d", "p", Reply(tag)), ReplyError)
    only(lambda: read_build(NVR, Reply(build)), ReplyError)
    only(lambda: read_taken(NVR, Reply(build)), ReplyError)
    only(lambda: read_archive_types(Reply(types)), ReplyError)
    only(lambda: read_user(NOBODY, Reply(user), Reply(perms)), ReplyError, HubError)


@given(ANYTHING | spoiled([[1], {"faultCode": 1000, "faultString": "no"}, [None]]))
def test_a_multicall(entries: Any) -> None:
    """One reply for each call, or none at all."""
    calls = [Call("a"), Call("b"), Call("c")]
    replies = only(lambda: list(read_replies(calls, entries)), ReplyError)
    assert replies is None or len(replies) == 3


@given(st.binary() | ANYTHING.filter(is_json).map(to_json))
def test_a_json_file(content: bytes) -> None:
    """A struct, or it is none."""
    only(lambda: json_struct(content, "a file"), ReplyError)

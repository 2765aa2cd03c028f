"""Finding tasks and builds, and many calls in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator
from xmlrpc.client import Fault

import koji
import pytest

from tests.conformance.desk import DURATION, START, Desk, a_desk, golden, normal

ONE = {"release": "1"}
ENDS = [koji.TASK_STATES[name] for name in ("CLOSED", "CANCELED", "FAILED")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, "build:arch=s390x") as one:
        yield one


def ids(desk: Desk, opts: Any, query: Any = None) -> Any:
    query = {"order": "id", **(query or {})}
    return [task["id"] for task in desk.session().listTasks(opts, query)]


def test_ends_are_found_by_the_time_they_came(desk: Desk) -> None:
    """Each end once, by an owner's id and after a time."""
    first = desk.submit(opts=ONE)
    desk.clock.turn(5)
    second = desk.submit(version="42", arches=["s390x"])
    third = desk.submit(version="43")
    desk.clock.turn(1)
    desk.session().cancelTask(third)
    cancelled = desk.clock.now
    desk.clock.turn(2 * DURATION)
    asked = {"owner": 2, "method": "osbuildImage", "state": ENDS, "decode": True}
    assert ids(desk, {**asked, "completeAfter": 0}) == [first, second, third]
    assert ids(desk, {**asked, "completeAfter": cancelled}) == [first, second]
    ended = desk.session().getTaskInfo(first)["completion_ts"]
    assert ids(desk, {**asked, "completeAfter": ended}) == [second]
    assert ids(desk, {**asked, "completedBefore": ended}) == [third]
    assert ids(desk, {**asked, "completeAfter": desk.clock.now}) == []
    assert ids(desk, {**asked, "owner": 1}) == []
    assert ids(desk, {"createdAfter": cancelled - 2, "parent": None}) == [second, third]
    assert ids(desk, {"startedBefore": cancelled - 2, "method": "osbuildImage"}) == [first]
    assert ids(desk, {"not_state": ENDS}) == []
    assert ids(desk, {"parent": first}) == [4]
    assert ids(desk, {"owner": [2, 3], "not_parent": None}) == [4]
    assert ids(desk, {"nosuch": 1}) == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["closed", "failed", "canceled"])
def test_a_listed_task_looks_as_on_a_real_hub(name: str, desk: Desk) -> None:
    """With its arguments and its result as values."""
    expected = golden("replies.json")["listed_%s" % name]
    arches = ["s390x"] if name == "failed" else ["x86_64"]
    task_id = desk.submit(arches=arches)
    desk.clock.turn(1)
    if name == "canceled":
        desk.session().cancelTask(task_id)
    desk.end_all()
    (found,) = desk.session().listTasks({"method": "osbuildImage", "decode": True}, {})
    for reply in (found, expected):
        assert isinstance(reply.pop("request"), list)
    assert normal(found) == normal(expected)


def test_an_undecoded_list_has_xml(desk: Desk) -> None:
    """As the database holds it."""
    expected = golden("replies.json")["listed_undecoded"]
    task_id = desk.session().osbuildImage(
        "rig-image", "41.a", "fedora-41", "guest-image", "f41-images", ["x86_64"], {}
    )
    desk.end_all()
    found = desk.session().listTasks({"method": "osbuildImage"}, {"limit": 1})[0]
    assert found["request"] == expected["request"]
    result = desk.session().getTaskResult(task_id)
    assert koji.xmlrpcplus.loads(found["result"])[0][0] == result
    failed = desk.build(arches=["s390x"], version="9")
    (listed,) = desk.session().listTasks({"state": [5]}, {})
    with pytest.raises(Fault, match="Compose failed") as caught:
        koji.xmlrpcplus.loads(listed["result"])
    assert caught.value.faultCode == 1005
    assert listed["id"] == failed


def test_lists_are_cut_sorted_and_counted(desk: Desk) -> None:
    """As ``queryOpts`` say."""
    for number in range(5):
        desk.submit(version=str(number))
    listing = desk.session().listTasks
    assert [one["id"] for one in listing({}, {"order": "-id", "limit": 2})] == [5, 4]
    assert [one["id"] for one in listing({}, {"order": "id", "offset": 3})] == [4, 5]
    by_time = listing({}, {"order": "priority,-create_time,-id", "limit": 1})
    assert [one["id"] for one in by_time] == [5]
    assert listing({}, {"countOnly": True}) == 5
    assert listing({"state": []}, {"countOnly": True}) == 0


def test_an_owner_by_name_is_the_databases_complaint(desk: Desk) -> None:
    """Fault code 1."""
    with pytest.raises(Fault, match='invalid input syntax for type integer: "pungi"') as caught:
        desk.session().listTasks({"owner": "pungi"}, {"limit": 1})
    assert caught.value.faultCode == 1


def test_builds_are_found(desk: Desk) -> None:
    """By package, owner, state, task and time."""
    first = desk.build(opts=ONE)
    middle = desk.clock.now
    desk.build("rig-aws", arches=["s390x"])
    find = desk.session().listBuilds

    def names(**options: Any) -> Any:
        return sorted(build["name"] for build in find(**options))

    assert names() == ["rig-aws", "rig-image"]
    assert names(packageID="rig-image") == names(state=1) == names(taskID=first) == ["rig-image"]
    assert names(packageID=14) == names(prefix="rig-a") == names(createdAfter=middle) == ["rig-aws"]
    assert names(completeBefore=middle) == names(taskID=-1) == ["rig-image"]
    assert names(userID="osbuild-composer", completeAfter=middle) == ["rig-aws"]
    assert names(type="maven") == names(userID="nobody") == []


def test_one_fault_in_a_multicall_stops_nothing(desk: Desk) -> None:
    """Each call has its own answer, in order."""
    session = desk.session()
    failed = desk.build(arches=["s390x"])
    with session.multicall() as calls:
        answers = [
            calls.getTaskInfo(failed),
            calls.getTaskInfo(999, strict=True),
            calls.getTaskResult(failed),
            calls.noSuchMethod(),
            calls.osbuildImage("a", "b", "c", "d", "e", ["f"], {"foo": 1}),
            calls.hasPerm("image"),
        ]
    assert answers[0].result["id"] == failed
    assert answers[5].result is True
    faults = [(koji.GenericError, "no rows"), (koji.BuildError, "Compose failed")]
    faults += [(koji.GenericError, "Invalid method"), (koji.ParameterError, "'foo' was unexp")]
    for answer, (kind, text) in zip(answers[1:5], faults):
        with pytest.raises(kind, match=text):
            assert answer.result
    assert session._callMethod("multiCall", ([],), {}) == []


def test_the_hub_keeps_a_request_log(desk: Desk) -> None:
    """Every call in order, those of a multicall by themselves, passwords hidden."""
    session = desk.session()
    with session.multicall() as calls:
        calls.getTaskInfo([1, 2], request=True)
        calls.hasPerm("image")
    desk.session(None).getAPIVersion()
    assert [(call.user, call.method, call.params) for call in desk.hub.calls] == [
        (None, "login", ("pungi", "(hidden)", {"opts": None})),
        ("pungi", "getTaskInfo", ([1, 2], {"request": True})),
        ("pungi", "hasPerm", ("image",)),
        (None, "getAPIVersion", ()),
    ]
    counters = desk.hub.counters
    assert (counters.calls, counters.requests, counters.logins) == (4, 3, 1)
    assert counters.connections == 2


def test_the_hub_keeps_when_each_request_came_and_what_it_cost(desk: Desk) -> None:
    """A multicall is one request, and what is refused is one, too."""
    session = desk.session()
    desk.clock.turn(5)
    with session.multicall() as calls:
        calls.getTaskInfo([1, 2])
        calls.hasPerm("image")
    with pytest.raises(koji.GenericError):
        session.noSuchMethod()
    told = [(request.at - START, request.methods) for request in desk.hub.requests]
    assert told == [(0, ("login",)), (5, ("getTaskInfo", "hasPerm")), (5, ("noSuchMethod",))]
    assert all(0 < request.busy < 60 for request in desk.hub.requests)

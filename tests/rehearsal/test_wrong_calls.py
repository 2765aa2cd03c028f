"""Calls that are wrong, and questions about what is not there."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Tuple
from xmlrpc.client import Fault

import koji
import pytest

from tests.conformance.desk import STRICT, Desk, a_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One strict hub for all calls that change nothing."""
    with a_desk(tmp_path_factory.mktemp("hub"), content=STRICT) as one:
        yield one


def test_an_unknown_method_is_refused(desk: Desk) -> None:
    """In Koji's own words."""
    with pytest.raises(koji.GenericError, match=r"\AInvalid method: noSuchMethod\Z") as caught:
        desk.session().noSuchMethod()
    assert caught.value.faultCode == 1000


@pytest.mark.parametrize(
    "method, args, kwargs, text",
    [
        ("getTag", (), {}, "get_tag() missing 1 required positional argument: 'tagInfo'"),
        (
            "checkTagPackage",
            (),
            {},
            "RootExports.checkTagPackage() missing 2 required positional arguments: 'tag' and"
            " 'pkg'",
        ),
        (
            "osbuildImage",
            ("a", "b", "c"),
            {},
            "osbuildImage() missing 3 required positional arguments: 'image_type', 'target', and"
            " 'arches'",
        ),
        (
            "osbuildImage",
            tuple("abcdefghi"),
            {},
            "osbuildImage() takes from 6 to 8 positional arguments but 9 were given",
        ),
        (
            "getTaskRequest",
            (1, 2),
            {},
            "RootExports.getTaskRequest() takes 2 positional arguments but 3 were given",
        ),
        (
            "getAPIVersion",
            (1,),
            {},
            "RootExports.getAPIVersion() takes 1 positional argument but 2 were given",
        ),
        (
            "getTaskInfo",
            (),
            {"odd": 1},
            "RootExports.getTaskInfo() got an unexpected keyword argument 'odd'",
        ),
        ("getTag", (1,), {"tagInfo": 1}, "get_tag() got multiple values for argument 'tagInfo'"),
        (
            "getPackage",
            (1, 2, 3, 4),
            {},
            "lookup_package() takes from 1 to 3 positional arguments but 4 were given",
        ),
        ("listRPMs", (), {"odd": 1}, "list_rpms() got an unexpected keyword argument 'odd'"),
    ],
)
def test_wrong_arguments_are_refused_in_pythons_words(
    method: str, args: Any, kwargs: Any, text: str, desk: Desk
) -> None:
    """As the hub does, whose methods are Python functions, or methods of its class."""
    with pytest.raises(koji.ParameterError) as caught:
        desk.session().callMethod(method, *args, **kwargs)
    assert str(caught.value) == text


def test_methods_can_be_listed(desk: Desk) -> None:
    """By XML-RPC's own convention."""
    names = desk.session(None).callMethod("system.listMethods")
    assert {"osbuildImage", "getTaskInfo", "system.listMethods"} <= set(names)


def test_what_is_not_there_is_none_or_a_fault(desk: Desk) -> None:
    """Tasks, builds, archives, users, hosts, channels and volumes."""
    session = desk.session()
    assert session.getBuild(999) is None
    assert session.getArchive(999) is None
    assert session.listArchives(buildID=999) == []
    assert session.getTaskDescendents(999) == {"999": []}
    assert session.getUser("no-such-user") is None
    assert session.getHost("no-such-host") is None
    assert session.getChannel("no-such-channel") is None
    assert session.listTaskOutput(999) == []
    faults: List[Tuple[Callable[[], Any], str]] = [
        (lambda: session.getBuild(999, strict=True), "No such build: 999"),
        (lambda: session.getBuild("notannvr"), "invalid format: notannvr"),
        (lambda: session.getBuild("a-1-1", strict=True), "No such build: 'a-1-1'"),
        (lambda: session.getArchive(999, strict=True), "No such archive: 999"),
        (lambda: session.listArchives(buildID=9, strict=True), "No archives found."),
        (lambda: session.listArchives(buildID=9, type="x"), "unsupported archive type: x"),
        (lambda: session.listTaskOutput(999, strict=True), "Task doesn't exist"),
        (lambda: session.getTaskResult(999), "No such task"),
        (lambda: session.getVolume("x", strict=True), "No such volume: x"),
    ]
    for call, text in faults:
        with pytest.raises(koji.GenericError) as caught:
            call()
        assert str(caught.value) == text


def test_an_nvr_where_an_id_is_wanted_is_the_databases_complaint(desk: Desk) -> None:
    """Fault code 1, which is none of Koji's."""
    with pytest.raises(Fault, match="invalid input syntax for type integer") as caught:
        desk.session().listArchives(buildID="rig-image-1-1")
    assert caught.value.faultCode == 1

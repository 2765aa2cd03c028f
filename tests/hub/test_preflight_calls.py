"""Targets, tags and package lists as the hub tells them, whatever it sends."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import (
    Call,
    HubFaultError,
    Reply,
    Tag,
    Target,
    build_call,
    build_config_call,
    listed_call,
    read_arches,
    read_listed,
    read_tag,
    read_taken,
    read_target,
    tag_call,
    target_call,
)

TARGET: Dict[str, Any] = {
    "build_tag": 1,
    "build_tag_name": "f41-images-build",
    "dest_tag": 2,
    "dest_tag_name": "f41-images-candidate",
    "id": 1,
    "name": "f41-images",
}
TAG: Dict[str, Any] = {
    "arches": "x86_64 aarch64 ppc64le s390x",
    "id": 4,
    "locked": True,
    "maven_include_all": False,
    "maven_support": False,
    "name": "f41-images-locked",
    "perm": None,
    "perm_id": None,
    "extra": {},
}
READERS: Dict[str, Callable[[Reply], object]] = {
    "target": lambda reply: read_target("t", reply),
    "tag": lambda reply: read_tag("t", reply),
    "arches": lambda reply: read_arches("t", reply),
    "listed": lambda reply: read_listed("t", "p", reply),
    "taken": lambda reply: read_taken("p-1-1", reply),
}
KEYS = ["name", "dest_tag_name", "locked", "perm", "perm_id", "arches", "state", "task_id"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=8,
)


def test_the_calls_are_those_that_a_real_hub_answered() -> None:
    """Methods and arguments of the transcripts."""
    assert target_call("f41-images") == Call("getBuildTarget", ("f41-images",))
    assert tag_call("f41-images-locked") == Call("getTag", ("f41-images-locked",))
    assert listed_call("f41-images-candidate", "Fedora-IoT") == Call(
        "checkTagPackage", ("f41-images-candidate", "Fedora-IoT")
    )
    assert build_config_call("f41-images-build") == Call("getBuildConfig", ("f41-images-build",))
    assert build_call("Fedora-IoT-41-1") == Call("getBuild", ("Fedora-IoT-41-1",))


def test_a_real_hubs_replies() -> None:
    """As kojihub 1.35.3 sends them."""
    assert read_target("f41-images", Reply(TARGET)) == Target(
        "f41-images", "f41-images-build", "f41-images-candidate"
    )
    assert read_target("no-such-target", Reply(None)) is None
    assert read_tag("f41-images-locked", Reply(TAG)) == Tag("f41-images-locked", locked=True)
    assert not read_tag("f41-images-locked", Reply({**TAG, "locked": False})).locked
    restricted = {**TAG, "locked": False, "perm": "admin", "perm_id": 1}
    assert read_tag("f41-images-locked", Reply(restricted)) == Tag(
        "f41-images-locked", False, "admin"
    )
    assert read_arches(TAG["name"], Reply(TAG)) == ("x86_64", "aarch64", "ppc64le", "s390x")
    assert read_listed("f41-images-candidate", "Fedora-IoT", Reply(True))
    assert not read_listed("f41-images-candidate", "blocked-image", Reply(False))


@pytest.mark.parametrize("written", ["", None, "  "])
def test_a_build_tag_may_have_no_arches(written: object) -> None:
    """An empty text, or none at all."""
    assert read_arches(TAG["name"], Reply({**TAG, "arches": written})) == ()


def test_arches_are_called_as_koji_calls_them() -> None:
    """The builder compares canonical names, each once, however they are spaced."""
    written = " i686  x86_64\n armv7hl x86_64 "
    found = read_arches(TAG["name"], Reply({**TAG, "arches": written}))
    assert found == ("i386", "x86_64", "armhfp")


@pytest.mark.parametrize("value", [None, True, [], {"arches": ["x86_64"]}, {"arches": 1}])
def test_what_is_no_build_tag_is_refused(value: object) -> None:
    """A target's build tag is always there."""
    with pytest.raises(ReplyError, match="getBuildConfig t"):
        read_arches("t", Reply(value))


@pytest.mark.parametrize(
    "state, taken",
    [(0, True), (1, True), (2, True), (3, False), (4, False)],
    ids=["BUILDING", "COMPLETE", "DELETED", "FAILED", "CANCELED"],
)
def test_a_build_that_failed_leaves_its_nvr(state: int, taken: bool) -> None:
    """koji.BUILD_STATES."""
    assert read_taken("p-1-1", Reply({"nvr": "p-1-1", "state": state})) is taken
    assert not read_taken("p-1-1", Reply(None))


@pytest.mark.parametrize("name", READERS)
def test_a_fault_is_raised_as_it_came(name: str) -> None:
    """What it means is the caller's to say."""
    fault = HubFaultError(1000, "No")
    with pytest.raises(HubFaultError) as caught:
        READERS[name](Reply(fault=fault))
    assert caught.value is fault


@pytest.mark.parametrize(
    "value",
    [
        False,
        "f41-images",
        [TARGET],
        {},
        {**TARGET, "name": None},
        TARGET,
        {**TARGET, "name": "t", "dest_tag_name": 2},
        {**TARGET, "name": "t", "dest_tag_name": ["f41"]},
        {**TARGET, "name": "t", "dest_tag_name": "x" * 5000},
    ],
)
def test_what_is_no_target_is_refused(value: object) -> None:
    """A target without a tag is not one that does not exist."""
    with pytest.raises(ReplyError, match="getBuildTarget t"):
        read_target("t", Reply(value))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {},
        TAG,
        {**TAG, "name": 4},
        {**TAG, "name": "t", "locked": None},
        {**TAG, "name": "t", "locked": 1},
        {**TAG, "name": "t", "locked": "false"},
        {**TAG, "name": "t", "perm": 1},
        {**TAG, "name": "t", "perm": ["admin"]},
        {**TAG, "name": "t", "perm": None, "perm_id": 1},
        {key: value for key, value in TAG.items() if key != "locked"},
    ],
)
def test_what_is_no_tag_is_refused(value: object) -> None:
    """Whether it is locked is never guessed; a target's tag that is not there is no tag either."""
    with pytest.raises(ReplyError, match="getTag t"):
        read_tag("t", Reply(value))


@pytest.mark.parametrize("value", [None, 0, 1, "true", "", [], [True], {"listed": True}])
def test_an_answer_that_is_neither_yes_nor_no_is_refused(value: object) -> None:
    """An answer that is merely true-ish is none."""
    with pytest.raises(ReplyError, match="checkTagPackage t p"):
        read_listed("t", "p", Reply(value))


@pytest.mark.parametrize(
    "value",
    [
        True,
        "COMPLETE",
        {},
        [1],
        {"state": 1},
        {"nvr": "p-1-2", "state": 4},
        *({"nvr": "p-1-1", "state": state} for state in ("1", True, 5)),
    ],
)
def test_what_is_no_build_is_refused(value: object) -> None:
    """An N-V-R is not free because the hub answers oddly, or speaks of another."""
    with pytest.raises(ReplyError, match="getBuild p-1-1"):
        read_taken("p-1-1", Reply(value))


@pytest.mark.parametrize("name", READERS)
@given(value=anything)
def test_any_reply_gives_a_value_or_our_error(name: str, value: object) -> None:
    """No reply makes a traceback, and no error is longer than a few lines."""
    try:
        READERS[name](Reply(value))
    except ReplyError as error:
        assert len(error.reason) < 500

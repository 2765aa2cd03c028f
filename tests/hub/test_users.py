"""Who is logged in, what he may do, and which files the hub imports, whatever it sends."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal.archivetypes import ARCHIVE_TYPES, archive_type
from pungi_osbuild.errors import HubError, ReplyError
from pungi_osbuild.hub import (
    ArchiveTypes,
    Call,
    HubFaultError,
    Profile,
    Reply,
    User,
    archive_types_call,
    perms_call,
    read_archive_types,
    read_user,
    user_call,
)
from pungi_osbuild.imagetypes import CATALOGUE

PROFILE = Profile("practice", "https://hub.example.com", "", "", "")
PUNGI: Dict[str, Any] = {"id": 2, "name": "pungi", "status": 0, "usertype": 0, "authtype": 0}
TYPES = ArchiveTypes(frozenset({"raw", "raw.xz", "tar.gz", "qcow2"}))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "extensions"]), inner),
    max_leaves=8,
)


def test_the_calls_are_those_that_a_real_hub_answered() -> None:
    """Methods and arguments of the transcripts."""
    assert user_call() == Call("getLoggedInUser")
    assert perms_call() == Call("getPerms")
    assert archive_types_call() == Call("getArchiveTypes")


@pytest.mark.parametrize(
    "perms, may", [(["image"], True), (["admin"], True), ([], False), (["sign", "tag"], False)]
)
def test_who_may_build_images(perms: Any, may: bool) -> None:
    """An admin may without the permission itself."""
    user = read_user(PROFILE, Reply(PUNGI), Reply(perms))
    assert user == User("pungi", frozenset(perms))
    assert user.may_build_images is may


def test_nobody_is_an_error_that_says_what_to_do() -> None:
    """As the hub answers a session without a login."""
    with pytest.raises(HubError, match=r"nobody is logged in at https://hub\.example") as caught:
        read_user(PROFILE, Reply(None), Reply([]))
    assert "authtype" in caught.value.solution


@pytest.mark.parametrize("value", [True, 2, "pungi", [], {}, {"name": None}, {"name": 1}])
def test_what_is_no_user_is_refused(value: object) -> None:
    with pytest.raises(ReplyError, match="getLoggedInUser"):
        read_user(PROFILE, Reply(value), Reply([]))


@pytest.mark.parametrize("value", [None, True, "image", {"image": True}, [1], [["image"]], [None]])
def test_what_are_no_permissions_is_refused(value: object) -> None:
    """A text is not a list of letters."""
    with pytest.raises(ReplyError, match="getPerms"):
        read_user(PROFILE, Reply(PUNGI), Reply(value))


def test_a_fault_is_raised_as_it_came() -> None:
    """What it means is the caller's to say."""
    fault = Reply(fault=HubFaultError(1000, "No"))
    for read in (
        lambda: read_user(PROFILE, fault, Reply([])),
        lambda: read_user(PROFILE, Reply(PUNGI), fault),
        lambda: read_archive_types(fault),
    ):
        with pytest.raises(HubFaultError) as caught:
            read()
        assert caught.value is fault.fault


@pytest.mark.parametrize(
    "suffix, taken",
    [
        ("raw", True),
        ("RAW.XZ", True),
        ("docker.tar.gz", True),
        ("xz", False),
        ("raw.gz", False),
        ("tar", False),
        ("qcow2.x", False),
        ("", False),
    ],
)
def test_a_suffix_is_taken_by_its_end(suffix: str, taken: bool) -> None:
    assert TYPES.take(suffix) is taken


def test_every_suffix_is_judged_as_the_hub_does() -> None:
    """The rehearsal hub's own rule, which is that of getArchiveType."""
    types = read_archive_types(Reply([kind.to_wire() for kind in ARCHIVE_TYPES]))
    known = {entry.file.suffix for entry in CATALOGUE.values()}
    refused = {"gz", "xz", "zst", "tar.zst", "raw.zst", "ociarchive", "vhdfixed.xz", "bin", "efi"}
    for suffix in known | refused:
        assert types.take(suffix) == (archive_type("n-1-1.x86_64.%s" % suffix) is not None)
        assert types.take(suffix) == (suffix in known)


@pytest.mark.parametrize("value", [None, True, {}, "raw", [1], [{}], [{"extensions": None}]])
def test_what_are_no_archive_types_is_refused(value: object) -> None:
    with pytest.raises(ReplyError, match="getArchiveTypes"):
        read_archive_types(Reply(value))


@given(value=anything)
def test_any_reply_gives_a_value_or_our_error(value: object) -> None:
    """No reply makes a traceback."""
    for read in (
        lambda: read_user(PROFILE, Reply(value), Reply([])),
        lambda: read_user(PROFILE, Reply(PUNGI), Reply(value)),
        lambda: read_archive_types(Reply(value)),
    ):
        try:
            read()
        except (ReplyError, HubError) as error:
            assert len(error.reason) < 500

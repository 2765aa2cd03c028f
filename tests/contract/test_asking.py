"""Questions and refusals: nothing is made by any of these calls."""

from __future__ import annotations

from typing import Any, Dict, List, Optional
from xmlrpc.client import Fault

import koji
import pytest

from tests.contract.hub_at_hand import HubAtHand

NO_ID = 2000000000
"""An id that no hub has reached."""


def fault_of(call: Any, *args: Any, **kwargs: Any) -> Any:
    with pytest.raises((koji.GenericError, Fault)) as caught:
        call(*args, **kwargs)
    return caught.value


def test_the_api_is_the_one_that_is_known(session: Any) -> None:
    """Since ever."""
    assert session.getAPIVersion() == 1
    assert session.getKojiVersion()


def test_the_user_may_build_images(session: Any) -> None:
    """By either of two permissions; having admin is not having image."""
    user = session.getLoggedInUser()
    assert {"id", "name", "status", "usertype", "authtype"} <= set(user)
    assert session.hasPerm("image") or session.hasPerm("admin")
    assert set(session.getPerms()) & {"image", "admin"}


def test_the_target_has_a_build_tag_with_the_arch(session: Any, hub: HubAtHand) -> None:
    """As the preflight reads it."""
    target = session.getBuildTarget(hub.choices.target, strict=True)
    assert {"build_tag", "build_tag_name", "dest_tag", "dest_tag_name", "id", "name"} == set(target)
    config = session.getBuildConfig(target["build_tag"])
    arches = [koji.canonArch(arch) for arch in config["arches"].split()]
    assert koji.canonArch(hub.choices.arch) in arches
    assert {"locked", "perm", "name", "arches", "extra"} <= set(session.getTag(target["dest_tag"]))


def test_what_is_unknown_is_none_or_a_fault(session: Any, hub: HubAtHand) -> None:
    """None, unless it is asked for strictly."""
    name = hub.name("nothing")
    assert session.getTag(name) is None
    assert str(fault_of(session.getTag, name, strict=True)) == "No such tagInfo: %r" % name
    assert session.checkTagPackage(name, name) is False
    assert session.getBuild("%s-1-1" % name) is None
    assert session.getBuild(NO_ID) is None
    assert fault_of(session.getBuild, "notannvr").faultCode == 1000
    assert session.listArchives(buildID=NO_ID) == []
    assert session.getTaskInfo(NO_ID) is None
    assert str(fault_of(session.getTaskInfo, NO_ID, strict=True)) == "query returned no rows"
    assert session.getTaskChildren(NO_ID) == []
    assert session.getTaskDescendents(NO_ID) == {str(NO_ID): []}
    assert session.listTaskOutput(NO_ID) == []
    assert fault_of(session.cancelTask, NO_ID).faultCode in (1000, 1004)


def test_unknown_ids_in_a_list_are_none_in_their_place(session: Any) -> None:
    """Order and duplicates are kept."""
    assert session.getTaskInfo([NO_ID, NO_ID + 1, NO_ID]) == [None, None, None]
    assert session.getTaskInfo([]) == []
    assert fault_of(session.getTaskInfo, [NO_ID], strict=True).faultCode == 1000


def test_an_unknown_name_begins_with_release_one(session: Any, hub: HubAtHand) -> None:
    """Also for a package that no hub has heard of."""
    assert session.getNextRelease({"name": hub.name("nothing"), "version": "1"}) == "1"


@pytest.mark.parametrize(
    "method, args, code",
    [
        ("noSuchMethod", [], 1000),
        ("getTag", [], 1019),
        ("getTaskInfo", ["x"], 1019),
        ("getTaskInfo", [None], 1019),
        ("cancelTask", ["x"], 1019),
        ("getBuildTarget", [["x"]], 1019),
        ("listArchives", ["an-nvr-1"], 1),
        ("listTasks", [{"owner": "by-name", "method": "osbuildImage"}], 1),
        ("downloadTaskOutput", [NO_ID, "../../etc/passwd"], 1000),
    ],
)
def test_a_wrong_call_has_its_fault_code(
    method: str, args: List[Any], code: int, session: Any
) -> None:
    """1 is an exception that is none of Koji's."""
    assert fault_of(session.callMethod, method, *args).faultCode == code


@pytest.mark.parametrize(
    "changes, start",
    [
        ({"name": None}, "None is not of type 'string'"),
        ({"image_type": []}, "[] should be non-empty"),
        ({"arches": []}, "[] should be non-empty"),
        ({"arches": "x86_64"}, "'x86_64' is not of type 'array'"),
        ({"opts": None}, "None is not of type 'object'"),
        ({"opts": {"foo": 1}}, "Additional properties are not allowed ('foo' was unexpected)"),
        ({"opts": {"release": 1}}, "1 is not of type 'string'"),
        ({"opts": {"repo": "http://x/"}}, "'http://x/' is not of type 'array'"),
        ({"opts": {"upload_options": None}}, "None is not valid under any of the given schemas"),
    ],
)
def test_the_schema_refuses_a_submission(
    changes: Dict[str, Any], start: str, session: Any, hub: HubAtHand
) -> None:
    """ParameterError 1019; the text begins with what is wrong. No task is made."""
    values: Dict[str, Any] = {
        "name": hub.name("refused"),
        "version": "1",
        "distro": hub.choices.distro,
        "image_type": hub.choices.image_type,
        "target": hub.choices.target,
        "arches": [hub.choices.arch],
        "opts": {},
        **changes,
    }
    fault = fault_of(session.osbuildImage, *values.values())
    assert fault.faultCode == 1019
    assert str(fault).startswith(start)


def test_nobody_may_not_submit(hub: HubAtHand) -> None:
    """Without a login there is no permission."""
    if hub.anonymous.getLoggedInUser() is not None:
        pytest.skip("this hub takes an anonymous caller for a user")
    fault = fault_of(hub.anonymous.osbuildImage, "a", "1", "f", "guest-image", "t", ["x86_64"], {})
    assert fault.faultCode == 1004
    assert str(fault) == "image permission required (user not logged in)"


def test_a_multicall_mixes_results_and_faults(session: Any) -> None:
    """A fault does not stop the calls after it."""
    with session.multicall() as many:
        calls = [
            many.getAPIVersion(),
            many.getTaskInfo(NO_ID, strict=True),
            many.callMethod("noSuchMethod"),
            many.getTaskInfo(NO_ID),
        ]
    assert calls[0].result == 1
    for call, text in ((calls[1], "query returned no rows"), (calls[2], "Invalid method: ")):
        with pytest.raises(koji.GenericError) as caught:
            call.result  # noqa: B018  looking is what raises
        assert caught.value.faultCode == 1000
        assert str(caught.value).startswith(text)
    assert calls[3].result is None


@pytest.mark.parametrize(
    "suffix, name",
    [
        ("qcow2", "qcow2"),
        ("raw.xz", "raw-xz"),
        ("tar.gz", "tar"),
        ("iso", "iso"),
        ("QCOW2", "qcow2"),
        ("qcow2.manifest.json", "json"),
        ("zst", None),
        ("ociarchive", None),
    ],
)
def test_the_hub_knows_what_it_imports(suffix: str, name: Optional[str], session: Any) -> None:
    """By the longest suffix; case does not matter."""
    found = session.getArchiveType(filename="a-1-1.x86_64." + suffix)
    assert (found and found["name"]) == name


def test_archive_types_are_listed_with_their_extensions(session: Any) -> None:
    """Separated by blanks, as the preflight reads them."""
    types = {one["name"]: one["extensions"].split() for one in session.getArchiveTypes()}
    assert "qcow2" in types["qcow2"]
    assert "tar.gz" in types["tar"]


def test_a_closed_session_is_worth_nothing(hub: HubAtHand) -> None:
    """AuthError 1002; another login is another session."""
    session = hub.new_session(True)
    if not session.logged_in:
        pytest.skip("nobody logs in here")
    kept = dict(session.sinfo)
    session.logout()
    session.setSession(kept)
    fault = fault_of(session.getLoggedInUser)
    assert (type(fault), fault.faultCode) == (koji.AuthError, 1002)
    session.setSession(None)
    session.rsession.close()

"""Faults between the hub and its clients: begun by a submission, counted in requests."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, List

import koji
import pytest
import requests

from koji_rehearsal import FaultKind, HubSettings, RehearsalHub, parse_fault
from tests.conformance.desk import STRICT, Desk, a_desk

PAGE = Path(__file__).parent.parent.parent / "docs" / "rehearsal-hub.md"
REQUESTS = 3
"""How many requests an outage or a restart meets, unless it is told otherwise."""


def offline(session: Any) -> bool:
    try:
        session.getAPIVersion()
    except koji.ServerOffline:
        return True
    return False


def numbers(desk: Desk) -> List[int]:
    """Return the ids of all tasks, as a session of its own sees them."""
    return [task["id"] for task in desk.new_session("admin").listTasks()]


def test_an_outage_is_over_after_some_requests(tmp_path: Path) -> None:
    """It begins after the reply to the submission; each fault does so once."""
    with a_desk(tmp_path, "outage:name=rig-aws") as desk:
        session = desk.session()
        desk.submit("rig-image")
        assert not offline(session)
        assert desk.submit("rig-aws", image_type="aws") == 2
        assert [offline(session) for _ in range(REQUESTS + 1)] == [True] * REQUESTS + [False]
        desk.submit("rig-aws", image_type="aws", version="42")
        assert not offline(session)


def test_a_multicall_in_an_outage_is_one_request(tmp_path: Path) -> None:
    """It is refused as a whole."""
    with a_desk(tmp_path, "outage") as desk:
        desk.submit()
        session = desk.session()
        session.multicall = True
        session.getAPIVersion()
        session.getAPIVersion()
        with pytest.raises(koji.ServerOffline):
            session.multiCall(strict=True)
        assert [offline(session) for _ in range(REQUESTS)] == [True] * (REQUESTS - 1) + [False]


def test_a_reply_is_lost(tmp_path: Path) -> None:
    """The task is there; koji asks again, and the hub says that it has done that call."""
    with a_desk(tmp_path, "reset:arch=x86_64") as desk:
        with pytest.raises(koji.RetryError):
            desk.submit()
        assert numbers(desk) == [1]
        assert desk.submit(version="42") == 2


def test_whoever_has_not_logged_in_submits_twice(tmp_path: Path) -> None:
    """Without a session there are no call numbers, and koji repeats the call by itself."""
    with a_desk(tmp_path, "reset") as desk:
        session = desk.new_session(None)
        request = ("rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"])
        assert session.osbuildImage(*request, {}) == 2


def test_requests_get_no_answer_while_the_hub_restarts(tmp_path: Path) -> None:
    """They were not done; a session that is logged in goes on when the hub is back."""
    with a_desk(tmp_path, "restart", content=STRICT) as desk:
        session = desk.session()
        desk.submit()
        before = desk.hub.counters
        with requests.Session() as plain:
            for _ in range(REQUESTS - 1):
                with pytest.raises(requests.ConnectionError):
                    plain.post(desk.hub.server, data=b"<methodCall/>", timeout=10)
        assert desk.hub.counters.calls == before.calls
        assert session.getTaskInfo(1)["id"] == 1
        assert desk.hub.counters.requests == before.requests + REQUESTS + 1
        assert desk.hub.counters.logins == before.logins, "the session is still one"


def test_a_session_expires(tmp_path: Path) -> None:
    """After the reply; koji logs in anew, and the task is there once."""
    with a_desk(tmp_path, "expire") as desk:
        assert desk.submit() == 1
        logins = desk.hub.counters.logins
        assert desk.session().getLoggedInUser()["name"] == "pungi"
        assert desk.hub.counters.logins == logins + 1
        assert desk.submit(version="42") == 2
        assert desk.hub.counters.logins == logins + 1, "once"


def test_a_submission_in_a_multicall_is_one_too(tmp_path: Path) -> None:
    """The rest of the multicall is done; the next request meets the trouble."""
    with a_desk(tmp_path, "outage:image_type=aws") as desk:
        session = desk.session()
        session.multicall = True
        session.osbuildImage("rig-aws", "41", "fedora-41", "aws", "f41-images", ["x86_64"], {})
        session.getAPIVersion()
        assert session.multiCall(strict=True) == [[1], [1]]
        assert offline(session)


def test_a_slow_download_is_whole(tmp_path: Path) -> None:
    """In pieces, with a pause between two; other images are not slow."""
    pauses: List[float] = []
    settings = HubSettings(duration=0.0, faults=(parse_fault("slow:name=rig-aws"),))
    with RehearsalHub(settings, tmp_path, sleep=pauses.append) as hub:
        session = koji.ClientSession(hub.server)
        for name in ("rig-image", "rig-aws"):
            session.osbuildImage(name, "41", "fedora-41", "aws", "f41-images", ["x86_64"], {})
        session.getAPIVersion()
        counts = []
        for build_id in (1, 2):
            (image,) = (
                one for one in session.listArchives(buildID=build_id) if one["type_name"] == "raw"
            )
            build = session.getBuild(build_id)
            path = koji.PathInfo(topdir=hub.topurl).imagebuild(build)
            content = requests.get("%s/%s" % (path, image["filename"]), timeout=10).content
            assert hashlib.md5(content).hexdigest() == image["checksum"]
            counts.append((build["name"], len(pauses)))
            pauses.clear()
        session.rsession.close()
    assert dict(counts) == {"rig-image": 0, "rig-aws": 3}


@pytest.mark.parametrize("kind", FaultKind)
def test_each_fault_can_be_asked_for_and_is_told_of(kind: FaultKind) -> None:
    """By its name and with keys; the document has all of them, each with an example."""
    for spec in (kind.value, kind.value + ":name=a,version=1,arch=x86_64,image_type=aws"):
        fault = parse_fault(spec)
        assert (fault.kind, fault.spec) == (kind, spec)
    assert kind.meaning.endswith(".")
    (row,) = re.findall(r"^\| `%s` \|.*$" % kind.value, PAGE.read_text("utf-8"), re.MULTILINE)
    (example,) = re.findall(r"`(%s(?::[^`]*)?)` \|$" % kind.value, row)
    assert parse_fault(example).kind is kind

"""Network faults that any call can meet."""

from __future__ import annotations

import hashlib
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, dumps, loads

import koji
import pytest
import requests
from koji import xmlrpcplus

from koji_rehearsal import HubSettings, RehearsalHub, parse_fault
from koji_rehearsal.errors import RehearsalError
from tests.conformance.desk import Desk, a_desk

CALL = (
    b"<?xml version='1.0'?><methodCall><methodName>getAPIVersion</methodName><params/></methodCall>"
)
BROKEN = requests.ConnectionError
PAGES = {
    **{"http-%d" % status: status for status in (403, 413, 429, 500, 502, 503, 504)},
    "error-page": 200,
}


def ask(desk: Desk) -> requests.Response:
    """Call getAPIVersion as no client that tries again does."""
    return requests.post(desk.hub.server, data=CALL, timeout=30)


def calls(desk: Desk, method: str = "getAPIVersion") -> int:
    """Return how often a method was carried out."""
    return sum(call.method == method for call in desk.hub.calls)


def url_of_image(desk: Desk) -> str:
    (image,) = desk.image_archives(desk.build())
    path = koji.PathInfo(topdir=desk.hub.topurl).imagebuild(desk.session().getBuild(1))
    return "%s/%s" % (path, image["filename"])


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_page_instead_of_an_answer(kind: str, tmp_path: Path) -> None:
    """With its status, in HTML; the call is not carried out, the next one is."""
    with a_desk(tmp_path, kind + ":method=getAPIVersion,times=2..3") as desk:
        assert b"methodResponse" in ask(desk).content
        for _ in range(2):
            reply = ask(desk)
            assert reply.status_code == PAGES[kind]
            assert reply.headers["Content-Type"].startswith("text/html")
            assert b"<html>" in reply.content
            assert b"methodResponse" not in reply.content
        assert b"methodResponse" in ask(desk).content
        assert calls(desk) == 2


def test_the_hub_cannot_read_a_submission(tmp_path: Path) -> None:
    """As one that is too long: the web layer's text, once, and no task."""
    with a_desk(tmp_path, "http-400:name=rig-image") as desk:
        args: Any = ("rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"], {})
        body = xmlrpcplus.dumps(args, "osbuildImage").encode()
        reply = requests.post(desk.hub.server, data=body, timeout=30)
        assert (reply.status_code, reply.headers["Content-Type"]) == (400, "text/plain")
        assert reply.text == "Invalid request: Request too long\n"
        assert desk.session().listTasks() == []
        assert requests.post(desk.hub.server, data=body, timeout=30).status_code == 200
        assert len(desk.session().listTasks()) == 1


def test_a_connection_breaks_before_the_call(tmp_path: Path) -> None:
    """It was not carried out; koji asks again by itself."""
    with a_desk(tmp_path, "drop:method=getAPIVersion", "drop:method=osbuildImage") as desk:
        with pytest.raises(BROKEN):
            ask(desk)
        assert calls(desk) == 0
        assert ask(desk).ok
        assert desk.submit() == 1
        assert calls(desk, "osbuildImage") == 1


@contextmanager
def a_quick_hub(topdir: Path, *faults: str) -> Iterator[RehearsalHub]:
    settings = HubSettings(duration=0.0, faults=tuple(map(parse_fault, faults)))
    with RehearsalHub(settings, topdir) as hub:
        yield hub


def test_connections_are_refused_for_a_while(tmp_path: Path) -> None:
    """Others are broken; the port stays the hub's, and is listened at again."""
    with a_quick_hub(tmp_path, "refused:method=getAPIVersion,seconds=0.5") as hub:
        there = (str(urlsplit(hub.server).hostname), int(urlsplit(hub.server).port or 0))
        with socket.create_connection(there) as idle:
            with pytest.raises(BROKEN):
                requests.post(hub.server, data=CALL, timeout=30)
            idle.settimeout(30)
            assert not received(idle)
        refused = 0
        until = time.monotonic() + 60
        while refused == 0 or time.monotonic() < until:
            try:
                socket.create_connection(there).close()
                break
            except ConnectionRefusedError:
                refused += 1
        assert refused
        assert requests.post(hub.server, data=CALL, timeout=30).ok
        assert [call.method for call in hub.calls] == ["getAPIVersion"]


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1)
    except ConnectionResetError:
        return b""


def test_a_hub_that_refuses_can_be_stopped(tmp_path: Path) -> None:
    """At once."""
    fault = "refused:method=getAPIVersion,seconds=3600"
    with a_quick_hub(tmp_path, fault) as hub, pytest.raises(BROKEN):
        requests.post(hub.server, data=CALL, timeout=30)


def test_the_server_is_offline_for_a_call(tmp_path: Path) -> None:
    """Only for those that are asked for, and as often."""
    with a_desk(tmp_path, "offline:method=getTaskInfo,times=2") as desk:
        session = desk.session()
        desk.submit()
        for _ in range(2):
            with pytest.raises(koji.ServerOffline):
                session.getTaskInfo(1)
            assert session.getAPIVersion() == 1
        assert session.getTaskInfo(1)["id"] == 1


def test_a_request_is_one_occasion(tmp_path: Path) -> None:
    """However many calls of a multicall could meet the fault."""
    with a_desk(tmp_path, "offline:method=getTaskInfo,times=2..2") as desk:
        session = desk.session()

        def both() -> List[Any]:
            with session.multicall(strict=True) as many:
                found = [many.getTaskInfo(number) for number in (1, 2)]
            return [one.result for one in found]

        assert both() == [None, None]
        with pytest.raises(koji.ServerOffline):
            both()
        assert both() == [None, None]


@pytest.mark.parametrize("kind", ["session-expired", "session-closed"])
def test_a_session_ends_before_a_call(kind: str, tmp_path: Path) -> None:
    """One that expired is renewed by koji; one that is closed is not."""
    with a_desk(tmp_path, kind + ":method=getLoggedInUser") as desk:
        session = desk.session()
        logins = desk.hub.counters.logins
        if kind == "session-closed":
            with pytest.raises(koji.AuthError):
                session.getLoggedInUser()
            session.setSession(None)
            session.login()
        assert session.getLoggedInUser()["name"] == "pungi"
        assert desk.hub.counters.logins == logins + 1


def test_a_call_is_denied_for_good(tmp_path: Path) -> None:
    """Also in a multicall, whose other calls are carried out."""
    with a_desk(tmp_path, "denied", "no-method:method=listArchives") as desk:
        for _ in range(2):
            with pytest.raises(koji.ActionNotAllowed, match="image permission required"):
                desk.submit()
            with pytest.raises(koji.GenericError, match="Invalid method: listArchives"):
                desk.session().listArchives(1)
        session = desk.session()
        session.multicall = True
        session.listArchives(1)
        session.getAPIVersion()
        fault, version = session.multiCall()
        assert fault["faultString"] == "Invalid method: listArchives"
        assert version == [1]
        assert desk.session().listTasks() == []


def test_a_reply_ends_in_its_middle(tmp_path: Path) -> None:
    """As HTTP has it, it is whole; the task is there."""
    with a_desk(tmp_path, "cut-reply:method=getAPIVersion", "cut-reply") as desk:
        reply = ask(desk)
        assert reply.ok
        assert b"<methodResponse>" in reply.content
        assert b"</methodResponse>" not in reply.content
        with pytest.raises(koji.RetryError):
            desk.submit()
        assert [task["id"] for task in desk.new_session("admin").listTasks()] == [1]


def test_a_reply_comes_late(tmp_path: Path) -> None:
    """The hub pauses; the reply is whole. Downloads can be late, too."""
    pauses: List[float] = []
    faults = ("late:method=getAPIVersion,seconds=2.5", "late:method=download,seconds=7")
    settings = HubSettings(duration=0.0, faults=tuple(map(parse_fault, faults)))
    with RehearsalHub(settings, tmp_path, sleep=pauses.append) as hub:
        (hub.topdir / "note.txt").write_text("here")
        assert requests.post(hub.server, data=CALL, timeout=30).ok
        assert requests.get(hub.topurl + "/note.txt", timeout=30).text == "here"
        assert requests.get(hub.topurl + "/note.txt", timeout=30).text == "here"
    assert pauses == [2.5, 7]


@pytest.mark.parametrize("kind", ["drop", "http-503", "error-page"])
def test_a_download_meets_the_same(kind: str, tmp_path: Path) -> None:
    """Of the image that is named, and not its manifest."""
    with a_desk(tmp_path, kind + ":method=download,name=rig-image,arch=x86_64") as desk:
        url = url_of_image(desk)
        assert requests.get(url + ".manifest.json", timeout=30).ok
        if kind == "drop":
            with pytest.raises(BROKEN):
                requests.get(url, timeout=30)
        else:
            reply = requests.get(url, timeout=30)
            assert reply.status_code == PAGES[kind]
            assert b"<html>" in reply.content
        (image,) = desk.image_archives(1)
        content = requests.get(url, timeout=30).content
        assert hashlib.md5(content).hexdigest() == image["checksum"]


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.getTaskInfo(1),
        lambda session: session.getTaskResult(1),
        lambda session: session.listTaskOutput(taskID=1),
        lambda session: session.getBuild("rig-image-41-1"),
        lambda session: session.listArchives(buildID=1),
    ],
)
def test_a_call_about_an_image_meets_its_fault(call: Any, tmp_path: Path) -> None:
    """A call about another image, or none, does not."""
    methods = ("getTaskInfo", "getTaskResult", "listTaskOutput", "getBuild", "listArchives")
    faults = ["offline:method=%s,name=rig-image,times=1.." % method for method in methods]
    with a_desk(tmp_path, *faults) as desk:
        desk.submit()
        desk.submit("rig-aws", image_type="aws")
        desk.end_all()
        session = desk.session("admin")
        assert session.getTaskInfo(2)["id"] == 2
        assert session.getTaskInfo([1, 2])
        assert session.listArchives(buildID=2)
        with pytest.raises(koji.ServerOffline):
            call(session)


def test_how_long_an_outage_is(tmp_path: Path) -> None:
    """In requests."""
    with a_desk(tmp_path, "outage:requests=1,method=getAPIVersion") as desk:
        session = desk.session()
        assert session.getAPIVersion() == 1
        with pytest.raises(koji.ServerOffline):
            session.getTaskInfo(1)
        assert session.getTaskInfo(1) is None


def test_the_hub_knows_its_methods(tmp_path: Path) -> None:
    """A fault of another one would never be met."""
    with pytest.raises(RehearsalError) as caught, a_desk(tmp_path, "offline:method=getTaskinfo"):
        pass
    assert "the hub has no call getTaskinfo" in caught.value.reason
    assert caught.value.solution == "Did you mean getTaskInfo?"


def test_any_call_can_be_meant(tmp_path: Path) -> None:
    """Logins, too."""
    with a_desk(tmp_path, "http-503:method=any,times=3") as desk:
        for _ in range(3):
            assert ask(desk).status_code == 503
        assert desk.submit() == 1


@pytest.mark.parametrize("kind", ["drop", "http-502", "offline", "denied:times=1", "cut-reply"])
def test_a_login_can_meet_a_fault(kind: str, tmp_path: Path) -> None:
    """As any call; the next one is fine."""
    name, _, rest = kind.partition(":")
    spec = "%s:method=login%s" % (name, "," + rest if rest else "")
    login = dumps(("pungi", "pungipw"), "login").encode()
    with a_desk(tmp_path, spec) as desk:
        assert not logs_in(desk, login)
        assert logs_in(desk, login)


def logs_in(desk: Desk, login: bytes) -> bool:
    """Whether a client that asks once can read a session in the reply."""
    try:
        (value,), _ = loads(requests.post(desk.hub.server, login, timeout=30).content.decode())
    except (BROKEN, Fault, ExpatError):
        return False
    return isinstance(value, dict) and "session-key" in value

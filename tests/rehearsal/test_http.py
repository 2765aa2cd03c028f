"""The hub as a server: files, bad requests, the port, and what is left when it stops."""

from __future__ import annotations

import http.client
import socket
from email.utils import formatdate
from pathlib import Path
from typing import Iterator, Tuple

import pytest
import requests

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from koji_rehearsal.errors import RehearsalError
from tests.conformance.desk import DURATION, Desk, a_desk
from tests.threads import threads_now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "secret").write_text("secret")
    with a_desk(tmp_path / "top") as one:
        yield one


def address(desk: Desk) -> Tuple[str, int]:
    host, port = desk.hub.server.split("/")[2].split(":")
    return host, int(port)


def raw_status(desk: Desk, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    """Ask for a path exactly as it is given; requests would tidy it up."""
    connection = http.client.HTTPConnection(*address(desk), timeout=10)
    try:
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_file_is_served_with_its_length(desk: Desk) -> None:
    """GET and HEAD; counted."""
    task_id = desk.build()
    (archive,) = desk.image_archives(task_id)
    url = "%s/packages/rig-image/41/1/images/%s" % (desk.hub.topurl, archive["filename"])
    reply = requests.get(url, timeout=10)
    assert (reply.status_code, len(reply.content)) == (200, archive["size"])
    head = requests.head(url, timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(archive["size"])
    assert desk.hub.counters.downloads == 1
    assert desk.hub.counters.bytes_served == archive["size"]


def test_the_date_of_a_reply_is_the_hub_s(desk: Desk) -> None:
    """As of its tasks, to the second; that is how a client learns what time it is there."""
    task_id, topurl = desk.submit(), desk.hub.topurl
    created = int(desk.session().getTaskInfo(task_id)["create_ts"])
    assert requests.get(topurl, timeout=10).headers["Date"] == formatdate(created, usegmt=True)
    desk.clock.turn(7200)
    later = requests.get(topurl, timeout=10).headers["Date"]
    assert later == formatdate(created + 7200, usegmt=True)


def test_names_are_decoded(desk: Desk) -> None:
    """A release may have a caret or a space."""
    task_id = desk.build(opts={"release": "1^git 1"})
    (archive,) = desk.image_archives(task_id)
    url = "%s/packages/rig-image/41/1%%5Egit%%201/images/%s"
    quoted = archive["filename"].replace("^", "%5E").replace(" ", "%20")
    assert requests.get(url % (desk.hub.topurl, quoted), timeout=10).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/kojifiles/../secret",
        "/kojifiles/%2e%2e/secret",
        "/kojifiles/..%2fsecret",
        "/kojifiles/work/../../secret",
        "/kojifiles//etc/passwd",
        "/kojifiles/%00",
        "/kojifiles/link",
        "/kojifiles/",
        "/kojifiles",
        "/kojifiles/work",
        "/koji/taskinfo",
        "/koji/elsewhere",
        "/kojisecret",
    ],
)
def test_nothing_else_is_served(path: str, desk: Desk, tmp_path: Path) -> None:
    """Neither folders nor what lies outside, also not through a link."""
    desk.build()
    (tmp_path / "top" / "link").symlink_to(tmp_path / "secret")
    assert raw_status(desk, "GET", path) == 404


def test_a_request_that_is_no_call_is_refused(desk: Desk) -> None:
    """By HTTP's own means where it is not read."""
    session = desk.session()
    assert raw_status(desk, "POST", "/kojihub") == 411
    assert raw_status(desk, "POST", "/kojihub", Content_Length="99999999999") == 400
    assert raw_status(desk, "POST", "/elsewhere", b"x", Content_Length="1") == 404
    for method in ("PUT", "DELETE", "GET", "HEAD"):
        reply = requests.request(method, desk.hub.server, timeout=10)
        assert reply.status_code == 405
        assert (reply.headers["Allow"], reply.headers["Koji-Version"]) == ("POST", "1.35.3")
        assert reply.headers["Content-Type"] == "text/plain"
        only = "Only POST requests are accepted.\n"
        assert reply.text.endswith(only) or (method, reply.text) == ("HEAD", "")
    for path in ("/", "/koji", "/koji/tasks"):
        page = requests.get("http://%s:%d%s" % (*address(desk), path), timeout=10)
        assert "text/html" in page.headers["Content-Type"], "people look here"
    assert session.getAPIVersion() == 1


def test_a_connection_is_kept(desk: Desk) -> None:
    """A client that calls often connects once."""
    session = desk.session()
    for _ in range(20):
        session.getAPIVersion()
    assert desk.hub.counters.connections == 1
    assert session.hub_version_str == "1.35.3"


def test_nothing_is_left_when_it_stops(tmp_path: Path) -> None:
    """No thread, no connection, no port; also while clients stay connected."""
    before = threads_now()
    hub = RehearsalHub(HubSettings(), tmp_path)
    hub.start()
    host, port = hub.server.split("/")[2].split(":")
    idle = [socket.create_connection((host, int(port)), timeout=10) for _ in range(5)]
    kept = requests.Session()
    assert kept.get(hub.topurl + "/x", timeout=10).status_code == 404
    assert threads_now() - before
    hub.stop()
    hub.stop()
    assert threads_now() <= before
    assert all(connection.recv(1) == b"" for connection in idle)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)
    for connection in idle:
        connection.close()
    kept.close()


def test_it_listens_on_this_machine_only(desk: Desk) -> None:
    """Its addresses say so."""
    assert desk.hub.server.startswith("http://127.0.0.1:")
    assert desk.hub.server.endswith("/kojihub")
    assert desk.hub.topurl.endswith("/kojifiles")
    assert desk.hub.weburl.endswith("/koji")


@pytest.mark.parametrize(
    "host, told", [("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_it_listens_where_it_is_told_to(host: str, told: str, tmp_path: Path) -> None:
    """Its addresses reach it from this machine; files and calls alike."""
    try:
        socket.create_server((told.strip("[]"), 0), family=_family(host)).close()
    except OSError:
        pytest.skip("this machine has no %s" % told)
    settings = HubSettings(duration=DURATION, host=host)
    with a_desk(tmp_path, settings=settings) as desk:
        assert desk.hub.server.startswith("http://%s:" % told)
        task_id = desk.build()
        (archive,) = desk.image_archives(task_id)
        url = "%s/packages/rig-image/41/1/images/%s" % (desk.hub.topurl, archive["filename"])
        assert len(requests.get(url, timeout=10).content) == archive["size"]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def test_by_default_only_this_machine_reaches_it(desk: Desk) -> None:
    """It is bound to the loopback address, not just named by it."""
    port = address(desk)[1]
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        # another address of this machine: still free at that port
        other.bind(("127.0.0.2", port))
    with pytest.raises(RehearsalError, match=r"cannot listen on port 0 of 192\.0\.2\.1: "):
        RehearsalHub(HubSettings(host="192.0.2.1"), desk.hub.topdir).start()


def test_a_port_that_is_taken_is_explained(desk: Desk, tmp_path: Path) -> None:
    """By its number, and what to do."""
    port = address(desk)[1]
    second = RehearsalHub(HubSettings(port=port), tmp_path / "second")
    with pytest.raises(RehearsalError, match="cannot listen on port %d" % port) as caught:
        second.start()
    assert "--port" in caught.value.solution
    second.stop()
    with pytest.raises(RehearsalError, match="cannot listen on port 99999"):
        RehearsalHub(HubSettings(port=99999), tmp_path / "second").start()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RehearsalError, match="cannot create the hub's folder"):
        RehearsalHub(HubSettings(), tmp_path / "file").start()


def test_a_profile_that_cannot_be_written_is_explained(desk: Desk, tmp_path: Path) -> None:
    """What should be its folder is a file."""
    with pytest.raises(RehearsalError, match="cannot write the profile"):
        write_profile(tmp_path / "secret" / "profile.conf", desk.hub)

"""Who may use the hub: its clients on this machine, and no other site's web page."""

from __future__ import annotations

import http.client
import xmlrpc.client
from pathlib import Path
from typing import Dict, Iterator, Mapping, Optional, Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub

CALL = xmlrpc.client.dumps(
    ("n", "1", "f41", "guest-image", "f41-images", ["x86_64"], {}), "osbuildImage"
).encode()
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
PATHS = ("/kojihub", "/koji/", "/koji/taskinfo?taskID=1", "/kojifiles/x", "/")
IPV6 = "::1"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsalHub]:
    folder = tmp_path_factory.mktemp("hub")
    with RehearsalHub(HubSettings(duration=0.0), folder) as running:
        yield running


def ask(
    hub: RehearsalHub, method: str, path: str, headers: Mapping[str, str], address: str = ""
) -> Tuple[int, bytes]:
    """Return status and body of the answer to a request with exactly these headers."""
    port = int(hub.server.rsplit(":", 1)[1].split("/")[0])
    connection = http.client.HTTPConnection(address or "127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    body = CALL if method == "POST" else b""
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        for one in value.split("|"):
            connection.putheader(name, one.replace("PORT", str(port)))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:PORT"},
        {"Host": "localhost.evil.example:PORT"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "127.0.0.1:PORT@evil.example"},
        {"Host": "192.0.2.1:PORT"},
        {"Host": ""},
        {"Host": "127.0.0.1:PORT|evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:PORT", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:PORT", "Origin": "null"},
        {"Host": "127.0.0.1:PORT", "Origin": "https://127.0.0.1:PORT"},
        {"Host": "127.0.0.1:PORT", "Origin": "http://127.0.0.1:1"},
        {"Host": "127.0.0.1:PORT", "Origin": "http://127.0.0.1"},
        {"Host": "127.0.0.1:PORT", "Origin": "http://127.0.0.1:PORT|http://evil.example"},
        {"Origin": "http://127.0.0.1:PORT"},
    ],
    ids=lambda headers: " ".join("=".join(one) for one in headers.items()),
)
def test_another_sites_page_is_refused(hub: RehearsalHub, headers: Dict[str, str]) -> None:
    """Whatever it asks for, and without a word about it."""
    for method in METHODS:
        for path in PATHS:
            status, body = ask(hub, method, path, {"Content-Type": "text/plain", **headers})
            assert status == 403, (method, path)
            assert b"task" not in body
    assert hub.submissions == ()


def test_an_address_as_a_whole_is_checked_too(hub: RehearsalHub) -> None:
    """As proxies are asked."""
    local = {"Host": "127.0.0.1:PORT"}
    assert ask(hub, "GET", "http://evil.example/koji/", local)[0] == 403
    assert ask(hub, "GET", "http://[evil/koji/", local)[0] == 403
    assert ask(hub, "GET", "http://127.0.0.1/koji/", local)[0] == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1:PORT", "localhost:PORT", "LocalHost", "[::1]:PORT", "127.9.9.9", None]
)
def test_clients_on_this_machine_are_answered(hub: RehearsalHub, host: Optional[str]) -> None:
    """By every name of loopback, through a forwarded port, and from the hub's own pages."""
    headers = {} if host is None else {"Host": host}
    assert ask(hub, "GET", "/koji/", headers)[0] == 200
    own = {} if host is None else {"Origin": "http://" + host}
    status, body = ask(hub, "POST", "/kojihub", {**headers, **own})
    assert (status, b"<int>" in body) == (200, True)


def test_the_name_given_with_host_is_answered(tmp_path: Path) -> None:
    """And the address that a request has reached, where the hub listens everywhere."""
    settings = HubSettings(host="0.0.0.0", duration=0.0)
    with RehearsalHub(settings, tmp_path / "a") as hub:
        assert ask(hub, "GET", "/koji/", {"Host": "127.0.0.5:PORT"}, "127.0.0.5")[0] == 200
        assert ask(hub, "GET", "/koji/", {"Host": "192.0.2.7:PORT"})[0] == 403
    with RehearsalHub(HubSettings(host="localhost", duration=0.0), tmp_path / "b") as hub:
        assert ask(hub, "GET", "/koji/", {"Host": "localhost:PORT"}, "localhost")[0] == 200


def test_a_hub_on_ipv6(tmp_path: Path) -> None:
    """Its own address is in brackets."""
    try:
        hub = RehearsalHub(HubSettings(host=IPV6), tmp_path)
        hub.start()
    except Exception as error:
        pytest.skip("no IPv6 here: %s" % error)
    try:
        assert ask(hub, "GET", "/koji/", {"Host": "[::1]:PORT"}, IPV6)[0] == 200
        assert ask(hub, "GET", "/koji/", {"Host": "[2001:db8::1]:PORT"}, IPV6)[0] == 403
    finally:
        hub.stop()

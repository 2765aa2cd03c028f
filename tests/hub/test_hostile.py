"""A hub that means no good: what it sends is bounded, and never leads anywhere else."""

from __future__ import annotations

import gzip
import resource
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Tuple, Union

import pytest

from pungi_osbuild.errors import HubError, PungiOsbuildError, ReplyError
from pungi_osbuild.hub import Call, Hub, HubFaultError
from pungi_osbuild.hub.calls import MAX_REPLY, ORDINARY
from pungi_osbuild.hub.profile import Profile
from pungi_osbuild.hub.replyparser import FEED, MAX_TOKEN, ReplyParser

Answer = Tuple[int, Dict[str, str], Iterator[bytes]]
VERSION = b"<value><int>1</int></value>"


@dataclass
class HostileHub:
    """
    Answers ``getAPIVersion`` as a hub does, and everything else as it is told.

    :param answer: what to say, in pieces
    :param asked: headers of all requests, and whether they were POSTs
    """

    answer: Callable[[], Answer]
    asked: List[Tuple[str, Any]] = field(default_factory=list)
    sent: int = 0
    address: str = ""


@contextmanager
def serving(hub: HostileHub) -> Iterator[HostileHub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or a reply waits 40 ms for an ACK

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hub.asked.append((self.command, self.headers))
            self.close_connection = True
            if b"getAPIVersion" in body:
                status, headers, pieces = reply(VERSION)
            else:
                status, headers, pieces = hub.answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    hub.sent += len(piece)
            except OSError:
                pass

        do_GET = do_POST  # noqa: N815  http.server calls it so

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = "http://127.0.0.1:%d" % server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(value: Union[bytes, Iterator[bytes]]) -> Answer:
    def pieces() -> Iterator[bytes]:
        yield b"<?xml version='1.0'?><methodResponse><params><param>"
        yield from [value] if isinstance(value, bytes) else value
        yield b"</param></params></methodResponse>"

    return 200, {"Content-Type": "text/xml"}, pieces()


def fault(text: bytes) -> Answer:
    said = b"<member><name>%s</name><value>%s</value></member>"
    members = said % (b"faultCode", b"<int>1000</int>")
    members += said % (b"faultString", b"<string>%s</string>" % text)
    body = b"<?xml version='1.0'?><methodResponse><fault><value><struct>%s</struct></value>"
    return 200, {}, iter([body % members, b"</fault></methodResponse>"])


def call(site: HostileHub) -> Any:
    server = site.address + "/kojihub"
    with Hub(Profile("test", server, "", "", "/nowhere", authtype="noauth")) as hub:
        return hub.call("getBuild", 1)


def refusal(site: HostileHub, kind: Any = PungiOsbuildError) -> str:
    with serving(site), pytest.raises(kind) as caught:
        call(site)
    assert len(caught.value.reason) < 600
    assert caught.value.reason.isprintable()
    assert caught.value.solution
    return str(caught.value.reason)


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def rows() -> Iterator[bytes]:
    """Give an array without an end."""
    yield b"<value><array><data>"
    row = b"<value><struct><member><name>a</name><value><string>%s</string></value></member>"
    piece = (row % (b"x" * 4000) + b"</struct></value>") * 16
    for _ in range(100_000):
        yield piece


def test_a_reply_without_an_end_is_cut() -> None:
    """A million archives are six gigabytes; a few megabytes of them are read."""
    before = peak()
    site = HostileHub(lambda: reply(rows()))
    assert "more than 4 MiB" in refusal(site, ReplyError)
    assert site.sent < MAX_REPLY
    assert peak() - before < 3 * MAX_REPLY


def test_a_bomb_does_not_go_off() -> None:
    """A gigabyte of blanks packs into a megabyte."""
    before = peak()
    packed = gzip.compress(b" " * (256 * 2**20), compresslevel=6)
    bomb = (200, {"Content-Encoding": "gzip"}, iter([packed]))
    assert "more than 4 MiB" in refusal(HostileHub(lambda: bomb), ReplyError)
    # Packing it took a copy of it.
    assert peak() - before < 256 * 2**20 + 2 * MAX_REPLY


def test_a_bomb_in_a_bomb_is_not_unpacked() -> None:
    """A gigabyte packs into kilobytes when it is packed twice."""
    packed = gzip.compress(gzip.compress(b" " * 2**20))
    site = HostileHub(lambda: (200, {"Content-Encoding": "gzip, gzip"}, iter([packed])))
    assert "several content codings" in refusal(site, ReplyError)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/kojihub", "/elsewhere", "http://example.invalid/", "//["]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_on(status: int, location: str) -> None:
    """The key of a session would go along, and a call would be another one there."""
    other = HostileHub(lambda: reply(VERSION))
    with serving(other):
        to = location.format(port=other.address.rsplit(":", 1)[1])
        site = HostileHub(lambda: (status, {"Location": to}, iter([b"x" * 2**20] * 99)))
        assert "sends us on to" in refusal(site, HubError)
    assert other.asked == []
    assert [command for command, _ in site.asked] == ["POST", "POST"]


def nested(depth: int, begin: bytes, end: bytes) -> bytes:
    return begin * depth + b"<value><nil/></value>" + end * depth


ARRAY = (b"<value><array><data>", b"</data></array></value>")
STRUCT = (b"<value><struct><member><name>a</name>", b"</member></struct></value>")


@pytest.mark.parametrize("kind", [ARRAY, STRUCT, (b"<x>", b"</x>")])
def test_a_depth_that_no_hub_has_is_refused(kind: Tuple[bytes, bytes]) -> None:
    """Seven hundred thousand nested arrays are half a gigabyte in memory."""
    site = HostileHub(lambda: reply(nested(200, *kind)))
    assert "more than 200 elements in each other" in refusal(site, ReplyError)


@pytest.mark.parametrize("kind", [ARRAY, STRUCT])
def test_a_depth_that_a_hub_could_have_is_a_value(kind: Tuple[bytes, bytes]) -> None:
    """The customizations of a task are seven deep."""
    with serving(HostileHub(lambda: reply(nested(50, *kind)))) as site:
        value = call(site)
    for _ in range(50):
        (value,) = value.values() if isinstance(value, dict) else value
    assert value is None


@pytest.mark.parametrize("piece", [b"<value/>", b"<value><struct/></value>", b"<a/>"])
def test_a_number_of_values_that_no_hub_has_is_refused(piece: bytes) -> None:
    """A struct of a few bytes takes a hundred times as many in memory."""
    many = b"<value><array><data>%s</data></array></value>" % (piece * 150_000)
    assert "more than 131072 elements" in refusal(HostileHub(lambda: reply(many)), ReplyError)


UNFINISHED = {
    "comment": b"<!--",
    "comment in a value": b"<methodResponse><params><param><value>x<!--",
    "processing instruction": b"<methodResponse><?x ",
    "attribute": b"<methodResponse a='",
    "name of an element": b"<methodResponse><a",
    "name of an end": b"<methodResponse></",
    "entity": b"<methodResponse>&amp",
    "after the end": b"<methodResponse></methodResponse><!--",
}


@pytest.mark.parametrize("begin", UNFINISHED.values(), ids=list(UNFINISHED))
def test_a_token_without_an_end_is_refused_early(begin: bytes) -> None:
    """Expat reads all of it again for each piece that arrives: its length must have a bound."""
    parser = ReplyParser(MAX_REPLY, "http://hub")
    parser.feed(b"<?xml version='1.0'?>" + begin)
    fed = 0
    with pytest.raises(ReplyError, match="a tag or comment of more than 64 KiB"):
        while fed < 2**20:
            parser.feed(b"A" * 1000)
            fed += 1000
    assert fed < MAX_TOKEN + FEED
    with pytest.raises(ReplyError, match="a tag or comment of more than 64 KiB"):
        ReplyParser(MAX_REPLY, "http://hub").feed(begin + b"A" * 2**20)


@pytest.mark.parametrize("around", [(b"", b""), (b"<![CDATA[", b"]]>")])
def test_a_text_has_no_bound_but_the_replys(around: Tuple[bytes, bytes]) -> None:
    """A log is one text of some megabytes, as characters or as CDATA."""
    text = b"A" * 2**20
    value = b"<value><string>%s</string></value>" % text.join(around)
    with serving(HostileHub(lambda: reply(value))) as hub:
        assert call(hub) == text.decode()


@pytest.mark.parametrize(
    ("calls", "limit"),
    [
        ([Call("getPerms")], ORDINARY),
        ([Call("getBuild", (1,))], 4 * ORDINARY),
        ([Call("getPerms"), Call("getPerms")], 2 * ORDINARY),
        ([Call("listArchives")] * 9, MAX_REPLY),
        ([Call("downloadTaskOutput", (1, "x"), (("size", 4 * 2**20),))], 7 * ORDINARY),
    ],
)
def test_each_call_has_a_bound_of_its_own(calls: List[Call], limit: int) -> None:
    """A multicall the sum of its calls', and no more than the largest."""
    text = b"<value><string>%s</string></value>" % (b"A" * limit)
    with serving(HostileHub(lambda: reply(text))) as site, pytest.raises(ReplyError) as caught:
        server = site.address + "/kojihub"
        Hub(Profile("test", server, "", "", "/nowhere", authtype="noauth")).multicall(calls)
    assert "has more than %d MiB" % (limit // 2**20) in caught.value.reason


@pytest.mark.parametrize(
    "text", [b"\xc2\x9b31m", b"&#8238;gnp.exe", b"a&#13;b", b"&#127;", b"\xe2\x80\xa8"]
)
def test_the_words_of_a_fault_move_no_cursor(text: bytes) -> None:
    """They are shown as what they are."""
    with serving(HostileHub(lambda: fault(text))) as site, pytest.raises(HubFaultError) as caught:
        call(site)
    assert caught.value.text.isprintable()
    assert str(caught.value).isprintable()


def test_the_words_of_a_fault_have_an_end() -> None:
    """Its beginning and its end say what there is to say."""
    text = b"Traceback\n" + b"x" * 2**20 + b"\nValueError: the reason"
    with serving(HostileHub(lambda: fault(text))) as site, pytest.raises(HubFaultError) as caught:
        call(site)
    assert len(caught.value.text) < 100_000
    assert caught.value.text.startswith("Traceback\n")
    assert caught.value.text.endswith("ValueError: the reason")


@pytest.mark.parametrize(
    "body",
    [
        b"<value><int>%s</int></value>" % (b"9" * 5000),
        b"<value><int>one</int></value>",
        b"<value><double>x</double></value>",
        b"<value><nonsense/></value>",
        b"<value><struct><member></member></struct></value>",
        b"<value><base64>*</base64></value>",
        b"<value>\xff\xfe</value>",
        b"<value>",
        b"",
    ],
)
def test_what_is_no_xmlrpc_is_an_error_or_a_value(body: bytes) -> None:
    """Never a traceback."""
    with serving(HostileHub(lambda: reply(body))) as site:
        try:
            call(site)
        except (PungiOsbuildError, HubFaultError) as error:
            assert str(error)


@pytest.mark.parametrize("code", [b"<string>x</string>", b"<nil/>", b"<boolean>1</boolean>"])
@pytest.mark.parametrize("text", [b"<int>1</int>", b"<string>said</string>"])
def test_a_fault_that_is_none_is_an_error(code: bytes, text: bytes) -> None:
    """Nobody can say what it means."""
    member = b"<member><name>%s</name><value>%s</value></member>"
    members = member % (b"faultCode", code) + member % (b"faultString", text)
    body = b"<methodResponse><fault><value><struct>%s</struct></value></fault></methodResponse>"
    site = HostileHub(lambda: (200, {}, iter([body % members])))
    assert "not complete XML-RPC" in refusal(site, HubError)


def test_an_entity_is_not_followed() -> None:
    """Neither a file of this machine nor a billion laughs."""
    evil = (
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
        b"<methodResponse><params><param><value>&b;</value></param></params></methodResponse>"
    )
    with serving(HostileHub(lambda: (200, {}, iter([evil])))) as site, pytest.raises(HubError):
        call(site)


def test_one_odd_reply_of_a_multicall_is_told() -> None:
    """With its shape, not with all of it."""
    many = b"<value><array><data>%s</data></array></value>" % (
        b"<value><struct></struct></value>" * 10_000
    )
    site = HostileHub(lambda: reply(many))
    with serving(site), pytest.raises(ReplyError) as caught:
        server = site.address + "/kojihub"
        with Hub(Profile("test", server, "", "", "/nowhere", authtype="noauth")) as hub:
            hub.multicall([Call("getBuild", (1,)), Call("getBuild", (2,))])
    assert "2 replies" in caught.value.reason
    assert len(caught.value.reason) < 600

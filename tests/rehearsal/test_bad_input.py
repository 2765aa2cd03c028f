"""What is no call, no good call, or comes too slowly: a real hub's answer, and the hub lives on."""

from __future__ import annotations

import socket
import threading
import xmlrpc.client
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import koji
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from koji import xmlrpcplus

from koji_rehearsal import HubSettings
from koji_rehearsal.api import API
from koji_rehearsal.server import MAX_DRAINED, MAX_REQUEST
from tests.conformance.desk import DURATION, STRICT, Desk, a_desk

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, content=STRICT) as one:
        yield one


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One hub for all examples, with a task and its build: it must survive every one of them."""
    with a_desk(tmp_path_factory.mktemp("hub"), content=STRICT) as one:
        one.build()
        yield one


def post(desk: Desk, body: bytes, **headers: str) -> bytes:
    """Send a request as it is; a hub answers 200 to whatever it reads."""
    reply = requests.post(desk.hub.server, body, headers=headers, timeout=30)
    assert reply.status_code == 200
    return reply.content


def refusal(desk: Desk, body: bytes) -> str:
    """Send a request that the hub cannot read, and return why not."""
    reply = requests.post(desk.hub.server, body, timeout=30)
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers["Koji-Version"] == "1.35.3"
    assert reply.text.startswith("Invalid request: ")
    assert reply.text.endswith("\n")
    return reply.text[len("Invalid request: ") : -1]


def fault_of(reply: bytes) -> Tuple[int, str]:
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(reply)
    return caught.value.faultCode, caught.value.faultString


def call(method: str, params: str = "") -> bytes:
    return (
        "<?xml version='1.0'?><methodCall><methodName>%s</methodName><params>%s</params>"
        "</methodCall>" % (method, params)
    ).encode()


def nested(depth: int) -> str:
    return (
        "<param><value>%s<int>1</int>%s</value></param>"
        % (
            "<array><data><value>" * depth,
            "</value></data></array>" * depth,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "body, code, text",
    [
        (call(""), 1000, "Invalid method: "),
        (call("noSuchMethod"), 1000, "Invalid method: noSuchMethod"),
        (call("getTag"), 1019, "get_tag() missing 1 required positional argument: 'tagInfo'"),
        (call("multiCall"), 1019, "multiCall() missing 1 required positional argument: 'calls'"),
        (call("multiCall", "<param><value><int>1</int></value></param>"), 1, "TypeError"),
        (call("getTaskInfo", nested(20000)), 1, "RecursionError"),
    ],
)
def test_what_is_no_good_call_is_a_fault(body: bytes, code: int, text: str, desk: Desk) -> None:
    """HTTP's status is 200 all the same; what is none of Koji's errors has the code 1."""
    found, said = fault_of(post(desk, body, **{"Content-Type": "text/xml"}))
    assert found == code
    assert text in said
    assert desk.session().getAPIVersion() == 1


@pytest.mark.parametrize(
    "body, text",
    [
        (b"", "Empty request"),
        (b" ", "no element found: line 1, column 1"),
        (b"nonsense", "syntax error: line 1, column 0"),
        (b'{"jsonrpc": "2.0"}', "not well-formed (invalid token): line 1, column 0"),
        (b"<methodCall>", "no element found: line 1, column 12"),
        (b"\xff\xfe\x00", ""),
        (b"<methodCall></methodCall>", "ResponseError()"),
        (call("getTaskInfo", "<param><value><int>x</int></value></param>"), "invalid literal for"),
        (
            b"<methodResponse><fault><value><struct><member><name>faultCode</name><value>"
            b"<string>x</string></value></member><member><name>faultString</name><value><array>"
            b"<data/></array></value></member></struct></value></fault></methodResponse>",
            "<Fault x: []>",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_web_layer(
    body: bytes, text: str, desk: Desk
) -> None:
    """HTTP 400 and a text, no fault; the hub counts no call."""
    before = len(desk.hub.requests)
    assert refusal(desk, body).startswith(text)
    assert len(desk.hub.requests) == before
    assert desk.session().getAPIVersion() == 1


def test_entities_do_not_eat_the_memory(desk: Desk) -> None:
    """The parser itself stops them."""
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 12)
    )
    body = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "0123456789">%s]>' % entities
    body += b"<methodCall><methodName>&e11;</methodName></methodCall>"
    assert requests.post(desk.hub.server, body, timeout=30).status_code in (200, 400)
    assert desk.session().getAPIVersion() == 1


def test_calls_in_a_multicall_fail_by_themselves(desk: Desk) -> None:
    """Whatever they are; the others are answered."""
    inner = {"methodName": "multiCall", "params": [[{"methodName": "getAPIVersion", "params": []}]]}
    calls: Any = [
        {},
        1,
        {"methodName": "getAPIVersion"},
        {"methodName": "getTag", "params": []},
        {"methodName": "listTasks", "params": [{"owner": "x"}]},
        inner,
    ]
    found = desk.session()._callMethod("multiCall", (calls,), {})
    assert [one["faultCode"] for one in found[:5]] == [1, 1, 1, 1019, 1]
    assert found[0]["faultString"] == "'methodName'" or found[0]["faultString"] == "methodName"
    assert found[2]["faultString"] == "params"
    assert "traceback" in found[3]
    assert "traceback" not in found[4]
    assert found[5] == [[[1]]]


def test_the_content_type_does_not_matter_but_for_uploads(desk: Desk) -> None:
    """Uploads are what a rehearsal hub leaves out."""
    for kind in ("text/plain", "application/json", ""):
        reply = post(desk, call("getAPIVersion"), **{"Content-Type": kind})
        assert xmlrpc.client.loads(reply)[0] == (1,)
    kind = "application/octet-stream"
    code, said = fault_of(post(desk, b"\0" * 100, **{"Content-Type": kind}))
    assert (code, said) == (1000, "A rehearsal hub takes no uploads")


def test_a_request_over_kojis_limit_is_too_long(desk: Desk) -> None:
    """A hub reads 4 MiB; one that is exactly so long is a call like others."""
    assert MAX_REQUEST == 4194304
    padding = b" " * (MAX_REQUEST - len(call("noSuchMethod")))
    found, said = fault_of(post(desk, call("noSuchMethod") + padding))
    assert (found, said) == (1000, "Invalid method: noSuchMethod")
    for more in (b" ", b" " * MAX_REQUEST):
        assert refusal(desk, call("noSuchMethod") + padding + more) == "Request too long"
    assert desk.session().getAPIVersion() == 1


def test_a_submission_that_is_too_long_is_no_task(desk: Desk) -> None:
    """The web layer refuses it before anybody asks whose it is."""
    opts = {"customizations": {"files": [{"path": "/etc/motd", "data": "x" * MAX_REQUEST}]}}
    args = ("rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"], opts)
    assert refusal(desk, xmlrpcplus.dumps(args, "osbuildImage").encode()) == "Request too long"
    assert desk.session().listTasks() == []


def connection(desk: Desk) -> socket.socket:
    host, port = desk.hub.server.split("/")[2].split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def status_of(one: socket.socket) -> bytes:
    return one.makefile("rb").readline().split(b" ", 2)[1]


@pytest.mark.parametrize(
    "head, status",
    [
        (b"POST /kojihub HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_DRAINED + 1), b"400"),
        (b"POST /kojihub HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % (b"9" * 400), b"411"),
        (b"POST /kojihub HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST /kojihub HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", b"411"),
        (b"GET /" + b"x" * 70000, b"414"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        (b"BREW /kojihub HTTP/1.1\r\n\r\n", b"501"),
    ],
)
def test_what_is_no_good_http_is_refused(head: bytes, status: bytes, desk: Desk) -> None:
    """With HTTP's own errors."""
    with connection(desk) as one:
        one.sendall(head)
        assert status_of(one) == status
    assert desk.session().getAPIVersion() == 1


def test_a_slow_client_is_given_up(tmp_path: Path) -> None:
    """Its thread ends; the others are answered meanwhile."""
    patient = HubSettings(duration=DURATION, patience=0.3)
    with a_desk(tmp_path, settings=patient) as desk, ExitStack() as stack:
        half = stack.enter_context(connection(desk))
        half.sendall(b"POST /kojihub HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
        silent = stack.enter_context(connection(desk))
        assert desk.session().getAPIVersion() == 1
        assert status_of(half) == b"408"
        assert silent.recv(1) == b""


def test_there_are_never_more_threads_than_connections_allowed(tmp_path: Path) -> None:
    """Others are turned away with 503; when one ends there is room again."""
    few = HubSettings(duration=DURATION, max_connections=3)
    with a_desk(tmp_path, settings=few) as desk, ExitStack() as stack:
        kept = [stack.enter_context(connection(desk)) for _ in range(3)]
        body = call("getAPIVersion")
        for one in kept:
            # an answer shows that the connection has its thread, and it stays open
            one.sendall(b"POST /kojihub HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert status_of(one) == b"200"
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("rehearsal-connection") == 3
        for _ in range(5):
            assert status_of(stack.enter_context(connection(desk))) == b"503"
        assert desk.hub.counters.connections == 8
        for one in kept:
            one.close()
        # a client that is turned away tries again
        session = koji.ClientSession(
            desk.hub.server, {"anon_retry": True, "retry_interval": 1, "max_retries": 30}
        )
        stack.callback(session.rsession.close)
        assert session.getAPIVersion() == 1


# properties

_TAGS = "methodCall methodName params param value struct member name array data int i4 i8 double"
_TOKENS = st.sampled_from(
    [
        token
        for tag in (_TAGS + " string boolean nil base64 dateTime.iso8601 fault x").split()
        for token in ("<%s>" % tag, "</%s>" % tag, "<%s/>" % tag)
    ]
    + ["1", "-1", "getTaskInfo", "multiCall", "osbuildImage", "login", "&amp;", "ä", " "]
)


@QUICK
@given(body=st.one_of(st.binary(max_size=200), st.lists(_TOKENS, max_size=40).map("".join)))
def test_any_body_is_answered(body: Any, shared: Desk) -> None:
    """With a reply that a client can read, and the next call works."""
    raw = body if isinstance(body, bytes) else body.encode()
    reply = requests.post(shared.hub.server, raw, timeout=30)
    try:
        if reply.status_code == 400:
            assert reply.text.startswith("Invalid request: ")
        else:
            xmlrpc.client.loads(reply.content)
    except xmlrpc.client.Fault as fault:
        assert isinstance(fault.faultCode, int)
    assert shared.session(None).getAPIVersion() == 1


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, 2, -1]),
    st.floats(allow_nan=False),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        [
            *("rig-image", "f41-images", "f41-images-candidate", "rig-image-41-1", "pungi", "id"),
            *("DEFAULT", "compose-status.json", "../x", "image", "-id", "2026-01-01", "x86_64"),
        ]
    ),
)
_KEYS = st.sampled_from(
    [
        *("id", "name", "version", "release", "owner", "state", "method", "createdAfter", "order"),
        *("limit", "offset", "countOnly", "arch", "repo", "decode", "completeBefore", "parent"),
    ]
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=6,
)
_NAMES = [name for name in API.names() if name not in ("login", "logout", "sharedSession")]


@settings(QUICK, max_examples=15)
@given(data=st.data())
@pytest.mark.parametrize("method", _NAMES)
def test_any_arguments_are_answered(method: str, data: Any, shared: Desk) -> None:
    """By a result or a fault that the client knows, logged in or not; and the next call works."""
    args = data.draw(st.lists(_VALUES, max_size=len(API.parameters(method)) + 1))
    named = st.sampled_from([*API.parameters(method), "odd"])
    kwargs: Dict[str, Any] = data.draw(st.dictionaries(named, _VALUES, max_size=2))
    params = [*args, {**kwargs, "__starstar": True}] if kwargs else args
    session = shared.session(data.draw(st.sampled_from([None, "pungi", "nobody"])))
    if method == "exclusiveSession":
        session = shared.session(None)
    body = xmlrpcplus.dumps(tuple(params), method).encode("utf-8", "replace")
    headers = {}
    if session.sinfo:
        headers["Koji-Session-Id"] = str(session.sinfo["session-id"])
        headers["Koji-Session-Key"] = session.sinfo["session-key"]
    reply = post(shared, body, **headers)
    try:
        xmlrpc.client.loads(reply)
    except xmlrpc.client.Fault as fault:
        assert fault.faultCode == 1 or 1000 <= fault.faultCode <= 1024
    assert shared.session().getAPIVersion() == 1
    shared.end_all()
    assert shared.session().listTasks({}, {"countOnly": True}) >= 2

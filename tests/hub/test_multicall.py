"""A multicall gives one reply for each call, or an error: never one call's reply for another's."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple
from xmlrpc.client import dumps, loads

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import Call, Hub, HubFaultError, Profile, Reply
from pungi_osbuild.hub.session import MULTICALL_BATCH
from tests.conformance.desk import a_desk

Answer = Callable[[List[Dict[str, Any]]], Any]
CALLS = [Call("getTag", ("one",)), Call("getTag", ("two",))]


class OddHub:
    """An XML-RPC server that answers multicalls as it is told, and anything else with 1."""

    def __init__(self) -> None:
        self.answer: Answer = lambda calls: [[None] for _ in calls]
        self.batches: List[int] = []


@contextmanager
def odd_hub() -> Iterator[Tuple[OddHub, Hub]]:
    odd = OddHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            params, method = loads(body)
            value: Any = 1
            if method == "multiCall":
                calls: Any = params[0]
                odd.batches.append(len(calls))
                value = odd.answer(calls)
            content = dumps((value,), methodresponse=True, allow_none=True).encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    address = "http://127.0.0.1:%d/kojihub" % server.server_address[1]
    try:
        with Hub(Profile("odd", address, "", "", "", authtype="noauth")) as hub:
            yield odd, hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def both() -> Iterator[Tuple[OddHub, Hub]]:
    """One server for all who say each time what it answers."""
    with odd_hub() as pair:
        yield pair


def answered(both: Tuple[OddHub, Hub], value: Any) -> Tuple[Reply, ...]:
    odd, hub = both
    odd.answer = lambda _calls: value
    return hub.multicall(CALLS)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[1]],
        [[1], [2], [3]],
        None,
        0,
        "ab",
        {},
        {"faultCode": 1, "faultString": "no"},
        [[1], []],
        [[1], [2, 3]],
        [[1], None],
        [[1], 2],
        [[1], "2"],
        [[1], {}],
        [[1], {"faultCode": 1000}],
        [[1], {"faultString": "no"}],
        [[1], {"faultCode": "1000", "faultString": "no"}],
        [[1], {"faultCode": True, "faultString": "no"}],
        [[1], {"faultCode": 1000, "faultString": None}],
    ],
    ids=repr,
)
def test_an_odd_reply_is_our_error(both: Tuple[OddHub, Hub], value: Any) -> None:
    """Too few, too many, or what is neither a value nor a fault."""
    with pytest.raises(ReplyError, match="multicall"):
        answered(both, value)


def test_the_error_names_the_call(both: Tuple[OddHub, Hub]) -> None:
    """Of many, which one."""
    odd, hub = both
    odd.answer = lambda _calls: [[1], []]
    with pytest.raises(ReplyError, match="getBuild in a multicall"):
        hub.multicall([Call("getTag", ("one",)), Call("getBuild", (1,))])


def test_values_and_faults_come_in_order(both: Tuple[OddHub, Hub]) -> None:
    """A fault of one says nothing of the others; an empty value is one."""
    first, second = answered(both, [{"faultCode": -1, "faultString": ""}, [None]])
    assert isinstance(first.fault, HubFaultError)
    assert (first.fault.code, first.fault.text) == (-1, "")
    assert second == Reply(None)
    with pytest.raises(HubFaultError):
        first.get()
    assert second.get() is None


def test_each_batch_is_counted_by_itself(both: Tuple[OddHub, Hub]) -> None:
    """A batch with one too few does not take a reply of the next."""
    odd, hub = both
    odd.answer = lambda calls: [[call["params"][0]] for call in calls]
    many = [Call("getTag", (number,)) for number in range(2 * MULTICALL_BATCH + 1)]
    odd.batches.clear()
    assert [reply.value for reply in hub.multicall(many)] == list(range(len(many)))
    assert odd.batches == [MULTICALL_BATCH, MULTICALL_BATCH, 1]
    odd.answer = lambda calls: [[1]] * (len(calls) - 1 if len(calls) > 1 else 3)
    with pytest.raises(ReplyError, match="a list of %d replies" % MULTICALL_BATCH):
        hub.multicall(many)


def test_no_call_is_no_request(both: Tuple[OddHub, Hub]) -> None:
    """Nothing is sent."""
    odd, hub = both
    odd.batches.clear()
    assert hub.multicall([]) == ()
    assert odd.batches == []


def test_a_real_client_names_its_arguments(tmp_path: Path) -> None:
    """Keyword arguments and faults, as the rehearsal hub has them."""
    with a_desk(tmp_path) as desk:
        server = desk.hub.server
        with Hub(Profile("practice", server, "", "", "", authtype="noauth")) as hub:
            calls: Sequence[Call] = [
                Call("getTag", ("no-such-tag",), (("strict", True),)),
                Call("getTag", (), (("tagInfo", "f41-images-build"),)),
                Call("getTag", ("no-such-tag",)),
            ]
            refused, found, missing = hub.multicall(calls)
    assert refused.fault is not None
    assert refused.fault.text == "No such tagInfo: 'no-such-tag'"
    assert found.get()["name"] == "f41-images-build"
    assert missing == Reply(None)


plain = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab<&", max_size=3)
anything = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["faultCode", "faultString", "x"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(value=anything)
def test_any_reply_gives_as_many_replies_or_our_error(both: Tuple[OddHub, Hub], value: Any) -> None:
    """No reply makes a traceback."""
    try:
        assert len(answered(both, value)) == len(CALLS)
    except ReplyError as error:
        assert len(error.reason) < 500

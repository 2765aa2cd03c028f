"""Connection problems, over real HTTP: what is tried again, what is not, how often."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest

from koji_rehearsal import REHEARSAL_USER as USER
from koji_rehearsal import HubContent, HubSettings, RehearsalHub, write_profile
from pungi_osbuild.clock import SYSTEM_CLOCK, Clock
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import (
    Call,
    Hub,
    HubFaultError,
    Profile,
    Unanswered,
    UnansweredError,
    read_profile,
    submit,
)
from pungi_osbuild.methods import arguments
from pungi_osbuild.timing import HUB_CALLS, UNANSWERED_TRIES
from tests.faulty_proxy import FaultyProxy, NetworkFault
from tests.values import a_request

RETRIES = replace(HUB_CALLS, limit=14400, limit_at_first=0.0)

STRICT = replace(HubContent.golden(), strict=True, anonymous=None)
"""Nobody is somebody: without a login nothing can be submitted."""

TRANSIENT = [
    fault for fault in NetworkFault if fault not in (NetworkFault.EXPIRED, NetworkFault.CLOSED)
]
GONE = [NetworkFault.EXPIRED, NetworkFault.CLOSED]


class Quick:
    """A clock whose pauses take no time and are counted."""

    def __init__(self) -> None:
        self.slept: List[float] = []

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: sum(self.slept), sleep=self.slept.append)


@contextmanager
def a_faulty_proxy(
    folder: Path, *how: Any, clock: Clock = SYSTEM_CLOCK, **more: Any
) -> Iterator[Tuple[RehearsalHub, FaultyProxy, Hub]]:
    """Give a hub, the proxy before it, and a session that has to go through."""
    with RehearsalHub(HubSettings(duration=600), folder / "koji", STRICT) as hub:
        path = folder / "koji.conf"
        write_profile(path, hub, authtype="password")
        with FaultyProxy(hub, *how, **more) as proxy:
            proxy.stand_before(path)
            profile = read_profile("rehearsal", path, USER, USER + "pw")
            with Hub(profile, RETRIES, clock) as session:
                yield hub, proxy, session


def tasks(hub: RehearsalHub) -> int:
    return [call.method for call in hub.calls].count("osbuildImage")


@pytest.mark.parametrize("fault", list(NetworkFault))
@pytest.mark.parametrize("times", [1, 4])
def test_a_question_is_asked_until_it_is_answered(
    fault: NetworkFault, times: int, tmp_path: Path
) -> None:
    """The first time at once, then after pauses; a session that is gone is logged in anew."""
    times = 1 if fault in GONE else times
    quick = Quick()
    with a_faulty_proxy(tmp_path, fault, "getUser", times, clock=quick.clock()) as (
        hub,
        proxy,
        session,
    ):
        assert session.call("getUser", USER)["name"] == USER
        assert len(proxy.met) == times
        assert hub.counters.logins == 1 + (fault in GONE)
        assert sum(quick.slept) == sum(2**number for number in range(times - 1))


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_multicall_is_asked_until_it_is_answered(fault: NetworkFault, tmp_path: Path) -> None:
    """As a whole, though the hub may have answered a part of it before."""
    quick = Quick()
    with a_faulty_proxy(tmp_path, fault, "getUser", 3, clock=quick.clock()) as (
        _hub,
        proxy,
        session,
    ):
        replies = session.multicall([Call("getUser", (USER,)), Call("getAPIVersion")])
        assert [reply.get() for reply in replies][1] == 1
        assert len(proxy.met) == 3


@pytest.mark.parametrize("fault", TRANSIENT)
def test_logging_in_is_tried_again_once_the_hub_is_known(
    fault: NetworkFault, tmp_path: Path
) -> None:
    """The session expires, and the new login meets the fault."""
    quick = Quick()
    proxy = a_faulty_proxy(tmp_path, fault, "login", 6, skip=1, clock=quick.clock())
    with proxy as (hub, _proxy, session):
        hub_session = session._made[0].sinfo["session-id"]
        assert session.call("getAPIVersion") == 1
        session._made[0].sinfo["session-key"] = "another"
        assert session.call("getUser", USER)["name"] == USER
        assert session._made[0].sinfo["session-id"] != hub_session
        assert _proxy.met == [("login",)] * 6
        assert quick.slept
        assert tasks(hub) == 0


@pytest.mark.parametrize("fault", list(NetworkFault))
def test_a_submission_is_sent_again_only_when_the_hub_cannot_have_seen_it(
    fault: NetworkFault, tmp_path: Path
) -> None:
    """Else what became of it is a value of its own."""
    quick = Quick()
    how = (fault, "osbuildImage")
    with a_faulty_proxy(tmp_path, *how, clock=quick.clock()) as (hub, proxy, session):
        answer = submit(session, a_request())
        assert len(proxy.met) == 1
        if fault in (NetworkFault.OFFLINE, *GONE):
            assert (answer, tasks(hub)) == (1, 1)
        else:
            assert isinstance(answer, Unanswered)
            assert "did not answer osbuildImage" in answer.reason
            assert tasks(hub) == int(fault.is_seen)


def test_a_lost_answer_is_no_reason_to_send_a_call_again_that_must_not_be(tmp_path: Path) -> None:
    """Although a session numbers its calls: one that expires meanwhile begins to count anew."""
    with a_faulty_proxy(tmp_path, NetworkFault.LOST, "osbuildImage") as (hub, _proxy, session):
        with pytest.raises(UnansweredError):
            session.call_once("osbuildImage", *arguments(a_request()))
        assert tasks(hub) == 1


@pytest.mark.parametrize("method", ["noSuchMethod", "addTag"])
def test_what_will_not_pass_is_told_at_once(method: str, tmp_path: Path) -> None:
    """An unknown method, and a permission that is missing: asked once."""
    with a_faulty_proxy(tmp_path, NetworkFault.RESET, "nothing") as (hub, _proxy, session):
        before = hub.counters.requests
        with pytest.raises(HubFaultError):
            session.call(method)
        assert hub.counters.requests == before + 1


def test_a_call_that_is_never_answered_is_not_an_outage(tmp_path: Path) -> None:
    """Others are, each time: it is given up after a while, and that is no matter of hours."""
    quick = Quick()
    how = (NetworkFault.TRUNCATED, "getUser", 10_000)
    with a_faulty_proxy(tmp_path, *how, clock=quick.clock()) as (_hub, proxy, session):
        with pytest.raises(HubError, match="never getUser: the reply is not complete XML"):
            session.call("getUser", USER)
        assert len(proxy.met) == UNANSWERED_TRIES + 1
        assert session.call("getAPIVersion") == 1
        assert sum(quick.slept) < 60


def test_a_session_that_is_refused_again_and_again_is_an_error(tmp_path: Path) -> None:
    """Two logins, and no third."""
    quick = Quick()
    how = (NetworkFault.CLOSED, "getUser", 10_000)
    with a_faulty_proxy(tmp_path, *how, clock=quick.clock()) as (hub, _proxy, session):
        with pytest.raises(HubError, match=r"logging in at .* failed: Invalid session"):
            session.call("getUser", USER)
        assert hub.counters.logins == 3
        assert quick.slept == []


def test_nobody_home() -> None:
    """A port that nobody listens at: said at once, when it has never answered."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
    profile = Profile("x", "http://127.0.0.1:%d/kojihub" % port, "", "", "", authtype="noauth")
    quick = Quick()
    hub = Hub(profile, RETRIES, quick.clock())
    with pytest.raises(HubError, match="Connection refused"), hub:
        pass
    assert quick.slept == []


def test_a_hub_that_says_it_is_offline_is_waited_for_from_the_beginning(tmp_path: Path) -> None:
    """It is the right address."""
    quick = Quick()
    for fault in (NetworkFault.OFFLINE, NetworkFault.BAD_GATEWAY, NetworkFault.UNAVAILABLE):
        folder = tmp_path / fault.name
        with a_faulty_proxy(folder, fault, "login", 20, clock=quick.clock()) as (
            hub,
            _proxy,
            session,
        ):
            assert session.call("getAPIVersion") == 1
            assert hub.counters.logins == 1


def test_no_key_of_a_session_shows(tmp_path: Path) -> None:
    """An old hub's is in the address."""
    from pungi_osbuild.hub.connection_problem import one_line

    text = "Max retries exceeded with url: /kojihub?session-id=7&session-key=7-secret&callnum=3"
    assert "secret" not in one_line(OSError(text))
    assert "with url: /kojihub?" in one_line(OSError(text))

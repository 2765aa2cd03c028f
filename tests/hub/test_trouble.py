"""Trouble on the way to a hub, over real HTTP: what is tried again, what is not, how often."""

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
    Patience,
    Profile,
    Unanswered,
    UnansweredError,
    read_profile,
    submit,
)
from pungi_osbuild.hub.session import ALONE
from tests.storm import Storm, Trouble
from tests.values import a_request

STRICT = replace(HubContent.golden(), strict=True, anonymous=None)
"""Nobody is somebody: without a login nothing can be submitted."""

PASSING = [trouble for trouble in Trouble if trouble not in (Trouble.EXPIRED, Trouble.CLOSED)]
GONE = [Trouble.EXPIRED, Trouble.CLOSED]


class Quick:
    """A clock whose pauses take no time and are counted."""

    def __init__(self) -> None:
        self.slept: List[float] = []

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: sum(self.slept), sleep=self.slept.append)


@contextmanager
def a_storm(
    folder: Path, *how: Any, clock: Clock = SYSTEM_CLOCK, **more: Any
) -> Iterator[Tuple[RehearsalHub, Storm, Hub]]:
    """Give a hub, the storm before it, and a session that has to go through."""
    with RehearsalHub(HubSettings(duration=600), folder / "koji", STRICT) as hub:
        path = folder / "koji.conf"
        write_profile(path, hub, authtype="password")
        with Storm(hub, *how, **more) as storm:
            storm.stand_before(path)
            profile = read_profile("rehearsal", path, USER, USER + "pw")
            with Hub(profile, Patience(limit=14400, clock=clock)) as session:
                yield hub, storm, session


def tasks(hub: RehearsalHub) -> int:
    return [call.method for call in hub.calls].count("osbuildImage")


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("times", [1, 4])
def test_a_question_is_asked_until_it_is_answered(
    trouble: Trouble, times: int, tmp_path: Path
) -> None:
    """The first time at once, then after pauses; a session that is gone is logged in anew."""
    times = 1 if trouble in GONE else times
    quick = Quick()
    with a_storm(tmp_path, trouble, "getUser", times, clock=quick.clock()) as (hub, storm, session):
        assert session.call("getUser", USER)["name"] == USER
        assert len(storm.met) == times
        assert hub.counters.logins == 1 + (trouble in GONE)
        assert sum(quick.slept) == sum(2**number for number in range(times - 1))


@pytest.mark.parametrize("trouble", PASSING)
def test_a_multicall_is_asked_until_it_is_answered(trouble: Trouble, tmp_path: Path) -> None:
    """As a whole, though the hub may have answered a part of it before."""
    quick = Quick()
    with a_storm(tmp_path, trouble, "getUser", 3, clock=quick.clock()) as (_hub, storm, session):
        replies = session.multicall([Call("getUser", (USER,)), Call("getAPIVersion")])
        assert [reply.get() for reply in replies][1] == 1
        assert len(storm.met) == 3


@pytest.mark.parametrize("trouble", PASSING)
def test_logging_in_is_tried_again_once_the_hub_is_known(trouble: Trouble, tmp_path: Path) -> None:
    """The session expires, and the new login meets the trouble."""
    quick = Quick()
    storm = a_storm(tmp_path, trouble, "login", 6, skip=1, clock=quick.clock())
    with storm as (hub, storm_, session):
        hub_session = session._made[0].sinfo["session-id"]
        assert session.call("getAPIVersion") == 1
        session._made[0].sinfo["session-key"] = "another"
        assert session.call("getUser", USER)["name"] == USER
        assert session._made[0].sinfo["session-id"] != hub_session
        assert storm_.met == [("login",)] * 6
        assert quick.slept
        assert tasks(hub) == 0


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_submission_is_sent_again_only_when_the_hub_cannot_have_seen_it(
    trouble: Trouble, tmp_path: Path
) -> None:
    """Else what became of it is a value of its own."""
    quick = Quick()
    how = (trouble, "osbuildImage")
    with a_storm(tmp_path, *how, clock=quick.clock()) as (hub, storm, session):
        answer = submit(session, a_request())
        assert len(storm.met) == 1
        if trouble in (Trouble.OFFLINE, *GONE):
            assert (answer, tasks(hub)) == (1, 1)
        else:
            assert isinstance(answer, Unanswered)
            assert "did not answer osbuildImage" in answer.reason
            assert tasks(hub) == int(trouble.is_seen)


def test_a_lost_answer_is_no_reason_to_send_a_call_again_that_must_not_be(tmp_path: Path) -> None:
    """Although a session numbers its calls: one that expires meanwhile begins to count anew."""
    with a_storm(tmp_path, Trouble.LOST, "osbuildImage") as (hub, _storm, session):
        with pytest.raises(UnansweredError):
            session.call_once("osbuildImage", *a_request().arguments())
        assert tasks(hub) == 1


@pytest.mark.parametrize("method", ["noSuchMethod", "addTag"])
def test_what_will_not_pass_is_told_at_once(method: str, tmp_path: Path) -> None:
    """An unknown method, and a permission that is missing: asked once."""
    with a_storm(tmp_path, Trouble.RESET, "nothing") as (hub, _storm, session):
        before = hub.counters.requests
        with pytest.raises(HubFaultError):
            session.call(method)
        assert hub.counters.requests == before + 1


def test_a_call_that_is_never_answered_is_not_an_outage(tmp_path: Path) -> None:
    """Others are, each time: it is given up after a while, and that is no matter of hours."""
    quick = Quick()
    how = (Trouble.TRUNCATED, "getUser", 10_000)
    with a_storm(tmp_path, *how, clock=quick.clock()) as (_hub, storm, session):
        with pytest.raises(HubError, match="answers, but never getUser: the reply is no whole XML"):
            session.call("getUser", USER)
        assert len(storm.met) == ALONE + 1
        assert session.call("getAPIVersion") == 1
        assert sum(quick.slept) < 60


def test_a_session_that_is_refused_again_and_again_is_an_error(tmp_path: Path) -> None:
    """Two logins, and no third."""
    quick = Quick()
    how = (Trouble.CLOSED, "getUser", 10_000)
    with a_storm(tmp_path, *how, clock=quick.clock()) as (hub, _storm, session):
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
    patience = Patience(limit=14400, clock=quick.clock())
    with pytest.raises(HubError, match="Connection refused"), Hub(profile, patience):
        pass
    assert quick.slept == []


def test_a_hub_that_says_it_is_offline_is_waited_for_from_the_beginning(tmp_path: Path) -> None:
    """It is the right address."""
    quick = Quick()
    for trouble in (Trouble.OFFLINE, Trouble.BAD_GATEWAY, Trouble.UNAVAILABLE):
        folder = tmp_path / trouble.name
        with a_storm(folder, trouble, "login", 20, clock=quick.clock()) as (hub, _storm, session):
            assert session.call("getAPIVersion") == 1
            assert hub.counters.logins == 1


def test_no_key_of_a_session_shows(tmp_path: Path) -> None:
    """An old hub's is in the address."""
    from pungi_osbuild.hub.trouble import one_line

    text = "Max retries exceeded with url: /kojihub?session-id=7&session-key=7-secret&callnum=3"
    assert "secret" not in one_line(OSError(text))
    assert "with url: /kojihub?" in one_line(OSError(text))

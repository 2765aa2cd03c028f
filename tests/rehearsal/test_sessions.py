"""Logins and sessions."""

from __future__ import annotations

import xmlrpc.client
from pathlib import Path
from typing import ContextManager, Iterator

import koji
import pytest
import requests

from koji_rehearsal import HubSettings, Outage
from tests.conformance.desk import DURATION, STRICT, Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path, content=STRICT) as one:
        yield one


@pytest.mark.parametrize("user, password", [("pungi", "wrong"), ("nosuchuser", "nosuchuserpw")])
def test_a_wrong_login_is_refused(user: str, password: str, desk: Desk) -> None:
    """Without saying what is wrong with it."""
    with pytest.raises(koji.AuthError, match=r"\Ainvalid username or password\Z") as caught:
        desk.new_session(user, password)
    assert caught.value.faultCode == 1002
    assert desk.hub.counters.logins == 0


def test_a_session_is_who_logged_in(desk: Desk) -> None:
    """Two at once do not mix."""
    assert desk.session("admin").getLoggedInUser()["name"] == "admin"
    assert desk.session("nobody").getLoggedInUser()["name"] == "nobody"
    assert desk.session(None).getLoggedInUser() is None
    assert desk.session(None).getSessionInfo() is None
    assert desk.session("admin").getSessionInfo()["user_id"] == 1
    assert desk.session(None).showSession() == "session: None"
    with pytest.raises(koji.AuthError, match="Already logged in"):
        desk.session("admin").callMethod("login", "pungi", "pungipw")


def test_nobody_comes_back_after_a_logout(desk: Desk) -> None:
    """The session's key is worth nothing then."""
    session = desk.new_session()
    kept = dict(session.sinfo)
    session.logout()
    assert not session.logged_in
    other = desk.new_session(None)
    other.setSession(kept)
    with pytest.raises(koji.AuthError, match="Invalid session or bad credentials"):
        other.getLoggedInUser()
    other.setSession({**desk.session().sinfo, "session-key": "guessed"})
    with pytest.raises(koji.AuthError, match="Invalid session or bad credentials"):
        other.getLoggedInUser()
    other.setSession(None)
    with pytest.raises(koji.AuthError, match="Not logged in"):
        other.callMethod("logout")


def test_a_call_that_changed_something_is_not_done_twice(desk: Desk) -> None:
    """Repeated callnum: RetryError 1009; lower: SequenceError 1008. What reads may come again."""
    session = desk.session()
    session.getAPIVersion()
    session.callnum -= 1
    assert session.getAPIVersion() == 1
    desk.submit()
    session.callnum -= 1
    with pytest.raises(koji.RetryError) as caught:
        desk.submit()
    assert caught.value.faultCode == 1009
    session.callnum -= 2
    with pytest.raises(koji.SequenceError) as lower:
        session.getAPIVersion()
    assert lower.value.faultCode == 1008
    session.callnum += 2
    assert session.listTasks({}, {"countOnly": True}) == 1


def test_a_refused_call_may_be_repeated(desk: Desk) -> None:
    """It changed nothing; in a multicall one that did is enough."""
    session = desk.session()
    for _ in range(2):
        with pytest.raises(koji.ParameterError):
            session.osbuildImage("a")
        session.callnum -= 1
    session.callnum += 1
    task_id = desk.submit()
    calls = [{"methodName": name, "params": [task_id]} for name in ("nosuch", "cancelTask")]
    assert session._callMethod("multiCall", (calls,), {})[1] == [None]
    session.callnum -= 1
    with pytest.raises(koji.RetryError):
        session._callMethod("multiCall", (calls,), {})


def a_short_lived(tmp_path: Path) -> ContextManager[Desk]:
    settings = HubSettings(duration=DURATION, session_lifetime=100.0)
    return a_desk(tmp_path, content=STRICT, settings=settings)


def test_an_expired_session_renews_itself(tmp_path: Path) -> None:
    """AuthExpired 1007, until ClientSession has logged in again: the same session, another key."""
    with a_short_lived(tmp_path) as desk:
        session = desk.new_session()
        desk.submit()
        before = dict(session.sinfo)
        copied = desk.new_session(None)
        copied.setSession(before)
        desk.clock.turn(101)
        # koji's own way to say that it does not know how to log in again
        with pytest.raises(TypeError):
            copied.getAPIVersion()
        assert session.getLoggedInUser()["name"] == "pungi"
        assert session.sinfo["session-id"] == before["session-id"]
        assert session.sinfo["session-key"] != before["session-key"]
        assert session.getSessionInfo()["renew_ts"] is not None
        copied.setSession(before)
        with pytest.raises(koji.AuthError, match="Invalid session or bad credentials"):
            copied.getAPIVersion()
        desk.clock.turn(99)
        logins = desk.hub.counters.logins
        assert session.osbuildImage("a", "1", "f", "guest-image", "t", ["x86_64"], {}) == 3
        assert desk.hub.counters.logins == logins
        copied.setSession(None)


def test_an_expired_session_says_so(tmp_path: Path) -> None:
    """With the code that clients look at."""
    with a_short_lived(tmp_path) as desk:
        sinfo = desk.session().sinfo
        desk.clock.turn(101)
        headers = {
            "Koji-Session-Id": str(sinfo["session-id"]),
            "Koji-Session-Key": sinfo["session-key"],
            "Koji-Session-Callnum": "9",
        }
        body = xmlrpc.client.dumps((), "getAPIVersion")
        with pytest.raises(xmlrpc.client.Fault, match='session "1" has expired') as caught:
            reply = requests.post(desk.hub.server, body, headers=headers, timeout=10)
            xmlrpc.client.loads(reply.content)
        assert caught.value.faultCode == 1007


def test_an_exclusive_session_locks_the_others_out(desk: Desk) -> None:
    """Until it is shared again, closed, or stolen by force; subsessions are let in."""
    first, second, other = desk.new_session(), desk.new_session(), desk.session("nobody")
    first.exclusiveSession()
    child = first.subsession()
    assert child.getLoggedInUser()["name"] == "pungi"
    with pytest.raises(koji.AuthLockError, match="User locked by another session") as caught:
        second.getAPIVersion()
    assert caught.value.faultCode == 1006
    assert other.getAPIVersion() == 1
    with pytest.raises(koji.AuthLockError, match="Cannot get exclusive session"):
        second.exclusiveSession()
    with pytest.raises(koji.GenericError, match="subsessions cannot become exclusive"):
        child.exclusiveSession()
    second.exclusiveSession(force=True)
    with pytest.raises(koji.AuthError, match="Invalid session or bad credentials"):
        first.getAPIVersion()
    second.sharedSession()
    assert desk.session().getAPIVersion() == 1
    for session in (first, child):
        session.setSession(None)
        session.rsession.close()


def test_a_logout_ends_subsessions(desk: Desk) -> None:
    """Only the owner or an admin ends the session of another."""
    session = desk.new_session()
    child, second = session.subsession(), session.subsession()
    session.callMethod("logoutChild", child.sinfo["session-id"])
    with pytest.raises(koji.AuthError):
        child.getAPIVersion()
    number = session.sinfo["session-id"]
    with pytest.raises(koji.ActionNotAllowed, match="only admins or owner may logout other"):
        desk.session("nobody").callMethod("logout", number)
    desk.session("admin").callMethod("logout", number)
    for gone in (session, second):
        with pytest.raises(koji.AuthError):
            gone.getAPIVersion()
    for gone in (session, second, child):
        gone.setSession(None)
        gone.rsession.close()


def test_an_outage_is_told_as_such(tmp_path: Path) -> None:
    """ServerOffline 1014 for every call, then all is as before."""
    settings = HubSettings(duration=DURATION, outages=(Outage(5.0, 10.0),))
    with a_desk(tmp_path, settings=settings) as desk:
        task_id = desk.submit()
        desk.clock.turn(5)
        with pytest.raises(koji.ServerOffline, match=r"\Aserver is offline\Z") as caught:
            desk.state(task_id)
        assert caught.value.faultCode == 1014
        with pytest.raises(koji.ServerOffline):
            desk.session(None).getAPIVersion()
        desk.clock.turn(10)
        assert desk.state(task_id) == "CLOSED"


def test_without_a_login_one_is_the_rehearsal_user(tmp_path: Path) -> None:
    """Koji's profiles hold no password."""
    with a_desk(tmp_path) as desk:
        session = desk.session(None)
        assert session.getLoggedInUser()["name"] == "pungi"
        assert session.hasPerm("image") is True
        assert session.osbuildImage("a", "1", "f", "guest-image", "t", ["x86_64"], {}) == 1
        assert session.getUser()["name"] == "pungi"
        assert session.getTaskInfo(1)["owner"] == session.getLoggedInUser()["id"]

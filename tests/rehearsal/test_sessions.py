"""Logins and sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import koji
import pytest

from tests.rehearsal.desk import STRICT, Desk, a_desk


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


def test_calls_of_a_session_are_counted(desk: Desk) -> None:
    """One that comes twice was perhaps done already, and is refused."""
    session = desk.session()
    session.getAPIVersion()
    session.callnum -= 1
    with pytest.raises(koji.RetryError) as caught:
        session.getAPIVersion()
    assert caught.value.faultCode == 1009
    session.callnum -= 2
    with pytest.raises(koji.SequenceError) as lower:
        session.getAPIVersion()
    assert lower.value.faultCode == 1008


def test_without_a_login_one_is_the_rehearsal_user(tmp_path: Path) -> None:
    """Koji's profiles hold no password."""
    with a_desk(tmp_path) as desk:
        session = desk.session(None)
        assert session.getLoggedInUser()["name"] == "pungi"
        assert session.hasPerm("image") is True
        assert session.osbuildImage("a", "1", "f", "guest-image", "t", ["x86_64"], {}) == 1
        assert session.getUser()["name"] == "pungi"
        assert session.getTaskInfo(1)["owner"] == session.getLoggedInUser()["id"]

"""HTTP 4xx over real HTTP: of one submission, of one question, of all calls, at a wrong address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from koji_rehearsal import REHEARSAL_USER as USER
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import Hub, HubFaultError, read_profile, submit
from pungi_osbuild.timing import HUB_CALLS, UNANSWERED_TRIES
from tests.faulty_proxy import Refusal
from tests.hub.test_connection_problem import Quick, a_faulty_proxy, tasks
from tests.values import a_request

TOO_LONG = Refusal(400, b"Invalid request: Request too long")
PAGE = b"<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>"
REFUSALS = {
    "too long": (TOO_LONG, "HTTP 400 Bad Request: Invalid request: Request too long"),
    "a page": (Refusal(413, PAGE, "text/html"), "413 Request Entity Too Large"),
    "a firewall": (
        Refusal(403, b"<html><title>Blocked\n by policy 7</title>" + b"x" * 10**6, "text/html"),
        "HTTP 403 Forbidden: Blocked by policy 7",
    ),
    "JSON": (Refusal(422, b'{"message": "no \\u001b[2J", "href": "/x"}'), "no \\x1b[2J"),
    "nothing": (Refusal(404), "HTTP 404 Not Found"),
    "a secret": (Refusal(400, b"no: https://u:hunter2@example.com/"), "HTTP 400 Bad Request: no:"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_submission_is_refused_alone(case: str, tmp_path: Path) -> None:
    """Others go on: the next submission is made in the same session."""
    refusal, text = REFUSALS[case]
    with a_faulty_proxy(tmp_path, refusal, "osbuildImage", 1) as (hub, _proxy, session):
        with pytest.raises(HubFaultError) as caught:
            submit(session, a_request())
        assert text in caught.value.text
        assert len(caught.value.text) < 400
        assert "hunter2" not in caught.value.text
        assert caught.value.text.isprintable()
        assert isinstance(submit(session, a_request()), int)
        assert tasks(hub) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_hub_that_refuses_everything_is_waited_for(status: int, tmp_path: Path) -> None:
    """A proxy is being changed: nothing of the submission is at fault, and it is made once."""
    quick = Quick()
    with a_faulty_proxy(tmp_path, Refusal(status), "", 4, skip=10**6, clock=quick.clock()) as (
        hub,
        proxy,
        session,
    ):
        proxy.begin()
        assert isinstance(submit(session, a_request()), int)
        assert tasks(hub) == 1
        assert len(proxy.met) == 4


def test_a_poll_that_is_refused_for_a_while_is_made_again(tmp_path: Path) -> None:
    """Tasks go on meanwhile."""
    quick = Quick()
    with a_faulty_proxy(tmp_path, Refusal(403), "", 3, skip=10**6, clock=quick.clock()) as (
        _hub,
        proxy,
        session,
    ):
        proxy.begin()
        assert session.call("getUser", USER)["name"] == USER


def test_a_question_that_alone_is_refused_is_given_up(tmp_path: Path) -> None:
    """After some tries: a filter before the hub does not like it."""
    quick = Quick()
    with a_faulty_proxy(tmp_path, Refusal(403), "getUser", 10**6, clock=quick.clock()) as (
        _hub,
        proxy,
        session,
    ):
        with pytest.raises(HubError, match="answers, but never getUser: HTTP 403 Forbidden"):
            session.call("getUser", USER)
        assert len(proxy.met) == UNANSWERED_TRIES + 1


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_the_first_answer_of_a_wrong_address_is_an_error_at_once(
    status: int, tmp_path: Path
) -> None:
    """However long a hub that is known would be waited for."""
    quick = Quick()
    with a_faulty_proxy(tmp_path, Refusal(status, b"no hub here"), "", 10**6, skip=10**6) as (
        _hub,
        proxy,
        _session,
    ):
        proxy.begin()
        profile = read_profile("rehearsal", tmp_path / "koji.conf", USER, USER + "pw")
        with pytest.raises(HubError, match="no hub here"):
            Hub(
                profile, replace(HUB_CALLS, limit=14400, limit_at_first=120), quick.clock()
            ).__enter__()
        assert len(proxy.met) == 1


def test_who_is_not_known_is_told_so(tmp_path: Path) -> None:
    """HTTP 401 is about the login, not about the call."""
    with a_faulty_proxy(tmp_path, Refusal(401), "osbuildImage", 1) as (hub, _proxy, session):
        with pytest.raises(HubError, match=r"logging in at .* failed: 401"):
            submit(session, a_request())
        assert tasks(hub) == 0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "waited"), [("7", 7), ("0", 0), ("100000", 600), ("soon", 0), ("-1", 0)]
)
def test_a_server_that_names_a_time_is_left_alone_for_it(
    status: int, said: str, waited: int, tmp_path: Path
) -> None:
    """Ten minutes at most; what is no number of seconds is not looked at."""
    quick = Quick()
    busy = Refusal(status, headers=(("Retry-After", said),))
    with a_faulty_proxy(tmp_path, busy, "getUser", 1, clock=quick.clock()) as (
        _hub,
        _proxy,
        session,
    ):
        assert session.call("getUser", USER)["name"] == USER
    assert sum(quick.slept) == waited


@pytest.mark.parametrize("status", [429, 503])
def test_a_submission_that_a_busy_server_turns_away_is_made_once(
    status: int, tmp_path: Path
) -> None:
    """429 says that it was not looked at; of 503 nobody knows, and the task is looked for."""
    quick = Quick()
    busy = Refusal(status, headers=(("Retry-After", "3"),))
    with a_faulty_proxy(tmp_path, busy, "osbuildImage", 1, clock=quick.clock()) as (
        hub,
        _,
        session,
    ):
        answer = submit(session, a_request())
        assert isinstance(answer, int) == (status == 429)
        assert tasks(hub) == (1 if status == 429 else 0)

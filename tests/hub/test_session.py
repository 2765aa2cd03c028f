"""Sessions: how long a call may take, and what is left for the end."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Iterator, List

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.hub import Hub, Profile, read_profile
from pungi_osbuild.hub.session import SESSIONS
from pungi_osbuild.timing import CALL_TIMEOUT, STOPPING_CALL_TIMEOUT

LIMIT = 20


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    with RehearsalHub(HubSettings(), tmp_path / "koji") as hub:
        path = tmp_path / "koji.conf"
        write_profile(path, hub)
        yield read_profile("rehearsal", path)


def with_timeout(profile: Profile, seconds: int) -> Profile:
    return replace(profile, session_options=(*profile.session_options, ("timeout", seconds)))


@pytest.mark.parametrize(
    ("configured", "used"),
    [(12 * 3600, CALL_TIMEOUT), (CALL_TIMEOUT, CALL_TIMEOUT), (30, 30), (0, CALL_TIMEOUT)],
)
def test_no_call_takes_longer_than_two_minutes(
    configured: int, used: int, profile: Profile
) -> None:
    """koji's own limit is half a day; a shorter one of the profile's holds."""
    with Hub(with_timeout(profile, configured)) as hub, ExitStack() as stack:
        sessions = [stack.enter_context(hub._lent()) for _ in range(SESSIONS)]
        assert [session.opts["timeout"] for session in sessions] == [used] * SESSIONS


def test_whoever_hurries_waits_for_seconds(profile: Profile) -> None:
    """With the sessions that are there, and with one that is made later."""
    with Hub(profile) as hub, ExitStack() as stack:
        sessions = [stack.enter_context(hub._lent())]
        hub.hurry()
        sessions.append(stack.enter_context(hub._lent()))
        for session in sessions:
            assert session.most == STOPPING_CALL_TIMEOUT


def test_there_is_one_session_more_for_the_end(profile: Profile) -> None:
    """All others may be waiting for a hub that hangs; without a hurry nobody gets it."""
    with Hub(profile) as hub, ExitStack() as stack:
        lent = [stack.enter_context(hub._lent()) for _ in range(SESSIONS)]
        waits: List[bool] = []
        waiting = threading.Thread(target=lambda: waits.append(bool(hub.call("getAPIVersion"))))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        hub.hurry()
        assert hub.call("getAPIVersion") == 1
        assert len(hub._made) == len(lent) + 1
        stack.close()
        waiting.join(LIMIT)
        assert waits == [True]

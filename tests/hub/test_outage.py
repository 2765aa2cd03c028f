"""Waiting for a hub that is away: with a clock that is turned by hand."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Callable, List, Optional

import pytest

from pungi_osbuild.clock import SLICE, Clock
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import Profile
from pungi_osbuild.hub.connection_problem import ConnectionProblem
from pungi_osbuild.hub.outage import Outage
from pungi_osbuild.stop import StopFlag
from pungi_osbuild.timing import HUB_CALLS

PROFILE = Profile("practice", "http://hub.example.com/kojihub", "", "", "")
REFUSED = ConnectionProblem("Connection refused", acted=False)
OFFLINE = ConnectionProblem("server is offline", acted=False, is_hub=True)


class Hand:
    """A clock that stands still but for the pauses."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.passed = 0.0
        self.slept: List[float] = []
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= SLICE
        self.passed += seconds
        self.slept.append(seconds)
        self.meanwhile()

    def clock(self) -> Clock:
        return Clock(lambda: 1795417399.0 + self.passed, lambda: self.passed, self.sleep)


def an_outage(
    hand: Hand,
    limit: float = 14400.0,
    at_first: float = 0.0,
    stop: Optional[StopFlag] = None,
    answered: bool = True,
) -> Outage:
    retries = replace(HUB_CALLS, limit=limit, limit_at_first=at_first)
    outage = Outage(PROFILE, retries, hand.clock(), stop or StopFlag())
    if answered:
        outage.answered()
    return outage


def pauses(
    outage: Outage, hand: Hand, tries: int, problem: ConnectionProblem = REFUSED
) -> List[float]:
    """Return how long is waited after each of some tries."""
    found = []
    for number in range(1, tries + 1):
        before = hand.passed
        outage.wait(problem, number)
        found.append(hand.passed - before)
    return found


def test_pauses_grow_up_to_a_minute() -> None:
    """The first try again is made at once: an idle connection is closed by whoever tires of it."""
    hand = Hand()
    assert pauses(an_outage(hand), hand, 11) == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_a_call_may_be_tried_for_days() -> None:
    """No number grows beyond what a float holds."""
    assert HUB_CALLS.sleep_time(100_000) == 60


@pytest.mark.parametrize("limit", [0, 1, 90, 14400])
def test_it_ends_at_the_limit(limit: float) -> None:
    """Not before, and the last pause is cut so that it is not later; it says since when."""
    hand = Hand()
    outage = an_outage(hand, limit)
    with pytest.raises(HubError) as caught:
        pauses(outage, hand, 10_000)
    assert hand.passed == limit
    assert "http://hub.example.com/kojihub cannot be used: Connection refused" in str(caught.value)
    assert ("since 2026-11-23 07:03:19 UTC" in str(caught.value)) == (limit >= 60)
    assert "koji --profile=practice hello" in caught.value.solution


def test_a_hub_that_has_never_answered_may_be_at_another_address() -> None:
    """So it is not waited for as long; unless a gateway, or the hub itself, has said something."""
    hand = Hand()
    outage = an_outage(hand, at_first=30, answered=False)
    with pytest.raises(HubError):
        pauses(outage, hand, 100)
    assert hand.passed == 30
    assert sum(pauses(outage, hand, 20, OFFLINE)) > 600


def test_one_line_a_minute_whoever_waits(caplog: pytest.LogCaptureFixture) -> None:
    """And one when it is over, with how long it was."""
    hand = Hand()
    outage = an_outage(hand)
    with caplog.at_level(logging.WARNING):
        for number in range(2, 300):
            outage.wait(REFUSED, number)
            outage.wait(REFUSED, 2)
            if hand.passed > 3600:
                break
        lines = [record.getMessage() for record in caplog.records]
        assert 55 <= len(lines) <= 61
        assert all("has not answered since 2026-11-23 07:03:19 UTC" in line for line in lines)
        assert lines[0].endswith("Connection refused; it is tried again for 4 h 0 min more")
        outage.answered()
        outage.answered()
    assert len(caplog.records) == len(lines) + 1
    assert caplog.records[-1].getMessage().endswith("answers again, after 1 h 0 min")


def test_a_hiccup_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """The second try was answered."""
    hand = Hand()
    outage = an_outage(hand)
    outage.wait(REFUSED, 1)
    outage.answered()
    assert caplog.records == []


def test_an_outage_that_is_over_begins_anew() -> None:
    """The limit is for each one."""
    hand = Hand()
    outage = an_outage(hand, limit=100)
    for _ in range(5):
        pauses(outage, hand, 6)
        outage.answered()
    assert hand.passed > 100


def test_a_pause_ends_when_somebody_else_is_answered() -> None:
    """Within a slice."""
    hand = Hand(lambda: outage.answered())
    outage = an_outage(hand)
    outage.wait(REFUSED, 10)
    assert hand.slept == [SLICE]


def test_a_stop_ends_it_within_a_slice() -> None:
    """And says what was waited for."""
    stop = StopFlag()
    hand = Hand(stop.ask)
    outage = an_outage(hand, stop=stop)
    with pytest.raises(HubError, match="was stopped while it waited for the Koji hub at http"):
        outage.wait(REFUSED, 10)
    assert hand.slept == [SLICE]


def test_whoever_hurries_does_not_wait() -> None:
    """One more try at once, although it is stopped: tasks are to be cancelled yet."""
    stop = StopFlag()
    hand = Hand()
    outage = an_outage(hand, stop=stop)
    stop.ask()
    outage.hurry()
    outage.wait(REFUSED, 1)
    with pytest.raises(HubError, match="Connection refused"):
        outage.wait(REFUSED, 2)
    assert hand.slept == []

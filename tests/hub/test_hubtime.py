"""The hub's time, as its replies show it."""

from __future__ import annotations

from email.utils import formatdate
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clock import Clock
from pungi_osbuild.hub.hubtime import HubTime

START = 1795417399.0
HOUR = 3600.0


class Scene:
    """A host and a hub whose clocks are turned by hand."""

    def __init__(self, hub: float = START) -> None:
        self.passed = 0.0
        self.host = START
        self.hub = hub
        self.time = HubTime(Clock(lambda: self.host, lambda: self.passed))

    def wait(self, seconds: float, speed: float = 1.0) -> None:
        self.passed += seconds
        self.hub += seconds * speed

    def ask(self, there: float = 0.0, back: float = 0.0) -> None:
        """Ask the hub, which says when the request arrived, to the second."""
        self.wait(there)
        date = formatdate(self.hub, usegmt=True)
        self.wait(back)
        self.time.heard(date, there + back)

    @property
    def error(self) -> float:
        return self.time.now() - self.hub


@pytest.mark.parametrize("hub", [START, START + 4 * HOUR, START - 4 * HOUR, 1000.0])
def test_the_host_s_clock_says_nothing_of_the_hub_s(hub: float) -> None:
    """Wherever either stands, and wherever the host's is set."""
    scene = Scene(hub)
    scene.ask()
    assert -1.0 <= scene.error <= 0.0
    for step in (-7200.0, 86400.0):
        scene.host += step
        scene.wait(HOUR)
        assert -1.0 <= scene.error <= 0.0
        scene.ask()
        assert -1.0 <= scene.error <= 0.0


def test_many_replies_show_it_better_than_one() -> None:
    """Each says between which bounds it is; it never goes back meanwhile."""
    scene = Scene(START + 0.6)
    shown = [0.0]
    for _ in range(40):
        scene.ask(there=0.01, back=0.01)
        shown.append(scene.time.now())
        scene.wait(0.33)
    assert shown == sorted(shown)
    assert -0.1 <= scene.error <= 0.0


@pytest.mark.parametrize(("there", "back"), [(0.0, 90.0), (90.0, 0.0), (40.0, 50.0)])
def test_a_reply_that_takes_long_spoils_nothing(there: float, back: float) -> None:
    """The date may be that of the request's arrival, or later."""
    scene = Scene()
    scene.ask()
    scene.ask(there, back)
    assert -1.0 <= scene.error <= 0.0


@pytest.mark.parametrize("step", [7200.0, -7200.0])
def test_a_hub_s_clock_that_is_set_is_followed(step: float) -> None:
    """With the next reply."""
    scene = Scene()
    scene.ask()
    scene.hub += step
    scene.ask()
    assert abs(scene.error) <= 1.0


def test_a_hub_s_clock_that_runs_fast_is_followed() -> None:
    """As a rehearsal's may."""
    scene = Scene()
    for _ in range(10):
        scene.wait(1.0, speed=3600.0)
        scene.ask()
        assert abs(scene.error) <= 1.0


def test_until_a_reply_it_is_the_host_s_as_it_was() -> None:
    """Setting the host's clock changes it no more; and nothing is known of the hub's."""
    scene = Scene(START + HOUR)
    scene.wait(10.0)
    scene.host -= 7200.0
    assert scene.time.now() == START + 10.0
    assert scene.time.age(START - 7200.0) == 0.0
    assert scene.time.not_before(START - 7200.0) == START - 7200.0
    assert scene.time.not_before(None) == START + 10.0


def test_age_and_order() -> None:
    """What the hub has shown is never in its future."""
    scene = Scene()
    scene.ask()
    scene.wait(60.0)
    assert scene.time.age(START) == pytest.approx(60.0, abs=1.0)
    assert scene.time.age(START + HOUR) == 0.0
    assert scene.time.age(None) == 0.0
    assert scene.time.not_before(START) == pytest.approx(START + 60.0, abs=1.0)
    assert scene.time.not_before(START + HOUR) == START + HOUR


@given(
    st.none()
    | st.text()
    | st.builds("{}, {} {} {} {}:00:00 {}".format, *[st.text(max_size=5) | st.integers()] * 6)
)
def test_any_header_is_taken(date: Optional[str]) -> None:
    """One that is no date changes nothing."""
    scene = Scene()
    scene.time.heard(date, 0.0)
    if not scene.time.is_known:
        assert scene.time.now() == START


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "0"])
def test_no_date(date: Optional[str]) -> None:
    """It is missing, or none."""
    scene = Scene()
    scene.time.heard(date, 0.0)
    assert not scene.time.is_known

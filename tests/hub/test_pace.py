"""The pace of calls, by a clock that is turned by hand."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.hub.pace import BURST, RATE, Pace


class HandClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds


def gone(pauses: List[float]) -> List[float]:
    """Return when each request goes that somebody makes after a pause."""
    clock = HandClock()
    pace = Pace(monotonic=clock.monotonic, sleep=clock.sleep)
    times: List[float] = []
    for pause in pauses:
        clock.time += pause
        pace.wait()
        times.append(clock.time)
    return times


@given(st.lists(st.floats(0.0, 2.0, allow_subnormal=False), max_size=300))
def test_no_second_has_fifty_requests(pauses: List[float]) -> None:
    """However they come, and with a few more that were on their way when it began."""
    times = gone([*pauses, *[0.0] * 100])
    worst = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert worst + 4 < 50


def test_a_small_run_waits_for_nothing() -> None:
    """A burst goes at once, the next one comes when there is room again."""
    times = gone([0.0] * (BURST + 2))
    assert times[: BURST + 1] == [1000.0] * (BURST + 1)
    assert times[-1] == pytest.approx(1000.0 + 1 / RATE)


def test_many_requests_go_at_the_rate() -> None:
    """A thousand submissions take half a minute."""
    assert gone([0.0] * 1000)[-1] - 1000.0 == pytest.approx((1000 - BURST - 1) / RATE)

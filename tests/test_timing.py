"""Retries, and the rate of calls, by a clock that is turned by hand."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clock import Clock
from pungi_osbuild.timing import TASKS, DownloadRetry, RateLimiter, RetryPolicy


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
    limiter = RateLimiter(Clock(monotonic=clock.monotonic, sleep=clock.sleep))
    times: List[float] = []
    for pause in pauses:
        clock.time += pause
        limiter.wait()
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
    times = gone([0.0] * (RateLimiter.BURST + 2))
    assert times[: RateLimiter.BURST + 1] == [1000.0] * (RateLimiter.BURST + 1)
    assert times[-1] == pytest.approx(1000.0 + 1 / RateLimiter.RATE)


def test_many_requests_go_at_the_rate() -> None:
    """A thousand submissions take half a minute."""
    assert gone([0.0] * 1000)[-1] - 1000.0 == pytest.approx(
        (1000 - RateLimiter.BURST - 1) / RateLimiter.RATE
    )


def test_pauses_of_tasks_grow() -> None:
    """What made a try fail needs time to pass."""
    assert [TASKS.sleep_time(failures) for failures in range(1, 7)] == [60, 120, 240, 480, 900, 900]
    assert TASKS.sleep_time(10_000) == 900


@pytest.mark.parametrize(("cut", "pauses"), [(True, [0, 1, 2, 3]), (False, [0, 1, 2])])
def test_a_limit_ends_retries(cut: bool, pauses: List[float]) -> None:
    """The pause that would pass it is cut, for one more try, or not begun."""
    policy = RetryPolicy((0.0, 1.0, 2.0, 4.0), limit=6.0, cut_to_limit=cut)
    passed, found = 0.0, []
    for failures in range(1, 100):
        if not policy.should_retry(failures, passed):
            break
        pause = policy.sleep_time(failures, passed)
        found.append(pause)
        passed += pause
    assert found == pauses


def test_a_retry_at_once_is_made_whatever_the_limit() -> None:
    """But not when the server asks for a pause."""
    policy = RetryPolicy((0.0, 1.0), limit=0.0)
    assert policy.should_retry(1)
    assert not policy.should_retry(1, asked=5.0)
    assert not policy.should_retry(2)


def test_a_number_of_retries_is_a_limit_of_its_own() -> None:
    """The policy of the config's ``retries``."""
    policy = RetryPolicy((60.0,), retries=2)
    assert [policy.should_retry(failures) for failures in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize(("limit", "at_first"), [(30.0, 30.0), (14400.0, 60.0)])
def test_an_address_that_never_answered_may_be_wrong(limit: float, at_first: float) -> None:
    """So a server there is not waited for as long."""
    policy = DownloadRetry.within(limit).unavailable
    assert (policy.limit, policy.at_first().limit) == (limit, at_first)

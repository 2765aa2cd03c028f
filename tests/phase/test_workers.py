"""The pool: nothing that a worker does loses an item or kills its siblings."""

from __future__ import annotations

import threading
from typing import List

import pytest

from pungi_osbuild.phase.workers import Workers


def double(number: int) -> int:
    if number < 0:
        raise ValueError("negative")
    return number * 2


def as_minus_one(_number: int, _error: Exception) -> int:
    return -1


def test_every_item_has_a_result() -> None:
    """Results come in any order, each once."""
    with Workers(double, as_minus_one, threads=3) as workers:
        for number in range(100):
            workers.give(number)
        results: List[int] = [workers.take() for _ in range(100)]
        assert workers.pending == 0
    assert sorted(results) == list(range(0, 200, 2))


def test_work_that_raises_is_a_result_and_its_siblings_live() -> None:
    """kobo alone would end all threads at the first exception."""
    with Workers(double, as_minus_one, threads=2) as workers:
        for number in (-1, 1, -2, 2, 3):
            workers.give(number)
        results = sorted(workers.take() for _ in range(5))
    assert results == [-1, -1, 2, 4, 6]


def test_threads_are_gone_afterwards() -> None:
    """Leaving the pool joins its threads."""
    before = threading.active_count()
    with Workers(double, as_minus_one, threads=4) as workers:
        workers.give(1)
        workers.take()
    assert threading.active_count() == before


def test_leaving_by_an_exception_waits_for_no_more_than_its_grace() -> None:
    """Ctrl-C is not held up: it is left while the first item is still at work."""
    release = threading.Event()
    ended: List[int] = []

    def work(number: int) -> int:
        release.wait(30)
        ended.append(number)
        return number

    workers = Workers(work, as_minus_one, threads=1)
    with pytest.raises(KeyboardInterrupt), workers:
        for number in range(3):
            workers.give(number)
        raise KeyboardInterrupt
    assert ended == []
    release.set()


def test_what_ends_within_the_grace_can_be_taken_afterwards() -> None:
    """A run that is stopped loses nothing that was just being finished."""
    begun = threading.Event()

    def work(number: int) -> int:
        begun.set()
        return number

    workers = Workers(work, as_minus_one, threads=1)
    with pytest.raises(KeyboardInterrupt), workers:
        workers.give(5)
        begun.wait(30)
        raise KeyboardInterrupt
    assert workers.take_ready() == [5]


def test_taking_from_an_idle_pool_is_a_bug() -> None:
    """Nothing was given, so waiting would be for ever."""
    with Workers(double, as_minus_one, threads=1) as workers, pytest.raises(AssertionError):
        workers.take()

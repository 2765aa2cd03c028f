"""The pool: no worker loses an item, kills its siblings, or keeps others waiting."""

from __future__ import annotations

import threading
from typing import Any, Callable, List

import pytest

from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.run.workers import Background, Inbox, Questions, Workers, WorkerThread
from tests.threads import threads_now

LIMIT = 30


def double(number: int) -> int:
    if number < 0:
        raise ValueError("negative")
    return number * 2


def as_minus_one(_number: int, _error: Exception) -> int:
    return -1


class Scene:
    """Workers, their inbox, and what has come of it."""

    def __init__(
        self,
        work: Callable[[int], int] = double,
        on_error: Callable[[int, Exception], int] = as_minus_one,
        threads: int = 1,
    ) -> None:
        self.inbox = Inbox()
        self.results: List[int] = []
        self.workers = Workers(self.inbox, work, on_error, self.results.append, threads)

    def act(self, times: int) -> List[int]:
        """Wait for some results, and return all."""
        while len(self.results) < times:
            assert self.inbox.act(LIMIT)
        return sorted(self.results)


def test_every_item_has_a_result() -> None:
    """Results come in any order, each once."""
    scene = Scene(threads=3)
    with scene.workers as workers:
        for number in range(100):
            workers.give(number)
        assert scene.act(100) == list(range(0, 200, 2))
        assert workers.pending == scene.inbox.pending == 0


def test_work_that_raises_is_a_result_and_its_siblings_live() -> None:
    """kobo alone would end all threads at the first exception."""
    scene = Scene(threads=2)
    with scene.workers as workers:
        for number in (-1, 1, -2, 2, 3):
            workers.give(number)
        assert scene.act(5) == [-1, -1, 2, 4, 6]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_what_is_no_exception_is_a_result_too(error: BaseException) -> None:
    """A script of somebody's exits: the thread lives on."""

    def work(number: int) -> int:
        if number == 1:
            raise error
        return number

    scene = Scene(work)
    with scene.workers as workers:
        for number in range(3):
            workers.give(number)
        assert scene.act(3) == [-1, 0, 2]


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(3)])
def test_an_item_without_any_result_is_an_error_at_once(error: BaseException) -> None:
    """Nobody waits for it, and what the others have done can be taken."""

    def broken(_number: int, _error: Exception) -> int:
        raise error

    scene = Scene(double, broken)
    with pytest.raises(PungiOsbuildError, match="BUG") as caught, scene.workers as workers:
        for number in (-1, 1, 2):
            workers.give(number)
        for _ in range(3):
            scene.inbox.act(LIMIT)
    assert caught.value.__cause__ is error
    for act in scene.inbox.rest(workers):
        act()
    assert set(scene.results) <= {2, 4}


def kill(thread: Any) -> None:
    thread.stop(kill=True)


def test_a_thread_that_is_gone_is_noticed() -> None:
    """Whatever has ended it, its item is not waited for without end."""
    scene = Scene()
    with (
        pytest.raises(PungiOsbuildError, match="a worker thread has died"),
        scene.workers as workers,
    ):
        for thread in workers._pool.threads:
            kill(thread)
        workers.give(1)
        for _ in range(LIMIT):
            scene.inbox.act(0.1)
    assert scene.results == []


def test_a_background_whose_thread_is_gone_is_noticed() -> None:
    """Pungi's own kind of thread has died before it came to the work."""

    class Dead(WorkerThread):  # type: ignore[misc]
        def run(self) -> None:
            pass

    background = Background(lambda: None, Dead)
    background.start()
    with pytest.raises(PungiOsbuildError, match="a worker thread has died"):
        background.join()


def test_one_that_hangs_keeps_no_other_s_result() -> None:
    """Whichever pool it is in: there is one inbox."""
    release, results = threading.Event(), []  # type: threading.Event, List[str]
    inbox = Inbox()

    def hang(_item: int) -> str:
        release.wait(LIMIT)
        return "hung"

    hanging = Workers(inbox, hang, lambda *_: "", results.append, 1)
    quick = Workers(inbox, str, lambda *_: "", results.append, 1)
    with hanging, quick:
        hanging.give(0)
        for number in range(3):
            quick.give(number)
        while len(results) < 3:
            assert inbox.act(LIMIT)
        assert results == ["0", "1", "2"]
        assert inbox.pending == hanging.pending == 1
        release.set()
    assert [act() for act in inbox.rest(hanging)] == [None]
    assert results[-1] == "hung"


def test_a_question_is_asked_once_at_a_time() -> None:
    """Another one meanwhile; an exception comes where the answer would have."""
    release, answers, asked = threading.Event(), [], []  # type: threading.Event, List[int], List[int]
    inbox = Inbox()

    def slow() -> int:
        asked.append(1)
        release.wait(LIMIT)
        return 1

    with Questions(inbox, 2) as questions:
        questions.ask("slow", slow, answers.append)
        questions.ask("slow", slow, answers.append)
        questions.ask("other", lambda: 2, answers.append)
        assert inbox.act(LIMIT)
        assert answers == [2]
        assert questions.is_asked("slow")
        assert not questions.is_asked("other")
        release.set()
        assert inbox.act(LIMIT)
        assert (answers, asked) == ([2, 1], [1])
        questions.ask("bad", lambda: double(-1), answers.append)
        with pytest.raises(ValueError, match="negative"):
            inbox.act(LIMIT)


def test_threads_are_gone_afterwards() -> None:
    """Leaving the pool joins its threads."""
    before = threads_now()
    scene = Scene(threads=4)
    with scene.workers as workers:
        workers.give(1)
        scene.act(1)
    assert threads_now() <= before


def test_leaving_by_an_exception_waits_for_no_more_than_its_grace() -> None:
    """Ctrl-C is not held up: it is left while the first item is still at work."""
    release = threading.Event()
    ended: List[int] = []

    def work(number: int) -> int:
        release.wait(30)
        ended.append(number)
        return number

    with pytest.raises(KeyboardInterrupt), Scene(work).workers as workers:
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

    scene = Scene(work)
    with pytest.raises(KeyboardInterrupt), scene.workers as workers:
        workers.give(5)
        begun.wait(30)
        raise KeyboardInterrupt
    for act in scene.inbox.rest(workers):
        act()
    assert scene.results == [5]

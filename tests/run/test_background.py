"""One thread beside the caller's, whose exception is the caller's in the end."""

from __future__ import annotations

import threading
from typing import List, Type

import pytest

from pungi_osbuild.run.workers import Background, WorkerThread
from tests.phase.pungi_standin import LIMIT
from tests.threads import threads_now


def test_it_works_beside_the_caller() -> None:
    """Starting comes back at once; joining waits for the end; afterwards no thread is left."""
    go_on = threading.Event()
    done: List[str] = []

    def work() -> None:
        go_on.wait(LIMIT)
        done.append(threading.current_thread().name)

    before = threads_now()
    background = Background(work)
    background.start()
    assert done == []
    assert not background.wait(0)
    go_on.set()
    background.join()
    assert background.wait(0)
    assert len(done) == 1
    assert done[0] != threading.current_thread().name
    assert threads_now() <= before


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_what_it_raises_is_raised_where_it_is_waited_for(error: BaseException) -> None:
    """Each time; also what is no ``Exception``, which a thread would swallow."""

    def work() -> None:
        raise error

    background = Background(work)
    background.start()
    assert background.wait(LIMIT)
    assert background.error is error
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            background.join()
        assert caught.value is error


def test_without_an_error_there_is_none() -> None:
    """Before, while and after."""
    background = Background(lambda: None)
    assert background.error is None
    background.start()
    background.join()
    assert background.error is None


def test_it_does_not_keep_the_process_alive() -> None:
    """The thread is a daemon, and of the class that was asked for."""
    threads: List[threading.Thread] = []

    class Telling(WorkerThread):  # type: ignore[misc]  # kobo has no types
        pass

    thread_class: Type[WorkerThread] = Telling
    background = Background(lambda: threads.append(threading.current_thread()), thread_class)
    background.start()
    background.join()
    (thread,) = threads
    assert thread.daemon
    assert isinstance(thread, Telling)

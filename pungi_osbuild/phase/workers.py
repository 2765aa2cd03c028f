"""
A few kobo threads that work off a queue and hand back results; the one file that knows kobo's pool.

An exception in a kobo worker makes its pool kill the siblings, and their images with them. So the
work given here must return its failures as values; should it raise all the same, that is a
result, too, made by ``on_error``.
"""

from __future__ import annotations

import queue
import threading
import time
from types import TracebackType
from typing import Callable, Generic, List, Optional, Type, TypeVar

from kobo.threads import ThreadPool, WorkerThread

__all__ = ["GRACE", "Background", "WorkerThread", "Workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")

GRACE = 0.5
"""Seconds that work in progress is waited for when a run is stopped."""

IDLE = 0.1
"""Seconds an idle thread waits before it looks whether it should end; kobo's own is 1."""


class Workers(Generic[Item, Result]):
    """
    Threads that turn items into results. Use it as a context manager.

    Leaving it waits for all work that was given. Leaving it by an exception lets the threads end
    the item they are at, for a while; what they made can be taken afterwards. They do not keep
    the process alive.

    :param work: what to do with an item; called in a thread
    :param on_error: the result for an item whose work raised an exception
    :param threads: how many
    :param grace: seconds that work in progress is waited for when it is left by an exception
    """

    def __init__(
        self,
        work: Callable[[Item], Result],
        on_error: Callable[[Item, Exception], Result],
        threads: int,
        grace: float = GRACE,
    ) -> None:
        self._grace = grace
        self._results: queue.Queue[Result] = queue.Queue()
        self._given = 0
        self._taken = 0
        self._pool = ThreadPool()
        for _ in range(threads):
            self._pool.add(_thread(self._pool, work, on_error, self._results))

    def __enter__(self) -> Workers[Item, Result]:
        self._pool.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if kind is None:
            self._pool.stop()
        else:
            self._pool.kill()
            deadline = time.monotonic() + self._grace
            for thread in self._pool.threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def pending(self) -> int:
        """How many items have been given whose results were not taken yet."""
        return self._given - self._taken

    def give(self, item: Item) -> None:
        """Queue an item."""
        self._given += 1
        self._pool.queue_put(item)

    def take_ready(self) -> List[Result]:
        """Return the results that are there, without waiting."""
        ready: List[Result] = []
        while True:
            try:
                ready.append(self._results.get_nowait())
            except queue.Empty:
                self._taken += len(ready)
                return ready

    def take(self, check: Callable[[], None] = lambda: None) -> Result:
        """
        Wait for one result. At least one must be pending.

        :param check: called every second meanwhile; may raise to end the waiting
        """
        assert self.pending, "nothing was given, so nothing will come"
        while True:
            # In slices, so that a signal is seen: a wait without end cannot be interrupted.
            check()
            try:
                result = self._results.get(timeout=1)
            except queue.Empty:
                continue
            self._taken += 1
            return result


class Background:
    """
    One kobo thread that does one thing beside the thread that started it.

    It does not keep the process alive, and never raises in the thread.

    :param work: what to do; called once, in the thread
    :param thread_class: kobo's ``WorkerThread``, or a class made from it
    """

    def __init__(
        self, work: Callable[[], None], thread_class: Type[WorkerThread] = WorkerThread
    ) -> None:
        self._error: Optional[BaseException] = None
        self._ended = threading.Event()
        self._pool = ThreadPool()
        self._pool.add(self._thread(work, thread_class))

    def start(self) -> None:
        """Start the thread and return at once."""
        self._pool.queue_put(None)
        self._pool.start()

    def join(self, give_up: Callable[[], bool] = lambda: False) -> bool:
        """
        Wait until the work has been done.

        :param give_up: asked every second; True ends the waiting
        :returns: False when the waiting was given up
        :raises BaseException: what ``work`` raised
        """
        while not self._ended.wait(1):
            if give_up():
                return False
        self._pool.stop()
        if self._error is not None:
            raise self._error
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for a time at most; whether the work has been done by then."""
        return self._ended.wait(seconds)

    @property
    def error(self) -> Optional[BaseException]:
        """What ``work`` raised by now."""
        return self._error

    def _thread(self, work: Callable[[], None], thread_class: Type[WorkerThread]) -> WorkerThread:
        background = self

        class Worker(thread_class):  # type: ignore[misc]  # kobo has no types
            get_timeout = IDLE

            def process(self, _item: None, _num: int) -> None:
                try:
                    work()
                except BaseException as error:
                    background._error = error
                finally:
                    background._ended.set()

        thread = Worker(self._pool)
        thread.daemon = True
        return thread


def _thread(
    pool: ThreadPool,
    work: Callable[[Item], Result],
    on_error: Callable[[Item, Exception], Result],
    results: queue.Queue[Result],
) -> WorkerThread:
    class Worker(WorkerThread):  # type: ignore[misc]  # kobo has no types
        get_timeout = IDLE

        def process(self, item: Item, _num: int) -> None:
            try:
                result = work(item)
            except Exception as error:
                result = on_error(item, error)
            results.put(result)

    thread = Worker(pool)
    thread.daemon = True
    return thread

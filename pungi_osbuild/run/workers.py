"""
A few kobo threads that work off a queue and hand back results; the one file that knows kobo's pool.

An exception in a kobo worker makes its pool kill the siblings, and their images with them. So the
work given here must return its failures as values; should it raise all the same, that is a
result, too, made by ``on_error``.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import (
    Any,
    Callable,
    Generic,
    Iterator,
    List,
    Optional,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
)

from kobo.threads import ThreadPool, WorkerThread

from pungi_osbuild.errors import DefectError
from pungi_osbuild.timing import IDLE_INTERVAL, WORKERS_SHUTDOWN

__all__ = ["Background", "Inbox", "Questions", "WorkerThread", "Workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_END = object()
"""Comes behind all items when a pool is left, once for each thread, which ends when it takes it:
kobo's threads look only every :data:`IDLE_INTERVAL` whether they should."""


class Inbox:
    """
    Where the results of all workers of a run meet, for the one thread that acts on them.

    Whatever one worker waits for, what the others have done is here at once.

    :param thread_class: of its workers' threads: kobo's ``WorkerThread``, or a class made from it
    """

    def __init__(self, thread_class: Type[WorkerThread] = WorkerThread) -> None:
        self.thread_class = thread_class
        self._entries: queue.Queue[Tuple[object, Callable[[], None]]] = queue.Queue()
        self._workers: List[Workers[Any, Any]] = []

    @property
    def pending(self) -> int:
        """How many items have been given to workers whose results were not acted on yet."""
        return sum(workers.pending for workers in self._workers)

    def workers(
        self,
        work: Callable[[Item], Result],
        on_error: Callable[[Item, Exception], Result],
        act: Callable[[Result], None],
        threads: int,
        grace: float = WORKERS_SHUTDOWN,
    ) -> Workers[Item, Result]:
        """Return threads that hand their results in here; see :class:`Workers`."""
        return Workers(self, work, on_error, act, threads, grace)

    def act(self, seconds: float = 0.0) -> bool:
        """
        Act on every result that is there.

        :param seconds: to wait for the first one, at most: a second suits whoever looks for signals
        :returns: whether there was one
        :raises DefectError: a thread has died, and its item would be waited for without end
        :raises Exception: what acting on a result raised; the results after it are still here
        """
        for workers in self._workers:
            workers.check()
        try:
            _, act = self._entries.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return False
        act()
        for _ in range(self._entries.qsize()):
            _, act = self._entries.get_nowait()
            act()
        return True

    def rest(self, *of: object) -> Iterator[Callable[[], None]]:
        """
        Empty the inbox, for whoever acts on nothing else any more.

        :param of: the workers whose results are given, each as a function that acts on it
        """
        for _ in range(self._entries.qsize()):
            workers, act = self._entries.get_nowait()
            if workers in of:
                yield act


class Workers(Generic[Item, Result]):
    """
    Threads that turn items into results. Use it as a context manager.

    Leaving it waits for all work that was given. Leaving it by an exception lets the threads end
    the item they are at, for a while; what they made is in the inbox afterwards. They do not keep
    the process alive.

    :param inbox: where the results go
    :param work: what to do with an item; called in a thread
    :param on_error: the result for an item whose work raised an exception; called there, too
    :param act: what to do with a result; called by whoever reads the inbox
    :param threads: how many
    :param grace: seconds that work in progress is waited for when it is left by an exception
    """

    def __init__(
        self,
        inbox: Inbox,
        work: Callable[[Item], Result],
        on_error: Callable[[Item, Exception], Result],
        act: Callable[[Result], None],
        threads: int,
        grace: float = WORKERS_SHUTDOWN,
    ) -> None:
        self._inbox = inbox
        self._act = act
        self._grace = grace
        self._given = 0
        self._acted = 0
        self._pool = ThreadPool()
        for _ in range(threads):
            self._pool.add(_thread(self._pool, inbox.thread_class, work, on_error, self._hand_in))

    def __enter__(self) -> Workers[Item, Result]:
        self._pool.start()
        self._inbox._workers.append(self)
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._inbox._workers.remove(self)
        # stop() waits without end until the queue is empty, so it is for a run that ends well.
        # kill() only has each thread end after the item that it is at. One that hangs in a call is
        # left behind: all are daemons, and what they hand in later nobody takes.
        if kind is None:
            self._wake()
            self._pool.stop()
        else:
            self._pool.kill()
            self._wake()
            deadline = time.monotonic() + self._grace
            for thread in self._pool.threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def pending(self) -> int:
        """How many items have been given whose results were not acted on yet."""
        return self._given - self._acted

    def give(self, item: Item) -> None:
        """Queue an item; for one thread at a time."""
        self._given += 1
        self._pool.queue_put(item)

    def _wake(self) -> None:
        """Have each thread that waits for an item end at once."""
        for _ in self._pool.threads:
            self._pool.queue_put(_END)

    def check(self) -> None:
        """
        Look whether there is still somebody at work on what was given.

        :raises DefectError: a thread has died
        """
        # A thread of kobo's ends without a word, and its items wait in the queue for ever.
        if self.pending and not all(thread.is_alive() for thread in self._pool.threads):
            raise _thread_gone()

    # In a worker's thread. The queue is all that two threads share: the counters and whatever acts
    # on a result belong to the thread that reads the inbox.
    def _hand_in(self, result: Union[Result, _Broken]) -> None:
        self._inbox._entries.put((self, functools.partial(self._take, result)))

    def _take(self, result: Union[Result, _Broken]) -> None:
        self._acted += 1
        if isinstance(result, _Broken):
            raise _thread_gone() from result.error
        self._act(result)


@dataclass(frozen=True)
class _Broken:
    """What is left of an item for which not even ``on_error`` had a result."""

    error: BaseException


def _thread_gone() -> DefectError:
    return DefectError(
        "BUG in pungi-osbuild, please report it: a worker thread has died",
        "What was finished is recorded. Run this again to go on.",
    )


class Questions:
    """
    Questions that are asked in threads of their own. Use it as a context manager.

    An exception is raised where the answer would be acted on.

    :param inbox: where the answers go
    :param threads: how many are asked at once
    """

    def __init__(self, inbox: Inbox, threads: int) -> None:
        self._asked: Set[str] = set()
        self._workers: Workers[Callable[[], Callable[[], None]], Callable[[], None]] = (
            inbox.workers(_call, _raising, _call, threads)
        )

    def __enter__(self) -> Questions:
        self._workers.__enter__()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._workers.__exit__(kind, value, traceback)

    def is_asked(self, what: str) -> bool:
        """Whether the answer has not come yet."""
        return what in self._asked

    def ask(self, what: str, question: Callable[[], Item], act: Callable[[Item], None]) -> None:
        """
        Ask something, unless it is being asked.

        :param what: its name
        :param act: what to do with the answer; called by whoever reads the inbox
        """
        if what in self._asked:
            return
        self._asked.add(what)

        def answered(answer: Item) -> None:
            self._asked.discard(what)
            act(answer)

        self._workers.give(lambda: functools.partial(answered, question()))


def _call(function: Callable[[], Result]) -> Result:
    return function()


def _raising(_question: object, error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


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
            if not any(thread.is_alive() for thread in self._pool.threads):
                self._error = self._error or _thread_gone()
                break
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
            get_timeout = IDLE_INTERVAL

            def process(self, _item: None, _num: int) -> None:
                try:
                    work()
                except BaseException as error:
                    background._error = error
                finally:
                    self.kill = True  # there is nothing else to wait for
                    background._ended.set()

        thread = Worker(self._pool)
        thread.daemon = True
        return thread


def _thread(
    pool: ThreadPool,
    thread_class: Type[WorkerThread],
    work: Callable[[Item], Result],
    on_error: Callable[[Item, Exception], Result],
    hand_in: Callable[[Union[Result, _Broken]], None],
) -> WorkerThread:
    class Worker(thread_class):  # type: ignore[misc]  # kobo has no types
        get_timeout = IDLE_INTERVAL

        def process(self, item: Item, _num: int) -> None:
            if item is _END:
                self.kill = True
                return
            # Nothing may leave this: kobo has every thread of the pool end after its present item
            # (WorkerThread.run calls pool.kill()), and what is queued is never worked off.
            result: Union[Result, _Broken]
            try:
                try:
                    result = work(item)
                except Exception as error:
                    result = on_error(item, error)
                except BaseException as error:  # e.g. a script of somebody's that exits
                    result = on_error(item, RuntimeError("%s: %s" % (type(error).__name__, error)))
            except BaseException as error:
                result = _Broken(error)
            hand_in(result)

    thread = Worker(pool)
    thread.daemon = True
    return thread

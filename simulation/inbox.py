"""
The inbox and the workers of a simulated run: as :mod:`pungi_osbuild.run.workers`, with fibers.

A fiber of a pool is made when there is an item that no other one is free for, and ends with the
pool.
"""

from __future__ import annotations

import functools
from collections import deque
from types import TracebackType
from typing import Any, Callable, Deque, Generic, Iterator, List, Optional, Tuple, Type, TypeVar

from pungi_osbuild.timing import WORKERS_SHUTDOWN
from simulation.schedule import Fiber, KilledError, Owner, Schedule

Item = TypeVar("Item")
Result = TypeVar("Result")


class SeededInbox:
    """
    Where the results of all workers of a run meet; the same methods as the product's ``Inbox``.

    :param owner: the process
    :param step: called at each hand-over, with what it is
    """

    def __init__(self, schedule: Schedule, owner: Owner, step: Callable[[str], None]) -> None:
        self.schedule = schedule
        self.owner = owner
        self.step = step
        self.entries: Deque[Tuple[object, Callable[[], None]]] = deque()
        self.entered: List[SeededWorkers[Any, Any]] = []
        self.fibers = 0
        self._reader: Optional[Fiber] = None

    @property
    def pending(self) -> int:
        """How many items have been given to workers whose results were not acted on yet."""
        return sum(workers.pending for workers in self.entered)

    def workers(
        self,
        work: Callable[[Item], Result],
        on_error: Callable[[Item, Exception], Result],
        act: Callable[[Result], None],
        threads: int,
        grace: float = WORKERS_SHUTDOWN,
    ) -> SeededWorkers[Item, Result]:
        """Return fibers that hand their results in here."""
        return SeededWorkers(self, work, on_error, act, threads, grace)

    def act(self, seconds: float = 0.0) -> bool:
        """Act on every result that is there; wait some seconds for the first one."""
        if not self.entries:
            self._reader = self.schedule.current
            try:
                self.schedule.wait(max(seconds, 0.001))
            finally:
                # Whoever is woken later would take it for the end of another wait.
                self._reader = None
        if not self.entries:
            return False
        for _ in range(len(self.entries)):
            _, act = self.entries.popleft()
            act()
        return True

    def rest(self, *of: object) -> Iterator[Callable[[], None]]:
        """Empty the inbox; the results of some workers are given."""
        while self.entries:
            workers, act = self.entries.popleft()
            if workers in of:
                yield act

    def hand_in(self, workers: object, act: Callable[[], None]) -> None:
        """Add a result, in a worker's fiber."""
        self.step("hand-in")
        self.entries.append((workers, act))
        if self._reader is not None:
            self.schedule.wake(self._reader)


class SeededWorkers(Generic[Item, Result]):
    """Fibers that turn items into results; the same methods as the product's ``Workers``."""

    def __init__(
        self,
        inbox: SeededInbox,
        work: Callable[[Item], Result],
        on_error: Callable[[Item, Exception], Result],
        act: Callable[[Result], None],
        threads: int,
        grace: float,
    ) -> None:
        self._inbox = inbox
        self._work = work
        self._on_error = on_error
        self._act = act
        self._threads = threads
        self._grace = grace
        self._given = self._acted = self._busy = 0
        self._items: Deque[Item] = deque()
        self._free: List[Fiber] = []
        self._fibers: List[Fiber] = []
        self._is_over = False
        self._leaver: Optional[Fiber] = None

    def __enter__(self) -> SeededWorkers[Item, Result]:
        self._inbox.entered.append(self)
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._inbox.entered.remove(self)
        schedule = self._inbox.schedule
        self._leaver = schedule.current
        try:
            if kind is None:
                while self._items or self._busy:
                    schedule.wait()
            else:
                # As the product's: what is queued is dropped, what is begun has some time to end.
                self._items.clear()
                deadline = schedule.now + self._grace
                while self._busy and schedule.now < deadline:
                    schedule.wait(deadline - schedule.now)
        finally:
            self._leaver = None
            self._is_over = True
        for fiber in self._free:
            schedule.wake(fiber)

    @property
    def pending(self) -> int:
        """How many items have been given whose results were not acted on yet."""
        return self._given - self._acted

    def give(self, item: Item) -> None:
        """Queue an item."""
        self._inbox.step("give")
        self._given += 1
        self._items.append(item)
        if self._free:
            self._inbox.schedule.wake(self._free.pop(0))
        elif len(self._fibers) < self._threads:
            self._inbox.fibers += 1
            name = "%s-%d" % (getattr(self._work, "__name__", "work"), self._inbox.fibers)
            fiber = Fiber(name, self._inbox.owner, self._run)
            self._fibers.append(fiber)
            self._inbox.schedule.spawn(fiber)

    def check(self) -> None:
        """Look whether there is still somebody at work: no fiber ends before its pool."""

    def _run(self) -> None:
        schedule = self._inbox.schedule
        fiber = schedule.current
        assert fiber is not None
        while True:
            while not self._items and not self._is_over:
                if fiber not in self._free:
                    self._free.append(fiber)
                schedule.wait()
            if not self._items:
                return
            item = self._items.popleft()
            self._busy += 1
            self._inbox.hand_in(self, self._done(item))
            self._busy -= 1
            if self._leaver is not None:
                schedule.wake(self._leaver)

    def _done(self, item: Item) -> Callable[[], None]:
        try:
            try:
                result = self._work(item)
            except KilledError:
                raise
            except Exception as error:
                result = self._on_error(item, error)
            except BaseException as error:
                result = self._on_error(
                    item, RuntimeError("%s: %s" % (type(error).__name__, error))
                )
        except KilledError:
            raise
        except BaseException as error:
            return functools.partial(self._broken, error)
        return functools.partial(self._take, result)

    def _take(self, result: Result) -> None:
        self._acted += 1
        self._act(result)

    def _broken(self, error: BaseException) -> None:
        self._acted += 1
        raise RuntimeError("a worker has died") from error

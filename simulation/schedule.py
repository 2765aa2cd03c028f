"""
Threads of which one runs at a time; a seeded generator decides which is next, and time is virtual.

A fiber is a simulated thread. It runs on a real one, and only while it has the baton: whoever
cannot go on (it sleeps, waits for a lock or for work) gives the baton to a fiber that can, in one
hand-over of one lock. When nobody can go on, time passes, to the next moment at which somebody
sleeps no more or something is to happen. Real threads are used again: a run has a dozen, a night
several runs.
"""

from __future__ import annotations

import _thread
import heapq
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, Union

from simulation.prng import Prng

Main = Callable[[], None]


class KilledError(BaseException):
    """Raised in a fiber whose process is no more, at whatever it tries to do."""


class StuckError(Exception):
    """Nobody can go on, and nothing will happen; or the steps never end."""


class Event(NamedTuple):
    """
    A line of the trace.

    :param at: virtual seconds since the world began
    :param process: whose; empty: the world's own
    :param thread: empty: nobody's
    """

    at: float
    process: str
    thread: str
    kind: str
    text: str

    def __str__(self) -> str:
        """Return it for people."""
        who = "/".join(filter(None, (self.process, self.thread)))
        return "%12.6f %-22s %-18s %s" % (self.at, who, self.kind, self.text)


class Owner:
    """What fibers belong to; they end with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.fibers: List[Fiber] = []


class Fiber:
    """
    A simulated thread.

    :param main: what it does
    """

    __slots__ = (
        "baton",
        "error",
        "interrupt",
        "is_done",
        "is_ready",
        "is_started",
        "main",
        "name",
        "owner",
        "turn",
        "was_woken",
    )

    def __init__(self, name: str, owner: Owner, main: Main) -> None:
        self.name = name
        self.owner = owner
        self.main = main
        self.baton = _thread.allocate_lock()
        self.baton.acquire()
        self.is_started = self.is_done = False
        self.is_ready = True
        self.was_woken = False
        self.turn = 0
        """Counts its waits, so that the alarm of an earlier one wakes nobody."""
        self.interrupt: Optional[BaseException] = None
        """Raised in it when it goes on: what a signal's handler raises."""
        self.error: Optional[BaseException] = None


def _nothing() -> None:
    """Do nothing."""


class _Carrier:
    """A real thread, which carries one fiber after the other."""

    def __init__(self) -> None:
        self.wake = _thread.allocate_lock()
        self.wake.acquire()
        self.fiber: Optional[Fiber] = None
        self.schedule: Optional[Schedule] = None
        _thread.start_new_thread(self._carry, ())

    def _carry(self) -> None:
        while True:
            self.wake.acquire()
            fiber, schedule = self.fiber, self.schedule
            assert fiber is not None
            assert schedule is not None
            try:
                if fiber.owner.is_dead:
                    raise KilledError
                fiber.main()
            except KilledError:
                pass
            except BaseException as error:
                # Without its frames, which hold the whole run.
                fiber.error = error
            self.fiber = self.schedule = None
            schedule._finish(fiber, self)
            del fiber, schedule


_IDLE: List[_Carrier] = []
"""Real threads without a fiber. Shared by all worlds: whoever has the baton owns it."""

_Alarm = Tuple[float, int, Union[Fiber, Callable[[], None]], int]


class Schedule:
    """
    Decides which fiber goes on, and how time passes.

    :param prng: decides
    :param restless: how likely a fiber that could go on lets another one go first, at each step
    """

    def __init__(self, prng: Prng, restless: float) -> None:
        self._prng = prng
        self._restless = restless
        self.now = 0.0
        """Virtual seconds since the world began."""
        self.current: Optional[Fiber] = None
        """Who has the baton; None: the world itself."""
        self.choices: List[int] = []
        """Which of how many was next, whenever there was a choice: ``index * 256 + count``."""
        self.live = 0
        """Fibers that are not done."""
        self._ready: List[Fiber] = []
        self._dying: List[Fiber] = []
        self._alarms: List[_Alarm] = []
        self._count = 0
        self._until = 0.0
        self._wants_to_stop: Callable[[], bool] = bool
        self._stuck: Optional[BaseException] = None
        self._driver = _thread.allocate_lock()
        self._driver.acquire()

    # For the world, from outside of every fiber.

    def spawn(self, fiber: Fiber) -> None:
        """Let a new fiber go on when it is its turn."""
        self.live += 1
        fiber.owner.fibers.append(fiber)
        self._ready.append(fiber)

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Have something done at a virtual time; it must not wait."""
        self._count += 1
        heapq.heappush(self._alarms, (max(when, self.now), self._count, act, 0))

    def go(self, until: float, wants_to_stop: Callable[[], bool]) -> None:
        """
        Let fibers go on until nobody is left, the time is over, or that is wanted.

        :param wants_to_stop: asked before each turn
        :raises StuckError: nobody can go on
        """
        assert self.current is None, "BUG: the world was told to go from inside of it"
        self._until = until
        self._wants_to_stop = wants_to_stop
        following = self._next()
        if following is not None:
            self._hand_to(following)
            self._driver.acquire()
        if self._stuck is not None:
            stuck, self._stuck = self._stuck, None
            raise stuck

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Have nobody have the baton for a while, so that calls are the real ones and no steps."""
        fiber, self.current = self.current, None
        try:
            yield
        finally:
            self.current = fiber

    # For fibers.

    def step(self) -> None:
        """Go on, or let another one go first."""
        fiber = self.current
        if fiber is None:
            return
        if fiber.owner.is_dead:
            raise KilledError
        if fiber.interrupt is not None:
            interrupt, fiber.interrupt = fiber.interrupt, None
            raise interrupt
        if self._ready and self._prng.chance(self._restless):
            fiber.is_ready = True
            self._ready.append(fiber)
            self._leave(fiber)

    def sleep(self, seconds: float) -> None:
        """Go on after some virtual seconds."""
        self.wait(max(0.0, seconds))

    def wait(self, seconds: Optional[float] = None) -> bool:
        """
        Wait until somebody wakes this fiber; return whether somebody did.

        :param seconds: at most; None: without a limit
        """
        fiber = self.current
        assert fiber is not None, "BUG: the world itself cannot wait"
        if fiber.owner.is_dead:
            raise KilledError
        if fiber.interrupt is None:
            fiber.turn += 1
            fiber.was_woken = fiber.is_ready = False
            if seconds is not None:
                self._count += 1
                heapq.heappush(self._alarms, (self.now + seconds, self._count, fiber, fiber.turn))
            self._leave(fiber)
        if fiber.interrupt is not None:
            interrupt, fiber.interrupt = fiber.interrupt, None
            raise interrupt
        return fiber.was_woken

    def wake(self, fiber: Fiber) -> None:
        """Let a fiber go on that waits; one that does not goes on anyway."""
        if not fiber.is_ready and not fiber.is_done:
            fiber.is_ready = fiber.was_woken = True
            fiber.turn += 1
            self._ready.append(fiber)

    def raise_in(self, fiber: Fiber, error: BaseException) -> None:
        """Raise something in a fiber at its next step, as the handler of a signal does."""
        fiber.interrupt = error
        self.wake(fiber)

    def kill(self, owner: Owner) -> None:
        """End all fibers of an owner: none of them does anything any more."""
        owner.is_dead = True
        for fiber in owner.fibers:
            if fiber is self.current or fiber.is_done:
                continue
            if fiber.is_ready and fiber in self._ready:
                self._ready.remove(fiber)
            if fiber not in self._dying:
                fiber.is_ready = True
                fiber.turn += 1
                self._dying.append(fiber)

    def _leave(self, fiber: Fiber) -> None:
        """Give the baton to whoever is next, and wait to have it again."""
        following = self._next()
        if following is not fiber:
            if following is None:
                self.current = None
                self._driver.release()
            else:
                self._hand_to(following)
            fiber.baton.acquire()
        self.current = fiber
        if fiber.owner.is_dead:
            raise KilledError

    def _hand_to(self, fiber: Fiber) -> None:
        self.current = fiber
        if fiber.is_started:
            fiber.baton.release()
            return
        fiber.is_started = True
        carrier = _IDLE.pop() if _IDLE else _Carrier()
        carrier.fiber, carrier.schedule = fiber, self
        carrier.wake.release()

    def _finish(self, fiber: Fiber, carrier: _Carrier) -> None:
        """End a fiber; in its real thread, which is free for another one then."""
        fiber.is_done = True
        fiber.main = _nothing
        fiber.owner.fibers.remove(fiber)
        self.live -= 1
        following = self._next()
        _IDLE.append(carrier)
        if following is None:
            self.current = None
            self._driver.release()
        else:
            self._hand_to(following)

    def _next(self) -> Optional[Fiber]:
        """Return who goes on now, after time has passed if need be; None: the world itself."""
        self.current = None
        try:
            while True:
                if self._dying:
                    return self._dying.pop()
                if self._wants_to_stop():
                    return None
                count = len(self._ready)
                if count == 1:
                    return self._ready.pop()
                if count:
                    chosen = self._prng.below(count)
                    self.choices.append(chosen * 256 + count)
                    return self._ready.pop(chosen)
                if not self._pass_time():
                    return None
        except BaseException as error:
            self._stuck = error
            return None

    def _pass_time(self) -> bool:
        """Let time pass to the next thing that happens; False: not in the time that there is."""
        while self._alarms:
            when, _, what, turn = self._alarms[0]
            if isinstance(what, Fiber) and (what.turn != turn or what.is_done):
                heapq.heappop(self._alarms)
                continue
            if when > self._until:
                self.now = max(self.now, self._until)
                return False
            self.now = when
            heapq.heappop(self._alarms)
            if isinstance(what, Fiber):
                what.is_ready = True
                what.turn += 1
                self._ready.append(what)
                # Whoever wakes at the same moment may be first.
                self._wake_all(when)
            else:
                what()
            return True
        if self.live:
            raise StuckError("nobody can go on, and nothing will happen")
        self.now = max(self.now, self._until)
        return False

    def _wake_all(self, when: float) -> None:
        while self._alarms and self._alarms[0][0] == when:
            _, _, what, turn = self._alarms[0]
            if not isinstance(what, Fiber):
                return
            heapq.heappop(self._alarms)
            if what.turn == turn and not what.is_done:
                what.is_ready = True
                what.turn += 1
                self._ready.append(what)


class SeededLock:
    """Stands in for ``threading.Lock`` and ``RLock``: whoever waits for it gives the baton away."""

    schedule: Schedule

    def __init__(self) -> None:
        self._holder: Any = None
        self._depth = 0
        self._waiting: List[Fiber] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, as a real lock."""
        schedule = self.schedule
        while self._depth:
            if self._is_mine():
                break
            if not blocking:
                return False
            fiber = schedule.current
            assert fiber is not None, "BUG: the world itself would wait for a lock"
            self._waiting.append(fiber)
            try:
                woken = schedule.wait(None if timeout < 0 else timeout)
            finally:
                if fiber in self._waiting:
                    self._waiting.remove(fiber)
            if not woken and timeout >= 0:
                return False
        self._holder = schedule.current
        self._depth += 1
        return True

    def release(self) -> None:
        """Give it back, as a real lock."""
        if not self._depth:
            holder = self.schedule.current
            if holder is not None and holder.owner.is_dead:
                return
            raise RuntimeError("release unlocked lock")
        self._depth -= 1
        if not self._depth:
            self._holder = None
            for fiber in self._waiting:
                self.schedule.wake(fiber)
            self._waiting.clear()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return bool(self._depth)

    def _is_mine(self) -> bool:
        return False

    def _is_owned(self) -> bool:
        return bool(self._depth)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class SeededRLock(SeededLock):
    """The same for whoever has it already."""

    def _is_mine(self) -> bool:
        return self._holder is self.schedule.current


class SeededCondition:
    """Stands in for ``threading.Condition``, and so for what ``queue`` and ``Event`` wait on."""

    schedule: Schedule

    def __init__(self, lock: Optional[SeededLock] = None) -> None:
        self._lock = lock if lock is not None else SeededRLock()
        self._waiting: List[Fiber] = []
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Wait for a notification, without the lock."""
        fiber = self.schedule.current
        assert fiber is not None, "BUG: the world itself would wait for a notification"
        self._waiting.append(fiber)
        self._lock.release()
        try:
            return self.schedule.wait(timeout)
        finally:
            if fiber in self._waiting:
                self._waiting.remove(fiber)
            if not fiber.owner.is_dead:
                self._lock.acquire()

    def wait_for(self, predicate: Callable[[], Any], timeout: Optional[float] = None) -> Any:
        """Wait until something holds."""
        while not predicate():
            if not self.wait(timeout) and timeout is not None:
                break
        return predicate()

    def notify(self, count: int = 1) -> None:
        """Wake those who have waited longest."""
        for fiber in self._waiting[:count]:
            self.schedule.wake(fiber)
        del self._waiting[:count]

    def notify_all(self) -> None:
        """Wake all who wait."""
        self.notify(len(self._waiting))

"""Stopping a run from outside."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Callable, Optional

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What a run is stopped by. The first one counts."""

_NUDGE = signal.SIGURG
"""Interrupts the main thread and does nothing else. By default it is ignored, so a process that
has no handler for it any more, or a child, takes no harm."""

_NUDGES = 50
_NUDGE_PAUSE = 0.1
"""How often, and in seconds, until the handler has begun; at most for as long as both say."""


def wake_main_thread() -> None:
    """
    See to it from now on that the main thread runs the handlers of signals at once.

    Python runs them in the main thread only, but the system may give a signal to any thread. When
    several signals come at once, another thread may take all of them, and a main thread that waits
    without a limit (``Thread.join`` in Pungi) sleeps on. A thread of its own learns of each signal
    through the wakeup file descriptor and interrupts the main thread until the signal is ignored;
    :func:`ignore_further_signals` is the first thing that a handler must call.

    Calling it again changes nothing. It has no effect outside the main thread, nor where somebody
    else (asyncio, for one) uses the wakeup file descriptor.
    """
    main = threading.current_thread()
    if main is not threading.main_thread() or main.ident is None:
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    if before != -1:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
        return
    signal.signal(_NUDGE, _do_nothing)
    threading.Thread(
        target=_nudge_at_signals, args=(reading, main.ident), name="signals", daemon=True
    ).start()


def ignore_further_signals() -> None:
    """
    Have SIGINT and SIGTERM ignored from now on; for the handler of the first one.

    By the system, not by a handler: Python takes those away while it ends, and then a late signal
    would change the exit status.
    """
    for number in SIGNALS:
        signal.signal(number, _do_nothing)
    # Of signals that came together, Python calls the handlers one after the other, and complains
    # with a traceback of one that is gone by then. Here it calls what is left of them.
    signal.raise_signal(_NUDGE)
    # Others may come while the handlers are replaced.
    sys.unraisablehook = _without_late_signals(sys.unraisablehook)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _without_late_signals(
    report: Callable[[sys.UnraisableHookArgs], object],
) -> Callable[[sys.UnraisableHookArgs], None]:
    """
    Return a hook that reports what Python cannot raise, but not that it ignored a late signal.

    The system gives a signal to Python's own handler, in any thread; the main thread looks up ours
    in a table, later. When ours has been replaced by SIG_IGN in between, Python ignores the signal,
    which is what is wanted, and reports an OSError. No order of calls avoids it: while the table
    changes, another thread may be in Python's handler.
    """

    def report_others(unraisable: sys.UnraisableHookArgs) -> None:
        error = unraisable.exc_value
        if not (isinstance(error, OSError) and "ignored due to race condition" in str(error)):
            report(unraisable)

    return report_others


def _do_nothing(_number: int, _frame: Optional[FrameType]) -> None:
    """Handle a signal that comes too late to matter."""


def _nudge_at_signals(reading: int, main: int) -> None:
    while True:
        for number in set(os.read(reading, 64)) - {int(_NUDGE)}:
            # Once is not enough: the main thread may be about to wait, and not wait yet.
            for _ in range(_NUDGES):
                if signal.getsignal(number) is signal.SIG_IGN:
                    break
                signal.pthread_kill(main, _NUDGE)
                time.sleep(_NUDGE_PAUSE)


class StopFlag:
    """
    Whether somebody asked a run to stop.

    A signal handler raises ``KeyboardInterrupt`` where the main thread happens to be, and Python
    swallows it in some places (a destructor, a weakref's callback). So the handler also sets this
    flag, which the run looks at in each turn. No lock: a handler must not wait for one that the
    thread it interrupted may hold.
    """

    def __init__(self) -> None:
        self.requested = False

    def ask(self) -> None:
        """Ask the run to stop."""
        self.requested = True

    def check(self) -> None:
        """
        Stop here when that was asked for.

        :raises KeyboardInterrupt: it was
        """
        if self.requested:
            raise KeyboardInterrupt

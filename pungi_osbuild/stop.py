"""Stopping a run from outside."""

from __future__ import annotations


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

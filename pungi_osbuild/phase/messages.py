"""Messages to Pungi's notification scripts, sent by a thread of their own."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Optional, Tuple, Type

from pungi_osbuild.model import JsonDict
from pungi_osbuild.run import Inbox, Workers, WorkerThread


@dataclass(frozen=True)
class Message:
    """What a script gets: a name, and the fields, for JSON."""

    name: str
    fields: Tuple[Tuple[str, Any], ...]


class Messages:
    """
    Sends messages in the order in which they come. Use it as a context manager.

    Pungi runs one script at a time and waits for it. A script that takes its time, or hangs, must
    keep nobody from watching tasks and cancelling them. Leaving this waits for all scripts;
    leaving it by an exception drops what has not been sent.

    :param notifier: Pungi's: ``send(name, **fields)``
    :param thread_class: of the thread: kobo's ``WorkerThread``, or a class made from it
    """

    def __init__(
        self, notifier: Any, log: logging.Logger, thread_class: Type[WorkerThread] = WorkerThread
    ) -> None:
        self._notifier = notifier
        self._log = log
        self._turn = threading.Lock()
        self._inbox = Inbox(thread_class)
        # One thread: scripts see the messages in order, and Pungi's notifier runs one at a time.
        self._workers = Workers(self._inbox, self._send, self._failed, _sent, 1)

    def __enter__(self) -> Messages:
        self._workers.__enter__()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._workers.__exit__(kind, value, traceback)

    def send(self, name: str, fields: JsonDict) -> None:
        """Have a message sent soon; comes back at once. May be called from several threads."""
        # Workers.give() is for one thread at a time.
        with self._turn:
            self._workers.give(Message(name, tuple(fields.items())))

    @property
    def unsent(self) -> int:
        """How many have not been sent, as counted by :meth:`wait`."""
        return self._workers.pending

    def wait(self, check: Callable[[], None]) -> None:
        """
        Wait until all that were given have been sent; nobody gives more meanwhile.

        :param check: called every second; may raise to end the waiting
        """
        while self.unsent:
            check()
            self._inbox.act(seconds=1.0)

    def _send(self, message: Message) -> None:
        self._notifier.send(message.name, **dict(message.fields))

    def _failed(self, message: Message, error: Exception) -> None:
        # A site's own script: no image fails for it.
        self._log.warning("notification %s failed: %s", message.name, error)


def _sent(_nothing: None) -> None:
    """Do nothing: the worker pool counts it."""

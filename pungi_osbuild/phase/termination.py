"""SIGINT and SIGTERM: what is done before Pungi's own handler, and how long that may take."""

from __future__ import annotations

import functools
import logging
import os
import signal
import threading
from types import FrameType
from typing import Any, Callable, Optional

from pungi_osbuild.run import Background
from pungi_osbuild.stop import SIGNALS, ignore_further_signals, wake_main_thread
from pungi_osbuild.timing import PUNGI_CANCELLING_TIMEOUT

logger = logging.getLogger(__name__)


def before_termination(work: Callable[[], None]) -> None:
    """
    Run something when SIGINT or SIGTERM arrives, before the handlers that are already set.

    Pungi's own handler cancels Koji tasks only where ``KojiWrapper.login`` works, writes the
    compose's status and ends the process. Further signals change nothing: whoever ends a compose
    often sends several, and a second one would cut the work short. A signal that is ignored stays
    ignored. Only the main thread may set handlers; in another one nothing is changed.

    :param work: must not raise, and come back after a bounded time
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        previous = signal.getsignal(number)
        if previous not in (signal.SIG_IGN, None):
            signal.signal(number, _then(work, previous))
    wake_main_thread()


def _then(work: Callable[[], None], previous: Any) -> Callable[[int, Optional[FrameType]], None]:
    def handler(number: int, frame: Optional[FrameType]) -> None:
        ignore_further_signals()
        work()
        if callable(previous):
            previous(number, frame)
        else:  # the default action: the process ends by the signal
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    return handler


def bounded(cancelling: Callable[..., None]) -> Callable[..., None]:
    """
    Return Pungi's own cancelling of tasks, abandoned after :data:`PUNGI_CANCELLING_TIMEOUT`.

    It continues in its thread, which does not keep the process alive.

    :param cancelling: called from the handler of a signal; must not raise
    """

    @functools.wraps(cancelling)
    def cancelling_for_a_while(*arguments: Any) -> None:
        background = Background(lambda: cancelling(*arguments))
        background.start()
        if not background.wait(PUNGI_CANCELLING_TIMEOUT):
            logger.warning(
                "Pungi has not cancelled the Koji tasks of its phases after %g seconds: the hub"
                " does not answer. Cancel the tasks listed in koji-tasks/ with `koji cancel`",
                PUNGI_CANCELLING_TIMEOUT,
            )

    return cancelling_for_a_while

"""Something is done before the handlers of SIGINT and SIGTERM that are there already."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import Any, Iterator, List, Sequence

import pytest

from pungi_osbuild.phase import termination
from pungi_osbuild.phase.termination import before_termination, bounded

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook
    yield
    sys.unraisablehook = hook
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_handler_that_is_there_comes_second(number: signal.Signals) -> None:
    """It gets what it would have got."""
    done: List[Any] = []
    signal.signal(number, lambda *arguments: done.append(arguments))
    before_termination(lambda: done.append("ours"))
    signal.raise_signal(number)
    ours, (said, frame) = done
    assert ours == "ours"
    assert said == number
    assert frame is not None


def test_after_the_first_signal_others_change_nothing() -> None:
    """Each has its own handler; whoever ends a compose often sends more than one."""
    done: List[str] = []
    signal.signal(signal.SIGINT, lambda *_: done.append("INT"))
    signal.signal(signal.SIGTERM, lambda *_: done.append("TERM"))
    before_termination(lambda: done.append("ours"))
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    assert done == ["ours", "TERM"]


def test_what_python_does_by_itself_is_still_done() -> None:
    """Ctrl-C raises KeyboardInterrupt where nobody has another handler."""
    done: List[str] = []
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before_termination(lambda: done.append("ours"))
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert done == ["ours"]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """As under ``nohup`` or in the background of a script."""
    done: List[str] = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    before_termination(lambda: done.append("ours"))
    signal.raise_signal(signal.SIGINT)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_changes_nothing() -> None:
    """Only the main thread may set handlers."""
    before = [signal.getsignal(number) for number in SIGNALS]
    errors: List[BaseException] = []

    def elsewhere() -> None:
        try:
            before_termination(lambda: None)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert errors == []
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_without_a_handler_the_process_ends_by_the_signal() -> None:
    """After the work; whoever waits for it sees which signal it was."""
    code = """
import signal
from pungi_osbuild.phase.termination import before_termination
signal.signal(signal.SIGTERM, signal.SIG_DFL)
before_termination(lambda: print("ours", flush=True))
signal.raise_signal(signal.SIGTERM)
print("still here", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "ours\n"
    assert done.returncode == -signal.SIGTERM
    assert done.stderr == ""


SEVERAL = """
import os, signal, sys
from pungi_osbuild.phase.termination import before_termination
def say(*words):
    # Not print: a signal may come while it writes, and it cannot be called in itself.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def theirs(number, _frame):
    say("theirs", number)
    sys.exit(1)
def ours():
    say("ours")
    sys.stdin.readline()
    say("done")
signal.signal(signal.SIGINT, theirs)
signal.signal(signal.SIGTERM, theirs)
before_termination(ours)
say("ready")
while True:
    signal.pause()
"""


@pytest.mark.parametrize("first", SIGNALS)
def test_signals_that_come_while_the_work_is_done_cut_nothing_short(first: signal.Signals) -> None:
    """Of a real process: the work is done once, to its end, and then Pungi's own handler."""
    process = subprocess.Popen(
        [sys.executable, "-c", SEVERAL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(first)
        assert process.stdout.readline() == "ours\n"
        for number in (*SIGNALS, *SIGNALS):
            process.send_signal(number)
        rest, errors = process.communicate("go on\n", timeout=60)
    finally:
        process.kill()
        process.wait()
    assert rest.splitlines() == ["done", "theirs %d" % first]
    assert errors == ""
    assert process.returncode == 1


LATE = """
import ctypes, signal, sys
from pungi_osbuild.stop import ignore_further_signals
signal.signal(signal.SIGTERM, lambda *_: print("handled"))
at_system = ctypes.CDLL(None).signal
at_system.argtypes, at_system.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
of_python = ctypes.CFUNCTYPE(None, ctypes.c_int)(at_system(signal.SIGTERM, None))
ignore_further_signals()
of_python(signal.SIGTERM)
class Broken:
    def __del__(self):
        raise OSError("another error")
Broken()
"""


def test_a_signal_that_comes_while_handlers_are_replaced_is_ignored_in_silence() -> None:
    """Another thread is in Python's own handler at that time; other errors are still reported."""
    done = subprocess.run(
        [sys.executable, "-c", LATE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "race condition" not in done.stderr
    assert "OSError: another error" in done.stderr


def test_cancelling_that_ends_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """It gets what it would have got, and is done when the handler goes on."""
    done: List[Any] = []
    bounded(lambda *arguments: done.append(arguments))(1, 2)
    assert done == [(1, 2)]
    assert caplog.records == []


def test_cancelling_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says what may go on in Koji."""
    monkeypatch.setattr(termination, "PUNGI_CANCELLING_TIMEOUT", 0.1)
    release, ended = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(60)
        ended.set()

    bounded(hang)()
    assert not ended.is_set()
    assert "after 0.1 seconds" in caplog.text
    assert "koji-tasks/" in caplog.text
    release.set()
    assert ended.wait(60)


ELSEWHERE = """
import os, signal, sys, threading
%s
worker = threading.Thread(target=sys.stdin.readline, daemon=True)
worker.start()
# From here on the system gives each signal to the other thread, as it may at any time.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
os.write(1, b"ready\\n")
worker.join()
os.write(1, b"not interrupted\\n")
"""

IN_PUNGI = """
from pungi_osbuild.phase.termination import before_termination
signal.signal(signal.SIGINT, lambda *_: sys.exit(4))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
before_termination(lambda: None)
before_termination(lambda: None)
"""

OF_OUR_OWN_COMMAND = """
from pungi_osbuild.cli.signals import take_signals
take_signals()
sys.excepthook = lambda kind, *_: os._exit(4 if kind is KeyboardInterrupt else 1)
"""


@pytest.mark.parametrize("handlers", [IN_PUNGI, OF_OUR_OWN_COMMAND])
@pytest.mark.parametrize("numbers", [SIGNALS[:1], SIGNALS[1:], (*SIGNALS, *SIGNALS)])
def test_a_signal_that_another_thread_takes_wakes_the_main_thread(
    numbers: Sequence[signal.Signals], handlers: str
) -> None:
    """It waits without a limit, as Pungi's does, and Python runs handlers nowhere else."""
    process = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE % handlers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in numbers:
            process.send_signal(number)
        assert process.wait(timeout=60) == 4
        assert process.communicate() == ("", "")
    finally:
        process.kill()
        process.wait()

"""The one place where an error becomes a message and an exit status."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Iterator

from pungi_osbuild.cli.formats import show_failure
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.errors import ExitCode, PungiOsbuildError, RunInterruptedError
from pungi_osbuild.model import RunResult


@contextmanager
def exits() -> Iterator[None]:
    """
    Turn what a command raises into a message on stderr and an exit status.

    A program that reads stdout gets a document all the same.
    """
    try:
        yield
    except PungiOsbuildError as error:
        show_lines(("error: %s" % error.friendly()).splitlines(), err=True)
        show_failure(error)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        show_lines(["interrupted"], err=True)
        show_failure(RunInterruptedError("interrupted", "Run the same command again."))
        sys.exit(int(ExitCode.INTERRUPTED))


def exit_code(result: RunResult) -> ExitCode:
    """Return the exit status that a run's result means."""
    if result.required_failures:
        return ExitCode.FAILED
    return ExitCode.INCOMPLETE if result.failures else ExitCode.FINE

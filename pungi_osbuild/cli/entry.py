"""The console script. Signal handlers are set before the imports that take time."""

from __future__ import annotations

import os
import sys

from pungi_osbuild.errors import ExitCode


def entry() -> None:
    """Run ``pungi-osbuild``."""
    _open_closed_streams()
    try:
        from pungi_osbuild.cli.signals import take_signals

        take_signals()
        from pungi_osbuild.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))
    except OSError as error:
        if error.filename is not None:
            raise
        _end_without_output(error)


def _open_closed_streams() -> None:
    """
    Let /dev/null take the place of a stream that the caller closed (``pungi-osbuild ... >&-``).

    Python has None there, and the stream's number would go to the next file that is opened.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _end_without_output(error: OSError) -> None:
    """End where stdout or stderr cannot be written: it goes to a full disk, say."""
    try:
        print("error: the output cannot be written: %s" % error.strerror, file=sys.stderr)
        sys.stderr.flush()
    except OSError:
        pass
    # Python flushes both once more while it ends, and would print a traceback.
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(int(ExitCode.FAILED))

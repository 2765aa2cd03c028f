"""What the console script calls. Signals are taken before anything that takes time to import."""

from __future__ import annotations

import sys

from pungi_osbuild.errors import ExitCode


def entry() -> None:
    """Run ``pungi-osbuild``."""
    try:
        from pungi_osbuild.cli.signals import take_signals

        take_signals()
        from pungi_osbuild.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))

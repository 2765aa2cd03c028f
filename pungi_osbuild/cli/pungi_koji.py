"""
``pungi-koji-osbuild``: Pungi's own ``pungi-koji`` with our phase, and every option it has.

Under the name ``pungi-koji`` on PATH it also works for ``pungi-orchestrate``.
"""

from __future__ import annotations

import sys

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.errors import InputError

ABOUT = """\
pungi-koji-osbuild is Pungi's own pungi-koji whose osbuild phase is replaced by that of
pungi-osbuild. It takes every option of pungi-koji, which it lists below.

Example: pungi-koji-osbuild --config fedora.conf --test --target-dir composes
The images alone, against a rehearsal hub that koji_profile names:
         pungi-koji-osbuild --config fedora.conf --test --target-dir composes \\
             --just-phase osbuild --just-phase test
"""
"""What ``--help`` shows before Pungi's own help."""


def entry() -> None:
    """Replace Pungi's phase and run ``pungi-koji``."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        show_lines(ABOUT.splitlines())
    with exits():
        _install()
    from pungi.scripts.pungi_koji import cli_main

    cli_main()


def _install() -> None:
    try:
        import pungi.checks
        import pungi.phases
        import pungi.scripts.pungi_koji  # noqa: F401
    except (ImportError, ValueError) as error:  # ValueError: a library of GObject's is missing
        raise InputError(
            "Pungi cannot be used with this Python (%s): %s" % (sys.executable, error),
            "Install your distribution's pungi, and start this with the Python it is for. The"
            " package index's pungi is another project.",
        ) from error
    from pungi_osbuild.phase.adapter import install

    install()


if __name__ == "__main__":
    entry()

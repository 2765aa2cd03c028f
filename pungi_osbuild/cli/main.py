"""``pungi-osbuild``."""

from __future__ import annotations

import click

from pungi_osbuild import __version__
from pungi_osbuild.cli.check import plan_command, validate_command
from pungi_osbuild.cli.completion import completion_command
from pungi_osbuild.cli.hub import hub_command
from pungi_osbuild.cli.images import images_command
from pungi_osbuild.cli.rehearse import rehearse_command
from pungi_osbuild.cli.report import report_command
from pungi_osbuild.cli.reproduce import reproduce_command
from pungi_osbuild.cli.run import run_command
from pungi_osbuild.cli.status import status_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pungi-osbuild")
def main() -> None:
    """Image builds of a Pungi compose through Koji and osbuild-composer.

    \b
    Exit status: 0 fine, 1 errors or failed images, 2 wrong usage, 3 the hub could not be reached
    or refused, 4 interrupted, 5 finished but images that may fail did.

    \b
    Example: pungi-osbuild rehearse fedora.conf --out tonight
    """


main.add_command(rehearse_command)
main.add_command(validate_command)
main.add_command(plan_command)
main.add_command(run_command)
main.add_command(status_command)
main.add_command(images_command)
main.add_command(report_command)
main.add_command(reproduce_command)
main.add_command(hub_command)
main.add_command(completion_command)

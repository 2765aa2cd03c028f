"""``pungi-osbuild hub``: the rehearsal hub by itself."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Optional, Tuple

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.cli.signals import STOP
from pungi_osbuild.rehearsal import PROFILE, HubSettings, RehearsalHub, parse_fault, write_profile

_FILE = click.Path(path_type=Path)


@click.command("hub", short_help="Run the rehearsal hub by itself.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
@click.option(
    "--topdir", type=_FILE, metavar="DIR", help="Koji's volume; default: a temporary folder."
)
@click.option(
    "--write-profile",
    "profile_file",
    type=_FILE,
    metavar="FILE",
    help="Write a Koji profile named %s for this hub." % PROFILE,
)
@click.option("--duration", type=click.FloatRange(0), default=2.0, show_default=True, metavar="S")
@click.option("--capacity", type=click.IntRange(1), metavar="N", help="Tasks built at a time.")
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="As `rehearse` takes them.")
def hub_command(
    port: int,
    topdir: Optional[Path],
    profile_file: Optional[Path],
    duration: float,
    capacity: Optional[int],
    faults: Tuple[str, ...],
) -> None:
    """Run the rehearsal hub until it is interrupted.

    A profile below ~/.koji/config.d is found by `koji -p rehearsal` and by
    `pungi-osbuild run --profile rehearsal` alike.

    \b
    Example: pungi-osbuild hub --write-profile ~/.koji/config.d/rehearsal.conf
    """
    with exits(), tempfile.TemporaryDirectory(prefix="rehearsal-hub-") as temporary:
        settings = HubSettings(
            port=port,
            duration=duration,
            capacity=capacity,
            faults=tuple(map(parse_fault, faults)),
        )
        folder = topdir.absolute() if topdir is not None else Path(temporary)
        with RehearsalHub(settings, folder) as hub:
            lines = [
                "REHEARSAL HUB: nothing real is built here, and no cloud is touched.",
                "hub    %s" % hub.server,
                "files  %s (%s)" % (hub.topurl, hub.topdir),
            ]
            if profile_file is not None:
                write_profile(profile_file, hub, PROFILE)
                lines.append("try    koji --config=%s -p %s hello" % (profile_file, PROFILE))
            show_lines(lines)
            _until_interrupted()


def _until_interrupted() -> None:
    try:
        while not STOP.requested:
            time.sleep(1)
    except KeyboardInterrupt:
        show_lines(["stopped"])

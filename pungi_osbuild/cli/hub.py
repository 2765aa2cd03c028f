"""``pungi-osbuild hub``: the rehearsal hub by itself."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator, List, Optional

import click

from koji_rehearsal import (
    LOOPBACK,
    PROFILE,
    HubContent,
    HubSettings,
    RehearsalHub,
    write_profile,
)
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.hubsettings import FAULTS, hub_exits, hub_options
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.cli.signals import STOP

_LOCAL = (LOOPBACK, "localhost", "::1")


@click.command("hub", epilog=FAULTS)
@click.option(
    "--host",
    default=LOOPBACK,
    show_default=True,
    metavar="HOST",
    help="Address to listen on. Whoever reaches it can use the hub.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
@click.option(
    "--topdir",
    type=FILE,
    metavar="DIR",
    help="Koji's volume; default: a temporary folder, or with --state FILE the folder FILE.files.",
)
@click.option(
    "--state",
    "state_file",
    type=FILE,
    metavar="FILE",
    help="Keep tasks and builds here; a hub started with it again continues from there.",
)
@click.option(
    "--submissions",
    "submissions_file",
    type=FILE,
    metavar="FILE",
    help="Append a line here for each image that is submitted: who, when, what.",
)
@click.option(
    "--write-profile",
    "profile_file",
    type=FILE,
    metavar="FILE",
    help="Write a Koji profile named %s for this hub." % PROFILE,
)
@click.option(
    "--strict-auth",
    is_flag=True,
    help="Require a login: users admin, pungi and nobody, each with the password NAMEpw.",
)
@click.option(
    "--strict-content",
    is_flag=True,
    help="Refuse targets and packages that the hub does not know, as a real one does.",
)
@hub_options
def hub_command(
    host: str,
    port: int,
    topdir: Optional[Path],
    state_file: Optional[Path],
    submissions_file: Optional[Path],
    profile_file: Optional[Path],
    strict_auth: bool,
    strict_content: bool,
    make_settings: Callable[[], HubSettings],
) -> None:
    """Run the rehearsal hub until it is interrupted.

    A profile below ~/.koji/config.d is found by `koji -p rehearsal` and by
    `pungi-osbuild run --profile rehearsal` alike. A browser shows tasks and builds at the address
    printed as "web".

    \b
    Example: pungi-osbuild hub --write-profile ~/.koji/config.d/rehearsal.conf
    An hour's builds in a minute, two at a time:
             pungi-osbuild hub --duration 3600 --speed 60 --capacity 2
    A hub that survives its restart, at the same address:
             pungi-osbuild hub --port 8765 --state hub.json
    See what fails when users must log in and unknown packages are refused:
             pungi-osbuild hub --strict-auth --strict-content
    """
    with hub_exits(), tempfile.TemporaryDirectory(prefix="rehearsal-hub-") as temporary:
        settings = replace(
            make_settings(),
            host=host,
            port=port,
            state_file=None if state_file is None else state_file.absolute(),
            submissions_file=submissions_file,
        )
        content = HubContent.golden()
        content = replace(
            content,
            strict=strict_content,
            anonymous=None if strict_auth else content.anonymous,
        )
        folder = _folder(topdir, state_file, Path(temporary))
        with RehearsalHub(settings, folder, content) as hub:
            show_lines(_introduction(hub))
            _warn_of_host(hub)
            if profile_file is not None:
                write_profile(profile_file, hub, PROFILE, "password" if strict_auth else "noauth")
                login = "--user=pungi --password=pungipw " if strict_auth else ""
                said = "koji --config=%s -p %s %shello" % (profile_file, PROFILE, login)
                show_lines(["try    %s" % said])
            _until_interrupted(hub)


def _folder(topdir: Optional[Path], state_file: Optional[Path], temporary: Path) -> Path:
    """Return where Koji's files go: beside the state file, where there is one."""
    if topdir is not None:
        return topdir.absolute()
    if state_file is not None:
        return state_file.absolute().with_name(state_file.name + ".files")
    return temporary


def _introduction(hub: RehearsalHub) -> List[str]:
    return [
        "REHEARSAL HUB: nothing real is built here, and no cloud is touched.",
        "hub    %s" % hub.server,
        "web    %s" % hub.weburl,
        "files  %s (%s)" % (hub.topurl, hub.topdir),
        *_state_line(hub),
    ]


def _state_line(hub: RehearsalHub) -> Iterator[str]:
    if hub.settings.state_file is not None:
        yield "state  %s (%s)" % (hub.settings.state_file, "resumed" if hub.resumed else "new")


def _warn_of_host(hub: RehearsalHub) -> None:
    host = hub.settings.host
    if host in _LOCAL:
        return
    who = "needs only a well-known password" if hub.logs_in else "needs no password"
    show_lines(
        [
            "WARNING: this hub listens on %s, not on this machine alone." % host,
            "WARNING: whoever reaches it can use it and read its files, and %s." % who,
        ],
        err=True,
    )


def _until_interrupted(hub: RehearsalHub) -> None:
    shown: Optional[str] = None
    try:
        while not STOP.requested:
            time.sleep(1)
            problem = hub.state_problem
            if problem not in (None, shown):
                show_lines(["WARNING: the state is not saved: %s" % problem], err=True)
            shown = problem
    except KeyboardInterrupt:
        show_lines(["stopped"])

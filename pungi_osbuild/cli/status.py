"""``pungi-osbuild status``: the state of a run on a compose, also while it runs."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Optional

import click
from rich.console import Console, Group
from rich.live import Live

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.live import expected_from
from pungi_osbuild.cli.outfolder import REHEARSAL_PROFILE
from pungi_osbuild.cli.show import show_json, show_lines, show_styled
from pungi_osbuild.cli.signals import STOP
from pungi_osbuild.cli.values import complete_profile
from pungi_osbuild.errors import HubError, InputError
from pungi_osbuild.hub import Hub, Profile, read_profile
from pungi_osbuild.report import (
    Expected,
    activity_line,
    headline,
    live_view,
    progress_json,
    progress_table,
    styled,
)
from pungi_osbuild.run import (
    Progress,
    anonymous_hub,
    last_run,
    refreshed,
    status,
    tasks_in_progress,
)
from pungi_osbuild.timing import PollPolicy

EVERY = PollPolicy(minimum=5.0)
"""How often ``--watch`` asks a hub: as a run does, at most every five seconds."""

LINE_EVERY = 60.0
"""Seconds between two lines of ``--watch`` where there is no terminal and nothing has changed."""


@click.command("status")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--watch", is_flag=True, help="Follow the run until it ends.")
@click.option(
    "--previous",
    type=FILE,
    metavar="DIR",
    help="An earlier compose: shows how long each image took there.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="Koji profile; default: the run's own.",
    shell_complete=complete_profile,
)
@click.option("--koji-config", type=FILE, metavar="FILE", help="Koji's configuration file.")
@click.option("--offline", is_flag=True, help="Do not ask a hub: show only what the journal says.")
@format_option("table", "json")
def status_command(
    folder: Path,
    watch: bool,
    previous: Optional[Path],
    profile: Optional[str],
    koji_config: Optional[Path],
    offline: bool,
    output: str,
) -> None:
    """Show the state of the last run on the compose in DIR.

    Each image with its state, its time, and the reason if it failed. Reads the run's journal and
    asks its Koji hub for the states of open tasks, without a login. The run is not affected.

    \b
    Example: pungi-osbuild status Fedora-41-20261123.n.0 --watch
    """
    if watch and output == "json":
        raise click.UsageError(
            "--watch cannot be used with --format json; run the command again instead"
        )
    with exits(), ExitStack() as stack:
        expected = expected_from(previous)
        run = last_run(folder)
        hub = None
        if not offline and _may_change(status(folder)):
            hub = _hub(stack, _profile(folder, profile or run.profile, koji_config))
        view = _View(folder, hub, expected)
        if watch:
            _watch(view)
        elif output == "json":
            show_json(progress_json(view.poll_progress(), expected))
        else:
            view.show(view.poll_progress())


def _may_change(progress: Progress) -> bool:
    return bool(tasks_in_progress(progress)) or not progress.activity.is_over


def _profile(folder: Path, name: Optional[str], koji_config: Optional[Path]) -> Optional[Profile]:
    """Return the profile of the hub; None, and a warning, where it is unknown."""
    if name is None:
        return None
    rehearsed = folder / "koji" / "profile.conf"
    if koji_config is None and name == REHEARSAL_PROFILE and rehearsed.is_file():
        koji_config = rehearsed
    try:
        return read_profile(name, koji_config)
    except InputError as error:
        _warn("%s; showing only what the journal says" % error.reason)
        return None


def _hub(stack: ExitStack, profile: Optional[Profile]) -> Optional[Hub]:
    if profile is None:
        return None
    try:
        return stack.enter_context(anonymous_hub(profile))
    except HubError as error:
        _warn("%s; showing only what the journal says" % error.reason)
        return None


def _warn(text: str) -> None:
    show_lines(["warning: %s" % text], err=True)


class _View:
    """Reads the state of a run and shows it."""

    def __init__(self, folder: Path, hub: Optional[Hub], expected: Expected) -> None:
        self._folder = folder
        self._hub = hub
        self.expected = expected
        self.pause = EVERY.minimum
        self._is_unavailable = False
        self._polled = 0.0

    def poll_progress(self) -> Progress:
        """Return the state of the run now."""
        progress = status(self._folder)
        if self._hub is None:
            return progress
        start = time.monotonic()
        try:
            progress = refreshed(self._hub, progress)
            self._is_unavailable = False
        except HubError as error:
            if not self._is_unavailable:
                _warn(error.reason)
            self._is_unavailable = True
            progress = replace(progress, now=self._hub.time.not_before(progress.now))
        self._polled = time.monotonic()
        self.pause = EVERY.pause(self._polled - start)
        return progress

    def drawn(self, progress: Progress) -> Progress:
        """Return the last progress with the time that has passed since, where a hub is asked."""
        if self._hub is None:
            return progress
        return replace(progress, now=progress.now + time.monotonic() - self._polled)

    def show(self, progress: Progress) -> None:
        """Print it once."""
        table = progress_table(progress, self.expected, reasons=True)
        show_styled([styled(line) for line in table])
        show_lines(
            [*([""] if table else []), headline(progress, self.expected), activity_line(progress)]
        )


def _watch(view: _View) -> None:
    progress = view.poll_progress()
    if sys.stdout.isatty():
        progress = _watch_on_a_terminal(view, progress)
        view.show(progress)
        return
    last: Optional[str] = None
    since = -LINE_EVERY
    while True:
        said = headline(progress).rpartition(";")[0]
        if said != last or time.monotonic() - since >= LINE_EVERY:
            show_lines([headline(progress, view.expected)])
            last, since = said, time.monotonic()
        if progress.activity.is_over:
            show_lines([activity_line(progress)])
            return
        _wait(view.pause)
        progress = view.poll_progress()


def _watch_on_a_terminal(view: _View, progress: Progress) -> Progress:
    console = Console(highlight=False)

    def drawn() -> Group:
        return live_view(view.drawn(progress), shutil.get_terminal_size().lines, view.expected)

    with Live(get_renderable=drawn, console=console, refresh_per_second=2, transient=True):
        while not progress.activity.is_over:
            _wait(view.pause)
            progress = view.poll_progress()
    return progress


def _wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        STOP.check()
        time.sleep(min(0.5, max(0.0, end - time.monotonic())))

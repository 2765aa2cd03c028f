"""``pungi-osbuild run``: build images for an existing compose."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Optional

import click

from pungi_osbuild.cli.exits import exit_code, exits
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.inputs import Origin, Prepared, config_argument, prepare
from pungi_osbuild.cli.live import expected_from, progress_shown
from pungi_osbuild.cli.login import Login, login_options
from pungi_osbuild.cli.show import show_problems, show_result
from pungi_osbuild.cli.signals import STOP
from pungi_osbuild.cli.values import complete_profile
from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata import claims_of_request, own_in, productmd_types, recorded_images
from pungi_osbuild.planning import check_beside
from pungi_osbuild.problems import ConfigError
from pungi_osbuild.run import Rebuild, RunOptions, read_journal, run

IMAGES = "images.json"
OSBUILD = "osbuild.json"


@click.command("run")
@config_argument
@click.option("--compose", type=FILE, metavar="DIR", required=True, help="The compose's folder.")
@click.option(
    "--profile",
    metavar="NAME",
    help="Koji profile; default: the config's koji_profile.",
    shell_complete=complete_profile,
)
@login_options
@click.option(
    "--cancel-on-interrupt", is_flag=True, help="Cancel the tasks when the run is interrupted."
)
@click.option(
    "--rebuild-changed",
    "rebuild",
    flag_value=Rebuild.CHANGED.value,
    help="Build blocks again that have changed since they were submitted.",
)
@click.option(
    "--rebuild-all",
    "rebuild",
    flag_value=Rebuild.ALL.value,
    help="Build everything again; forget what was submitted for this compose.",
)
@click.option("--download", is_flag=True, help="Fetch images over HTTP, mounted volume or not.")
@click.option(
    "--previous",
    type=FILE,
    metavar="DIR",
    help="An earlier compose: shows how long each image took there.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@format_option("table", "json")
def run_command(
    config: Path,
    compose: Path,
    profile: Optional[str],
    login: Login,
    cancel_on_interrupt: bool,
    rebuild: Optional[str],
    download: bool,
    previous: Optional[Path],
    quiet: bool,
    output: str,
) -> None:
    """Build CONFIG's images in Koji and add them to an existing compose.

    Entries of other phases in images.json are kept; composeinfo.json is not changed. Run again
    after an interruption or a crash, it resumes: nothing is submitted twice.

    \b
    Example: pungi-osbuild run fedora.conf --compose Fedora-41-20261123.n.0 --profile koji
    """
    with exits():
        expected = expected_from(previous)
        how = Rebuild(rebuild) if rebuild else Rebuild.NOTHING
        prepared = prepare(config, Origin(compose=compose))
        prepared = _with_existing_images(prepared, compose, how)
        show_problems(prepared.problems)
        read, target = prepared.required()
        name = profile or read.settings.koji_profile
        if name is None:
            raise InputError(
                "no Koji profile: the config has no koji_profile",
                "Name one with --profile.",
            )
        koji = login.profile(name)
        try:
            with progress_shown(quiet, expected) as tracker:
                result = run(
                    prepared.requests,
                    target,
                    read.settings,
                    koji,
                    productmd_types(),
                    RunOptions(
                        over_http=download,
                        stop=STOP,
                        cancel_on_stop=cancel_on_interrupt,
                        rebuild=how,
                        tracker=tracker,
                    ),
                )
        except ConfigError as error:
            show_problems(error.problems)
            raise
        show_result(result, output)
    sys.exit(int(exit_code(result)))


def _with_existing_images(prepared: Prepared, compose: Path, rebuild: Rebuild) -> Prepared:
    """Add the problems of images that the compose already has."""
    folder = compose / "compose" / "metadata"
    claims = [claim for request in prepared.requests for claim in claims_of_request(request)]
    own = {(entry.variant, entry.arch, entry.path) for entry in own_in(folder / OSBUILD, claims)}
    # A run that was killed may have been between the two files: its journal knows its own.
    before = read_journal(compose, rebuild is Rebuild.ALL)
    placed = {file.path for one in before.submissions for file in one.placed}
    kept = [
        image
        for image in recorded_images(folder / IMAGES)
        if (image.variant, image.arch, image.path) not in own and image.path not in placed
    ]
    problems = (*prepared.problems, *check_beside(prepared.requests, kept))
    return replace(prepared, problems=problems)

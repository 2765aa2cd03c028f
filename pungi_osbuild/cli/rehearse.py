"""``pungi-osbuild rehearse``: the whole run against a hub of its own."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Callable, Optional, Sequence

import click

from koji_rehearsal import (
    PROFILE,
    REHEARSAL_USER,
    Fault,
    HubSettings,
    RehearsalHub,
    write_profile,
)
from pungi_osbuild.cli.exits import exit_code
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.hubsettings import FAULTS, content_for, hub_exits, hub_options
from pungi_osbuild.cli.inputs import (
    DEFAULT_OUT,
    Origin,
    Prepared,
    config_argument,
    origin_options,
    prepare,
)
from pungi_osbuild.cli.live import progress_shown
from pungi_osbuild.cli.outfolder import prepare_out
from pungi_osbuild.cli.show import show_lines, show_problems, show_result
from pungi_osbuild.cli.signals import STOP
from pungi_osbuild.errors import InputError, RunInterruptedError
from pungi_osbuild.hub import read_profile
from pungi_osbuild.metadata import productmd_types, write_compose
from pungi_osbuild.model import ImageRequest, RunResult
from pungi_osbuild.run import ProgressTracker, RunOptions, run
from pungi_osbuild.timing import REHEARSED_TASKS

_LOGIN = (REHEARSAL_USER, REHEARSAL_USER + "pw")


@click.command("rehearse", epilog=FAULTS)
@config_argument
@click.option(
    "--out",
    type=FILE,
    metavar="DIR",
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for the rehearsed compose; must be empty or not exist.",
)
@click.option(
    "--force", is_flag=True, help="Overwrite --out if it holds nothing but an earlier rehearsal."
)
@origin_options
@hub_options
@click.option("--download", is_flag=True, help="Fetch images over HTTP, not from the hub's folder.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on stderr.")
@format_option("table", "json")
def rehearse_command(
    config: Path,
    out: Path,
    force: bool,
    origin: Origin,
    make_settings: Callable[[], HubSettings],
    download: bool,
    quiet: bool,
    output: str,
) -> None:
    """Rehearse CONFIG: the whole run against a local stand-in for Koji and composer.

    Nothing real is built and no cloud is touched; all else is as in a real run: the tasks, their
    arguments, the images' names and places, images.json and osbuild.json.

    \b
    Example: pungi-osbuild rehearse fedora.conf --out tonight --fault build:arch=s390x
    """
    with hub_exits():
        settings = make_settings()
        prepared = prepare(config, origin, out, rehearsal=True)
        show_problems(prepared.problems)
        prepared.required()
        _check_faults(settings.faults, prepared.requests)
        prepare_out(out, origin.compose, force)
        show_lines(["REHEARSAL: nothing real is built, and no cloud is touched."], err=True)
        try:
            with progress_shown(quiet) as tracker:
                result = _rehearse(prepared, out, settings, download, tracker)
        except RunInterruptedError:
            raise RunInterruptedError(
                "the rehearsal was interrupted", "Rehearse again with --force, or remove %s." % out
            ) from None
        show_result(result, output)
        show_lines(["REHEARSAL: nothing real was built. The compose is in %s." % out], err=True)
    sys.exit(int(exit_code(result)))


def _check_faults(chosen: Sequence[Fault], requests: Sequence[ImageRequest]) -> None:
    """Refuse a fault that matches no image of the plan: it would have no effect."""
    for fault in chosen:
        if not any(
            fault.fits(request.config.name, arch, request.config.image_type)
            for request in requests
            for arch in request.arches
        ):
            raise InputError(
                "fault %s matches no image of this config" % fault.spec,
                "See `pungi-osbuild plan` for the names, arches and image types that there are.",
            )


def _rehearse(
    prepared: Prepared,
    out: Path,
    settings: HubSettings,
    download: bool,
    tracker: Optional[ProgressTracker],
) -> RunResult:
    config, compose = prepared.required()
    target = replace(compose, topdir=str(out.absolute()))
    write_compose(out / "compose" / "metadata" / "composeinfo.json", target)
    requests = prepared.requests
    content = content_for(requests)
    logs_in = any(fault.kind.needs_login for fault in settings.faults)
    if logs_in:
        content = replace(content, anonymous=None)
    with RehearsalHub(settings, out.absolute() / "koji", content) as hub:
        profile_file = out / "koji" / "profile.conf"
        write_profile(profile_file, hub, PROFILE, "password" if logs_in else "noauth")
        profile = read_profile(PROFILE, profile_file, *(_LOGIN if logs_in else ()))
        result = run(
            requests,
            target,
            config.settings,
            # The hub and its pages will be gone when what was recorded is read.
            replace(profile, weburl=""),
            productmd_types(),
            RunOptions(
                over_http=download,
                stop=STOP,
                tracker=tracker,
                retries=REHEARSED_TASKS,
                is_hub_gone=True,
            ),
        )
        return _with_local_logs(result, hub)


def _with_local_logs(result: RunResult, hub: RehearsalHub) -> RunResult:
    """Return the result with paths of logs instead of addresses: the hub will be gone."""
    outcomes = tuple(
        replace(
            outcome,
            logs=tuple(log.replace(hub.topurl, str(hub.topdir), 1) for log in outcome.logs),
        )
        for outcome in result.outcomes
    )
    return replace(result, outcomes=outcomes)

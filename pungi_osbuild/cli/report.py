"""``pungi-osbuild report``: one HTML page about the images of a compose."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Tuple

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.outfolder import REHEARSAL_PROFILE
from pungi_osbuild.cli.show import show_json, show_lines
from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata import OsbuildRecord, TaskRecord, load, replace_text
from pungi_osbuild.placing import saved_folder
from pungi_osbuild.report import (
    Excerpt,
    differences,
    excerpts,
    page_view,
    report_page,
)

DEFAULT_NAME = "osbuild-report.html"


@click.command("report")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option(
    "--output",
    type=FILE,
    metavar="FILE",
    help="Where the page goes. Default: %s in the compose's logs/global." % DEFAULT_NAME,
)
@click.option("--previous", type=FILE, metavar="DIR", help="A compose to compare with.")
@format_option("text", "json", parameter="output_format")
def report_command(
    folder: Path, output: Optional[Path], previous: Optional[Path], output_format: str
) -> None:
    """Write one HTML page about the images of the compose in DIR.

    What was built, with filters and cloud IDs to copy; what failed, with composer's reason and the
    logs saved in the compose; a timeline; links to Koji and the clouds' consoles. The page needs
    no network and no other file. In DIR nothing else is written.

    \b
    Example: pungi-osbuild report Fedora-41-20261123.n.0 --previous Fedora-41-20261122.n.0
    """
    with exits():
        record = load(folder)
        before = None if previous is None else load(previous)
        view = page_view(
            record,
            lambda task: _logs(folder, task),
            None if before is None else differences(record, before),
            rehearsed=_is_rehearsal(record),
        )
        path = output or folder / "logs" / "global" / DEFAULT_NAME
        _write(path, report_page(view))
        if output_format == "json":
            show_json({"compose": record.compose_id, "report": str(path.absolute())})
        else:
            show_lines(["%s The report is in %s." % (view.headline, path)])


def _is_rehearsal(record: OsbuildRecord) -> bool:
    return record.koji.profile == REHEARSAL_PROFILE


def _logs(folder: Path, task: TaskRecord) -> Tuple[Excerpt, ...]:
    if task.task_id is None:
        return ()
    return excerpts(folder, saved_folder(folder, task.arches, task.nvr, task.task_id))


def _write(path: Path, page: str) -> None:
    try:
        replace_text(path, page)
    except OSError as error:
        raise InputError(
            "the report %s cannot be written: %s" % (path, error.strerror or error),
            "Name another file with --output.",
        ) from error

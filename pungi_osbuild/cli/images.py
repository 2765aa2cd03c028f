"""``pungi-osbuild images``: the images of a compose and their cloud IDs, for people and scripts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, Mapping, Optional, Sequence, Tuple

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.show import show_json, show_lines, terminal_width
from pungi_osbuild.cli.values import complete_profile, complete_recorded
from pungi_osbuild.clock import iso_time
from pungi_osbuild.errors import ExitCode
from pungi_osbuild.hub import LiveAddress, live_addresses, read_profile
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, Selection, known_values, load
from pungi_osbuild.methods import SignedUpload
from pungi_osbuild.report import (
    cloud_image_val,
    image_ids,
    images_json,
    images_table,
    stream_metadata,
)

FORMATS = ("table", "json", "ids", "stream", "cloud-image-val")
SHOWS_ADDRESSES = FORMATS[:3]
FILTERS: Mapping[str, Tuple[str, str]] = {
    "providers": ("--provider", "Of a cloud: aws, aws.s3, gcp, azure, container ..."),
    "arches": ("--arch", "Of an arch."),
    "variants": ("--variant", "Of a variant."),
    "regions": ("--region", "In a cloud's region, or Azure's location."),
    "subvariants": ("--subvariant", "Of a subvariant."),
    "types": ("--type", "Of a type as in images.json, or of an image type."),
}
"""The filters, by the fields of :class:`Selection`."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for name, (option, meaning) in reversed(list(FILTERS.items())):
        add = click.option(
            option,
            name,
            multiple=True,
            metavar=option[2:].upper(),
            help=meaning,
            shell_complete=complete_recorded(name),
        )
        command = add(command)
    return command


@click.command("images")
@click.argument("folder", metavar="DIR", type=FILE)
@_filters
@format_option(*FORMATS)
@click.option("--live", is_flag=True, help="Ask Koji for the signed URLs of images in S3.")
@click.option(
    "--profile",
    metavar="NAME",
    help="Koji profile for --live; default: as recorded.",
    shell_complete=complete_profile,
)
@click.option("--koji-config", type=FILE, metavar="FILE", help="Koji's configuration file.")
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Where the compose's folder compose/ is published, for --format stream.",
)
def images_command(
    folder: Path,
    output: str,
    live: bool,
    profile: Optional[str],
    koji_config: Optional[Path],
    base_url: str,
    **filters: Tuple[str, ...],
) -> None:
    """List the images of the compose in DIR with their cloud IDs; DIR is only read.

    Each filter may be given several times: an image matches if it has any of the values. Only the
    uploads that --provider and --region choose are shown.

    ids is one ID on each line, for scripts; stream is CoreOS's stream metadata; cloud-image-val is
    its resources file.

    An address in S3 is a signed URL that expires, so it is a secret: only the image's place is
    recorded. With --live Koji is asked for the whole address, anonymously.

    \b
    Example: pungi-osbuild images Fedora-41-20261123.n.0 --provider aws --region us-east-1
             pungi-osbuild images Fedora-41-20261123.n.0 --provider aws --format ids
    """
    if not live and (profile or koji_config):
        raise click.UsageError("--profile and --koji-config are for --live")
    if live and output not in SHOWS_ADDRESSES:
        raise click.UsageError("--live is for --format %s" % ", ".join(SHOWS_ADDRESSES))
    if base_url and output != "stream":
        raise click.UsageError("--base-url is for --format stream")
    with exits():
        record = load(folder)
        selection = Selection(**filters)
        images = selection.of(record.images)
        _warn(_unheard_of(selection, record))
        wanted = _signed(images) if live else {}
        found = _ask(record, wanted, profile, koji_config)
        _show(output, record, images, found if live else None, base_url)
        _warn(_about(wanted, found))
    sys.exit(int(ExitCode.FAILED if len(found) < len(wanted) else ExitCode.FINE))


def _show(
    output: str,
    record: OsbuildRecord,
    images: Sequence[ImageRecord],
    live: Optional[Mapping[str, LiveAddress]],
    base_url: str,
) -> None:
    if output == "table":
        show_lines(images_table(images, live, terminal_width()))
    elif output == "ids":
        _warn(
            "the IDs of %s are not known: %s" % (upload.provider, upload.describe())
            for image in images
            for upload in image.unknown_uploads
        )
        show_lines(image_ids(images, live))
    elif output == "json":
        show_json(images_json(record, images, live))
    elif output == "stream":
        metadata = stream_metadata(record, images, base_url)
        _warn(metadata.left_out)
        show_json(metadata.document)
    else:
        show_json(cloud_image_val(images))


def _unheard_of(selection: Selection, record: OsbuildRecord) -> Iterator[str]:
    """Give a warning for each value that no image has: a script would only see no images."""
    known = known_values(record.images)
    for name, values in selection.unheard_of(record.images).items():
        there = ", ".join(known[name]) or "none"
        for value in values:
            yield "no image has %s %s; there are: %s" % (FILTERS[name][0][2:], value, there)


def _signed(images: Sequence[ImageRecord]) -> Dict[str, SignedUpload]:
    """Return the uploads that have an address with a signature, by their ID."""
    return {
        upload.id: SignedUpload(
            image.method,
            image.koji.task_id,
            image.koji.build_id,
            image.koji.archive_id,
            upload.id,
        )
        for image in images
        for upload in image.cloud
        if upload.presigned
    }


def _ask(
    record: OsbuildRecord,
    wanted: Mapping[str, SignedUpload],
    profile: Optional[str],
    koji_config: Optional[Path],
) -> Mapping[str, LiveAddress]:
    if not wanted:
        return {}
    koji = read_profile(profile or record.koji.profile, koji_config)
    found = live_addresses(koji, tuple(wanted.values()))
    return {upload.address: address for upload, address in found.items()}


def _about(wanted: Mapping[str, SignedUpload], found: Mapping[str, LiveAddress]) -> Iterator[str]:
    for name, upload in wanted.items():
        if name not in found:
            yield "Koji no longer has an address for %s of task %d" % (name, upload.task_id)
        elif found[name].has_expired:
            yield "the address of %s expired at %s" % (name, iso_time(found[name].expires))


def _warn(texts: Iterable[str]) -> None:
    show_lines(["warning: %s" % text for text in texts], err=True)

"""``pungi-osbuild reproduce``: build an image of a compose again, from its osbuild manifest."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

import click

from pungi_osbuild import reproduce as how
from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.files import FILE
from pungi_osbuild.cli.outfolder import REHEARSAL_PROFILE
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, load
from pungi_osbuild.placing import manifests
from pungi_osbuild.report import comparison_lines


@click.command("reproduce")
@click.argument("folder", metavar="DIR", type=FILE)
@click.argument("wanted", metavar="IMAGE")
@click.option(
    "--output",
    type=FILE,
    metavar="DIR",
    help="Where manifest, store and image go. Default: IMAGE.reproduced, here.",
)
@click.option(
    "--manifest",
    type=FILE,
    metavar="FILE",
    help="The osbuild manifest, if it is neither saved nor available from Koji.",
)
@click.option("--run", is_flag=True, help="Run the command, too.")
@click.option(
    "--unverified",
    "accept",
    is_flag=True,
    help="Also run a manifest whose checksum is not the one in osbuild.json.",
)
def reproduce_command(
    folder: Path,
    wanted: str,
    output: Optional[Path],
    manifest: Optional[Path],
    run: bool,
    accept: bool,
) -> None:
    """Show how to build IMAGE of the compose in DIR again with osbuild.

    IMAGE is a file's name, its path below compose/, or an N-V-R. Its osbuild manifest is taken from
    the compose's logs (osbuild_save_provenance) or fetched from Koji, without a login. Prints the
    exact command, and runs it with --run: as root, for hours, with some GiB, and only a manifest of
    the size and checksum that osbuild.json records. Arch and osbuild of
    this machine are compared with those recorded. Image builds are not bit-identical, so
    different checksums prove nothing.

    \b
    Example: pungi-osbuild reproduce Fedora-41-20261123.n.0 Fedora-IoT-41-20261123.0.x86_64.raw.xz
    """
    with exits():
        record = load(folder)
        image = how.find_image(record, wanted)
        artifact = how.artifact_of(image)
        place = (output or Path("%s.reproduced" % image.path.rsplit("/", 1)[-1])).absolute()
        found = manifest or _manifest(folder, record, image, place)
        content = manifests.read_manifest(found, artifact)
        reproduction = how.Reproduction(
            image, artifact, found.absolute(), place / "output", place / "store"
        )
        machine = how.this_machine()
        why = manifests.unverified(image, content)
        doubts = _doubts(record, image, machine)
        if why is not None:
            doubts.insert(0, "the manifest is not verified: %s" % why)
        show_lines(["warning: %s" % doubt for doubt in doubts], err=True)
        show_lines([reproduction.shell_command])
        if not run:
            show_lines(["The image will be in %s." % reproduction.file], err=True)
            return
        if why is not None and not accept:
            raise manifests.refuse_unverified(found, why)
        how.build(reproduction, machine, content)
        compared = how.compare(reproduction)
        show_lines(["The image is in %s." % reproduction.file, *comparison_lines(compared)])


def _manifest(folder: Path, record: OsbuildRecord, image: ImageRecord, place: Path) -> Path:
    saved = manifests.saved_manifest(folder, image)
    if saved is not None:
        return saved
    # The rehearsal hub is gone; its files are in the compose.
    topdir = str(folder.absolute() / "koji") if record.koji.profile == REHEARSAL_PROFILE else ""
    return manifests.fetch_manifest(image, record.koji, topdir, place)


def _doubts(record: OsbuildRecord, image: ImageRecord, machine: how.Machine) -> List[str]:
    found = list(how.doubts(image, machine))
    if record.koji.profile == REHEARSAL_PROFILE:
        found.insert(0, "this is a rehearsal's manifest: nothing real can be built from it")
    return found

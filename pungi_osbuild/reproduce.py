"""
Builds an image of a compose again, on this machine, from its osbuild manifest.

osbuild writes what a pipeline exports to ``<output directory>/<pipeline>/``, keeping the file's
name, and must run as root (read in osbuild's ``main_cli.py``). Image builds are not bit-identical:
checksums are compared for information alone.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Dict, Iterable, List, Optional, Tuple

from pungi_osbuild.checked import name_flaw
from pungi_osbuild.errors import (
    InputError,
    ReproductionError,
    SourceError,
)
from pungi_osbuild.metadata import ImageRecord, OsbuildRecord
from pungi_osbuild.model import Artifact, Checksum
from pungi_osbuild.placing import CHUNK

PROGRAM = "osbuild"
MOST_NAMED = 20
"""Images that are listed where the image asked for is missing."""


@dataclass(frozen=True)
class Machine:
    """
    What this machine can build with.

    :param arch: as the kernel calls it
    :param osbuild_version: of the installed osbuild; None: it is not installed
    """

    arch: str
    osbuild_version: Optional[str]
    is_root: bool
    has_sudo: bool


@dataclass(frozen=True)
class Reproduction:
    """
    How an image is built again. All paths are absolute.

    :param manifest: the osbuild manifest, on this machine
    :param output: where osbuild puts the image's folder
    :param store: where osbuild keeps what it has downloaded and built
    """

    image: ImageRecord
    artifact: Artifact
    manifest: Path
    output: Path
    store: Path

    @property
    def file(self) -> Path:
        """Where the image will be."""
        return self.output / self.artifact.export_name / self.artifact.export_filename

    @property
    def command(self) -> Tuple[str, ...]:
        """The command that builds it."""
        return ("sudo", *self.as_root)

    @property
    def as_root(self) -> Tuple[str, ...]:
        """The same command for root."""
        return (
            PROGRAM,
            *("--output-directory", str(self.output)),
            *("--store", str(self.store)),
            *("--export", self.artifact.export_name),
            str(self.manifest),
        )

    @property
    def shell_command(self) -> str:
        """The command as a shell takes it."""
        return " ".join(map(shlex.quote, self.command))


def find_image(record: OsbuildRecord, wanted: str) -> ImageRecord:
    """
    Return the image of a name.

    :param wanted: its path below ``compose/``, its file's name in the compose or in Koji, or the
        N-V-R of its build
    :raises InputError: there is none, or there are several
    """
    wanted = wanted[len("compose/") :] if wanted.startswith("compose/") else wanted
    found = [image for image in record.images if wanted in _names(image)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            "%s is the name of %d images of %s" % (wanted, len(found), record.compose_id),
            "Name one by its path:%s" % _listed(image.path for image in found),
        )
    if not record.images:
        raise InputError(
            "osbuild.json of %s records no image" % record.compose_id,
            "`pungi-osbuild report` shows why its tasks failed.",
        )
    raise InputError(
        "osbuild.json of %s records no image %s" % (record.compose_id, wanted),
        "Name one of these:%s" % _listed(_file_name(image) for image in record.images),
    )


def _names(image: ImageRecord) -> Tuple[str, ...]:
    return (image.path, _file_name(image), image.koji.filename, image.koji.nvr)


def _file_name(image: ImageRecord) -> str:
    return image.path.rsplit("/", 1)[-1]


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    lines = all_names[:MOST_NAMED]
    if len(all_names) > MOST_NAMED:
        lines.append("and %d more, see `pungi-osbuild images`" % (len(all_names) - MOST_NAMED))
    return "".join("\n        %s" % line for line in lines)


def artifact_of(image: ImageRecord) -> Artifact:
    """
    Return which of the manifest's exports an image is.

    :raises SourceError: it is not recorded, or cannot be given to osbuild
    """
    artifact = image.artifact
    if artifact is None:
        raise SourceError(
            "osbuild.json does not say which export of its manifest %s is" % image.path,
            "osbuild-composer older than 91 does not report it. Rebuild the image, or run"
            " osbuild by hand with a pipeline's name for --export.",
        )
    for name in (artifact.export_name, artifact.export_filename):
        if name_flaw(name) is not None or name.startswith("-"):
            raise _no_name(image, name)
    return artifact


def _no_name(image: ImageRecord, name: str) -> SourceError:
    return SourceError(
        "the osbuild_artifact of %s names %r, which cannot be given to osbuild"
        % (image.path, name[:80]),
        "This name is not valid: check osbuild.json, and build %s in Koji." % image.koji.nvr,
    )


def this_machine() -> Machine:
    """Return what this machine has to build with."""
    return Machine(
        arch=platform.machine(),
        osbuild_version=_osbuild_version(),
        is_root=os.geteuid() == 0,
        has_sudo=shutil.which("sudo") is not None,
    )


def _osbuild_version() -> Optional[str]:
    try:
        done = subprocess.run(
            [PROGRAM, "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    words = done.stdout.split()
    return words[-1] if done.returncode == 0 and words else None


def doubts(image: ImageRecord, machine: Machine) -> Tuple[str, ...]:
    """Return why an image could differ when it is built here, or not be built."""
    found: List[str] = []
    if image.arch != machine.arch:
        found.append(
            "the image is for %s and this machine is %s: run the command on a machine of that arch"
            % (image.arch, machine.arch)
        )
    version, recorded = machine.osbuild_version, image.osbuild_version
    if version is None:
        found.append("osbuild is not installed here")
    elif recorded is None:
        found.append(
            "the osbuild that built the image is not recorded; this machine has %s" % version
        )
    elif version != recorded:
        found.append(
            "osbuild %s built the image, but this machine has osbuild %s: the image may differ,"
            " or the manifest may be refused" % (recorded, version)
        )
    return tuple(found)


def build(reproduction: Reproduction, machine: Machine, content: bytes) -> None:
    """
    Run the command; osbuild's output goes to stdout and stderr.

    :param content: of the manifest. osbuild runs a private copy of what was verified.

    :raises InputError: it cannot be run here
    :raises ReproductionError: osbuild failed, or the file is not where it should be
    """
    _refuse(reproduction, machine)
    program = PROGRAM if machine.is_root else "sudo"
    try:
        reproduction.output.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="pungi-osbuild-") as private:
            copy = Path(private) / "manifest.json"
            copy.write_bytes(content)
            given = replace(reproduction, manifest=copy)
            command = given.as_root if machine.is_root else given.command
            status = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise ReproductionError(
            "%s cannot be run: %s" % (program, error.strerror or error),
            "Run the command by hand.",
        ) from error
    if status != 0:
        raise ReproductionError(
            "osbuild ended with status %d" % status,
            "See its output above. A common reason: the packages are no longer in the repositories."
            " What was downloaded stays in %s." % reproduction.store,
        )
    if not reproduction.file.is_file():
        raise ReproductionError(
            "osbuild succeeded, but %s is missing" % reproduction.file,
            "See its output in %s." % reproduction.output,
        )


def _refuse(reproduction: Reproduction, machine: Machine) -> None:
    image = reproduction.image
    if image.arch != machine.arch:
        raise InputError(
            "an image for %s cannot be built on %s" % (image.arch, machine.arch),
            "Run this on a machine of that arch. Nothing was built.",
        )
    if machine.osbuild_version is None:
        raise InputError(
            "osbuild is not installed here, or does not report its version",
            "Install osbuild %s, or run the command elsewhere. Nothing was built."
            % (image.osbuild_version or ""),
        )
    if not (machine.is_root or machine.has_sudo):
        raise InputError(
            "osbuild must run as root, and sudo is not installed",
            "Run this as root. Nothing was built.",
        )
    if reproduction.file.exists():
        raise InputError(
            "%s already exists" % reproduction.file,
            "Remove it, or name another folder with --output. Nothing was built.",
        )


@dataclass(frozen=True)
class Compared:
    """
    A property of an image, as recorded and as reproduced.

    :param recorded: None when it is not recorded
    """

    what: str
    recorded: Optional[str]
    reproduced: str

    @property
    def same(self) -> bool:
        """Whether both are equal."""
        return self.recorded == self.reproduced


def compare(reproduction: Reproduction) -> Tuple[Compared, ...]:
    """
    Return size and checksums of both images, side by side.

    :raises ReproductionError: the file cannot be read
    """
    image = reproduction.image
    recorded: Dict[str, Checksum] = {
        checksum.type: checksum for checksum in (*image.checksums, image.koji.checksum)
    }
    known = {kind: sum_ for kind, sum_ in recorded.items() if kind in hashlib.algorithms_guaranteed}
    sums = {kind: hashlib.new(kind) for kind in sorted(known)}
    size = 0
    try:
        with reproduction.file.open("rb") as file:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                size += len(chunk)
                for digest in sums.values():
                    digest.update(chunk)
    except OSError as error:
        raise ReproductionError(
            "%s cannot be read: %s" % (reproduction.file, error.strerror or error),
            "osbuild built it as root; change its permissions.",
        ) from error
    return (
        Compared("size", str(image.size), str(size)),
        *(Compared(kind, known[kind].value, digest.hexdigest()) for kind, digest in sums.items()),
    )

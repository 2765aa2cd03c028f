"""A real repository, made on the spot: two tiny packages for two arches."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path
from shutil import which

ARCHES = ("aarch64", "x86_64")
PACKAGES = ("tiny", "tiny-data")

SPEC = """
Name: tiny
Version: 1
Release: 1
Summary: A package with nothing in it
License: GPL-2.0-or-later

%description
Nothing.

%package -n tiny-data
Summary: Nothing, for every arch
BuildArch: noarch

%description -n tiny-data
Nothing.

%files
%files -n tiny-data
"""


def make_repository(folder: Path) -> Path:
    """
    Return a folder with a repository; its packages need ``rpmbuild``, and pungi-gather pykickstart.

    Without either there are none: such a compose differs only in the phases that gather.
    """
    repository = folder / "repository"
    repository.mkdir()
    if which("rpmbuild") and find_spec("pykickstart"):
        _build_packages(folder, repository)
    _run("createrepo_c", "--quiet", str(repository))
    return repository


def has_packages(repository: Path) -> bool:
    """Whether packages could be built."""
    return any(repository.rglob("*.rpm"))


def _build_packages(folder: Path, repository: Path) -> None:
    spec = folder / "tiny.spec"
    spec.write_text(SPEC, encoding="utf-8")
    places = {
        "_topdir": folder / "build",
        "_rpmdir": repository,
        "_srcrpmdir": repository,
        "_tmppath": folder / "tmp",
    }
    defines = [item for key in places.items() for item in ("--define", "%s %s" % key)]
    for arch in ARCHES:
        _run("rpmbuild", "-ba", "--quiet", "--target", arch, *defines, str(spec))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, "%s\n%s" % (" ".join(command), done.stderr)

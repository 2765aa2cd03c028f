"""Sdist and wheel: nothing is missing, nothing else is there, and what is installed runs."""

from __future__ import annotations

import subprocess
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_string
from pathlib import Path

from pungi_osbuild import __version__
from tests.packaging.conftest import ROOT, Dist

MADE = {"PKG-INFO", "setup.cfg"}
"""What setuptools adds to an sdist, beside an egg-info."""


def test_the_sdist_holds_the_whole_repository(dist: Dist) -> None:
    """Tests, docs, examples, and what man pages and packages are made with."""
    top = "pungi_osbuild-%s/" % __version__
    with tarfile.open(dist.sdist) as archive:
        names = {member.name[len(top) :] for member in archive if member.isfile()}
    found = {name for name in names - MADE if ".egg-info/" not in name}
    assert found == set(dist.tracked)


def test_the_wheel_holds_both_packages_and_nothing_else(dist: Dist) -> None:
    """Templates and py.typed among it; no test, no script."""
    with zipfile.ZipFile(dist.wheel) as archive:
        names = set(archive.namelist())
    packages = ("koji_rehearsal/", "pungi_osbuild/")
    expected = {name for name in dist.tracked if name.startswith(packages)}
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_pungi_is_no_requirement_of_any_kind(dist: Dist) -> None:
    """On the package index it is another project."""
    with zipfile.ZipFile(dist.wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = message_from_string(archive.read(name).decode("utf-8"))
    requirements = metadata.get_all("Requires-Dist", [])
    assert requirements
    assert not [one for one in requirements if one.split()[0].startswith("pungi")]
    assert metadata["License"] == "GPL-2.0-or-later"
    assert metadata["Requires-Python"] == ">=3.9"


def test_the_wheel_runs_in_an_environment_of_its_own(dist: Dist, tmp_path: Path) -> None:
    """An empty one that finds the libraries of this one, but not this checkout."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    # A folder that a .pth names is searched; its own .pth files, which name this checkout, are not.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = str(home / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(dist.wheel)], check=True)

    def run(*words: str) -> str:
        done = subprocess.run(
            [str(home / "bin" / words[0]), *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    where = run("python", "-c", "import pungi_osbuild; print(pungi_osbuild.__file__)")
    assert Path(where.strip()).parent == site / "pungi_osbuild"
    assert __version__ in run("pungi-osbuild", "--version")
    config = str(ROOT / "examples" / "minimal" / "minimal.conf")
    told = run("pungi-osbuild", "rehearse", config, "--out", "tonight", "--duration", "0")
    assert "1 of 1 task built" in told
    report = run("pungi-osbuild", "report", "tonight", "--output", "tonight.html")
    assert "tonight.html" in report
    assert "<html" in (tmp_path / "tonight.html").read_text(encoding="utf-8")

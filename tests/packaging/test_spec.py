"""The spec file: what rpm and rpmlint say of it, and that its RPM holds what the wheel does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pungi_osbuild import __version__
from pungi_osbuild.cli.completion import SHELLS
from pungi_osbuild.cli.main import all_commands
from tests.packaging.conftest import ROOT, Dist

SPEC = ROOT / "packaging" / "pungi-osbuild.spec"
RPMLINTRC = SPEC.with_suffix(".rpmlintrc")
MADE = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}
"""What pip writes beside what it installs; byte code is left out by the stand-ins."""
MACROS = Path(__file__).parent / "macros.standin"


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason="%s is not installed" % tool)


def output(*command: str) -> str:
    done = subprocess.run(list(command), capture_output=True, text=True, check=False)
    assert done.returncode == 0, "%s\n%s" % (done.stdout[-4000:], done.stderr[-4000:])
    return done.stdout


def parsed() -> str:
    return output("rpmspec", "-P", str(SPEC))


def test_its_version_is_the_package_s() -> None:
    """Both are written by hand."""
    text = SPEC.read_text(encoding="utf-8")
    assert re.findall(r"^Version: +(\S+)$", text, re.M) == [__version__]
    assert re.findall(r"^\* .* - (\S+)-1$", text, re.M)[0] == __version__


@needs("rpmspec")
def test_it_requires_koji_and_recommends_pungi() -> None:
    """The first is always needed, the second for two of the three ways in."""
    text = parsed()
    assert re.findall(r"^Requires: +(.*)$", text, re.M) == ["python3-koji"]
    assert re.findall(r"^Recommends: +(.*)$", text, re.M) == ["pungi"]


@needs("rpmlint")
def test_rpmlint_finds_nothing() -> None:
    """But what the rpmlintrc has a reason for."""
    told = output("rpmlint", "--rpmlintrc", str(RPMLINTRC), str(SPEC))
    assert "0 errors, 0 warnings" in told, told


@pytest.mark.long
@needs("rpmbuild")
def test_the_rpm_holds_what_the_wheel_does_and_what_a_distribution_adds(
    dist: Dist, tmp_path: Path
) -> None:
    """Built for real, with stand-ins for Fedora's macros; its own check is run, too."""
    sources = tmp_path / "SOURCES"
    sources.mkdir()
    shutil.copy(dist.sdist, sources)
    defines = {"_topdir": str(tmp_path), "python3": sys.executable, "dist": ".test"}
    told = [word for name, value in defines.items() for word in ("-D", "%s %s" % (name, value))]
    output("rpmbuild", "-bb", "--nodeps", "--load", str(MACROS), *told, str(SPEC))
    (rpm,) = tmp_path.glob("RPMS/noarch/*.rpm")
    listed = output("rpm", "-qp", "--qf", r"[%{FILEMODES:perms} %{FILENAMES}\n]", str(rpm))
    installed = {line.split(" ", 1)[1] for line in listed.splitlines() if line.startswith("-")}
    installed = {name for name in installed if not name.endswith(".pyc")}  # what ran was compiled

    with zipfile.ZipFile(dist.wheel) as archive:
        wheel = {name for name in archive.namelist() if Path(name).name not in MADE}
    below = {name.partition("/site-packages/")[2] for name in installed}
    assert {name for name in below if name and Path(name).name not in MADE} == wheel

    commands = {"pungi-osbuild", "pungi-koji-osbuild"}
    assert {Path(name).name for name in installed if "/bin/" in name} == commands
    pages = commands | {"pungi-osbuild-%s" % name for name in all_commands()}
    manuals = {Path(name).name.split(".")[0] for name in installed if "/man1/" in name}
    assert manuals == pages
    completions = {name for name in installed if re.search(r"/(bash-|zsh/|fish/)", name)}
    assert len(completions) == len(SHELLS)
    assert [name for name in installed if name.endswith("/examples/ci/check-config")]
    assert not [name for name in installed if "/tests" in name]

"""The spec file: what rpm and rpmlint say of it, and that its RPM holds what the wheel does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Set

import pytest

from pungi_osbuild import __version__
from pungi_osbuild.cli.completion import SHELLS
from pungi_osbuild.cli.main import all_commands
from tests.packaging.conftest import ROOT, Dist

SPEC = ROOT / "packaging" / "pungi-osbuild.spec"
RPMLINTRC = SPEC.with_suffix(".rpmlintrc")
MADE = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}
"""What pip writes beside what it installs; byte code is left out by the stand-ins."""
REHEARSAL = "pungi-osbuild-rehearsal"
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
def test_it_requires_koji_and_recommends_pungi_and_the_rehearsal() -> None:
    """The first is always needed, the others for some commands; the rehearsal needs the rest."""
    main, rehearsal = parsed().split("%package rehearsal")
    release = "%s-1%s" % (__version__, output("rpm", "-E", "%{?dist}").strip())
    assert re.findall(r"^Requires: +(.*)$", main, re.M) == ["python3-koji"]
    recommended = re.findall(r"^Recommends: +(.*)$", main, re.M)
    assert recommended == ["pungi", "%s = %s" % (REHEARSAL, release)]
    required = re.findall(r"^Requires: +(.*)$", rehearsal, re.M)
    assert required == ["pungi-osbuild = %s" % release]


@needs("rpmlint")
def test_rpmlint_finds_nothing() -> None:
    """But what the rpmlintrc has a reason for."""
    told = output("rpmlint", "--rpmlintrc", str(RPMLINTRC), str(SPEC))
    assert "0 errors, 0 warnings" in told, told


def files_of(rpm: Path) -> Set[str]:
    listed = output("rpm", "-qp", "--qf", r"[%{FILEMODES:perms} %{FILENAMES}\n]", str(rpm))
    files = {line.split(" ", 1)[1] for line in listed.splitlines() if line.startswith("-")}
    return {name for name in files if not name.endswith(".pyc")}  # what ran was compiled


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
    by_name = {
        output("rpm", "-qp", "--qf", "%{NAME}", str(path)): files_of(path)
        for path in tmp_path.glob("RPMS/noarch/*.rpm")
    }
    assert set(by_name) == {"pungi-osbuild", REHEARSAL}
    rehearsal = by_name[REHEARSAL]
    assert all("/site-packages/koji_rehearsal/" in name for name in rehearsal)
    assert not [name for name in by_name["pungi-osbuild"] if "/koji_rehearsal/" in name]
    installed = by_name["pungi-osbuild"] | rehearsal

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

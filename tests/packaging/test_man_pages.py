"""The man pages: one for each command, with all it can do, and nothing that roff stumbles over."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict

import pytest

from pungi_osbuild.cli.main import all_commands

SCRIPT = Path(__file__).parents[2] / "scripts" / "man_pages.py"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Path]:
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True)
    return {path.name: path for path in folder.iterdir()}


def test_there_is_one_for_each_command(pages: Dict[str, Path]) -> None:
    """And for the program, and for Pungi's own with the phase in it."""
    wanted = {"pungi-osbuild.1", "pungi-koji-osbuild.1"}
    assert set(pages) == wanted | {"pungi-osbuild-%s.1" % name for name in all_commands()}


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_it_tells_of_every_option_and_has_an_example(name: str, pages: Dict[str, Path]) -> None:
    """In the sections that people look for."""
    text = pages["pungi-osbuild-%s.1" % name].read_text(encoding="utf-8").replace("\\-", "-")
    for option in all_commands()[name].params:
        for spelling in option.opts if option.param_type_name == "option" else ():
            assert re.search(r"^\\fB.*%s\b" % spelling, text, re.M), spelling
    sections = re.findall(r"^\.SH (.*)$", text, re.M)
    assert sections[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"]
    assert {"EXIT STATUS", "EXAMPLES", "SEE ALSO"} <= set(sections)
    assert "pungi-osbuild %s " % name in text[text.index(".SH EXAMPLES") :]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_roff_finds_nothing_to_warn_of(pages: Dict[str, Path]) -> None:
    """Neither a macro that is none nor a character that it does not know."""
    for path in pages.values():
        done = subprocess.run(
            ["groff", "-man", "-ww", "-Tascii", "-z", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == "", path.name

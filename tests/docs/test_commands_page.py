"""The reference of the commands, as ``make docs`` writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pungi_osbuild.cli.main import all_commands
from tests.docs.pages import ROOT


def test_every_command_has_a_section_with_all_its_options(tmp_path: Path) -> None:
    """In lines that a page has room for."""
    file = tmp_path / "folder" / "commands.md"
    script = ROOT / "scripts" / "command_reference.py"
    subprocess.run([sys.executable, str(script), str(file)], check=True, cwd=tmp_path)
    sections = file.read_text(encoding="utf-8").split("\n## ")
    assert len(sections) == len(all_commands())
    for name, section in zip(sorted(all_commands()), sections):
        assert section.lstrip("# ").startswith(name + "\n")
        assert "Usage: pungi-osbuild %s " % name in section
        for parameter in all_commands()[name].params:
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                assert option in section

"""docs/configuration.md is what the schema says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pungi_osbuild.config import GENERATORS
from pungi_osbuild.model import TEMPLATE_FIELDS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "configuration.md"
SCRIPT = ROOT / "scripts" / "config_reference.py"


def test_the_generated_parts_are_as_the_script_writes_them(tmp_path: Path) -> None:
    """Run scripts/config_reference.py after a change of the schema, and read the difference."""
    page = tmp_path / "docs" / PAGE.name
    script = tmp_path / "scripts" / SCRIPT.name
    for source, copy in ((PAGE, page), (SCRIPT, script)):
        copy.parent.mkdir()
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run([sys.executable, str(script)], check=True, cwd=ROOT)
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8"), (
        "run scripts/config_reference.py"
    )


def test_every_field_and_generator_is_told_of() -> None:
    """The table of fields is written by hand."""
    text = PAGE.read_text(encoding="utf-8")
    for field in TEMPLATE_FIELDS:
        assert "`{%s}`" % field in text
    for generator in GENERATORS:
        assert "| `%s` |" % generator in text

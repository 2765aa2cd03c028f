"""The example in docs/python-api.md is what it says: it is run, and prints what stands below it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from pungi_osbuild.metadata import ImageRecord, OsbuildRecord, TaskRecord
from tests.rehearsed import EXAMPLES, rehearse

PAGE = Path(__file__).parents[2] / "docs" / "python-api.md"


def test_the_example_prints_what_the_page_says(tmp_path: Path) -> None:
    """As a script beside the compose."""
    text = PAGE.read_text(encoding="utf-8")
    (fault,) = re.findall(r"--fault (\S+)", text)
    ((example, printed),) = re.findall(r"```python\n(.*?)```.*?```\n(.*?)```", text, re.DOTALL)
    rehearse(EXAMPLES / "rhel-cloud" / "rhel-cloud.conf", tmp_path / "demo-compose", [fault])
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.stdout) == ("", printed)


def test_every_attribute_is_told_of() -> None:
    """Those of an image that it does not list have the names of osbuild.json."""
    text = PAGE.read_text(encoding="utf-8")
    beside = PAGE.with_name("osbuild-json.md").read_text(encoding="utf-8")
    for record in (OsbuildRecord, TaskRecord):
        for name in record.__dataclass_fields__:
            assert "`%s`" % name in text, name
    for name in ImageRecord.__dataclass_fields__:
        assert "`%s`" % name in text + beside, name

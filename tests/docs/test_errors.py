"""docs/errors.md is what the code says, and what it says is whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import List, Tuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "errors.md"
SCRIPT = ROOT / "scripts" / "error_reference.py"

ERROR = re.compile(r"^- (.+)\n  → (.+)$", re.M)


def errors() -> List[Tuple[str, str]]:
    return ERROR.findall(PAGE.read_text("utf-8"))


def test_the_page_is_as_the_script_writes_it(tmp_path: Path) -> None:
    """Run scripts/error_reference.py after a change of an error, and read the difference."""
    written = tmp_path / "errors.md"
    subprocess.run([sys.executable, str(SCRIPT), str(written)], check=True, cwd=ROOT)
    assert written.read_text("utf-8") == PAGE.read_text("utf-8"), "run scripts/error_reference.py"


def test_each_error_says_what_and_what_to_do() -> None:
    """In a sentence that begins and ends as one; what went wrong has neither."""
    assert len(errors()) > 90
    for reason, solution in errors():
        assert not reason.endswith("."), reason
        # What Python itself says of a file is a sentence, too.
        own = re.sub(r"\*[^*]*\*", "", reason.replace("*error*", "error"))
        assert re.search(r"[a-z]{3}", own), reason
        assert re.match(r"[A-Z*`]|-|osbuild", solution), solution
        assert re.search(r"[.?]$|:\*|\*$", solution), solution


def test_each_class_tells_its_status() -> None:
    """People who write scripts look for that."""
    sections = re.findall(r"^## (\w+Error)\n\nExit status (\d)\. ", PAGE.read_text("utf-8"), re.M)
    assert ("InputError", "2") in sections
    assert ("HubError", "3") in sections
    assert ("RunInterruptedError", "4") in sections

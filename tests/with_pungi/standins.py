"""What a Pungi that runs from its folder lacks, stood in for."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Mapping

SCRIPTS: Mapping[str, str] = {
    "comps_filter": "from pungi.scripts.comps_filter import main; main()",
    "pungi-gather": "from pungi.scripts.pungi_gather import cli_main; cli_main()",
}
"""Pungi's own programs that it starts by name; they are missing where it is not installed."""

MODULES: Mapping[str, str] = {
    "multilib/__init__.py": "",
    "multilib/multilib.py": """
class NoMultilibMethod:
    def __init__(self, *_):
        pass

    def select(self, package):
        return False

AllMultilibMethod = DevelMultilibMethod = RuntimeMultilibMethod = NoMultilibMethod
""",
    "createrepo_c.py": "",
}
"""Libraries that Pungi imports and that these composes do not use."""

KOJI = """
with open(%r, "a") as calls:
    calls.write(repr(sys.argv) + chr(10))
sys.exit("no compose may call the koji program")
"""


@dataclass(frozen=True)
class StandIns:
    """
    Folders for PATH and PYTHONPATH.

    :param koji_calls: what the ``koji`` program was called with, a line each; nobody may call it
    """

    programs: Path
    modules: Path
    koji_calls: Path

    @classmethod
    def made(cls, folder: Path) -> StandIns:
        """Write them below a folder: only those that are missing, and ``koji``."""
        made = cls(folder / "bin", folder / "lib", folder / "koji-calls")
        made.programs.mkdir()
        made.modules.mkdir()
        for name, code in SCRIPTS.items():
            if which(name) is None:
                write_script(made.programs / name, code)
        write_script(made.programs / "koji", KOJI % str(made.koji_calls))
        for name, code in MODULES.items():
            if importlib.util.find_spec(Path(name).parts[0].split(".")[0]) is None:
                module = made.modules / name
                module.parent.mkdir(exist_ok=True)
                module.write_text(code, encoding="utf-8")
        return made


def write_script(path: Path, code: str) -> Path:
    """Write a program that this Python runs."""
    path.write_text("#!%s\nimport sys\n%s\n" % (sys.executable, code), encoding="utf-8")
    path.chmod(0o755)
    return path

"""What was measured, where and with what; kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import List, Optional, Tuple

from benchmarks.placing import Placing
from benchmarks.watching import Run

FOLDER = Path(__file__).parent / "results"
LIBRARIES = ("koji", "kobo", "productmd", "jsonschema", "requests")


@dataclass(frozen=True)
class Machine:
    """Where it was measured."""

    processor: str
    cores: int
    memory: int
    system: str
    versions: Tuple[Tuple[str, str], ...]

    @classmethod
    def here(cls) -> Machine:
        """Return this machine and what is installed."""
        programs = (
            ("Python", platform.python_version()),
            ("OpenSSL", _first_words("openssl", "version")),
            ("curl", _first_words("curl", "--version")),
        )
        libraries = tuple((name, version(name)) for name in LIBRARIES)
        return cls(
            processor=_processor(),
            cores=os.cpu_count() or 1,
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            system="Linux %s" % platform.release().split("-")[0],
            versions=(*programs, *libraries),
        )


@dataclass(frozen=True)
class Results:
    """
    All measurements.

    :param command: that made them
    :param day: when, ISO 8601
    :param planning: seconds of CPU to read, plan and check 1,000 blocks
    """

    command: str
    day: str
    machine: Machine
    runs: Tuple[Run, ...]
    planning: float
    placing: Placing

    @classmethod
    def of_today(cls, command: str, runs: List[Run], planning: float, placing: Placing) -> Results:
        """Return what was measured here and today."""
        return cls(
            command, date.today().isoformat(), Machine.here(), tuple(runs), planning, placing
        )

    @classmethod
    def load(cls, path: Path) -> Results:
        """Return the results that a file holds."""
        told = json.loads(path.read_text(encoding="utf-8"))
        versions = tuple((name, number) for name, number in told["machine"].pop("versions"))
        return cls(
            command=told["command"],
            day=told["day"],
            machine=Machine(**told["machine"], versions=versions),
            runs=tuple(Run(**run) for run in told["runs"]),
            planning=told["planning"],
            placing=Placing(**told["placing"]),
        )

    def save(self, path: Path) -> None:
        """Write the results to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def of(self, way: str) -> List[Run]:
        """Return the runs of a way, small ones first."""
        return sorted((run for run in self.runs if run.way == way), key=lambda run: run.images)

    def run(self, way: str, images: int) -> Optional[Run]:
        """Return the run of a way with so many images."""
        return next((run for run in self.of(way) if run.images == images), None)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_words(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.split()[1]

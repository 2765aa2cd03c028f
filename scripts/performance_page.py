"""
Write the generated parts of docs/performance.md again, from benchmarks/results/results.json.

A part begins with ``<!-- generated: NAME -->`` and ends with ``<!-- end -->``; the rest of the page
is written by hand. A test fails while the page is not what this script would write.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Sequence

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
_PART = re.compile(r"(<!-- generated: (?P<name>[\w -]+) -->\n).*?(<!-- end -->)", re.S)

sys.path.insert(0, str(ROOT))

from benchmarks.results import FOLDER, Results  # noqa: E402
from benchmarks.table import HEAD, rows  # noqa: E402
from benchmarks.watching import Run  # noqa: E402

MIB = 1024 * 1024


def written(page: str, results: Results) -> str:
    """
    Return the page with its generated parts as they should be.

    :raises KeyError: for a part that nobody writes
    """
    return _PART.sub(
        lambda match: match[1] + "\n" + _PARTS[match["name"]](results) + "\n" + match[3], page
    )


def _machine(results: Results) -> str:
    machine = results.machine
    versions = ", ".join("%s %s" % pair for pair in machine.versions)
    return "`%s` on %s: %d cores of %s, %d GiB of memory, %s; %s.\n" % (
        results.command,
        results.day,
        machine.cores,
        machine.processor,
        round(machine.memory / 1024**3),
        machine.system,
        versions,
    )


def _bar(results: Results) -> str:
    return _table(HEAD, (row.cells for row in rows(results)))


def _curve(results: Results) -> str:
    head = (
        "way",
        "images",
        "tasks",
        "s a task",
        "PSS, MiB",
        "KiB more a task",
        "processes",
        "threads",
        "CPU, s",
        "CPU a task, ms",
        "requests",
        "polls a second, waiting",
        "share of a worker",
        "worst second",
        "end after the last, s",
        "logins",
        "connections",
    )
    lines: List[Sequence[str]] = []
    for way in ("in-tree", "ours"):
        runs = results.of(way)
        lines += [_line(run, runs[0]) for run in runs]
    return _table(head, lines)


def _line(run: Run, first: Run) -> Sequence[str]:
    more = run.tasks - first.tasks
    grown = "%.1f" % ((run.pss - first.pss) / more / 1024) if more else "-"
    return (
        run.way,
        format(run.images, ","),
        format(run.tasks, ","),
        "%g" % run.duration,
        "%.0f" % (run.pss / MIB),
        grown,
        "%d" % run.processes,
        "%d" % run.threads,
        "%.1f" % run.cpu,
        "%.1f" % (1000 * run.cpu / run.tasks),
        format(run.requests, ","),
        "%.2f" % run.waiting,
        "%.2f %%" % (100 * run.share),
        "%d" % run.worst,
        "%.1f" % run.late,
        "%d" % run.logins,
        "%d" % run.connections,
    )


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *lines]
    return "".join("| %s |\n" % " | ".join(line) for line in every)


_PARTS: Dict[str, Callable[[Results], str]] = {
    "machine": _machine,
    "bar": _bar,
    "curve": _curve,
}

if __name__ == "__main__":
    results = Results.load(FOLDER / "results.json")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")

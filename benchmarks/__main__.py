"""
Measure everything and print it beside its bar: ``python -m benchmarks [--quick] [--save]``.

It takes about a quarter of an hour, the quick form a few minutes; nothing else should run
meanwhile. With ``--save`` the results are kept in ``benchmarks/results``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, List, Sequence, Tuple

from rich.console import Console
from rich.table import Table

from benchmarks import placing, planning, watching
from benchmarks.placing import MIB
from benchmarks.plots import PLOTS, drawn
from benchmarks.results import FOLDER, Results
from benchmarks.table import HEAD, rows
from benchmarks.watching import Run

FULL_IN_TREE = ((5, 20.0), (50, 20.0), (100, 20.0))
FULL_OURS = ((5, 20.0), (50, 20.0), (100, 20.0), (500, 60.0), (1000, 180.0), (2500, 220.0))
"""Image blocks, each for two arches, and the seconds that each task takes."""

QUICK_IN_TREE = ((5, 15.0), (20, 20.0))
QUICK_OURS = ((5, 15.0), (100, 20.0))


def main() -> int:
    """Measure, print and perhaps save; 1 when a row does not meet its bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--save", action="store_true", help="keep the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pungi-osbuild-bench-") as folder:
        results = _quick(Path(folder)) if options.quick else _full(Path(folder))
    if options.save:
        results.save(FOLDER / "results.json")
        for plot in PLOTS:
            path = FOLDER / ("%s.svg" % plot.name)
            path.write_text(drawn(plot, results), encoding="utf-8")
    return _show(results)


def _full(folder: Path) -> Results:
    runs = _runs(folder, "in-tree", watching.in_tree, FULL_IN_TREE)
    runs += _runs(folder, "ours", watching.ours, FULL_OURS)
    return Results.of_today(
        "make bench",
        runs,
        _planning(folder),
        _placing(folder, copy=1024, load=2048),
    )


def _quick(folder: Path) -> Results:
    runs = _runs(folder, "in-tree", watching.in_tree, QUICK_IN_TREE)
    runs += _runs(folder, "ours", watching.ours, QUICK_OURS)
    return Results.of_today(
        "make bench-quick", runs, _planning(folder), _placing(folder, copy=256, load=512)
    )


def _runs(
    folder: Path,
    way: str,
    run: Callable[[Path, int, float], Run],
    sizes: Sequence[Tuple[int, float]],
) -> List[Run]:
    done = []
    for blocks, duration in sizes:
        _say("%s: %d image blocks x 2 arches, tasks of %g s" % (way, blocks, duration))
        done.append(run(folder / ("%s-%d" % (way, blocks)), blocks, duration))
    return done


def _planning(folder: Path) -> float:
    _say("planning 1,000 blocks")
    return planning.measure(folder / "planning", 1_000)


def _placing(folder: Path, copy: int, load: int) -> placing.Placing:
    _say("placing: links, a copy of %d MiB, a download of %d MiB" % (copy, load))
    return placing.measure(folder, copy * MIB, load * MIB)


def _say(what: str) -> None:
    print("%s  %s" % (time.strftime("%H:%M:%S"), what), file=sys.stderr, flush=True)


def _show(results: Results) -> int:
    table = Table(*HEAD)
    found = rows(results)
    for row in found:
        table.add_row(*row.cells)
    Console(width=None if sys.stdout.isatty() else 170).print(table)
    return 0 if all(row.fine for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())

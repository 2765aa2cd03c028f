"""
Simulated nights: ``python -m simulation --seeds 1000`` for figures, ``--seed 7`` for one trace.

The figures are those of docs/reliability.md. A seed that violates something is named; with
``--shrink`` it is played again with less and less in it, until nothing more can be left out. With
``--mutation NAME`` the engine has a fault, and nights are played until one shows it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Optional, Sequence

from simulation.figures import Figures
from simulation.mutations import MUTATIONS, found_by
from simulation.night import play
from simulation.page import PAGE, written
from simulation.rows import rows_counted
from simulation.scenario import scenario
from simulation.shrink import shrunk
from simulation.trace import told

SLICE = 20
"""Seeds that one process plays in a row."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Play what is asked for; return 1 where something that must hold does not."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this night and print its trace")
    parser.add_argument("--steps", action="store_true", help="with every step on disk and network")
    parser.add_argument("--shrink", action="store_true", help="of a failing seed: what it needs")
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many nights")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--mutation", choices=[one.name for one in MUTATIONS], help="until a night shows this one"
    )
    parser.add_argument("--page", action="store_true", help="write docs/reliability.md again")
    given = parser.parse_args(arguments)
    if given.mutation is not None:
        return _find(given.mutation, range(given.first, given.first + given.seeds))
    if given.seed is not None:
        return _play_one(given.seed, given.steps, given.shrink)
    figures = figures_of(range(given.first, given.first + given.seeds), given.jobs)
    for line in figures.lines():
        print(line)
    if given.page:
        PAGE.write_text(written(PAGE.read_text("utf-8"), figures), encoding="utf-8")
    return 1 if figures.failed else 0


def _find(name: str, seeds: Sequence[int]) -> int:
    """Play nights until one shows a mutation; return 1 where none does."""
    mutation = next(one for one in MUTATIONS if one.name == name)
    print("%s: it does not hold any more that %s" % (name, mutation.breaks))
    played = found_by(mutation, seeds)
    if played is None:
        print("NOT FOUND by %d seeds" % len(seeds))
        return 1
    print("seed %d: %s" % (played.scenario.seed, played.violations[0]))
    return 0


def figures_of(seeds: Sequence[int], jobs: int = 1) -> Figures:
    """Play some nights and return what was counted."""
    figures = Figures()
    slices = [seeds[start : start + SLICE] for start in range(0, len(seeds), SLICE)]
    if jobs == 1:
        for part in slices:
            figures.merge(_played(part))
        return figures
    with ProcessPoolExecutor(jobs) as pool:
        for done in pool.map(_played, slices):
            figures.merge(done)
    return figures


def _played(seeds: Sequence[int]) -> Figures:
    figures = Figures()
    with rows_counted() as rows:
        for seed in seeds:
            begun = time.process_time()
            rows.clear()
            played = play(scenario(seed))
            figures.add(played, time.process_time() - begun, rows)
    return figures


def _play_one(seed: int, with_steps: bool, shrinks: bool) -> int:
    played = play(scenario(seed))
    if shrinks and played.violations:
        played = shrunk(played)
    for line in told(played, with_steps):
        print(line)
    return 1 if played.violations else 0


if __name__ == "__main__":
    sys.exit(main())

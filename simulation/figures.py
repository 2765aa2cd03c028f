"""Figures of many nights: what was run, what went wrong, and what was reached of all that can."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Counter as Counted
from typing import Dict, Iterator, List, Mapping, Tuple

from simulation.injection import KINDS
from simulation.night import Played
from simulation.rows import UNREACHED, known_rows
from simulation.steps import IMPOSSIBLE, step_name, steps_of

MOST_RARE = 40
"""Pairs that are named: of a few nights nearly all are rare."""

OFTEN = 10
"""How often each possible pair of fault and step is to be reached."""


@dataclass
class Figures:
    """What is counted over many nights, which are added one by one."""

    nights: int = 0
    runs: int = 0
    hours: float = 0.0
    seconds: float = 0.0
    """Of a processor."""

    ends: Counted[str] = field(default_factory=Counter)
    counts: Counted[str] = field(default_factory=Counter)
    pairs: Counted[Tuple[str, str]] = field(default_factory=Counter)
    rows: Counted[str] = field(default_factory=Counter)
    failed: Dict[int, Tuple[str, ...]] = field(default_factory=dict)
    """What seeds have violated."""

    def add(self, played: Played, seconds: float, rows: Mapping[str, int]) -> None:
        """Add a night."""
        self.nights += 1
        self.runs += played.runs
        self.hours += played.hours
        self.seconds += seconds
        self.ends.update(played.ends)
        self.counts.update(played.counts)
        for (kind, step), count in played.pairs.items():
            self.pairs[kind, step_name(step)] += count
        self.rows.update(rows)
        if played.violations:
            self.failed[played.scenario.seed] = tuple(map(str, played.violations))

    def merge(self, other: Figures) -> None:
        """Add the figures of other nights."""
        self.nights += other.nights
        self.runs += other.runs
        self.hours += other.hours
        self.seconds += other.seconds
        for mine, theirs in (
            (self.ends, other.ends),
            (self.counts, other.counts),
            (self.rows, other.rows),
        ):
            mine.update(theirs)
        self.pairs.update(other.pairs)
        self.failed.update(other.failed)

    @property
    def rare(self) -> List[Tuple[str, str, int]]:
        """The possible pairs of fault and step that were not reached often enough."""
        found = []
        for kind in KINDS:
            for step in steps_of(kind):
                count = self.pairs[kind, step]
                if count < OFTEN and (kind, step) not in IMPOSSIBLE:
                    found.append((kind, step, count))
        return found

    @property
    def rows_missed(self) -> Tuple[str, ...]:
        """The rows of the decision table that were never taken."""
        return tuple(row for row in known_rows() if not self.rows[row] and row not in UNREACHED)

    def lines(self) -> Iterator[str]:
        """Give the figures for people."""
        yield "%d nights, %d runs: %s" % (self.nights, self.runs, _listed(self.ends))
        speed = self.hours / self.seconds if self.seconds else 0.0
        yield "%.1f simulated hours in %.0f s of CPU: %.2f hours a second, %.2f s a night" % (
            *(self.hours, self.seconds, speed),
            self.seconds / max(1, self.nights),
        )
        yield ""
        yield "What went wrong, and how often:"
        yield from ("  %-22s %8d" % one for one in sorted(self.counts.items()))
        yield ""
        rows = known_rows()
        if rows:
            reachable = [row for row in rows if row not in UNREACHED]
            taken = len(reachable) - len(self.rows_missed)
            yield "Rows of the decision table: %d are reachable, %d were taken" % (
                *(len(reachable), taken),
            )
            yield from ("  never: %s" % row for row in self.rows_missed)
            yield from ("  impossible: %s: %s" % one for one in UNREACHED.items())
        possible = sum(len(steps_of(kind)) for kind in KINDS) - len(IMPOSSIBLE)
        rare = self.rare
        yield "Pairs of fault and step: %d are possible, %d were reached %d times or more" % (
            *(possible, possible - len(rare), OFTEN),
        )
        yield from ("  rarely: %s at %s: %d" % one for one in rare[:MOST_RARE])
        if len(rare) > MOST_RARE:
            yield "  rarely: %d more; play more nights" % (len(rare) - MOST_RARE)
        yield from ("  impossible: %s at %s: %s" % (*one, why) for one, why in IMPOSSIBLE.items())
        yield ""
        yield "%d nights violate something" % len(self.failed)
        for seed, what in sorted(self.failed.items()):
            yield "  seed %d: %s" % (seed, what[0].splitlines()[0][:200])


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join("%d %s" % (count, name) for name, count in sorted(counts.items()))

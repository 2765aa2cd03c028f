"""
What must hold, whatever happens: each a function with a sentence, which gives what it finds wrong.

They share no code with what runs requests: they read the hub's own record, the files of the
composes with ``open`` and ``json``, and what the runs said.
"""

from simulation.invariants import pace, recorded, said, tasks, wanted
from simulation.invariants.checking import INVARIANTS, Invariant, Violation, violations

__all__ = [
    "INVARIANTS",
    "Invariant",
    "Violation",
    "pace",
    "recorded",
    "said",
    "tasks",
    "violations",
    "wanted",
]

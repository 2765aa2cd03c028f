"""
Which rows of the engine's decision table were taken, and how often.

The table is ``next_step`` of ``pungi_osbuild.run.decide``; a step that it returns names its row.
Nothing is known here of what the rows say. Where there is no such table nothing is counted.
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Optional, Tuple
from typing import Counter as Counted

MODULE = "pungi_osbuild.run.decide"
FUNCTION = "next_step"
ROW = "row"

UNREACHED: Mapping[str, str] = {
    "it is finished": "nobody asks what to do with a job that is finished",
    "the hub does not know its task any more": "the rehearsal forgets no task",
}
"""Rows that no night can take, and why."""


@contextmanager
def rows_counted() -> Iterator[Counted[str]]:
    """Count the rows that are taken, by their names, for as long as this lasts."""
    taken: Counted[str] = Counter()
    module = _module()
    original = getattr(module, FUNCTION, None)
    if module is None or original is None:
        yield taken
        return

    def counting(*args: Any, **more: Any) -> Any:
        step = original(*args, **more)
        taken[str(getattr(step, ROW, ""))] += 1
        return step

    # Whoever has imported it by name has it under that name.
    users = [
        other
        for name, other in sorted(sys.modules.items())
        if name.startswith("pungi_osbuild.run") and vars(other).get(FUNCTION) is original
    ]
    for user in users:
        setattr(user, FUNCTION, counting)
    try:
        yield taken
    finally:
        for user in users:
            setattr(user, FUNCTION, original)


def known_rows() -> Tuple[str, ...]:
    """Return the names of all rows: those of the module's tables, which are called ``ROWS...``."""
    tables = [
        table
        for name, table in vars(_module() or object).items()
        if name.startswith("ROWS") and isinstance(table, tuple)
    ]
    return tuple(dict.fromkeys(str(row.name) for table in tables for row in table))


def _module() -> Optional[Any]:
    try:
        return importlib.import_module(MODULE)
    except ImportError:
        return None

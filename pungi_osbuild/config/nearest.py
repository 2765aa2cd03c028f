"""The known name that a mistyped one is a near miss of."""

from __future__ import annotations

import difflib
from typing import Iterable, Optional


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> Optional[str]:
    """
    Return the known name most like a mistyped one, or None when none is. Case counts little.

    :param likeness: how like it must be, from 0 to 1 (the same)
    """
    names = list(known)
    if name in names:
        return name
    matches = difflib.get_close_matches(name, names, n=1, cutoff=likeness)
    if matches:
        return matches[0]
    by_lower = {other.lower(): other for other in reversed(names)}
    matches = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=likeness)
    return by_lower[matches[0]] if matches else None

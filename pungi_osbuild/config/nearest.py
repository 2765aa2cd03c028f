"""The known name that a mistyped one is a near miss of."""

from __future__ import annotations

import difflib
from typing import Iterable, Optional


def nearest(name: str, known: Iterable[str]) -> Optional[str]:
    """Return the known name most like a mistyped one, or None when none is."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None

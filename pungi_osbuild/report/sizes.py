"""Sizes for people."""

from __future__ import annotations


def size_text(size: int) -> str:
    """Return a size in bytes as people read it: ``64.0 KiB``."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return "%d B" % size if unit == "B" else "%.1f %s" % (amount, unit)
        amount /= 1024
    return "%.1f GiB" % amount

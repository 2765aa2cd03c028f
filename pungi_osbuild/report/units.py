"""Sizes, durations, times and counts as people read them."""

from __future__ import annotations

from datetime import datetime, timezone


def size_text(size: int) -> str:
    """Return a size in bytes as people read it: ``64.0 KiB``."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return "%d B" % size if unit == "B" else "%.1f %s" % (amount, unit)
        amount /= 1024
    return "%.1f GiB" % amount


def duration_text(seconds: float) -> str:
    """Return a duration in seconds as people read it: ``14 s``, ``2 min 03 s``, ``1 h 05 min``."""
    whole = max(0, int(seconds + 0.5))
    if whole < 60:
        return "%d s" % whole
    if whole < 3600:
        return "%d min %02d s" % divmod(whole, 60)
    return "%d h %02d min" % divmod(whole // 60, 60)


def time_of_day(seconds: float, with_seconds: bool = True) -> str:
    """Return a time, in seconds since the epoch, as ``07:03:27``: in UTC."""
    form = "%H:%M:%S" if with_seconds else "%H:%M"
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(form)


def day(seconds: float) -> str:
    """Return the day of a time, in seconds since the epoch, as ``2026-11-23``: in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")


def day_and_time(seconds: float) -> str:
    """Return a time, in seconds since the epoch, as ``2026-11-23 07:03:27 UTC``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def failed_text(failed: int, required: int) -> str:
    """Return how many tasks failed: ``34 failed: 28 required, 6 allowed to fail``."""
    return "%d failed: %d required, %d allowed to fail" % (failed, required, failed - required)

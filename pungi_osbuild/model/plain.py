"""What JSON and XML-RPC hold."""

from __future__ import annotations

from typing import Any, Dict, Mapping

JsonDict = Dict[str, Any]


def without_none(values: Mapping[str, Any]) -> JsonDict:
    """Return the values that are not None, tuples as lists."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }

"""What JSON and XML-RPC hold."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping

JsonDict = Dict[str, Any]


_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")


def without_logins(text: str) -> str:
    """Return a text in which no address says a user or password any more."""
    return _LOGIN.sub("***@", text)


def without_none(values: Mapping[str, Any]) -> JsonDict:
    """Return the values that are not None, tuples as lists."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }

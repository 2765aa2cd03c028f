"""Values of calls: what a hub converts and sorts, and its words for what it refuses."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence
from xmlrpc.client import Fault

from koji_rehearsal.encoding import FOREIGN, ParameterError


def whole_number(value: Any) -> int:
    """
    Return an id, which may come as text.

    :raises koji.ParameterError: it is none
    """
    if value is None:
        raise ParameterError("Invalid type, expected type <class 'int'>")
    try:
        return int(value)
    except (ValueError, TypeError):
        raise ParameterError(
            "Invalid type for value '%s': %s, expected type <class 'int'>" % (value, type(value))
        ) from None


def column_number(value: Any, column: str) -> int:
    """
    Return an id that the hub hands to its database unread.

    :raises xmlrpc.client.Fault: it is no number: the database's own complaint, fault code 1
    """
    if isinstance(value, int):
        return value
    text = str(value)
    if text.isdigit():
        return int(text)
    raise Fault(
        FOREIGN,
        "<class 'psycopg2.errors.InvalidTextRepresentation'>: invalid input syntax for type"
        " integer: \"%s\"\nLINE 6:    AND (%s = '%s')\n" % (text, column, text),
    )


def timestamp(value: Any) -> float:
    """
    Return a time, seconds since the epoch, that comes as a number or as ISO text.

    :raises koji.ParameterError: it is none
    """
    if isinstance(value, (int, float)):
        return float(value)
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise ParameterError("Invalid type for timestamp: %r" % (value,)) from None
    return (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).timestamp()


def time_text(seconds: Optional[float]) -> Optional[str]:
    """Return a time as the hub writes it: ``2026-11-23 07:03:19.141240+00:00``."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(" ", "microseconds")


def times_of(what: str, seconds: Optional[float]) -> Dict[str, Any]:
    """Return a time twice, as the hub does: as text and as a number, to the microsecond."""
    rounded = None if seconds is None else round(seconds, 6)
    return {what + "_time": time_text(rounded), what + "_ts": rounded}


def ordered(rows: Sequence[Dict[str, Any]], options: Optional[Mapping[str, Any]]) -> Any:
    """
    Return rows as ``queryOpts`` want them.

    :param options: countOnly, order (``-id,name``), offset, limit; None: as they are
    :returns: the rows, or their number
    """
    options = options or {}
    result: List[Dict[str, Any]] = list(rows)
    for key in reversed(str(options.get("order") or "").split(",")):
        column = key.strip().lstrip("-")
        if column:
            result.sort(key=lambda row: _sort_key(row, column), reverse=key.strip()[0] == "-")
    start = whole_number(options.get("offset") or 0)
    limit = options.get("limit")
    result = result[start : None if limit is None else start + whole_number(limit)]
    return len(result) if options.get("countOnly") else result


def _sort_key(row: Mapping[str, Any], column: str) -> Any:
    """Return what a row is sorted by; as in the hub's database nothing comes last."""
    if column not in row:
        raise ParameterError("Invalid order: %s" % column)
    value = row[column]
    return (value is None, 0 if value is None else value)

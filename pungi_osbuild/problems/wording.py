"""The words of common problems, and the known name that a misspelt one is like."""

from __future__ import annotations

import difflib
from typing import Any, Iterable, Mapping, Optional, Sequence

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.problems.problem import Problem, within

_EXPECTED: Mapping[str, str] = {
    "array": "a list",
    "boolean": "True or False",
    "integer": "a whole number",
    "null": "None",
    "number": "a number",
    "object": "a dict",
    "string": "a string",
}
"""What people call the types of JSON schema."""


def suggest(name: str, known: Iterable[str], cutoff: float = 0.6) -> Optional[str]:
    """
    Return the known name most like a misspelt one, or None when none is. Case counts little.

    :param cutoff: how like it must be, from 0 to 1 (the same)
    """
    names = list(known)
    if name in names:
        return name
    matches = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    if matches:
        return matches[0]
    by_lower = {other.lower(): other for other in reversed(names)}
    matches = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return by_lower[matches[0]] if matches else None


def bad_key(key: Any, place: str) -> Problem:
    """Return the problem of a dict key that is not a string."""
    return Problem(
        "bad-key",
        within(place, key),
        "the key %r is not a string" % (key,),
        'Put it in quotation marks: "%s".' % (key,),
    )


def unknown_key(key: str, known: Sequence[str], place: str) -> Problem:
    """
    Return the problem of an option that does not exist, with the one that may be meant.

    :param place: of what it stands in
    """
    meant = suggest(key, known)
    hint = "Did you mean %s?" % meant if meant else "Known are: %s." % ", ".join(sorted(known))
    return Problem("unknown-key", within(place, key), "unknown option %s" % key, hint)


def missing_key(key: str, place: str, description: str, whom: str = "") -> Problem:
    """
    Return the problem of an option that is not there.

    :param place: of what it is missing in
    :param whom: whom it is missing for, when that is not everybody
    """
    return Problem(
        "missing-key",
        within(place, key),
        "the option %s is missing%s" % (key, " for %s" % whom if whom else ""),
        "Add it. %s" % description,
    )


def wrong_type(
    schemas: Iterable[JsonDict], value: Any, place: str, description: str = ""
) -> Problem:
    """
    Return the problem of a value that has none of the types it may have.

    :param description: of the option; what a list holds and what a number counts is not obvious
    """
    wanted = list(schemas)
    names = " or ".join(dict.fromkeys(_type_name(schema) for schema in wanted))
    types = [schema["type"] for schema in wanted]
    more = description if types[0] in ("array", "number", "integer") else ""
    return Problem(
        "wrong-type",
        place,
        "must be %s, not %s" % (names, _actual(value)),
        " ".join(filter(None, [_type_hint(types, value), more])),
    )


def _type_name(schema: JsonDict) -> str:
    if schema["type"] == "array" and schema.get("items", {}).get("type") == "string":
        return "a list of strings"
    return _EXPECTED[schema["type"]]


def _actual(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, (int, float)):
        return "a number (%r)" % value
    for kind, name in ((str, "a string"), (list, "a list"), (dict, "a dict")):
        if isinstance(value, kind):
            return name
    return "a %s" % type(value).__name__


def _type_hint(types: Sequence[str], value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if "string" in types and is_number:
        return 'Put it in quotation marks: "%r".' % value
    if types == ["string"] and isinstance(value, list) and len(value) == 1:
        return "Write the value itself, without brackets."
    if types == ["string"] and isinstance(value, list) and value:
        return "Write one string; for several, write a block for each."
    if "array" in types and (
        isinstance(value, str) or (isinstance(value, dict) and "string" not in types)
    ):
        return "Put it in brackets: [...]."
    if types == ["boolean"]:
        return "Write True or False, without quotation marks."
    if types == ["number"]:
        return "Write a number, without quotation marks."
    if value is None:
        return "Write a value, or leave the option out."
    return "Write %s." % " or ".join(_EXPECTED[name] for name in types)

"""What a schema refuses, and what cannot be sent, in the words of who wrote the config."""

from __future__ import annotations

import collections.abc
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from jsonschema import Draft4Validator, validators
from jsonschema.exceptions import ValidationError

from pungi_osbuild.model import JsonDict
from pungi_osbuild.problems import (
    Problem,
    along,
    bad_key,
    missing_key,
    suggest,
    unknown_key,
    wrong_type,
)


def _is_number(_checker: object, value: object) -> bool:
    # Python's complex is a Number, too, and cannot be compared with a minimum.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft4Validator, type_checker=Draft4Validator.TYPE_CHECKER.redefine("number", _is_number)
)

_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF]")
"""What the Char production of XML 1.0 leaves out."""


class SchemaErrors:
    """
    Says what a schema refuses, of many values.

    :param schema: draft 4
    """

    def __init__(self, schema: JsonDict) -> None:
        self.schema = schema
        self._validator = _Validator(schema)

    def of(self, value: Any, place: str, apart: Sequence[str] = ()) -> Iterator[Problem]:
        """
        Return one problem for each spot that the schema refuses.

        :param value: plain dicts and lists, no key but text; a dict where there is ``apart``
        :param place: of the value
        :param apart: optional keys of the value that somebody else looks into
        """
        judged = value
        if apart:
            judged = {key: item for key, item in value.items() if key not in apart}
        for error in sorted(self._validator.iter_errors(judged), key=_position):
            for narrow in _narrowed(error):
                yield from _worded(narrow, along(place, narrow.absolute_path))


def _position(error: ValidationError) -> List[str]:
    return ["%06d" % key if isinstance(key, int) else str(key) for key in error.absolute_path]


def _narrowed(error: ValidationError) -> Iterator[ValidationError]:
    """Return the errors of the one alternative that was meant, as far as that can be told."""
    if error.validator != "anyOf":
        yield error
        return
    alternatives: Dict[Any, List[ValidationError]] = {}
    for suberror in error.context or ():
        alternatives.setdefault(suberror.schema_path[0], []).append(suberror)
    meant = [errors for errors in alternatives.values() if not any(map(_is_wrong_type, errors))]
    if len(meant) == 1:
        for suberror in meant[0]:
            yield from _narrowed(suberror)
    else:
        yield error


def _is_wrong_type(error: ValidationError) -> bool:
    return error.validator == "type" and not error.relative_path


def _worded(error: ValidationError, place: str) -> Iterator[Problem]:
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        yield from (unknown_key(key, known, place) for key in value if key not in known)
    elif error.validator == "required":
        yield from _missing_keys(value, schema, place)
    elif error.validator in ("type", "anyOf"):
        yield wrong_type(_alternatives(schema), value, place, schema.get("description", ""))
    elif error.validator == "enum":
        yield _not_one_of(value, schema["enum"], place)
    elif error.validator in ("minItems", "maxItems"):
        yield _wrong_length(value, schema, place)
    elif error.validator == "minLength":
        what = schema.get("description")
        hint = "Write a value. %s" % what if what else "Write a value, or remove it."
        yield Problem("empty", place, "must not be empty", hint)
    elif error.validator in ("minimum", "maximum"):
        yield _out_of_range(value, schema, place)
    else:
        hint = schema.get("description", "See the documentation.")
        yield Problem("bad-value", place, "cannot be %r" % (value,), hint)


def _missing_keys(value: Mapping[str, Any], schema: JsonDict, place: str) -> Iterator[Problem]:
    for key in schema["required"]:
        if key not in value:
            yield missing_key(key, place, schema["properties"][key].get("description", ""))


def _alternatives(schema: JsonDict) -> List[JsonDict]:
    return list(schema.get("anyOf", [schema]))


def _out_of_range(value: Any, schema: JsonDict, place: str) -> Problem:
    limits = []
    if "minimum" in schema:
        limits.append(
            "%s %s"
            % ("more than" if schema.get("exclusiveMinimum") else "at least", schema["minimum"])
        )
    if "maximum" in schema:
        limits.append("at most %s" % schema["maximum"])
    return Problem(
        "bad-value",
        place,
        "must be %s, not %s" % (" and ".join(limits), value),
        schema.get("description", "See the documentation."),
    )


def _not_one_of(value: Any, allowed: Sequence[str], place: str) -> Problem:
    meant = suggest(value, allowed) if isinstance(value, str) else None
    return Problem(
        "bad-value",
        place,
        "cannot be %r" % (value,),
        "%sIt is one of: %s." % ("Did you mean %s? " % meant if meant else "", ", ".join(allowed)),
    )


def _wrong_length(value: Sequence[Any], schema: JsonDict, place: str) -> Problem:
    if place.endswith(".image_types"):
        return Problem(
            "not-one-image-type",
            place,
            "must name exactly one image type, not %s" % (len(value) or "none"),
            "Write one block for each image type." if value else "Name an image type.",
        )
    wanted: Tuple[int, int] = (schema["minItems"], schema["maxItems"])
    return Problem(
        "wrong-length",
        place,
        "must have %d items, not %d" % (wanted[0], len(value)),
        schema.get("description", 'Write a pair: ("/mnt/koji", "https://example.com").'),
    )


def unsendable(value: Any, place: str) -> Iterator[Problem]:
    """Say what in a value cannot be sent to a hub: keys that are no text, characters not in XML."""
    for path, key, text in _unsendable(value, ()):
        where = along(place, path)
        if text is None:
            yield bad_key(key, where)
            continue
        bad = sorted(set(_NOT_IN_XML.findall(text)))
        yield Problem(
            "bad-character",
            where,
            "contains %s, which cannot be sent to Koji" % ", ".join(repr(char) for char in bad),
            "Remove the character.",
        )


def _unsendable(
    value: Any, path: Tuple[Any, ...]
) -> Iterator[Tuple[Tuple[Any, ...], Any, Optional[str]]]:
    """Give the path to each such spot, and a bad key or the text that holds a bad character."""
    if isinstance(value, str):
        if _NOT_IN_XML.search(value):
            yield path, None, value
    elif isinstance(value, collections.abc.Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                yield path, key, None
            yield from _unsendable(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unsendable(item, (*path, index))

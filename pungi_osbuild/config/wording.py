"""From what jsonschema finds wrong to problems in the words of the one who wrote the config."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

from jsonschema import Draft4Validator, validators
from jsonschema.exceptions import ValidationError

from pungi_osbuild.config.nearest import nearest
from pungi_osbuild.config.places import along, within
from pungi_osbuild.config.problems import make
from pungi_osbuild.model import JsonDict, Problem


def _is_number(_checker: object, value: object) -> bool:
    # Python's complex is a Number, too, and cannot be compared with a minimum.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft4Validator, type_checker=Draft4Validator.TYPE_CHECKER.redefine("number", _is_number)
)

_EXPECTED: Mapping[str, str] = {
    "array": "a list",
    "boolean": "True or False",
    "integer": "a whole number",
    "null": "None",
    "number": "a number",
    "object": "a dict",
    "string": "a string",
}


class Judge:
    """
    Says what a schema refuses, of many values.

    :param schema: draft 4
    """

    def __init__(self, schema: JsonDict) -> None:
        self.schema = schema
        self._validator = _Validator(schema)

    def problems(self, value: Any, place: str, apart: Sequence[str] = ()) -> Iterator[Problem]:
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


def schema_problems(schema: JsonDict, value: Any, place: str) -> Iterator[Problem]:
    """Return what a schema refuses, as :meth:`Judge.problems`."""
    return Judge(schema).problems(value, place)


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
        yield from _unknown_keys(value, list(schema["properties"]), place)
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
        hint = "Write a value. %s" % what if what else "Write a value, or take it out."
        yield make("empty", place, "must not be empty", hint)
    elif error.validator in ("minimum", "maximum"):
        yield _out_of_range(value, schema, place)
    else:
        hint = schema.get("description", "See the documentation.")
        yield make("bad-value", place, "cannot be %r" % (value,), hint)


def _unknown_keys(value: Mapping[str, Any], known: Sequence[str], place: str) -> Iterator[Problem]:
    """Return one problem for each key that is not known, with the nearest one that is."""
    for key in value:
        if key in known:
            continue
        near = nearest(key, known)
        hint = "Did you mean %s?" % near if near else "Known are: %s." % ", ".join(sorted(known))
        yield make("unknown-key", within(place, key), "there is no option %s here" % key, hint)


def _missing_keys(value: Mapping[str, Any], schema: JsonDict, place: str) -> Iterator[Problem]:
    for key in schema["required"]:
        if key not in value:
            yield missing_key(key, place, schema["properties"][key].get("description", ""))


def missing_key(key: str, place: str, description: str, whom: str = "") -> Problem:
    """
    Return the problem of an option that is not there.

    :param place: of what it is missing in
    :param whom: whom it is missing for, when that is not everybody
    """
    return make(
        "missing-key",
        within(place, key),
        "the option %s is missing%s" % (key, " for %s" % whom if whom else ""),
        "Add it. %s" % description,
    )


def _alternatives(schema: JsonDict) -> List[JsonDict]:
    return list(schema.get("anyOf", [schema]))


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
    return make(
        "wrong-type",
        place,
        "must be %s, not %s" % (names, _actual(value)),
        " ".join(filter(None, [_type_hint(types, value), more])),
    )


def _out_of_range(value: Any, schema: JsonDict, place: str) -> Problem:
    limits = []
    if "minimum" in schema:
        limits.append(
            "%s %s"
            % ("more than" if schema.get("exclusiveMinimum") else "at least", schema["minimum"])
        )
    if "maximum" in schema:
        limits.append("at most %s" % schema["maximum"])
    return make(
        "bad-value",
        place,
        "must be %s, not %s" % (" and ".join(limits), value),
        schema.get("description", "See the documentation."),
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


def _not_one_of(value: Any, allowed: Sequence[str], place: str) -> Problem:
    near = nearest(value, allowed) if isinstance(value, str) else None
    return make(
        "bad-value",
        place,
        "cannot be %r" % (value,),
        "%sIt is one of: %s." % ("Did you mean %s? " % near if near else "", ", ".join(allowed)),
    )


def _wrong_length(value: Sequence[Any], schema: JsonDict, place: str) -> Problem:
    if place.endswith(".image_types"):
        return make(
            "not-one-image-type",
            place,
            "must name exactly one image type, not %s" % (len(value) or "none"),
            "Write one block for each image type." if value else "Name an image type.",
        )
    wanted: Tuple[int, int] = (schema["minItems"], schema["maxItems"])
    return make(
        "wrong-length",
        place,
        "must have %d items, not %d" % (wanted[0], len(value)),
        schema.get("description", 'Write a pair: ("/mnt/koji", "https://example.com").'),
    )

"""
Whether a value is as a schema wants it, and nothing more: quick, for the many that are.

jsonschema says what is wrong and where, and takes a millisecond for a block that is fine. A config
of thousands of blocks is fine in nearly all of them, so each is looked at here first.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping

from pungi_osbuild.model import JsonDict

Test = Callable[[Any], bool]


def test_of(schema: JsonDict) -> Test:
    """
    Return a test of the values of a schema, draft 4.

    A value that passes conforms. One that does not may, too, where the schema has a keyword that
    is not known here: ask jsonschema then.
    """
    tests: List[Test] = []
    for keyword, wanted in schema.items():
        if keyword == "description":
            continue
        if keyword not in _TESTS:
            return lambda _value: False
        tests.append(_TESTS[keyword](wanted, schema))
    return tests[0] if len(tests) == 1 else _all(tests)


def _all(tests: List[Test]) -> Test:
    def test(value: Any) -> bool:
        for one in tests:  # noqa: SIM110  a generator takes twice as long
            if not one(value):
                return False
        return True

    return test


def _type(wanted: Any, _schema: JsonDict) -> Test:
    if wanted == "number":
        return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)
    kind = _KINDS.get(wanted) if isinstance(wanted, str) else None
    if kind is None:
        return lambda _value: False
    return lambda value: isinstance(value, kind)


def _properties(properties: Mapping[str, JsonDict], _schema: JsonDict) -> Test:
    tests = {name: test_of(schema) for name, schema in properties.items()}

    def test(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for key, item in value.items():  # noqa: SIM110
            if key in tests and not tests[key](item):
                return False
        return True

    return test


def _additional(wanted: Any, schema: JsonDict) -> Test:
    known = set(schema.get("properties", ()))
    if "patternProperties" in schema:
        return lambda _value: False
    if isinstance(wanted, bool):
        return lambda value: wanted or not isinstance(value, dict) or known.issuperset(value)
    others = test_of(wanted)

    def test(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        return all(others(item) for key, item in value.items() if key not in known)

    return test


def _items(wanted: Any, _schema: JsonDict) -> Test:
    if not isinstance(wanted, dict):
        return lambda _value: False
    each = test_of(wanted)
    return lambda value: not isinstance(value, list) or all(map(each, value))


def _any_of(schemas: List[JsonDict], _schema: JsonDict) -> Test:
    tests = [test_of(schema) for schema in schemas]

    def test(value: Any) -> bool:
        for one in tests:  # noqa: SIM110
            if one(value):
                return True
        return False

    return test


def _required(names: List[str], _schema: JsonDict) -> Test:
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _min_length(least: int, _schema: JsonDict) -> Test:
    return lambda value: not isinstance(value, str) or len(value) >= least


def _min_items(least: int, _schema: JsonDict) -> Test:
    return lambda value: not isinstance(value, list) or len(value) >= least


def _max_items(most: int, _schema: JsonDict) -> Test:
    return lambda value: not isinstance(value, list) or len(value) <= most


_KINDS: Mapping[str, type] = {
    "array": list,
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "string": str,
}
_TESTS: Dict[str, Callable[[Any, JsonDict], Test]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "minLength": _min_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "properties": _properties,
    "items": _items,
    "anyOf": _any_of,
}

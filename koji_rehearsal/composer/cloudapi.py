"""
The Cloud API's description of a compose request, and what in a request does not match it.

``cloudapi.json`` holds it. What composer 180 quoted in a recorded answer is there word by word;
the other objects have keys and types without their descriptions, which composer would quote, too.
The first fault is found, and told, in the way of the kin-openapi library that composer uses.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from koji_rehearsal import clouds
from koji_rehearsal.composer import versions

_ESCAPES = {ord(letter): "\\u%04x" % ord(letter) for letter in "<>&\u2028\u2029"}
"""What Go's encoder of JSON escapes for the sake of browsers."""

_REFUSED = "request body has an error: doesn't match schema #/components/schemas/ComposeRequest: "
_TYPES: Mapping[str, Tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Mismatch:
    """
    A value that the description does not allow.

    :param place: of the value in the request
    :param schema: what the description says of it
    """

    said: str
    schema: Mapping[str, Any]
    value: Any
    place: Tuple[str, ...] = ()

    def __str__(self) -> str:
        where = 'Error at "/%s": ' % "/".join(self.place) if self.place else ""
        return "%s%s\nSchema:\n%s\n\nValue:\n%s\n" % (
            where,
            self.said,
            _indented(self.schema),
            _indented(self.value),
        )

    def at(self, key: object) -> Mismatch:
        """Return it as seen from an object or list that holds the value."""
        return replace(self, place=(str(key), *self.place))


def _indented(value: Any) -> str:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).translate(_ESCAPES)
    return "\n".join("  " + line for line in text.splitlines())


def refused(request: Any, version: int = versions.NEWEST, own_types: Tuple[str, ...] = ()) -> str:
    """
    Return composer's words for the first thing that its API does not allow in a request.

    :param request: as JSON has it
    :param version: of composer
    :param own_types: image types that this composer has beside those of its version
    :returns: nothing, where all of it is allowed
    """
    shapes = tuple(name for name, _ in clouds.hub_shapes())
    description = _Description(_schemas(version, own_types, shapes))
    whole = {"$ref": "#/components/schemas/ComposeRequest"}
    found = description.mismatch(whole, copy.deepcopy(request))
    return "" if found is None else _REFUSED + str(found)


@lru_cache(maxsize=8)
def _schemas(version: int, own_types: Tuple[str, ...], shapes: Tuple[str, ...]) -> Dict[str, Any]:
    """
    Return the schemas of an API, by name.

    :param shapes: of the upload options that the hub takes; one that composer 180 had not is that
        of a cloud which this composer has learnt
    """
    path = Path(__file__).with_name("cloudapi.json")
    schemas: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    versions.as_of(version, schemas)
    schemas["ImageTypes"]["enum"].extend(own_types)
    for name, schema in clouds.hub_shapes():
        if name in shapes and name not in schemas:
            schemas[name] = schema
            schemas["UploadOptions"]["anyOf"].append({"$ref": "#/components/schemas/" + name})
    return schemas


class _Description:
    """
    The schemas of an API, by name.

    Defaults are put into the values that are looked at, as kin-openapi does: composer quotes them.
    """

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def mismatch(self, schema: Mapping[str, Any], value: Any) -> Optional[Mismatch]:
        """Return the first fault of a value, or None."""
        schema = self._resolved(schema)
        if value is None:
            return Mismatch("Value is not nullable", schema, value)
        return self._of_alternatives(schema, value) or self._of_kind(schema, value)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = schema
        if "$ref" in schema:
            found = self._schemas[schema["$ref"].rpartition("/")[2]]
        return found

    def _matches(self, schema: Mapping[str, Any], value: Any) -> bool:
        return self.mismatch(schema, copy.deepcopy(value)) is None

    def _of_alternatives(self, schema: Mapping[str, Any], value: Any) -> Optional[Mismatch]:
        if "enum" in schema and value not in schema["enum"]:
            allowed = json.dumps(schema["enum"], separators=(",", ":"))
            return Mismatch("value is not one of the allowed values " + allowed, schema, value)
        if "not" in schema and self._matches(schema["not"], value):
            return Mismatch('Doesn\'t match schema "not"', schema, value)
        for word in ("oneOf", "anyOf"):
            if word in schema and not any(self._matches(one, value) for one in schema[word]):
                return Mismatch('doesn\'t match any schema from "%s"' % word, schema, value)
        return None

    def _of_kind(self, schema: Mapping[str, Any], value: Any) -> Optional[Mismatch]:
        wanted = schema.get("type")
        if wanted is not None and not _is_a(value, wanted):
            article = "an" if wanted[0] in "aoi" else "a"
            return Mismatch("value must be %s %s" % (article, wanted), schema, value)
        if isinstance(value, list):
            return self._of_list(schema, value)
        return self._of_object(schema, value) if isinstance(value, dict) else None

    def _of_list(self, schema: Mapping[str, Any], value: List[Any]) -> Optional[Mismatch]:
        least = schema.get("minItems", 0)
        if len(value) < least:
            return Mismatch("minimum number of items is %d" % least, schema, value)
        if "items" in schema:
            for number, item in enumerate(value):
                found = self.mismatch(schema["items"], item)
                if found is not None:
                    return found.at(number)
        return None

    def _of_object(self, schema: Mapping[str, Any], value: Dict[str, Any]) -> Optional[Mismatch]:
        properties = schema.get("properties", {})
        for key in sorted(properties):
            default = self._resolved(properties[key]).get("default")
            if default is not None and value.get(key) is None:
                value[key] = default
        return next(self._of_keys(schema, properties, value), None)

    def _of_keys(
        self, schema: Mapping[str, Any], properties: Mapping[str, Any], value: Dict[str, Any]
    ) -> Iterator[Mismatch]:
        for key in sorted(value):
            if key in properties:
                found = self.mismatch(properties[key], value[key])
                if found is not None:
                    yield found.at(key)
            elif schema.get("additionalProperties") is False:
                yield Mismatch('property "%s" is unsupported' % key, schema, value)
        for key in schema.get("required", ()):
            if key not in value:
                yield Mismatch('property "%s" is missing' % key, schema, value).at(key)


def _is_a(value: Any, wanted: str) -> bool:
    if wanted == "integer":
        return type(value) is int or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _TYPES[wanted])

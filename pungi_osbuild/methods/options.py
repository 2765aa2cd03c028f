"""
Options of a config: of each its JSON schema, its default, an example, and since when it is there.

The schemas are in the dialect of Pungi's (draft 4), and become part of the schema that Pungi checks
a config with. So they have no ``$ref``, and set no default: Pungi fills a default into the config,
and would share one mutable object among all blocks.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Mapping, Optional

from pungi_osbuild.checked import JsonDict


@dataclass(frozen=True)
class Option:
    """
    An option, as the schema and the documentation have it.

    :param schema: its JSON schema, with a description
    :param default: what holds where it is left out, in a few words; None: it must be given
    :param example: a value, as one writes it
    :param in_tree: the first Pungi whose own phases have it; None: none has
    :param since: the first version of this package that has it
    """

    schema: JsonDict
    default: Optional[str]
    example: str
    in_tree: Optional[str] = None
    since: str = "0.1.0"


Options = Mapping[str, Option]


def option(
    kind: JsonDict, description: str, default: Optional[str], example: str, in_tree: str = ""
) -> Option:
    """Return an option of a kind, with what is to be told of it."""
    schema = {**deepcopy(kind), "description": description}
    return Option(schema, default, example, in_tree or None)


def properties_of(options: Options) -> JsonDict:
    """Return the schemas of options by name."""
    return {name: option.schema for name, option in options.items()}


def closed(options: Options) -> JsonDict:
    """Return the schema of a dict that takes these options and no others."""
    schema = {**DICT, "properties": properties_of(options), "additionalProperties": False}
    required = [name for name, option in options.items() if option.default is None]
    return {**schema, "required": required} if required else schema  # draft 4 refuses an empty list


def one_of(*values: str) -> JsonDict:
    """Return the schema of one of some strings."""
    return {"type": "string", "enum": list(values)}


STRING: JsonDict = {"type": "string"}
TEXT: JsonDict = {"type": "string", "minLength": 1}
BOOLEAN: JsonDict = {"type": "boolean"}
DICT: JsonDict = {"type": "object"}
STRINGS: JsonDict = {"type": "array", "items": STRING}
NULLABLE: JsonDict = {"anyOf": [STRING, {"type": "null"}]}
COUNT: JsonDict = {"type": "integer", "minimum": 0, "maximum": 10}
SECONDS: JsonDict = {"type": "number", "minimum": 0, "maximum": 30 * 86400}
SOME_SECONDS: JsonDict = {**SECONDS, "exclusiveMinimum": True}
ONE_ITEM: JsonDict = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1}
NONE = "none"
"""What holds where an option is left out that has no default."""

"""
Records: frozen dataclasses whose form in JSON is declared with their fields, and nowhere else.

The type of a field says most of it; what it does not say stands beside it::

    variant: Annotated[str, PATH]
    composer_id: Annotated[Optional[str], Key("composer", "id")]

Writing and checked reading follow from that, and the JSON Schema of the documentation, too.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from enum import Enum
from typing import (
    Annotated,
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pungi_osbuild.checked.struct import Struct, iso_seconds, path_below
from pungi_osbuild.clock import iso_time

JsonDict = Dict[str, Any]
_R = TypeVar("_R")


@dataclass(frozen=True)
class Form:
    """
    How the value of a field stands in JSON.

    :param read: gives the value under a key of an object
    :param schema: of what stands there
    :param write: gives what stands there for a value that is not None
    :param records: the classes whose schemas that schema refers to
    """

    read: Callable[[Struct, str], Any]
    schema: Mapping[str, Any]
    write: Callable[[Any], Any] = lambda value: value
    records: Tuple[Type[Any], ...] = ()


class Key:
    """Where a value stands, if not under its field's name: a key, or one in another's object."""

    def __init__(self, *path: str) -> None:
        self.path = path


class Mark(Enum):
    """What else a declaration may say of a field."""

    ELSEWHERE = "it is not in the object: where the object stands says it"
    OMITTED = "it is left out when it is None or empty"
    INLINED = "it is a record whose keys stand among those of the object that holds it"


ELSEWHERE, OMITTED, INLINED = Mark.ELSEWHERE, Mark.OMITTED, Mark.INLINED


@dataclass(frozen=True)
class Member:
    """
    A field of a record.

    :param path: the keys that lead to it
    :param keys: the last of them; of a record that is inlined, all of its own
    """

    name: str
    form: Form
    path: Tuple[str, ...]
    keys: Tuple[str, ...]
    is_optional: bool
    mark: Optional[Mark]


def members(record: Any) -> Tuple[Member, ...]:
    """Return the fields of a class of records that are in its object."""
    return _members(record)


@functools.cache
def _members(record: Any) -> Tuple[Member, ...]:
    hints = get_type_hints(record, include_extras=True)
    found = (_member(field.name, hints[field.name]) for field in fields(record))
    return tuple(member for member in found if member.mark is not ELSEWHERE)


def _member(name: str, hint: Any) -> Member:
    notes: List[Any] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
    is_optional = get_origin(hint) is Union and type(None) in get_args(hint)
    inner = next(one for one in get_args(hint) if one is not type(None)) if is_optional else hint
    form = next((note for note in notes if isinstance(note, Form)), None) or _form(inner)
    path = next((note.path for note in notes if isinstance(note, Key)), (name,))
    mark = next((note for note in notes if isinstance(note, Mark)), None)
    keys = path[-1:]
    if mark is INLINED:
        keys = tuple(member.path[0] for member in members(inner))
        form = Form(lambda struct, _key: from_json(inner, struct), {}, to_json, (inner,))
    return Member(name, form, path, keys, is_optional, mark)


def _form(hint: Any) -> Form:
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        return TEXTS if item is str else forms_of(lambda struct: from_json(item, struct), item)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if issubclass(hint, Enum):
        values = [member.value for member in hint]
        return Form(
            lambda struct, key: struct.choice(key, hint), {"enum": values}, lambda it: it.value
        )
    return Form(
        lambda struct, key: from_json(hint, struct.struct(key)), _schema_of(hint), to_json, (hint,)
    )


def forms_of(read: Callable[[Struct], Any], *records: Type[Any]) -> Form:
    """
    Return the form of a list of records.

    :param read: gives the record that stands in an object
    :param records: what it may be
    """
    items = [_schema_of(record) for record in records]
    return Form(
        lambda struct, key: tuple(map(read, struct.structs(key))),
        {"type": "array", "items": items[0] if len(items) == 1 else {"anyOf": items}},
        lambda values: list(map(to_json, values)),
        records,
    )


def _schema_of(record: Type[Any]) -> JsonDict:
    return {"$ref": "#/definitions/%s" % record.__name__}


def to_json(record: Any) -> JsonDict:
    """Return the object of a record, its keys in the order of the fields."""
    entry: JsonDict = {}
    for member in members(type(record)):
        value, holder = getattr(record, member.name), entry
        if member.mark is INLINED:
            entry.update(dict.fromkeys(member.keys) if value is None else to_json(value))
        elif member.mark is not OMITTED or value not in (None, ()):
            for key in member.path[:-1]:
                holder = holder.setdefault(key, {})
            holder[member.path[-1]] = None if value is None else member.form.write(value)
    return entry


def from_json(record: Type[_R], struct: Struct, **elsewhere: Any) -> _R:
    """
    Return the record that stands in an object.

    :param elsewhere: values of the fields that are ``ELSEWHERE``
    :raises Exception: the error of the object's origin, for a value that is not as declared
    """
    values = dict(elsewhere)
    for member in members(record):
        holder, key = struct, member.keys[0]
        for outer in member.path[:-1]:
            holder = holder.struct(outer)
        if member.mark is OMITTED and not holder.has(key):
            continue
        is_null = member.is_optional and None in [holder.raw(one) for one in member.keys]
        values[member.name] = None if is_null else member.form.read(holder, key)
    return record(**values)


def without_none(values: Mapping[str, Any]) -> JsonDict:
    """Return the values that are not None, tuples as lists."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }


def picked(record: Type[_R], *sources: Any, **others: Any) -> _R:
    """
    Return a record whose fields have the values of attributes of the same name.

    :param sources: whose attributes; the first that has one counts
    :param others: values of fields that are otherwise
    :raises TypeError: nobody has a field, though it may have a default: after a rename the value
        would be lost without a word
    """
    values = dict(others)
    names = [field.name for field in fields(record)]  # type: ignore[arg-type]
    for source in sources:
        for name in names:
            if name not in values and hasattr(source, name):
                values[name] = getattr(source, name)
    missing = [name for name in names if name not in values]
    if missing:
        raise TypeError("%s lacks %s" % (record.__name__, ", ".join(missing)))
    return record(**values)


TEXT = Form(Struct.text, {"type": "string"})
LINE = Form(Struct.line, {"type": "string", "minLength": 1})
PATH = Form(
    path_below, {"type": "string", "minLength": 1, "not": {"pattern": r"(^|/)(\.{0,2})(/|$)"}}
)
TEXTS = Form(Struct.texts, {"type": "array", "items": TEXT.schema}, list)
ISO_TIME = Form(
    iso_seconds,
    {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"},
    iso_time,
)
_SIMPLE: Mapping[Any, Form] = {
    str: TEXT,
    int: Form(Struct.integer, {"type": "integer", "minimum": 0}),
    bool: Form(Struct.flag, {"type": "boolean"}),
}

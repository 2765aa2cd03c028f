"""The files beside an image in its Koji build, as osbuild.json records them."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from pungi_osbuild.checked import FILE, Struct
from pungi_osbuild.model import BuildFile, Checksum, Dependency, JsonDict, Manifest, Sbom

_DIGEST = re.compile(r"[0-9a-f]+")


def read_checksum(type: str, value: str, fields: Struct) -> Checksum:
    """Return a checksum.

    :raises ValueError: it is none
    """
    if not type or not _DIGEST.fullmatch(value):
        raise ValueError("%s has a checksum that is none" % fields.place)
    return Checksum(type, value)


def checksum_entry(checksum: Optional[Checksum]) -> JsonDict:
    """Return the two keys of a checksum."""
    return {
        "checksum_type": None if checksum is None else checksum.type,
        "checksum": None if checksum is None else checksum.value,
    }


def file_entry(file: BuildFile) -> JsonDict:
    """Return the entry of a file beside an image."""
    entry: JsonDict = {**vars(file), **checksum_entry(file.checksum)}
    if isinstance(file, Manifest):
        entry["osbuild_composer_deps"] = list(map(_dependency_entry, file.osbuild_composer_deps))
    return entry


def _dependency_entry(dependency: Dependency) -> JsonDict:
    instead = dependency.replace
    return {**vars(dependency), "replace": None if instead is None else _dependency_entry(instead)}


def read_file(fields: Struct) -> Tuple[str, Optional[int], Optional[int], Optional[Checksum]]:
    """Return what is recorded of a file; before format 1.3 that is its name."""
    if not fields.has("checksum"):
        return fields.path("filename"), None, None, None
    kind, value = fields.text_or_none("checksum_type"), fields.text_or_none("checksum")
    return (
        fields.path("filename"),
        fields.integer_or_none("archive_id"),
        fields.integer_or_none("size"),
        None if kind is None or value is None else read_checksum(kind, value, fields),
    )


def read_manifest(fields: Optional[Struct]) -> Optional[Manifest]:
    """Return the value of an entry.

    :raises ValueError: naming the place that is wrong
    """
    if fields is None:
        return None
    return Manifest(
        *read_file(fields),
        osbuild_composer_version=fields.text_or_none("osbuild_composer_version"),
        osbuild_composer_deps=_dependencies(fields),
    )


def read_sbom(fields: Struct) -> Sbom:
    """Return the value of an entry.

    :raises ValueError: naming the place that is wrong
    """
    purpose = fields.text_or_none("purpose") if fields.has("purpose") else None
    return Sbom(*read_file(fields), purpose=purpose)


def named_files(fields: Struct, key: str) -> Tuple[Struct, ...]:
    """Return a list of files; before format 1.3 it was one of names."""
    if not _is_list_of_texts(fields.raw(key)):
        return fields.structs(key)
    place = "%s.%s" % (fields.place, key)
    return tuple(Struct({"filename": name}, place, FILE) for name in fields.texts(key))


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], str)


def _dependencies(fields: Struct) -> Tuple[Dependency, ...]:
    """Return a list of modules; before format 1.3 it was one of ``a@v`` or ``a@v => b@w``."""
    key = "osbuild_composer_deps"
    if not _is_list_of_texts(fields.raw(key)):
        return tuple(map(_dependency, fields.structs(key)))
    found = []
    for text in fields.texts(key):
        first, _arrow, second = text.partition(" => ")
        instead = Dependency(*_module(second)) if second else None
        found.append(Dependency(*_module(first), replace=instead))
    return tuple(found)


def _module(text: str) -> Tuple[str, str]:
    path, _at, version = text.rpartition("@")
    return (path, version) if path else (version, "")


def _dependency(fields: Struct) -> Dependency:
    instead = fields.struct_or_none("replace") if fields.has("replace") else None
    return Dependency(
        fields.text("path"),
        fields.text("version"),
        None if instead is None else _dependency(instead),
    )

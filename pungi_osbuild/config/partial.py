"""
Partial parsing: a block with errors, as far as it can be checked all the same.

What is wrong with one option says nothing of the others, and whoever fixes the config wants to see
everything at once. So a block with errors is planned, too. Of an invalid option it holds what can
be used, or nothing, and names it among its invalid options, by which later checks know what they
cannot judge. Such a block is never run: its errors see to that.
"""

from __future__ import annotations

import math
from typing import Any, FrozenSet, Iterable, Mapping, Optional, Tuple

from pungi_osbuild.checked import printable
from pungi_osbuild.model import Repo
from pungi_osbuild.problems import suggest


def invalid_options(
    block: Mapping[Any, Any], place: str, options: Iterable[str], error_places: Iterable[str]
) -> FrozenSet[str]:
    """
    Return the options of a block that are wrong, missing where they must not be, or misspelt.

    :param place: of the block
    :param options: that a block may have
    :param error_places: where there is an error in the block
    """
    known = tuple(options)
    # As problems say it: a pattern may hold what cannot be printed.
    shown = printable(place)
    invalid = {option for where in error_places for option in _option_at(where, shown)}
    for key in block:
        if isinstance(key, str) and key not in known:
            invalid.add(suggest(key, known) or key)
    return frozenset(invalid & set(known))


def _option_at(where: str, place: str) -> Tuple[str, ...]:
    """Return the option of a block that a place is in, if it is in one."""
    if not where.startswith(place + "."):
        return ()
    return (where[len(place) + 1 :].split(".")[0].split("[")[0],)


def text_of(value: Any) -> Optional[str]:
    """Return a text that is one and not empty."""
    return value if isinstance(value, str) and value else None


def texts_of(value: Any) -> Tuple[str, ...]:
    """Return the texts in a list, or the one that should have been in one."""
    if isinstance(value, str):
        value = [value]
    found = map(text_of, value if isinstance(value, list) else ())
    return tuple(text for text in found if text is not None)


def flag_of(value: Any, default: bool) -> bool:
    """Return True or False."""
    return value if isinstance(value, bool) else default


def number_of(value: Any) -> Optional[float]:
    """Return a number that is one."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def count_of(value: Any) -> int:
    """Return a whole number from 0 on."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count else 0


def repos_of(value: Any) -> Tuple[Repo, ...]:
    """Return the repositories in a list, each in its place; one that is none is empty."""
    if isinstance(value, str):
        value = [value]
    return tuple(_repo_of(item) for item in (value if isinstance(value, list) else ()))


def _repo_of(item: Any) -> Repo:
    if not isinstance(item, dict):
        return Repo(text_of(item) or "")
    sets = texts_of(item["package_sets"]) if "package_sets" in item else None
    return Repo(text_of(item.get("baseurl")) or "", sets, as_dict=True)


def unknown_template_fields(invalid: Iterable[str]) -> FrozenSet[str]:
    """Return the template fields whose value is not known, as options of a block are invalid."""
    return frozenset(
        field for field, options in _FILLED_BY.items() if not set(options).isdisjoint(invalid)
    )


_FILLED_BY: Mapping[str, Tuple[str, ...]] = {
    "arch": ("arches", "split_arches"),
    "image_type": ("image_types",),
    "name": ("name",),
    "nvr": ("name", "version", "release", "arches", "split_arches"),
    "release": ("release", "arches", "split_arches"),
    "subvariant": ("subvariant",),
    "version": ("version",),
}

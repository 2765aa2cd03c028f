"""Which versions of its format the installed productmd reads, and what else it can."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple

import productmd.common

from pungi_osbuild.checked import FILE, Struct

Version = Tuple[int, int]

NEW: Version = (1, 2)
"""What a new file is written as: the last 1.x, and productmd 1.x reads no 2.x."""

NEWEST: Version = (int(productmd.common.VERSION[0]), int(productmd.common.VERSION[1]))
"""What the installed productmd writes by itself: 1.2, or 2.0 since productmd 2.0."""

HAS_OUTPUT_VERSION = NEWEST >= (2, 0)
"""Whether it can be told which version to write (since productmd 2.0)."""

KNOWN_MAJORS = (1, 2)
"""The major versions that this project was tested with."""


class UnusableError(ValueError):
    """
    A file that is whole, and not for us.

    :param reason: what it is
    :param solution: what to do about that, which is not what to do about a broken one
    """

    def __init__(self, reason: str, solution: str) -> None:
        super().__init__(reason)
        self.solution = solution


def text(version: Version) -> str:
    """Return a version as headers have it."""
    return "%d.%d" % version


def version_of(document: Any) -> Version:
    """
    Return the version that a document's header names.

    :raises ValueError: it names none
    """
    version = Struct(document, "", FILE).struct("header").text("version")
    parts = version.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("header.version is not a version: %s" % version[:30])
    return int(parts[0]), int(parts[1])


def is_newer(version: Version) -> bool:
    """Whether the installed productmd is older than a file of this version."""
    return version > (NEW if version[0] == NEW[0] else NEWEST)


def check_major(version: Version) -> None:
    """
    Refuse a file of a major version that cannot be read, or not be written again.

    :raises UnusableError: naming the version and the productmd that is needed
    """
    major = version[0]
    if major > max(KNOWN_MAJORS):
        raise UnusableError(
            "it has productmd's format %s, and this pungi-osbuild supports 1.x and 2.x"
            % text(version),
            "Use a pungi-osbuild that supports format %d.x." % major,
        )
    if major > NEWEST[0]:
        raise UnusableError(
            "it has productmd's format %s, and the installed productmd supports up to %s"
            % (text(version), text(NEWEST)),
            "Install productmd %d.0 or newer; the file is fine." % major,
        )


def needs_newer(version: Version, why: str) -> UnusableError:
    """Return the error for a file of a newer minor version that could not be read."""
    return UnusableError(
        "it has productmd's format %s, and the installed productmd supports up to %s (%s)"
        % (text(version), text(NEWEST), why),
        "Install a productmd that supports format %s." % text(version),
    )


def dropped(before: Mapping[str, Any], after: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what one JSON object has and the other lacks, also inside objects of both."""
    lost: Dict[str, Any] = {}
    for key, value in before.items():
        if key not in after:
            lost[key] = value
        elif isinstance(value, dict) and isinstance(after[key], dict):
            inside = dropped(value, after[key])
            if inside:
                lost[key] = inside
    return lost


def restore(entry: Dict[str, Any], lost: Mapping[str, Any]) -> None:
    """Put back what :func:`dropped` found; what is there by now stays."""
    for key, value in lost.items():
        if isinstance(value, dict) and isinstance(entry.get(key), dict):
            restore(entry[key], value)
        else:
            entry.setdefault(key, value)

"""Files in productmd's formats: which versions can be used, and errors that name the file."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Tuple

import productmd.common

from pungi_osbuild.checked import FILE, Struct
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.model import ComposeIdentity

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


def version_text(version: Version) -> str:
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
            % version_text(version),
            "Use a pungi-osbuild that supports format %d.x." % major,
        )
    if major > NEWEST[0]:
        raise UnusableError(
            "it has productmd's format %s, and the installed productmd supports up to %s"
            % (version_text(version), version_text(NEWEST)),
            "Install productmd %d.0 or newer; the file is fine." % major,
        )


def needs_newer(version: Version, reason: str) -> UnusableError:
    """Return the error for a file of a newer minor version that could not be read."""
    return UnusableError(
        "it has productmd's format %s, and the installed productmd supports up to %s (%s)"
        % (version_text(version), version_text(NEWEST), reason),
        "Install a productmd that supports format %s." % version_text(version),
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


BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a file of wrong content ends with: productmd trusts the shape of what it reads."""

_OUR_CLASS = re.compile(r"\bCloudAware(?=Images?\b)")
_BY_PRODUCTMD = re.compile(r"\w+: Field '|Image .* shares all |Label in unknown format|Arch not ")
"""How productmd words what it does not accept of a whole file; a newer productmd may accept it."""


@contextmanager
def read_errors(path: Path, solution: str) -> Iterator[None]:
    """
    Name the file in whatever goes wrong while it is read.

    :param solution: what to do about it
    :raises SourceError: for a file that cannot be read, or read as what it should be
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError("%s cannot be read: %s" % (path, reason), solution) from error
    except UnusableError as error:
        raise SourceError("%s cannot be used: %s" % (path, error), error.solution) from error
    except BROKEN as error:
        reason = reason_of(error)
        if type(error) is ValueError and _BY_PRODUCTMD.match(str(error)):
            raise SourceError(
                "the installed productmd does not accept %s: %s" % (path, reason),
                "If a newer productmd wrote the file, install that one; otherwise correct the"
                " value.",
            ) from error
        raise SourceError("%s is broken: %s" % (path, reason), solution) from error


def reason_of(error: Exception) -> str:
    """Return what an exception of productmd's says, for people; a KeyError says just the key."""
    if isinstance(error, KeyError):
        return "%s is missing" % (error.args[0] if error.args else "a key")
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return _OUR_CLASS.sub("", " ".join(str(error).split())) or type(error).__name__


def load_metadata(metadata: Any, path: Path, solution: str) -> None:
    """
    Load a file into a ``MetadataBase``.

    productmd is not given the name: it would make a guess whether it is an address.

    :raises SourceError: for a file that cannot be read, or read as what it should be
    """
    with read_errors(path, solution), path.open(encoding="utf-8") as stream:
        document = json.load(stream)
        version = version_of(document)
        check_major(version)
        try:
            metadata.deserialize(document)
        except UnusableError:
            raise
        except BROKEN as error:
            if is_newer(version):
                raise needs_newer(version, reason_of(error)) from error
            raise


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """
    Name the file when writing it fails.

    :raises InputError: it cannot be written; what was there before is still there
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            "%s cannot be written: %s" % (path, error.strerror or error),
            "Make room or give yourself the right to write there; then run this again.",
        ) from error


@contextmanager
def productmd_errors(path: Path) -> Iterator[None]:
    """
    Say of which file it is that the installed productmd cannot write it as it should.

    :raises SourceError: whatever productmd raised
    """
    try:
        yield
    except BROKEN as error:
        raise SourceError(
            "the installed productmd (format %s) cannot record this run in %s: %s"
            % (version_text(NEWEST), path, reason_of(error)),
            "Install productmd 1.33 or newer, below 3.",
        ) from error


def name_compose(section: Any, identity: ComposeIdentity) -> None:
    """Fill in productmd's ``compose`` section of a file."""
    for name in ("id", "type", "date", "respin", "label"):
        setattr(section, name, getattr(identity, name))

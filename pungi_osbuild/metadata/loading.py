"""Turning what productmd raises over a broken file into one error that names the file."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from pungi_osbuild.errors import SourceError
from pungi_osbuild.metadata.versions import (
    UnusableError,
    check_major,
    is_newer,
    needs_newer,
    version_of,
)

BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a file of wrong content ends with: productmd trusts the shape of what it reads."""

_OUR_CLASS = re.compile(r"\bCloudAware(?=Images?\b)")
_BY_PRODUCTMD = re.compile(r"\w+: Field '|Image .* shares all |Label in unknown format|Arch not ")
"""How productmd words what it does not accept of a whole file; a newer productmd may accept it."""


@contextmanager
def explained(path: Path, solution: str) -> Iterator[None]:
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
        reason = why(error)
        if type(error) is ValueError and _BY_PRODUCTMD.match(str(error)):
            raise SourceError(
                "the installed productmd does not accept %s: %s" % (path, reason),
                "If a newer productmd wrote the file, install that one; otherwise correct the"
                " value.",
            ) from error
        raise SourceError("%s is broken: %s" % (path, reason), solution) from error


def why(error: Exception) -> str:
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
    with explained(path, solution), path.open(encoding="utf-8") as stream:
        document = json.load(stream)
        version = version_of(document)
        check_major(version)
        try:
            metadata.deserialize(document)
        except UnusableError:
            raise
        except BROKEN as error:
            if is_newer(version):
                raise needs_newer(version, why(error)) from error
            raise

"""Turning what productmd raises over a broken file into one error that names the file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from pungi_osbuild.errors import SourceError

BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a file of wrong content ends with: productmd trusts the shape of what it reads."""


class UnusableError(ValueError):
    """
    A file that is whole, and not for us.

    :param reason: what it is
    :param solution: what to do about that, which is not what to do about a broken one
    """

    def __init__(self, reason: str, solution: str) -> None:
        super().__init__(reason)
        self.solution = solution


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
        raise SourceError("%s is broken: %s" % (path, why(error)), solution) from error


def why(error: Exception) -> str:
    """Return what an exception of productmd's says, for people; a KeyError says just the key."""
    if isinstance(error, KeyError):
        return "%s is missing" % (error.args[0] if error.args else "a key")
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split()) or type(error).__name__


def load_metadata(metadata: Any, path: Path, solution: str) -> None:
    """
    Load a file into a ``MetadataBase``.

    productmd is given an open file: of a name it would make a guess whether it is an address.

    :raises SourceError: for a file that cannot be read, or read as what it should be
    """
    with explained(path, solution), path.open(encoding="utf-8") as stream:
        metadata.load(stream)

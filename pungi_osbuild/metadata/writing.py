"""Saying clearly why a file of the compose's metadata cannot be written."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata.loading import BROKEN, why
from pungi_osbuild.metadata.versions import NEWEST, text


@contextmanager
def written(path: Path) -> Iterator[None]:
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
def writable(path: Path) -> Iterator[None]:
    """
    Say of which file it is that the installed productmd cannot write it as it should.

    :raises SourceError: whatever productmd raised
    """
    try:
        yield
    except BROKEN as error:
        raise SourceError(
            "the installed productmd (format %s) cannot record this run in %s: %s"
            % (text(NEWEST), path, why(error)),
            "Install productmd 1.33 or newer, below 3.",
        ) from error

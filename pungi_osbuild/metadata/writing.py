"""Saying clearly why a file of the compose's metadata cannot be written."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from pungi_osbuild.errors import InputError


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

"""The ends of logs that were saved beside a compose, for whoever looks for a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, List, Tuple

MOST_LINES = 40
MOST_WIDTH = 2000
"""Characters of a line: a log may have been written without line breaks."""

MOST_LOGS = 8
MOST_BYTES = 64 * 1024
"""Of a log's end that is read."""

WHOLE = 4 * 1024 * 1024
"""Bytes of a JSON log that is read as a whole: they are saved with no more."""

_OUTPUTS = ("log", "output", "koji_error")


@dataclass(frozen=True)
class Excerpt:
    """
    The end of a log.

    :param path: of the file, below the compose folder
    :param text: its last lines
    :param is_cut: whether there is more in the file
    """

    path: str
    text: str
    is_cut: bool


def excerpts(topdir: Path, folder: Path) -> Tuple[Excerpt, ...]:
    """
    Return the ends of the logs in a folder; none when there is no such folder.

    A log that cannot be read, or that says nothing, is left out.

    :param topdir: the compose folder
    :param folder: below it
    """
    try:
        paths = sorted(path for path in folder.iterdir() if _is_log(path))
    except OSError:
        return ()
    found = (_excerpt(topdir, path) for path in paths[:MOST_LOGS])
    return tuple(excerpt for excerpt in found if excerpt.text.strip())


def _is_log(path: Path) -> bool:
    return path.name.endswith((".log", ".log.json", "-status.json")) and not path.is_symlink()


def _excerpt(topdir: Path, path: Path) -> Excerpt:
    name = path.relative_to(topdir).as_posix()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if path.suffix == ".json" and size <= WHOLE:
                lines = _lines(_said(file.read().decode("utf-8", "replace")))
            else:
                file.seek(max(0, size - MOST_BYTES))
                lines = _lines(file.read().decode("utf-8", "replace"))
    except OSError:
        return Excerpt(name, "", False)
    kept = lines[-MOST_LINES:]
    return Excerpt(name, "\n".join(kept), len(kept) < len(lines) or size > WHOLE)


def _lines(text: str) -> List[str]:
    return [line[:MOST_WIDTH] for line in text.rstrip().splitlines()]


def _said(text: str) -> str:
    """
    Return what a JSON log says in words; the document as it is where it has none.

    osbuild's log has an output for each stage; those of failed stages are all that matters.
    """
    try:
        value = json.loads(text)
        outputs = list(_outputs(value, failed=False))
    except (ValueError, RecursionError):
        return text
    words = [said for said, failed in outputs if failed] or [said for said, _ in outputs]
    if words:
        return "\n".join(said.rstrip() for said in words)
    # Koji's log of a step that went well: there is nothing to report.
    went_well = isinstance(value, dict) and value.get("koji_error") == ""
    return "" if went_well else text


def _outputs(value: Any, failed: bool) -> Iterator[Tuple[str, bool]]:
    """Give each text that a program has written, and whether that program failed."""
    if isinstance(value, list):
        for item in value:
            yield from _outputs(item, failed)
    elif isinstance(value, dict):
        failed = value.get("success") is False
        for key, item in value.items():
            if key in _OUTPUTS and isinstance(item, str) and item.strip():
                yield item, failed
            else:
                yield from _outputs(item, failed)

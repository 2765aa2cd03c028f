"""The folder that a rehearsal writes its compose to: empty, or that of an earlier rehearsal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import List, Optional

from pungi_osbuild.errors import InputError
from pungi_osbuild.run import JOURNAL_FOLDER, RunLock

REHEARSAL_PROFILE = "rehearsal"
"""The Koji profile of a rehearsal hub, by which a compose shows that it was rehearsed."""

MARK = "REHEARSAL.txt"
_SAID = "REHEARSAL: nothing in this folder is real. It was written by `pungi-osbuild rehearse`.\n"
_OWN = frozenset({MARK, "compose", "koji", "logs", "work"})
"""What a rehearsal, and a run on its compose, leave in its folder."""


def prepare_out(out: Path, compose: Optional[Path], force: bool) -> None:
    """
    Make the folder, with only the mark of a rehearsal in it.

    :param compose: a compose that is only read
    :param force: remove an earlier rehearsal there
    :raises InputError: the folder is the compose's, cannot be made, or holds what no rehearsal did
    """
    if compose is not None and compose.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(
            "the output folder %s is in the compose %s, which is only read" % (out, compose),
            "Name a folder elsewhere with --out.",
        )
    if force and compose is not None and out.resolve() in compose.resolve().parents:
        raise InputError(
            "the compose %s, which is only read, is in the output folder %s" % (compose, out),
            "Name a folder elsewhere with --out.",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        if force:
            _remove_earlier(out)
        taken = sorted(path.name for path in out.iterdir())
        if not taken:
            (out / MARK).write_text(_SAID, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "%s cannot be the output folder: %s" % (out, error.strerror or error),
            "Name another folder with --out.",
        ) from error
    if taken:
        raise InputError(
            "the output folder %s is not empty (it holds %s)" % (out, taken[0]),
            "Add --force to overwrite the earlier rehearsal, or name another folder with --out."
            if _is_own(out)
            else "Name another folder with --out, or remove this one.",
        )


def _remove_earlier(out: Path) -> None:
    """
    Remove an earlier rehearsal, if there is nothing else in the folder.

    :raises InputError: it still runs
    """
    if not _is_own(out):
        return
    if (out / JOURNAL_FOLDER).is_dir():
        with RunLock(out / JOURNAL_FOLDER):
            pass
    # The mark goes last: what is left of a removal that was interrupted can be removed again.
    for name in sorted(_OWN - {MARK}):
        if (out / name).exists():
            shutil.rmtree(str(out / name))
    (out / MARK).unlink()


def _is_own(out: Path) -> bool:
    """Whether a rehearsal made everything in a folder; a link leads elsewhere, so it did not."""
    mark = out / MARK
    entries: List[Path] = list(out.iterdir())
    return (
        mark.is_file()
        and mark.read_text(encoding="utf-8", errors="replace") == _SAID
        and all(entry.name in _OWN and not entry.is_symlink() for entry in entries)
        and all(entry.is_dir() for entry in entries if entry.name != MARK)
    )

"""Koji's volume on disk: the files of builds and the output of tasks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Callable, Optional, Tuple

PRIVATE = 0o600
"""The mode of a file that its owner alone may read."""


class Store:
    """
    The folder that a hub serves as ``/kojifiles``.

    :param topdir: made when it is not there
    """

    def __init__(self, topdir: Path) -> None:
        self.topdir = topdir
        # As on a real volume: what looks for it there before the first build finds it.
        (topdir / "packages").mkdir(parents=True, exist_ok=True)

    def task_folder(self, task_id: int) -> Path:
        """Return where a task's output is."""
        return self.topdir / "work" / "tasks" / str(task_id % 10000) / str(task_id)

    def write_output(self, task_id: int, name: str, content: Any) -> None:
        """Write a file of a task's output as koji-osbuild does: JSON, indented and sorted."""
        text = json.dumps(content, indent=4, sort_keys=True)
        # A reader never sees half a file, although this one is written again and again.
        unfinished = self.topdir / "work" / (".%d-%s" % (task_id, name))
        target = self.task_folder(task_id) / name
        _in_its_folder(unfinished, lambda: _write(unfinished, name, text.encode("utf-8")))
        _in_its_folder(target, lambda: unfinished.replace(target))

    def outputs(self, task_id: int) -> Tuple[Path, ...]:
        """Return the files of a task's output."""
        folder = self.task_folder(task_id)
        return tuple(sorted(folder.iterdir())) if folder.is_dir() else ()

    def output(self, task_id: int, name: str) -> Optional[Path]:
        """Return a file of a task's output, or None; never one outside the task's folder."""
        for path in self.outputs(task_id):
            if path.name == name:
                return path
        return None

    def write_build_file(self, path: str, content: bytes) -> None:
        """
        Write a file of a build.

        :param path: below topdir
        """
        target = self.topdir / path
        _in_its_folder(target, lambda: _write(target, target.name, content))

    def discard_build(self, folder: str) -> None:
        """
        Remove the folder of a build that was not imported to its end, if it is there.

        :param folder: below topdir; what names no build's folder is left alone
        """
        parts = folder.split("/")
        if len(parts) == 4 and not {"", ".", ".."}.intersection(parts):
            shutil.rmtree(str(self.topdir / folder), ignore_errors=True)

    def served(self, path: str) -> Optional[Path]:
        """
        Return the file that is served at a path, or None.

        :param path: below ``/kojifiles/``, decoded, untrusted: what lies outside topdir, also by
            a symbolic link, is not served
        """
        try:
            found = (self.topdir / path).resolve()
            found.relative_to(self.topdir.resolve())
        except (ValueError, OSError, RuntimeError):
            return None
        return found if found.is_file() else None


def _write(path: Path, name: str, content: bytes) -> None:
    """Write a file; one that has to hold the secrets of a request is its owner's alone."""
    if name == "compose-request.json" or name.endswith(".manifest.json"):
        path.unlink(missing_ok=True)
        path.touch(mode=PRIVATE)
    path.write_bytes(content)


def _in_its_folder(path: Path, make: Callable[[], object]) -> None:
    """Make a file, and its folder when there is none: to look each time would take longer."""
    try:
        make()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        make()

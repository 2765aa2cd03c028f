"""
The in-tree way, as a process: ``python -m benchmarks.intree CONFIG COMPOSE``.

Pungi's in-tree phase (pungi 4.3.6, ``phases/osbuild.py`` and ``wrappers/kojiwrapper.py``) does for
each image block, in a thread of its own: log in and submit one task for all arches; start
``koji watch-task`` in a shell and wait for it; ask with another session for the result, the build
and its archives; link each image. This does the same with the same libraries and the real ``koji``
command, and nothing else of Pungi, whose own process is not counted.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Dict

import koji
from kobo.shortcuts import run
from kobo.threads import ThreadPool, WorkerThread

from benchmarks.scene import ARCHES, PASSWORD, PROFILE, USER

_LOGGING_IN = threading.Lock()
"""Pungi's wrapper has one lock for all of its objects."""


class Builder(WorkerThread):  # type: ignore[misc]  # kobo has no types
    """The thread of one image block."""

    def process(self, item: Any, num: int) -> None:
        """Build, watch and link the images of a block."""
        block, compose = item
        task_id = self._submit(block)
        log = compose / "logs" / ("Server-%d-watch-task.log" % num)
        run("koji --profile=%s watch-task %d" % (PROFILE, task_id), can_fail=True, logfile=str(log))
        module, session = _session()
        build_id = session.getTaskResult(task_id)["koji"]["build"]
        build = session.getBuild(build_id)
        for archive in session.listArchives(buildID=build_id):
            if archive["type_name"] == "json":
                continue
            arch = archive["extra"]["image"]["arch"]
            source = Path(module.pathinfo.imagebuild(build)) / archive["filename"]
            folder = compose / "compose/Server" / arch / "images"
            folder.mkdir(parents=True, exist_ok=True)
            os.link(source, folder / archive["filename"])

    def _submit(self, block: Dict[str, Any]) -> int:
        _, session = _session()
        with _LOGGING_IN:
            session.opts.update(user=USER, password=PASSWORD)
            session.login()
        options = {
            "release": block["release"],
            "repo": ["https://example.com/$arch"],
            # One task for both arches can have no name for the AMI: they would share it.
            "upload_options": {"region": "us-east-1", "share_with_accounts": []},
        }
        return int(
            session.osbuildImage(
                block["name"],
                block["version"],
                block["distro"],
                [block["image_types"]],
                block["target"],
                list(ARCHES),
                opts=options,
            )
        )


def _session() -> Any:
    with _LOGGING_IN:
        module = koji.get_profile_module(PROFILE)
        options = koji.grab_session_options(module.config)
        return module, koji.ClientSession(module.config.server, options)


def main(config: Path, compose: Path) -> None:
    """Build all image blocks of a config."""
    (compose / "logs").mkdir()
    blocks = json.loads(config.read_text(encoding="utf-8"))["osbuild"]["^Server$"]
    pool = ThreadPool()
    for block in blocks:
        pool.add(Builder(pool))
        pool.queue_put((block, compose))
    pool.start()
    pool.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

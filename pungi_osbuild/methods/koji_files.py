"""Koji's files as methods need them: what a task has put out, and where a build has its images."""

from __future__ import annotations

import base64
from typing import Dict, Sequence

from pungi_osbuild.checked import Struct
from pungi_osbuild.model import Call, Query

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes of a task's output file that are read."""


def download_output(
    task_id: int, names: Sequence[str], most: int = MAX_OUTPUT
) -> Query[Dict[str, bytes]]:
    """
    Return the content of files of a task's output, at most ``most`` bytes of each.

    In one turn. A file that is not there, or does not arrive whole, is left out.
    """
    size = (("offset", 0), ("size", most))
    replies = yield [Call("downloadTaskOutput", (task_id, name), size) for name in names]
    files: Dict[str, bytes] = {}
    for name, reply in zip(names, replies):
        if reply.fault is None and isinstance(reply.value, str):
            try:
                # No more than was asked for, whatever was sent.
                files[name] = base64.b64decode(reply.value)[:most]
            except ValueError:
                continue
    return files


def images_folder(build: Struct) -> str:
    """
    Return where a build's images are below Koji's topdir, each part checked.

    The layout is that of ``koji.PathInfo.imagebuild``, which a test holds this against.
    """
    name, version, release, volume = (
        build.filename(key) for key in ("name", "version", "release", "volume_name")
    )
    folder = "packages/%s/%s/%s/images" % (name, version, release)
    return folder if volume == "DEFAULT" else "vol/%s/%s" % (volume, folder)

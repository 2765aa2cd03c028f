"""The files that a task leaves: composer's request and answers."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Dict, Optional

from koji_rehearsal.rpc import METHODS, Caller
from koji_rehearsal.values import whole_number
from koji_rehearsal.wire import GenericError

VOLUME = "DEFAULT"


@METHODS.method("listTaskOutput(taskID, stat=False, all_volumes=False, strict=False)")
def list_task_output(caller: Caller, task_id: Any, stat: Any, all_volumes: Any, strict: Any) -> Any:
    """Return names, or by name volumes, or what ``stat`` says; sizes are text."""
    number = whole_number(task_id)
    if strict and number not in caller.state.tasks:
        raise GenericError("Task doesn't exist")
    paths = caller.office.store.outputs(number)
    if stat:
        stats = {path.name: _stat(path) for path in paths}
        return {name: {VOLUME: one} for name, one in stats.items()} if all_volumes else stats
    if all_volumes:
        return {path.name: [VOLUME] for path in paths}
    return [path.name for path in paths]


def _stat(path: Path) -> Dict[str, Any]:
    found = path.stat()
    return {
        "st_atime": found.st_atime,
        "st_ctime": found.st_ctime,
        "st_mtime": found.st_mtime,
        "st_size": str(found.st_size),
    }


@METHODS.method("downloadTaskOutput(taskID, fileName, offset=0, size=-1, volume=None)")
def download_task_output(
    caller: Caller, task_id: Any, file_name: Any, offset: Any, size: Any, volume: Any
) -> str:
    """Return a piece of a file, in base64."""
    number = whole_number(task_id)
    name = str(file_name)
    if ".." in name:
        raise GenericError("Invalid file name: %s" % name)
    if volume is not None:
        get_volume(caller, volume, True)
    path = caller.office.store.output(number, name)
    if path is None:
        raise GenericError('no file "%s" output by task %d' % (name, number))
    start, length = whole_number(offset or 0), whole_number(size)
    with path.open("rb") as source:
        source.seek(start)
        content = source.read() if length < 0 else source.read(length)
    return base64.b64encode(content).decode("ascii")


@METHODS.method("getVolume(volume, strict=False)")
def get_volume(_caller: Caller, volume: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return the one volume that there is."""
    if volume in (0, VOLUME):
        return {"id": 0, "name": VOLUME}
    if strict:
        raise GenericError("No such volume: %s" % volume)
    return None


@METHODS.method("listVolumes()")
def list_volumes(_caller: Caller) -> Any:
    """Return all volumes."""
    return [{"id": 0, "name": VOLUME}]

"""Which image a call or a download is about, so that a fault can be asked for by its name."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.encoding import GenericError, parse_nvr
from koji_rehearsal.faults import AffectedImages
from koji_rehearsal.records import Archive, Build, Task
from koji_rehearsal.state import State
from koji_rehearsal.task_methods import TASK_METHODS, RehearsedMethod, wanted_by

_OF_TASKS = {
    "cancelTask": "task_id",
    "downloadTaskOutput": "taskID",
    "getTaskChildren": "task_id",
    "getTaskDescendents": "task_id",
    "getTaskInfo": "task_id",
    "getTaskRequest": "taskId",
    "getTaskResult": "taskId",
    "listTaskOutput": "taskID",
    "taskFinished": "taskId",
}
"""Methods about one task, and what their first parameter is called."""

_OF_BUILDS = {"getBuild": "buildInfo", "getBuildLogs": "build", "listArchives": "buildID"}
"""Methods about one build, likewise."""


def of_call(
    state: State, method: str, args: Sequence[Any], options: Mapping[str, Any]
) -> Optional[AffectedImages]:
    """Return what a call is about, as far as one image, or one task's images, can be told."""
    if method in TASK_METHODS:
        return _submitted(TASK_METHODS[method], args, options)
    parameter = {**_OF_TASKS, **_OF_BUILDS}.get(method)
    if parameter is None:
        return None
    first = args[0] if args else options.get(parameter)
    if method in _OF_TASKS:
        return of_task(state.tasks.get(first)) if isinstance(first, int) else None
    return _of_build(state, _build(state, first))


def of_task(task: Optional[Task]) -> Optional[AffectedImages]:
    """Return what a task is about; None when it is no image task."""
    wanted = None if task is None else wanted_by(task.method, task.request)
    if wanted is None:
        return None
    return AffectedImages(wanted.name, wanted.version, wanted.arches, wanted.image_type)


def of_file(state: State, below: str) -> Optional[Tuple[AffectedImages, Archive]]:
    """
    Return which image a file is, and its archive; None for any other file.

    :param below: its path below Koji's topdir
    """
    parts = below.split("/")
    if len(parts) != 6 or parts[0] != "packages" or parts[4] != "images":
        return None
    build = state.build_of(parts[1], parts[2], parts[3])
    subject = _of_build(state, build)
    if build is None or subject is None:
        return None
    for archive in state.archives_of(build.id):
        if archive.filename == parts[5] and archive.is_image:
            one = AffectedImages(subject.name, subject.version, (archive.arch,), subject.image_type)
            return one, archive
    return None


def _submitted(
    method: RehearsedMethod, args: Sequence[Any], options: Mapping[str, Any]
) -> Optional[AffectedImages]:
    values = dict(zip(method.parameters, args))
    values.update(options)
    name, version = values.get("name"), values.get("version")
    image_type, arches = values.get("image_type"), values.get("arches")
    if isinstance(image_type, list) and len(image_type) == 1:
        image_type = image_type[0]
    plain = all(isinstance(one, str) for one in (name, version, image_type))
    if not plain or not isinstance(arches, list):
        return None
    return AffectedImages(str(name), str(version), tuple(map(str, arches)), str(image_type))


def _build(state: State, told: Any) -> Optional[Build]:
    if isinstance(told, int):
        return state.builds.get(told)
    if not isinstance(told, str):
        return None
    try:
        return state.build_of(*parse_nvr(told))
    except GenericError:
        return None


def _of_build(state: State, build: Optional[Build]) -> Optional[AffectedImages]:
    if build is None or build.task_id is None:
        return None
    return of_task(state.tasks.get(build.task_id))

"""What the hub's pages show, read from its tables: frozen values, secrets left out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.api_registry import HubContext
from koji_rehearsal.encoding import BUILD_STATES, TASK_STATES, TaskFault
from koji_rehearsal.masking import masked, masked_argument, masked_error, names_of
from koji_rehearsal.records import Archive, Build, Task
from koji_rehearsal.task_methods import TASK_METHODS, wanted_by

_TASK_STATES = {number: name for name, number in TASK_STATES.items()}
_BUILD_STATES = {number: name for name, number in BUILD_STATES.items()}
_CSS_CLASSES = {
    **{"CLOSED": "good", "COMPLETE": "good", "success": "good"},
    **{"FAILED": "bad", "failure": "bad"},
    **{"OPEN": "busy", "BUILDING": "busy", "pending": "busy", "building": "busy"},
}


@dataclass(frozen=True)
class TaskLine:
    """
    A task in a list.

    :param seconds: from its start to its end, or until now; None: not started
    """

    id: int
    state: str
    css_class: str
    method: str
    nvr: str
    image_type: str
    arches: Tuple[str, ...]
    user: str
    created: float
    seconds: Optional[float]


@dataclass(frozen=True)
class BuildLine:
    """A build in a list."""

    id: int
    state: str
    css_class: str
    nvr: str
    task_id: Optional[int]
    created: float


@dataclass(frozen=True)
class File:
    """
    A file; sizes in bytes.

    :param path: below ``/kojifiles/``; empty: there is none
    """

    name: str
    path: str
    size: int
    arch: str = ""
    kind: str = ""
    checksum: str = ""


@dataclass(frozen=True)
class ImageView:
    """What composer says of an image in compose-status.json."""

    arch: str
    status: str
    css_class: str
    upload: str
    result: Any
    reason: str


@dataclass(frozen=True)
class UploadView:
    """What an archive says of an upload."""

    arch: str
    target: str
    result: Any


@dataclass(frozen=True)
class TaskView:
    """
    A task on its own page.

    :param hidden: what the customizations are of; they themselves are left out
    """

    task: TaskLine
    started: Optional[float]
    ended: Optional[float]
    parent: Optional[int]
    fault: Optional[TaskFault]
    result: Any
    arguments: Tuple[Tuple[str, Any], ...]
    hidden: Tuple[str, ...]
    images: Tuple[ImageView, ...]
    builds: Tuple[BuildLine, ...]
    children: Tuple[TaskLine, ...]
    files: Tuple[File, ...]


@dataclass(frozen=True)
class BuildView:
    """A build on its own page."""

    build: BuildLine
    owner: str
    completed: Optional[float]
    tags: Tuple[str, ...]
    uploads: Tuple[UploadView, ...]
    archives: Tuple[File, ...]
    logs: Tuple[File, ...]


def task_line(context: HubContext, task: Task, now: float) -> TaskLine:
    """Return a task's line."""
    state = _TASK_STATES[task.state]
    wanted = wanted_by(task.method, task.request)
    until = now if task.completion_ts is None else task.completion_ts
    return TaskLine(
        id=task.id,
        state=state,
        css_class=_css_class(state),
        method=task.method,
        nvr=_nvr(context, task),
        image_type="" if wanted is None else str(wanted.image_type),
        arches=() if wanted is None else tuple(map(str, wanted.arches)),
        user=context.state.users[task.owner].name,
        created=task.create_ts,
        seconds=None if task.start_ts is None else until - task.start_ts,
    )


def _nvr(context: HubContext, task: Task) -> str:
    """Return the N-V-R that a task makes or tags; without release when that is not yet known."""
    if task.method == "tagBuild":
        build = context.state.builds.get(task.request[1])
        return "" if build is None else build.nvr
    for build in context.state.builds_by_task(task.id):
        return build.nvr
    wanted = wanted_by(task.method, task.request)
    if wanted is None:
        return ""
    parts = (wanted.name, wanted.version, wanted.options.get("release"))
    return "-".join(str(part) for part in parts if part)


def build_line(build: Build) -> BuildLine:
    """Return a build's line."""
    state = _BUILD_STATES[build.state]
    return BuildLine(build.id, state, _css_class(state), build.nvr, build.task_id, build.create_ts)


def task_view(context: HubContext, task: Task, now: float) -> TaskView:
    """Return a task's page."""
    state = context.state
    children = (state.tasks[number] for number in state.children.get(task.id, ()))
    paths = context.store.outputs(task.id)
    fault = task.fault
    return TaskView(
        task=task_line(context, task, now),
        started=task.start_ts,
        ended=task.completion_ts,
        parent=task.parent,
        fault=fault and replace(fault, text=masked_error(fault.text, _options(task))),
        result=masked(task.result),
        arguments=tuple(_arguments(task)),
        hidden=names_of(_options(task).get("customizations")),
        images=tuple(_images(context, task)),
        builds=tuple(map(build_line, state.builds_by_task(task.id))),
        children=tuple(task_line(context, child, now) for child in children),
        files=tuple(_file(context, path) for path in paths),
    )


def _arguments(task: Task) -> Iterator[Tuple[str, Any]]:
    method = TASK_METHODS.get(task.method)
    if method is None:
        yield "request", list(task.request)  # ids and flags
        return
    for name, value in zip(method.parameters, task.request):
        if not isinstance(value, dict):
            yield name.replace("_", " "), masked_argument(value)
    for name, value in sorted(_options(task).items()):
        if name != "customizations":
            yield name, masked(value, name)


def _options(task: Task) -> Mapping[str, Any]:
    """Return the named options of an image task."""
    wanted = wanted_by(task.method, task.request)
    return {} if wanted is None else wanted.options


def _images(context: HubContext, task: Task) -> Iterator[ImageView]:
    """Give what compose-status.json says: one entry for each arch, in the order of the request."""
    path = context.store.output(task.id, "compose-status.json")
    if path is None:
        return
    status: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    wanted = wanted_by(task.method, task.request)
    arches = () if wanted is None else wanted.arches
    for arch, image in zip(arches, status["image_statuses"]):
        upload: Mapping[str, Any] = image.get("upload_status") or {}
        yield ImageView(
            arch=str(arch),
            status=image["status"],
            css_class=_css_class(image["status"]),
            upload=" ".join(str(upload[key]) for key in ("type", "status") if key in upload),
            result=masked(upload.get("options")),
            reason=masked_error("; ".join(_reasons(image.get("error"))), _options(task)),
        )


def _reasons(error: Any) -> Iterator[str]:
    """Give the reasons of an error of composer's, those of its details after its own."""
    if isinstance(error, Mapping):
        yield str(error.get("reason", ""))
        yield from _reasons(error.get("details"))
    elif isinstance(error, list):
        for detail in error:
            yield from _reasons(detail)
    elif error:
        yield str(error)


def build_view(context: HubContext, build: Build) -> BuildView:
    """Return a build's page."""
    archives = context.state.archives_of(build.id)
    logs: Path = context.store.topdir / build.folder / "data" / "logs"
    return BuildView(
        build=build_line(build),
        owner=build.owner.name,
        completed=build.completion_ts,
        tags=tuple(tag.name for tag in context.state.tags_of(build.id)),
        uploads=tuple(_uploads(archives)),
        archives=tuple(_archive(build, archive) for archive in archives),
        logs=tuple(_file(context, path) for path in sorted(logs.glob("*"))),
    )


def _uploads(archives: Sequence[Archive]) -> Iterator[UploadView]:
    for archive in archives:
        results: List[Mapping[str, Any]] = archive.extra.get("upload_target_results") or []
        for result in results:
            yield UploadView(archive.arch, str(result["name"]), masked(result.get("options")))


def _archive(build: Build, archive: Archive) -> File:
    return File(
        name=archive.filename,
        path="" if archive.metadata_only else "%s/images/%s" % (build.folder, archive.filename),
        size=archive.size,
        arch=archive.arch,
        kind=archive.type.name,
        checksum=archive.checksum,
    )


def _file(context: HubContext, path: Path) -> File:
    below = path.relative_to(context.store.topdir).as_posix()
    return File(path.name, below, path.stat().st_size)


def _css_class(state: str) -> str:
    return _CSS_CLASSES.get(state, "idle")

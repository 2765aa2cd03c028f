"""
Why a task failed, in composer's own words.

Koji says only ``Compose failed (id: ...)``. The reason is in the task's output: of an image in
``compose-status.json``, of the build's registration in ``koji-init.log.json`` and
``koji-import.log.json`` (found by experiment with koji-osbuild 12).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from pungi_osbuild.checked import MAX_ITEMS, json_struct, plain_name
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.methods.errorbody import ErrorBody
from pungi_osbuild.methods.findings import ComposeState, Failure, KeptUpload, OutputFile
from pungi_osbuild.methods.koji_files import download_output
from pungi_osbuild.methods.osbuild_image import composestatus, transient
from pungi_osbuild.methods.osbuild_image.composestatus import (
    ComposeStatus,
    JobError,
    read_compose_status,
    read_job_error,
)
from pungi_osbuild.methods.osbuild_image.taskfault import (
    Step,
    TaskFault,
    read_task_fault,
)
from pungi_osbuild.model import MAX_REASON, Arch, Call, ImageRequest, Query

_KOJI_LOGS = (("koji-init.log.json", "registering the build"), ("koji-import.log.json", "import"))
_DEPENDENCY_FAILED = 13
"""Composer's error id of a job that was not done because another failed: says nothing itself."""

_TAKEN = re.compile(r"Build (is )?already (reserved|exists|in progress)|UniqueViolation")
"""The hub's words for an N-V-R that is another's; a cloud's for a name are others."""

_TELLING = (composestatus.NAME, ".log.json", ".log")
"""Names of the output files that tell why a task failed."""

MAX_FILES = 20
"""Files of a task's output that are read: there are three, and one for each arch."""

FILES_AT_ONCE = 4
"""Files asked for in one request: each may be ``MAX_OUTPUT`` bytes long, and a third more in
base64."""


def explain(task_id: int, request: ImageRequest) -> Query[Failure]:
    """
    Return why a task that is FAILED did.

    A query of a few turns. What cannot be had is left out: a poor reason is better than none.
    """
    result, output = yield [Call("getTaskResult", (task_id,)), Call("listTaskOutput", (task_id,))]
    fault = TaskFault("task %d failed, and the hub does not say why" % task_id)
    if result.fault is not None:
        fault = read_task_fault(result.fault)
    files: Dict[str, bytes] = {}
    telling = _telling(sorted(_plain_names(output.value)))
    for start in range(0, len(telling), FILES_AT_ONCE):
        names = telling[start : start + FILES_AT_ONCE]
        files.update((yield from download_output(task_id, names)))
    status, registration = _status(files, request), dict(_koji_errors(files))
    ended = status if isinstance(status, ComposeStatus) and status.is_end else None
    compose = _compose_state(fault, status)
    refused = _refused_arches(fault, request) if compose is ComposeState.REFUSED_LATE else ()
    lines = _bounded(
        [fault.said, *_reasons(status, registration), *_told(compose, request, refused)]
    )
    nvr_taken = any(map(_TAKEN.search, lines))
    return Failure(
        "\n".join(lines),
        compose,
        hint=_hint(compose, nvr_taken, request),
        files=tuple(
            OutputFile(task_id, name, files[name])
            for name in _best_first(list(files), status, registration)
        ),
        nvr_taken=nvr_taken,
        transient_reason=None if nvr_taken else _transient_reason(fault, status, registration),
        uploads=_kept(status) if isinstance(status, ComposeStatus) else (),
        is_imported=ended is not None and ended.status == "success",
        tells_uploads=ended is not None,
        refused_arches=refused,
    )


def _compose_state(fault: TaskFault, status: _Status) -> ComposeState:
    """
    Return what composer has of a task: by the builder's words, and by composer's own.

    Never by the absence of a file: the builder writes ``compose-status.json`` at its first good
    answer only.
    """
    if fault.step is Step.ENDED:
        return ComposeState.ENDED
    if isinstance(status, ComposeStatus):
        return ComposeState.ENDED if status.is_end else ComposeState.RUNNING
    if fault.step is Step.WATCHING or status is not None:
        return ComposeState.RUNNING
    if fault.step is Step.PREPARING or not fault.was_sent:
        return ComposeState.NOT_TAKEN
    if fault.answer is None:
        return ComposeState.UNKNOWN
    return _after_answer(fault.answer)


def _after_answer(answer: ErrorBody) -> ComposeState:
    if transient.may_have_queued(answer):
        return ComposeState.REFUSED_LATE
    return ComposeState.NOT_TAKEN if transient.is_refusal(answer) else ComposeState.UNKNOWN


def _refused_arches(fault: TaskFault, request: ImageRequest) -> Tuple[Arch, ...]:
    """
    Return the arches whose jobs composer had queued when it refused a request.

    It takes them in their order. Where its words name the one at fault, those before it; else
    nobody knows which it was, and it may have been the last.
    """
    said = set() if fault.answer is None else set(re.findall(r"\w+", fault.answer.details))
    named = (number for number, arch in enumerate(request.arches) if arch in said)
    return request.arches[: next(named, len(request.arches) - 1)]


def _told(compose: ComposeState, request: ImageRequest, refused: Sequence[Arch]) -> Iterator[str]:
    """Give what a person has to know of composer besides the reason."""
    if compose is ComposeState.RUNNING:
        yield "osbuild-composer goes on with %s" % request.nvr
    elif compose is ComposeState.UNKNOWN:
        yield "whether osbuild-composer has taken the request is not known"
    elif compose is ComposeState.REFUSED_LATE:
        yield "%s may stay reserved: osbuild-composer queues that first" % request.nvr
        if refused:
            yield "it may also build %s, which will never be in Koji" % ", ".join(refused)


def _hint(compose: ComposeState, nvr_taken: bool, request: ImageRequest) -> Optional[str]:
    nvr = request.nvr
    if compose is ComposeState.RUNNING:
        return (
            "When `koji buildinfo %s` shows COMPLETE, run the same command again: it takes the"
            " build." % nvr
        )
    if compose is ComposeState.UNKNOWN:
        return "Look with `koji buildinfo %s` before you build it again." % nvr
    if compose is ComposeState.REFUSED_LATE:
        return (
            "If `koji buildinfo %s` shows BUILDING, have an administrator free it (`koji cancel"
            " %s`), or use another release." % (nvr, nvr)
        )
    if nvr_taken and not request.release_from_hub:
        return (
            "Set another release or version, or leave the release out: the hub gives one then."
            " `koji buildinfo %s` shows what is there." % nvr
        )
    return None


def _transient_reason(
    fault: TaskFault, status: _Status, registration: Mapping[str, JobError]
) -> Optional[str]:
    """Return why a failure is transient: it is not, where one reason of it is not."""
    judged: List[Optional[transient.Transient]] = []
    if fault.answer is not None:
        judged.append(transient.of_answer(fault.answer))
    elif fault.step is not Step.ENDED:
        judged.append(transient.of_connection(fault.said))
    if isinstance(status, ReplyError):
        judged.append(None)
    for image in status.images if isinstance(status, ComposeStatus) else ():
        if image.error is not None and not _says_nothing(image.error):
            judged.append(transient.of_job(image.error))
    judged.extend(transient.of_koji(error.text) for error in registration.values())
    return transient.all_of(judged)


def _says_nothing(error: JobError) -> bool:
    return error.id == _DEPENDENCY_FAILED and not error.causes


def _bounded(lines: Sequence[str]) -> List[str]:
    text = "\n".join(lines)
    return (text if len(text) <= MAX_REASON else text[: MAX_REASON - 3] + "...").split("\n")


def _plain_names(reply: object) -> Iterator[str]:
    """Give the names in a list of output files that are names in a folder."""
    for name in reply[:MAX_ITEMS] if isinstance(reply, (list, tuple)) else ():
        with suppress(ReplyError):
            if isinstance(name, str):
                yield plain_name(name, "an output file")


def _telling(names: Sequence[str]) -> List[str]:
    """Return which files to read, those first that reasons are found in."""
    first = [composestatus.NAME, *(name for name, _ in _KOJI_LOGS)]
    telling = [name for name in names if name.endswith(_TELLING)]
    return sorted(telling, key=lambda name: (name not in first, name))[:MAX_FILES]


_Status = Union[ComposeStatus, ReplyError, None]
"""What composer says of a compose, or why that cannot be read; None: it says nothing."""


def _status(files: Mapping[str, bytes], request: ImageRequest) -> _Status:
    content = files.get(composestatus.NAME)
    if content is None:
        return None
    try:
        return read_compose_status(content, request.arches, request.upload)
    except ReplyError as error:
        return error


def _reasons(status: _Status, registration: Mapping[str, JobError]) -> List[str]:
    """Return composer's reasons, each once: those of images often are those of the build."""
    if isinstance(status, ReplyError):
        return [status.reason]
    images = status.images if status is not None else ()
    lines: List[str] = []
    of_build = {error.sentence for error in registration.values()}
    by_arch = {
        image.arch: image.error.sentence
        for image in images
        if image.error is not None and not _says_nothing(image.error)
    }
    lines = ["%s: %s" % one for one in by_arch.items() if one[1] not in of_build]
    for what, error in registration.items():
        if not any(error.sentence in line for line in lines):
            lines.append("%s: %s" % (what, error.sentence))
    return [*lines, *(kept.describe() for kept in (_kept(status) if status is not None else ()))]


def uploaded(task_id: int, request: ImageRequest) -> Query[Tuple[KeptUpload, ...]]:
    """
    Return the uploads of a task whose images cannot be used.

    They stay in their cloud, and somebody has to delete or rescue them. A query of one turn at
    most; what cannot be had is left out.
    """
    if request.upload is None:
        return ()
    files = yield from download_output(task_id, [composestatus.NAME])
    content = files.get(composestatus.NAME)
    if content is None:
        return ()
    try:
        return _kept(read_compose_status(content, request.arches, request.upload))
    except ReplyError:
        return ()


def _kept(status: ComposeStatus) -> Tuple[KeptUpload, ...]:
    # Of a compose that came to nothing every ID is one: its status says nothing of the upload.
    return tuple(
        KeptUpload(image.arch, image.cloud) for image in status.images if image.cloud is not None
    )


def _koji_errors(files: Mapping[str, bytes]) -> Iterator[Tuple[str, JobError]]:
    """Give why the build could not be registered or imported, by what was tried."""
    for name, what in _KOJI_LOGS:
        error = _koji_error(files.get(name), name)
        if error is not None:
            yield what, error


def _koji_error(content: Optional[bytes], name: str) -> Optional[JobError]:
    if content is None:
        return None
    try:
        log = json_struct(content, name)
        said = log.text_or_none("koji_error")
        if said:
            return JobError(None, " ".join(said.split()))
        error = read_job_error(log.struct_or_none("job_error"))
    except ReplyError as unusable:
        return JobError(None, unusable.reason)
    return None if error is None or error.id == _DEPENDENCY_FAILED else error


def _best_first(
    names: Sequence[str], status: _Status, registration: Mapping[str, JobError]
) -> List[str]:
    """Return output files, the one first that says most of the failure: of a build its log."""
    failed = [
        image.arch
        for image in (status.images if isinstance(status, ComposeStatus) else ())
        if image.error is not None
    ]

    def rank(name: str) -> Tuple[bool, bool]:
        of_build = name.endswith(".log.json") and name.startswith(tuple("%s-" % a for a in failed))
        of_koji = any(name == log and what in registration for log, what in _KOJI_LOGS)
        return not (of_koji if registration else of_build), name != composestatus.NAME

    return sorted(names, key=rank)

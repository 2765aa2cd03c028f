"""
Why a task failed, in composer's own words.

Koji says only ``Compose failed (id: ...)``. The reason is in the task's output: of an image in
``compose-status.json``, of the build's registration in ``koji-init.log.json`` and
``koji-import.log.json`` (found by experiment with koji-osbuild 12).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import koji

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import composestatus, passing
from pungi_osbuild.hub.composestatus import ComposeStatus, error_text, read_compose_status
from pungi_osbuild.hub.results import download_output
from pungi_osbuild.hub.session import Call, HubFaultError
from pungi_osbuild.hub.talks import Talk
from pungi_osbuild.hub.wire import MAX_ITEMS, json_struct, plain_name
from pungi_osbuild.model import Arch, CloudImage, ImageRequest, Uploaded

_KOJI_LOGS = (("koji-init.log.json", "registering the build"), ("koji-import.log.json", "import"))
_DEPENDENCY_FAILED = 13
"""Composer's error id of a step that was not run because another failed: says nothing itself."""

_KOJI_ERRORS = frozenset({14, 15, 16})
"""Composer's error ids of what it does with Koji: building there, registering, finalizing."""

_SAYS_NOTHING = "Compose failed (id: "
"""The builder's words for whatever composer says of its images, or of Koji."""

_TAKEN = re.compile(r"Build (is )?already (reserved|exists|in progress)|UniqueViolation")
"""The hub's words for an N-V-R that is another's; a cloud's for a name are others."""

_TELLING = (composestatus.NAME, ".log.json", ".log")
"""Names of the output files that tell why a task failed."""

MAX_REASON = 2000
MAX_FILES = 20
"""Files of a task's output that are read: there are three, and one for each arch."""

FILES_AT_ONCE = 4
"""Files asked for in one request: each may be ``MAX_OUTPUT`` bytes long, and a third more in
base64."""


@dataclass(frozen=True)
class OutputFile:
    """
    A file of a task's output.

    :param name: nothing but a name in a folder
    :param content: its beginning, of some MiB at most
    :param address: where Koji serves it for some days; None when the profile has no topurl
    """

    name: str
    content: bytes = field(repr=False)
    address: Optional[str] = None


@dataclass(frozen=True)
class Failure:
    """
    Why a task failed.

    :param reason: the hub's words, then composer's, a line for each arch that it names
    :param files: of the task's output, those that tell more and could be read
    :param nvr_taken: the build's N-V-R was another's by the time it was registered
    :param passing: what of it may pass, in a few words; None: trying again is of no use
    :param uploads: what was uploaded all the same
    :param is_told: whether that is all: False when composer had begun, and goes on, or nobody says
    """

    reason: str
    files: Tuple[OutputFile, ...] = ()
    nvr_taken: bool = False
    passing: Optional[str] = None
    uploads: Tuple[Uploaded, ...] = ()
    is_told: bool = True


def explain(task_id: int, request: ImageRequest, topurl: str) -> Talk[Failure]:
    """
    Return why a task that is FAILED did.

    A talk of a few turns. What cannot be had is left out: a poor reason is better than none.

    :param topurl: the address of Koji's files; empty: nobody knows it
    """
    result, output = yield [Call("getTaskResult", (task_id,)), Call("listTaskOutput", (task_id,))]
    said = "task %d failed, and the hub does not say why" % task_id
    if result.fault is not None:
        said = fault_text(result.fault)
    files: Dict[str, bytes] = {}
    telling = _telling(sorted(_plain_names(output.value)))
    for start in range(0, len(telling), FILES_AT_ONCE):
        names = telling[start : start + FILES_AT_ONCE]
        files.update((yield from download_output(task_id, names)))
    status, registration = _status(files, request), _koji_reasons(files)
    lines = [*_image_reasons(status), *registration]
    reason = "\n".join([said, *lines])
    nvr_taken = bool(_TAKEN.search(reason))
    if len(reason) > MAX_REASON:
        reason = reason[: MAX_REASON - 3] + "..."
    told = tuple(
        OutputFile(name, content, _address(topurl, task_id, name))
        for name, content in files.items()
    )
    return Failure(
        reason,
        told,
        nvr_taken,
        passing=None if nvr_taken else _passing(said, status, registration),
        uploads=_uploads(status),
        is_told=output.fault is None and _is_told(status, telling),
    )


def _passing(said: str, status: _Status, registration: Sequence[str]) -> Optional[str]:
    """Return what of a failure may pass: nothing, where one reason of it will not."""
    judged: List[Optional[str]] = []
    if not said.startswith(_SAYS_NOTHING):
        judged.append(passing.of_builder(said))
    if isinstance(status, ReplyError):
        judged.append(None)
    for image in status.images if isinstance(status, ComposeStatus) else ():
        if image.error and image.error_ids[:1] != (_DEPENDENCY_FAILED,):
            is_koji_s = bool(_KOJI_ERRORS.intersection(image.error_ids))
            judged.append(
                passing.of_registration(image.error)
                if is_koji_s
                else passing.of_image(image.error_ids)
            )
    judged.extend(map(passing.of_registration, registration))
    return passing.all_of(judged)


def _is_told(status: _Status, telling: Sequence[str]) -> bool:
    """Whether composer says what became of all uploads; what it never took has none."""
    if isinstance(status, ComposeStatus):
        return status.is_end
    return composestatus.NAME not in telling


def fault_text(fault: HubFaultError) -> str:
    """Return a fault in one line: of a traceback, which is a builder's own, the last one."""
    # What a hub's schema says it has checked, and against what, holds the whole request.
    text = fault.text.partition("\nFailed validating ")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "fault %d without a text" % fault.code
    said = lines[-1] if lines[0].startswith("Traceback") else " ".join(lines)
    return said if len(said) <= MAX_REASON else said[: MAX_REASON - 3] + "..."


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


@dataclass(frozen=True)
class KeptUpload:
    """What stays in a cloud though the image of an arch cannot be used."""

    arch: Arch
    upload: Uploaded

    def describe(self) -> str:
        """Return it in a line, for people."""
        return "%s was uploaded all the same: %s" % (self.arch, _named(self.upload))


def _image_reasons(status: _Status) -> List[str]:
    if status is None:
        return []
    if isinstance(status, ReplyError):
        return [status.reason]
    reasons = ["%s: %s" % (image.arch, image.error) for image in status.images if image.error]
    return reasons + [kept.describe() for kept in _kept(status)]


def uploaded(task_id: int, request: ImageRequest) -> Talk[Tuple[KeptUpload, ...]]:
    """
    Return the uploads of a task whose images cannot be used.

    They stay in their cloud, and somebody has to delete or rescue them. A talk of one turn at
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


def _uploads(status: _Status) -> Tuple[Uploaded, ...]:
    return tuple(kept.upload for kept in _kept(status)) if isinstance(status, ComposeStatus) else ()


def _kept(status: ComposeStatus) -> Tuple[KeptUpload, ...]:
    return tuple(
        KeptUpload(image.arch, image.cloud) for image in status.images if image.cloud is not None
    )


def _named(upload: Uploaded) -> str:
    if isinstance(upload, CloudImage):
        return upload.id
    return "%s (%s)" % (upload.provider, upload.describe())


def _koji_reasons(files: Mapping[str, bytes]) -> List[str]:
    reasons = []
    for name, what in _KOJI_LOGS:
        text = _koji_reason(files.get(name), name)
        if text:
            reasons.append("%s: %s" % (what, text))
    return reasons


def _koji_reason(content: Optional[bytes], name: str) -> Optional[str]:
    if content is None:
        return None
    try:
        log = json_struct(content, name)
        said = log.maybe_text("koji_error")
        if said:
            return " ".join(said.split())
        error = log.maybe_struct("job_error")
        if error is None or error.plain("id") == _DEPENDENCY_FAILED:
            return None
        return error_text(error)
    except ReplyError as unusable:
        return unusable.reason


def _address(topurl: str, task_id: int, name: str) -> Optional[str]:
    return "%s/%s" % (koji.PathInfo(topdir=topurl).task(task_id), name) if topurl else None

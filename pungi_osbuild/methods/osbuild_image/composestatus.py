"""``compose-status.json`` of a task: what composer says of each image, in the request's order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

from pungi_osbuild.checked import Struct, json_struct, printable
from pungi_osbuild.methods.osbuild_image.uploads import from_upload_status
from pungi_osbuild.model import Arch, Upload, Uploaded

NAME = "compose-status.json"
MAX_DETAILS = 500
DEEPEST = 20
"""How deep details are looked for: composer's own are three deep."""

MAX_CAUSES = 100
"""Errors of one list of details; composer gives one for each job or target."""

_OF_OTHERS = frozenset({5, 9, 13, 26, 31, 35})
"""Composer's error ids of a job that was not done because another failed: says nothing itself."""

_QUOTED = re.compile(r'^error: "(.*?)(?:" code: \d+)?$')
_DATA = re.compile(r":? *\{(?:'\w+': .*|\})$")
"""A build as Python writes it, fifteen fields long, behind "Build already exists (id=5, ...)"."""


@dataclass(frozen=True)
class JobError:
    """
    Why a job of composer's failed.

    :param id: composer's; None where it does not say
    :param text: its reason, and its details where they are text; one line, as it came
    :param causes: the errors that its details are
    """

    id: Optional[int]
    text: str
    causes: Tuple[JobError, ...] = ()

    @property
    def sentence(self) -> str:
        """What a person has to know: of a job that failed for another's sake, why that failed."""
        causes = "; ".join(dict.fromkeys(cause.sentence for cause in self.causes))
        if not causes:
            return _without_data(self.text)
        return causes if self.id in _OF_OTHERS else "%s: %s" % (self.text, causes)

    def ids(self) -> Iterator[int]:
        """Give its id, and those of its causes."""
        if self.id is not None:
            yield self.id
        for cause in self.causes:
            yield from cause.ids()


@dataclass(frozen=True)
class ImageStatus:
    """
    What composer says of one image.

    :param error: why it failed, or None
    :param cloud: the first upload that has an ID, which is the only one that koji-osbuild keeps
    """

    arch: Arch
    status: str
    error: Optional[JobError]
    cloud: Optional[Uploaded]


@dataclass(frozen=True)
class ComposeStatus:
    """What composer says of a compose."""

    status: str
    images: Tuple[ImageStatus, ...]

    @property
    def is_end(self) -> bool:
        """Whether composer has come to an end with it."""
        return self.status in ("success", "failure")

    def uploads(self, arch: Arch) -> Tuple[Uploaded, ...]:
        """Return the uploads of an arch's image that was built and uploaded."""
        return tuple(
            image.cloud
            for image in self.images
            if image.arch == arch and image.cloud is not None and image.error is None
        )


def read_compose_status(
    content: bytes,
    arches: Tuple[Arch, ...],
    upload: Optional[Upload],
    build_id: Optional[int] = None,
) -> ComposeStatus:
    """
    Return what is in a ``compose-status.json``.

    :param arches: of the task, in order: an image is told by its place in the list alone
    :param build_id: of the Koji build, where it is known; a status that names none is taken
    :raises ReplyError: it does not look as composer's status does, or is about another build
    """
    status = json_struct(content, NAME)
    if build_id is not None and status.has("koji_build_id"):
        status.expect("koji_build_id", build_id)
    images = status.structs("image_statuses")
    return ComposeStatus(
        status=status.text_or_none("status") or "unknown",
        images=tuple(_image(arch, image, upload) for arch, image in zip(arches, images)),
    )


def _image(arch: Arch, image: Struct, upload: Optional[Upload]) -> ImageStatus:
    uploaded = image.struct_or_none("upload_status")
    return ImageStatus(
        arch=arch,
        status=image.text_or_none("status") or "unknown",
        error=read_job_error(image.struct_or_none("error")),
        cloud=from_upload_status(uploaded, upload) if uploaded is not None else None,
    )


def read_job_error(error: Optional[Struct], depth: int = 0) -> Optional[JobError]:
    """
    Return the error of a job, as ``compose-status.json`` and composer's logs have it.

    :param depth: how many errors it is the detail of
    :raises ReplyError: it does not look as one does
    """
    if error is None:
        return None
    number = error.raw("id")
    details = error.raw("details")
    causes = tuple(_causes(details, depth)) if depth < DEEPEST else ()
    text = error.text_or_none("reason") or "no reason given"
    said = "" if causes else printable(_details_text(details))
    if said:
        text = "%s: %s" % (
            text,
            said if len(said) <= MAX_DETAILS else said[: MAX_DETAILS - 3] + "...",
        )
    error_id = number if isinstance(number, int) and not isinstance(number, bool) else None
    return JobError(error_id, " ".join(text.split()), causes)


def _causes(details: object, depth: int) -> Iterator[JobError]:
    """Give the errors that details are; targets, and jobs before this one, give lists of them."""
    for detail in details[:MAX_CAUSES] if isinstance(details, list) else (details,):
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            cause = read_job_error(Struct(detail, "details"), depth + 1)
            if cause is not None:
                yield cause


def _details_text(details: object) -> str:
    """Return details for people."""
    if details in (None, [], {}, ""):
        return ""
    if isinstance(details, str):
        return " ".join(details.split())
    if isinstance(details, list):
        return "; ".join(filter(None, map(_item_text, details[:MAX_CAUSES])))
    return _item_text(details)


def _item_text(item: object) -> str:
    if isinstance(item, str):
        return " ".join(item.split())
    try:
        return json.dumps(item, sort_keys=True)
    except RecursionError:
        return "..."


def _without_data(text: str) -> str:
    """Return Koji's words as composer quotes them: without their code, and a build's data."""
    quoted = _QUOTED.match(text)
    said = quoted.group(1) if quoted else text
    return _DATA.sub("", said)

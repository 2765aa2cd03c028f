"""``compose-status.json`` of a task: what composer says of each image, in the request's order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

from pungi_osbuild.hub.clouds import from_upload_status
from pungi_osbuild.hub.wire import Struct, json_struct
from pungi_osbuild.model import Arch, Upload, Uploaded, printable

NAME = "compose-status.json"
MAX_DETAILS = 500
DEEPEST = 20
"""How deep details are looked for: composer's own are three deep."""


@dataclass(frozen=True)
class ImageStatus:
    """
    What composer says of one image.

    :param error: composer's reason with its details, or None
    :param cloud: the first upload, which is the only one that koji-osbuild keeps
    :param error_ids: composer's, of the error and of those that it comes from
    """

    arch: Arch
    status: str
    error: Optional[str]
    cloud: Optional[Uploaded]
    error_ids: Tuple[int, ...] = ()


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
        """Return the uploads of an arch's image."""
        return tuple(
            image.cloud for image in self.images if image.arch == arch and image.cloud is not None
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
        status=status.maybe_text("status") or "unknown",
        images=tuple(_image(arch, image, upload) for arch, image in zip(arches, images)),
    )


def _image(arch: Arch, image: Struct, upload: Optional[Upload]) -> ImageStatus:
    uploaded = image.maybe_struct("upload_status")
    return ImageStatus(
        arch=arch,
        status=image.maybe_text("status") or "unknown",
        error=error_text(image.maybe_struct("error")),
        cloud=from_upload_status(uploaded, upload) if uploaded is not None else None,
        error_ids=tuple(_error_ids(image.plain("error"))),
    )


def error_text(error: Optional[Struct], depth: int = 0) -> Optional[str]:
    """
    Return composer's error in one line: its reason, and its details where it has some.

    :param depth: how many errors it is the detail of
    """
    if error is None:
        return None
    reason = error.maybe_text("reason") or "no reason given"
    details = printable(_details_text(error.plain("details"), depth))
    if not details:
        return reason
    if len(details) > MAX_DETAILS:
        details = details[: MAX_DETAILS - 3] + "..."
    return "%s: %s" % (reason, details)


def _error_ids(error: object, depth: int = 0) -> Iterator[int]:
    """Give the ids of an error and of the errors that are its details."""
    if isinstance(error, dict):
        number = error.get("id")
        if isinstance(number, int) and not isinstance(number, bool):
            yield number
        error = error.get("details")
    if depth < DEEPEST:
        for detail in error[:MAX_DETAILS] if isinstance(error, list) else ():
            yield from _error_ids(detail, depth + 1)


def _details_text(details: object, depth: int) -> str:
    """Return details for people: of a list of errors, which targets give, the errors' reasons."""
    if details in (None, [], {}, ""):
        return ""
    if depth >= DEEPEST:
        return "..."
    if isinstance(details, str):
        return " ".join(details.split())
    if isinstance(details, list):
        texts = (_details_text(item, depth + 1) for item in details[:MAX_DETAILS])
        return "; ".join(filter(None, texts))
    if isinstance(details, dict) and isinstance(details.get("reason"), str):
        return error_text(Struct(details, "details"), depth + 1) or ""
    try:
        return json.dumps(details, sort_keys=True)
    except RecursionError:
        return "..."

"""osbuildImage as a task method: its arguments, and what is asked of its tasks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, List, Sequence, Tuple

from pungi_osbuild.checked import json_struct
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.methods.findings import ImageStates
from pungi_osbuild.methods.koji_files import download_output
from pungi_osbuild.methods.osbuild_image.composestatus import NAME as COMPOSE_STATUS
from pungi_osbuild.methods.osbuild_image.failure import explain, uploaded
from pungi_osbuild.methods.osbuild_image.options import (
    EXAMPLE,
    SECTION,
    block_options,
    top_options,
)
from pungi_osbuild.methods.osbuild_image.result import read_build_result, read_result
from pungi_osbuild.methods.osbuild_image.signedaddress import signed_address
from pungi_osbuild.model import Arch, ImageRequest, JsonDict, Query

_IMAGE_TYPE = 3
"""Which argument the image type is."""

MAX_STATUS = 256 * 1024
"""Bytes of a compose-status.json that are read while a task runs: they have some hundred for each
arch."""

LONGEST_WORD = 20
"""Characters of a state that are shown; composer's own are shorter."""


@dataclass(frozen=True)
class OsbuildImage:
    """koji-osbuild's task method; see :class:`pungi_osbuild.methods.TaskMethod`."""

    name: str = "osbuildImage"
    section: str = SECTION
    section_example: str = EXAMPLE
    type_option: str = "image_types"
    repos_option: str = "repo"
    asks_composer: bool = True
    goes_on_cancelled: str = (
        "osbuild-composer is not told, so the build, and what it uploads, may still appear"
    )
    hidden_options: Tuple[str, ...] = ("customizations",)

    def arguments(self, request: ImageRequest) -> List[Any]:
        """
        Return name, version, distro, image type, target, arches and ``opts``.

        The call shape is that of Pungi's in-tree phase: ``opts`` always has ``repo``, other keys
        only when they have a value.
        """
        config = request.config
        image_type: Any = [config.image_type] if config.image_type_as_list else config.image_type
        return [
            config.name,
            request.version,
            config.distro,
            image_type,
            config.target,
            list(request.arches),
            _opts(request),
        ]

    def comparable(self, arguments: Sequence[Any]) -> List[Any]:
        """
        Return the arguments with the image type as a text.

        A hub stores a list of one image type as a text (found by experiment on kojihub 1.35.3).
        """
        values = list(arguments)
        if len(values) > _IMAGE_TYPE:
            image_type = values[_IMAGE_TYPE]
            if isinstance(image_type, (list, tuple)) and len(image_type) == 1:
                values[_IMAGE_TYPE] = image_type[0]
        return values

    block_options = staticmethod(block_options)
    top_options = staticmethod(top_options)
    result = staticmethod(read_result)
    result_of_build = staticmethod(read_build_result)
    failure = staticmethod(explain)
    uploads = staticmethod(uploaded)
    signed_address = staticmethod(signed_address)

    def progress(self, task_id: int, arches: Tuple[Arch, ...]) -> Query[ImageStates]:
        """
        Return what composer says of each image by now.

        koji-osbuild writes ``compose-status.json`` into the task's output again whenever it has
        asked composer, every two seconds (found by experiment with koji-osbuild 12). The file may
        not be there yet, or be half written.
        """
        files = yield from download_output(task_id, [COMPOSE_STATUS], MAX_STATUS)
        words: List[str] = []
        with suppress(ReplyError, KeyError):
            status = json_struct(files[COMPOSE_STATUS], COMPOSE_STATUS)
            images = status.structs("image_statuses")
            words = [image.text_or_none("status") or "" for image in images]
        return tuple((arch, word) for arch, word in zip(arches, words) if _is_word(word))


OSBUILD_IMAGE = OsbuildImage()


def _opts(request: ImageRequest) -> JsonDict:
    config = request.config
    opts: JsonDict = {"repo": [repo.to_wire() for repo in request.repos]}
    if config.ostree.to_wire():
        opts["ostree"] = config.ostree.to_wire()
    if request.release:
        opts["release"] = request.release
    upload = request.upload
    if upload is not None:
        opts["upload_options"] = upload.to_wire()
    if config.customizations is not None:
        opts["customizations"] = config.customizations.to_wire()
    if config.skip_tag:
        opts["skip_tag"] = True
    return opts


def _is_word(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) <= LONGEST_WORD

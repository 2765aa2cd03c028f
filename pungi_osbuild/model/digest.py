"""Digests of a task's arguments: what tells two tasks apart without saying what is in them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any, List, Sequence

from pungi_osbuild.model.request import ImageRequest

_IMAGE_TYPE = 3
"""Which argument of ``osbuildImage`` the image type is."""


def digest_of(arguments: Sequence[Any]) -> str:
    """
    Return the digest of a task's positional arguments, sent or as a hub gives them back.

    Equal for what is equal to koji-osbuild: a hub stores a list of one image type as a text
    (found by experiment on kojihub 1.35.3), and XML knows one kind of line end only.

    :returns: hexadecimal, of sha256
    """
    values: List[Any] = list(arguments)
    if len(values) > _IMAGE_TYPE:
        image_type = values[_IMAGE_TYPE]
        if isinstance(image_type, (list, tuple)) and len(image_type) == 1:
            values[_IMAGE_TYPE] = image_type[0]
    text = json.dumps(_on_the_wire(values), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sent_digest(request: ImageRequest) -> str:
    """Return the digest of exactly what is submitted."""
    return digest_of(request.arguments())


def block_digest(request: ImageRequest) -> str:
    """
    Return the digest of what the config asks for: equal in each run until the config changes.

    A release that the hub gives is left out, and the attempt is that of a first submission.
    """
    base = None if request.release_from_hub else request.base_release
    return sent_digest(replace(request, base_release=base, attempt=1))


def _on_the_wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {_on_the_wire(str(key)): _on_the_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_on_the_wire(item) for item in value]
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return value

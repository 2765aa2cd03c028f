"""The catalogue of task methods, and what every request is asked through it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any, Dict, List, Sequence, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.methods.taskmethod import TaskMethod
from pungi_osbuild.model import ImageConfig, ImageRequest
from pungi_osbuild.secrets import hide_known, secrets_in

UNRECORDED_METHOD = OSBUILD_IMAGE.name
"""The method of tasks in files from before it was recorded: there was one."""

_METHODS: Dict[str, TaskMethod] = {OSBUILD_IMAGE.name: OSBUILD_IMAGE}


def register(method: TaskMethod) -> None:
    """
    Add a task method to the catalogue: configs may use it from then on.

    :raises ValueError: there is one of that name, or of that section
    """
    if any(method.name == one.name or method.section == one.section for one in task_methods()):
        raise ValueError("there is a task method %s already" % method.name)
    _METHODS[method.name] = method


def unregister(method: TaskMethod) -> None:
    """Take a task method out of the catalogue."""
    del _METHODS[method.name]


def task_methods() -> Tuple[TaskMethod, ...]:
    """Return all task methods."""
    return tuple(_METHODS.values())


def method_names() -> Tuple[str, ...]:
    """Return the hub's names of all task methods."""
    return tuple(_METHODS)


def method_named(name: str) -> TaskMethod:
    """
    Return a task method by the hub's name of it.

    :raises InputError: there is none: another version has recorded it
    """
    try:
        return _METHODS[name]
    except KeyError:
        raise InputError(
            "unknown task method %s" % name,
            "Use the pungi-osbuild that recorded it. Known are: %s." % ", ".join(_METHODS),
        ) from None


def section_of(config: ImageConfig) -> str:
    """Return the section that a block stands in."""
    return method_named(config.method).section


def method_of(request: ImageRequest) -> TaskMethod:
    """Return the task method that a request is submitted by."""
    return method_named(request.config.method)


def arguments(request: ImageRequest) -> List[Any]:
    """Return the exact positional arguments that a request is submitted with."""
    return method_of(request).arguments(request)


def hidden(request: ImageRequest, text: str) -> str:
    """Return what somebody says of a request, without its secrets, however it is quoted."""
    return hide_known(text, secrets_in(arguments(request)))


def digest_of(method: str, arguments: Sequence[Any]) -> str:
    """
    Return the digest of a task's positional arguments: equal for equal submissions.

    :param method: the hub's name of it
    :param arguments: sent, or as a hub gives them back
    :returns: hexadecimal, of sha256
    """
    values = _on_the_wire(method_named(method).comparable(arguments))
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sent_digest(request: ImageRequest) -> str:
    """Return the digest of exactly what is submitted."""
    return digest_of(request.config.method, arguments(request))


def block_digest(request: ImageRequest) -> str:
    """
    Return the digest of what the config asks for: equal in each run until the config changes.

    A release that the hub gives is left out, and the attempt is that of a first submission.
    """
    base = None if request.release_from_hub else request.base_release
    return sent_digest(replace(request, base_release=base, attempt=1))


def _on_the_wire(value: Any) -> Any:
    """Return a value as a hub gives it back: XML knows one kind of line end only."""
    if isinstance(value, dict):
        return {_on_the_wire(str(key)): _on_the_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_on_the_wire(item) for item in value]
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return value

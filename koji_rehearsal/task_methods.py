"""
The table of task methods that build images: what checks the arguments, and who builds.

A row is all that the hub has to know of a method: the API call, the pages, the faults and the
builder read it here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from koji_rehearsal import schema


@dataclass(frozen=True)
class Wanted:
    """
    What a task is to build.

    :param options: the named ones: ``release`` and ``skip_tag`` are read for each method
    """

    name: str
    version: str
    image_type: str
    target: str
    arches: Tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class BuiltFile:
    """
    A file of a build.

    :param extra: what stands below ``extra.image`` of its archive
    """

    filename: str
    content: bytes = field(repr=False)
    arch: str
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class RehearsedMethod:
    """
    A task method.

    :param signature: of its API call, as the hub has it; the last parameter is the priority
    :param refusal: the hub's words for what is wrong with the arguments, or None
    :param wanted: what arguments that were taken ask for
    :param stored: the arguments as the hub keeps them
    :param files: the files of a build with this N-V-R; None: composer builds
    :param result: what a task ends with, by its own id and the id and N-V-R of its build
    """

    signature: str
    refusal: Callable[[List[Any]], Optional[str]]
    wanted: Callable[[Sequence[Any]], Wanted]
    stored: Callable[[List[Any]], List[Any]] = list
    files: Optional[Callable[[Wanted, str], Sequence[BuiltFile]]] = None
    result: Callable[[int, int, str], Any] = lambda _task_id, build_id, _nvr: build_id

    @property
    def name(self) -> str:
        """The hub's name of it."""
        return self.signature.partition("(")[0]

    @property
    def parameters(self) -> Tuple[str, ...]:
        """The names of its arguments."""
        inside = self.signature.partition("(")[2].rstrip(")")
        return tuple(part.partition("=")[0].strip() for part in inside.split(","))[:-1]


def _wanted_of_osbuild(arguments: Sequence[Any]) -> Wanted:
    name, version, _distro, image_type, target, arches, options = arguments
    return Wanted(name, version, image_type, target, tuple(arches), options)


def _stored_of_osbuild(arguments: List[Any]) -> List[Any]:
    image_type = arguments[3]
    kept = image_type[0] if isinstance(image_type, list) else image_type
    return [*arguments[:3], kept, *arguments[4:]]


OSBUILD_IMAGE = RehearsedMethod(
    "osbuildImage(name, version, distro, image_type, target, arches, opts=None, priority=None)",
    schema.refusal,
    _wanted_of_osbuild,
    _stored_of_osbuild,
)
"""koji-osbuild's."""

TASK_METHODS: Dict[str, RehearsedMethod] = {OSBUILD_IMAGE.name: OSBUILD_IMAGE}
"""All of them, by the hub's name; :func:`koji_rehearsal.register_task_method` adds one."""


def wanted_by(method: str, request: Sequence[Any]) -> Optional[Wanted]:
    """Return what a task's request is to build; None: it is of no method that builds images."""
    found = TASK_METHODS.get(method)
    return None if found is None else found.wanted(request)

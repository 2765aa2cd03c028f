"""A fault that is asked for by name: ``build:arch=aarch64,times=1``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from koji_rehearsal.errors import RehearsalError
from koji_rehearsal.faults.fault_options import IMAGE_KEYS, KEYS, REASONS, Times, shown
from koji_rehearsal.faults.kinds import FaultKind, Group
from koji_rehearsal.task_methods import TASK_METHODS
from pungi_osbuild import imagetypes

ANY = "any"
DOWNLOAD = "download"
"""What stands for a method: every call, and the download of a file."""


@dataclass(frozen=True)
class AffectedImages:
    """
    What a fault may be about: the image, or images, of a task.

    :param image_type: as submitted or as composer calls it
    :param version: None: not known yet, any
    """

    name: str
    version: Optional[str]
    arches: Tuple[str, ...]
    image_type: str


@dataclass(frozen=True)
class Fault:
    """
    Something that goes wrong for the images that fit all of the given keys.

    :param name: of the image, the N of its N-V-R; None: any
    :param arch: one of the task's arches; None: any
    :param image_type: as submitted or as composer calls it; None: any
    :param version: of the image, the V of its N-V-R; None: any
    :param method: of the call that meets it; None: the submission
    :param times: which occasions it takes; None: those of its kind
    :param requests: how many requests it lasts
    :param seconds: how long it lasts
    :param to: the address of another server
    :param code: of composer's error
    :param answer: what composer answers that does not do its work
    :param reason: why it goes wrong
    """

    kind: FaultKind
    name: Optional[str] = None
    arch: Optional[str] = None
    image_type: Optional[str] = None
    version: Optional[str] = None
    method: Optional[str] = None
    times: Optional[Times] = None
    requests: Optional[int] = None
    seconds: Optional[float] = None
    to: Optional[str] = None
    code: Optional[int] = None
    answer: Optional[str] = None
    reason: Optional[str] = None

    @property
    def spec(self) -> str:
        """The fault as it is asked for."""
        keys = ",".join(shown(self._given()))
        return str(self.kind.value) + (":" + keys if keys else "")

    def _given(self) -> Mapping[str, Any]:
        return {key: getattr(self, key) for key in KEYS if getattr(self, key) is not None}

    def option(self, key: str) -> Any:
        """Return what a key says, or what it says where nothing is said."""
        given = getattr(self, key)
        if key == "reason":
            return given or REASONS[self.kind.value][0]
        return KEYS[key].default if given is None else given

    @property
    def is_of_images(self) -> bool:
        """Whether it names images that it is about."""
        return any(getattr(self, key) is not None for key in IMAGE_KEYS)

    def hits(self, number: int) -> bool:
        """Whether it hits at an occasion, counted from 1."""
        return number in (self.kind.times if self.times is None else self.times)

    def meets(self, method: str) -> bool:
        """Whether a call of a method, or a download, can meet it."""
        if self.method is None:
            return method in TASK_METHODS
        return self.method == method or (self.method == ANY and method != DOWNLOAD)

    def is_about(self, subject: Optional[AffectedImages]) -> bool:
        """Whether it goes wrong for one of these images; None: nobody knows which they are."""
        if subject is None:
            return not self.is_of_images
        return any(
            self.fits(subject.name, arch, subject.image_type, subject.version)
            for arch in subject.arches
        )

    def fits(self, name: str, arch: str, image_type: str, version: Optional[str] = None) -> bool:
        """Whether it goes wrong for this image; without a version, for one of any version."""
        return (
            self.name in (None, name)
            and self.arch in (None, arch)
            and (version is None or self.version in (None, version))
            and (
                self.image_type is None
                or imagetypes.api_name(self.image_type) == imagetypes.api_name(image_type)
            )
        )


def parse_fault(spec: str) -> Fault:
    """
    Return the fault that a ``--fault`` option asks for.

    :param spec: ``KIND[:key=value[,key=value]...]``
    :raises RehearsalError: the kind is unknown, does not have a key, or a value is not valid
    """
    name, _, rest = spec.partition(":")
    kinds = {str(known.value): known for known in FaultKind}
    if name not in kinds:
        raise RehearsalError(
            "unknown fault %r in %r" % (name, spec), _choices("kinds of fault", name, list(kinds))
        )
    kind = kinds[name]
    fault = Fault(kind, **_values(spec, kind, rest))
    _check_download(spec, fault)
    return fault


def _check_download(spec: str, fault: Fault) -> None:
    """Refuse a download that meets what only a call can."""
    if fault.method == DOWNLOAD and not fault.kind.downloads:
        able = [str(kind.value) for kind in FaultKind if kind.downloads]
        files = [str(kind.value) for kind in FaultKind if kind.group is Group.FILE]
        raise RehearsalError(
            "fault %r cannot hit a download" % spec,
            "Faults that can: %s. Faults of files: %s." % (", ".join(able), ", ".join(files)),
        )


def _values(spec: str, kind: FaultKind, rest: str) -> Dict[str, Any]:
    values: Dict[str, Any] = {}
    for item in rest.split(",") if rest else ():
        key, _, text = item.partition("=")
        if key not in kind.keys:
            raise RehearsalError(
                "unknown key %r in fault %r" % (key, spec),
                _choices("keys of %s" % kind.value, key, kind.keys),
            )
        if not text:
            raise RehearsalError(
                "key %r in fault %r has no value" % (key, spec), "Write it as %s=VALUE." % key
            )
        if key in values:
            raise RehearsalError(
                "key %r is given twice in fault %r" % (key, spec), "Ask for two faults instead."
            )
        values[key] = _value(spec, key, text)
        if key == "reason" and text not in REASONS[kind.value]:
            known = REASONS[kind.value]
            raise RehearsalError(
                "unknown reason %r in fault %r" % (text, spec),
                _choices("reasons of %s" % kind.value, text, known),
            )
    return values


def _value(spec: str, key: str, text: str) -> Any:
    try:
        return KEYS[key].read(text)
    except ValueError:
        raise RehearsalError(
            "invalid value %r for key %r in fault %r" % (text, key, spec),
            "Expected: %s." % KEYS[key].wanted,
        ) from None


def _choices(what: str, given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    hint = "Did you mean %r? " % near[0] if near else ""
    return "%sThe %s are: %s." % (hint, what, ", ".join(known))

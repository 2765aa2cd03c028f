"""What can be made to go wrong, asked for by name: ``build:arch=aarch64``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum
from typing import Dict, Iterator, Optional, Sequence, Set, Tuple

from pungi_osbuild import imagetypes
from pungi_osbuild.errors import InputError


class FaultKind(str, Enum):
    """The kinds of fault, by the name they are asked for with."""

    meaning: str
    """What goes wrong, in a sentence for people."""

    needs_login: bool
    """Whether it says nothing to a client that has not logged in."""

    def __new__(cls, name: str, meaning: str, needs_login: bool = False) -> FaultKind:
        """Make a kind of its name and more."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.meaning = meaning
        kind.needs_login = needs_login
        return kind

    BUILD = ("build", "osbuild fails; the task and the Koji build fail.")
    UPLOAD = (
        "upload",
        "The upload to the cloud fails; what other arches have uploaded stays there.",
    )
    CHECKSUM = ("checksum", "The image's file differs from the checksum that Koji has recorded.")
    CUT = ("cut", "The download of the image ends early, every time.")
    SLOW = ("slow", "The image is served at 16 KiB a second.")
    MISSING = ("missing", "The image is listed but was imported without its file.")
    LOST_UPLOAD = (
        "lost-upload",
        "The build succeeds, and nothing says what became of the upload.",
    )
    ODD_UPLOAD = (
        "odd-upload",
        "Composer tells of one more upload, to a cloud that nobody here knows.",
    )
    TAKEN = ("taken", "Another build takes the N-V-R just before this one registers it; once.")
    ODD_ARCHIVE = (
        "odd-archive",
        "The build holds one more archive, of a kind that nobody can name.",
    )
    COMPOSER_DOWN = (
        "composer-down",
        "The builder cannot reach composer; the task fails with a traceback, not Koji's fault.",
    )
    OUTAGE = (
        "outage",
        "After the image was submitted, 3 requests are told that the server is offline; once.",
    )
    RESET = (
        "reset",
        "The image is submitted, and the connection breaks before the reply; once.",
        True,
    )
    RESTART = (
        "restart",
        "After the image was submitted, 3 requests get no answer, as while a hub restarts; once.",
        True,
    )
    EXPIRE = ("expire", "The session that has submitted the image expires; once.", True)


KEYS = ("name", "version", "arch", "image_type")


@dataclass(frozen=True)
class Fault:
    """
    Something that goes wrong for the images that fit all of the given keys.

    :param name: of the image, the N of its N-V-R; None: any
    :param arch: one of the task's arches; None: any
    :param image_type: as submitted or as composer calls it; None: any
    :param version: of the image, the V of its N-V-R; None: any
    """

    kind: FaultKind
    name: Optional[str] = None
    arch: Optional[str] = None
    image_type: Optional[str] = None
    version: Optional[str] = None

    @property
    def spec(self) -> str:
        """The fault as it is asked for."""
        keys = ",".join("%s=%s" % (key, value) for key, value in _given(self))
        return str(self.kind.value) + (":" + keys if keys else "")

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


def _given(fault: Fault) -> Iterator[Tuple[str, str]]:
    for key in KEYS:
        value = getattr(fault, key)
        if value is not None:
            yield key, value


def parse_fault(spec: str) -> Fault:
    """
    Return the fault that a ``--fault`` option asks for.

    :param spec: ``KIND[:key=value[,key=value]...]``
    :raises InputError: for an unknown kind or key, or a key without a value
    """
    kind, _, rest = spec.partition(":")
    kinds = {str(known.value): known for known in FaultKind}
    if kind not in kinds:
        raise InputError(
            "unknown fault %r in %r" % (kind, spec), _choices("kinds of fault", kind, list(kinds))
        )
    return Fault(kinds[kind], **_keys(spec, rest))


def _keys(spec: str, rest: str) -> Dict[str, str]:
    values: Dict[str, str] = {}
    for item in rest.split(",") if rest else ():
        key, _, value = item.partition("=")
        if key not in KEYS:
            raise InputError(
                "unknown key %r in fault %r" % (key, spec), _choices("keys", key, KEYS)
            )
        if not value:
            raise InputError(
                "key %r in fault %r has no value" % (key, spec), "Write it as %s=VALUE." % key
            )
        if key in values:
            raise InputError(
                "key %r is twice in fault %r" % (key, spec), "Ask for two faults instead."
            )
        values[key] = value
    return values


def _choices(what: str, given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    hint = "Did you mean %r? " % near[0] if near else ""
    return "%sThe %s are: %s." % (hint, what, ", ".join(known))


class FaultBook:
    """Which of the faults asked for hit an image. Not thread-safe: used under the hub's lock."""

    def __init__(self, faults: Tuple[Fault, ...]) -> None:
        self._faults = faults
        self._spent: Set[int] = set()

    def spent(self) -> Tuple[Fault, ...]:
        """Return the faults that have gone wrong once, and will not again."""
        return tuple(self._faults[number] for number in sorted(self._spent))

    def recall(self, spent: Sequence[Fault]) -> None:
        """Let faults be spent that were so before a restart."""
        left = list(spent)
        for number, fault in enumerate(self._faults):
            if fault in left:
                left.remove(fault)
                self._spent.add(number)

    def hits(self, kind: FaultKind, name: str, version: str, arch: str, image_type: str) -> bool:
        """Whether a fault of this kind hits this image."""
        return any(
            fault.kind is kind and fault.fits(name, arch, image_type, version)
            for fault in self._faults
        )

    def hits_once(
        self, kind: FaultKind, name: str, version: str, arches: Sequence[str], image_type: str
    ) -> bool:
        """Whether a fault of this kind hits one of these images; each fault does so once."""
        for number, fault in enumerate(self._faults):
            if fault.kind is not kind or number in self._spent:
                continue
            if any(fault.fits(name, arch, image_type, version) for arch in arches):
                self._spent.add(number)
                return True
        return False

"""The rows of the hub's tables, all frozen: a change replaces the row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional, Tuple

from koji_rehearsal.archivetypes import ArchiveType
from koji_rehearsal.encoding import TASK_STATES, TaskFault
from koji_rehearsal.hub_content import HubUser

ENDED = tuple(TASK_STATES[name] for name in ("CLOSED", "CANCELED", "FAILED"))

CG_ID = 1
"""The id of the content generator osbuild."""


@dataclass(frozen=True)
class User:
    """A user and its id."""

    id: int
    account: HubUser

    @property
    def name(self) -> str:
        """The user's name."""
        return self.account.name

    @property
    def perms(self) -> Tuple[str, ...]:
        """The user's permissions."""
        return self.account.perms


@dataclass(frozen=True)
class Session:
    """
    A login.

    :param callnum: the number of the last call in it that changed something; the hub forgets
        the others, so that they may be repeated
    :param renew_ts: when it was renewed after it had expired
    :param expired: it takes no call but the login that renews it
    :param exclusive: other sessions of the user are locked out
    :param master: the session that this one is a subsession of
    """

    id: int
    key: str = field(repr=False)
    user: User
    start_ts: float
    update_ts: float
    callnum: Optional[int] = None
    renew_ts: Optional[float] = None
    expired: bool = False
    exclusive: bool = False
    master: Optional[int] = None


@dataclass(frozen=True)
class Tag:
    """A tag and its id; ``open_to_all`` tags were added on first use and take any package."""

    id: int
    name: str
    arches: Tuple[str, ...]
    locked: bool = False
    perm: Optional[str] = None
    parent: Optional[str] = None
    open_to_all: bool = False


@dataclass(frozen=True)
class Listing:
    """An entry of a tag's package list."""

    tag: str
    package: str
    blocked: bool
    owner_id: int


@dataclass(frozen=True)
class Target:
    """A build target and its id."""

    id: int
    name: str
    build_tag: Tag
    dest_tag: Tag


@dataclass(frozen=True)
class Task:
    """
    A task.

    :param request: its arguments, as submitted
    :param result: what it ended with, when it is CLOSED
    :param fault: what it ended with, when it FAILED
    :param weight: 1.0 until a builder has taken it
    :param attempt: which task for the same images this one is, counted from 1
    """

    id: int
    method: str
    request: Tuple[Any, ...]
    owner: int
    create_ts: float
    state: int = TASK_STATES["FREE"]
    start_ts: Optional[float] = None
    completion_ts: Optional[float] = None
    host_id: Optional[int] = None
    parent: Optional[int] = None
    label: Optional[str] = None
    priority: int = 20
    weight: float = 1.0
    waiting: Optional[bool] = None
    awaited: Optional[bool] = None
    result: Any = None
    fault: Optional[TaskFault] = None
    attempt: int = 1

    @property
    def ended(self) -> bool:
        """Whether the task is CLOSED, CANCELED or FAILED."""
        return self.state in ENDED


@dataclass(frozen=True)
class Build:
    """
    A build.

    :param by_composer: whether composer has registered it
    """

    id: int
    package_id: int
    name: str
    version: str
    release: str
    state: int
    owner: User
    event_id: int
    create_ts: float
    completion_ts: Optional[float] = None
    task_id: Optional[int] = None
    extra: Any = None
    source: Optional[str] = None
    by_composer: bool = True

    @property
    def nvr(self) -> str:
        """The N-V-R."""
        return "%s-%s-%s" % (self.name, self.version, self.release)

    @property
    def folder(self) -> str:
        """The build's folder, below Koji's topdir."""
        return "packages/%s/%s/%s" % (self.name, self.version, self.release)


@dataclass(frozen=True)
class Archive:
    """
    A file of a build.

    :param size: bytes
    :param checksum: MD5, as composer gives it
    :param extra: what stands below ``extra.image``
    :param metadata_only: there is no file
    """

    id: int
    build_id: int
    buildroot_id: int
    filename: str
    size: int
    checksum: str
    type: ArchiveType
    arch: str
    extra: Any
    metadata_only: bool = False

    @property
    def is_image(self) -> bool:
        """Whether it is an image, and not what was kept of how it was built."""
        return "boot_mode" in self.extra


@dataclass(frozen=True)
class Tagging:
    """A build in a tag."""

    tag: Tag
    build_id: int
    event_id: int

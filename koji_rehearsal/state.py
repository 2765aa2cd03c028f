"""
The hub's tables, in memory. Not thread-safe: whoever uses them holds the hub's lock.

Tables are dicts of frozen rows by id; what is looked up often has an index beside it.
"""

from __future__ import annotations

import bisect
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple, TypeVar

from koji_rehearsal.hub_content import ALL_ARCHES, HubContent, HubTag, target_named
from koji_rehearsal.records import (
    Archive,
    Build,
    Listing,
    Session,
    Tag,
    Tagging,
    Target,
    Task,
    User,
)

_Row = TypeVar("_Row", Tag, Target, User)

_GIVEN = ("content", "known_packages")
_INDEXES = ("_ends",)
"""What follows from the tables, and is made from them again."""

FIRST_EVENT = 681
"""The event of the first build on the hub that this one imitates; its content came before."""


class State:
    """
    Everything the hub knows.

    :param content: what it starts with
    :param now: seconds since the epoch
    """

    def __init__(self, content: HubContent, now: float) -> None:
        self.content = content
        self.known_packages = frozenset(content.packages)
        self.started_ts = now
        self.tasks: Dict[int, Task] = {}
        self.builds: Dict[int, Build] = {}
        self.archives: Dict[int, Archive] = {}
        self.sessions: Dict[int, Session] = {}
        self.taggings: Dict[int, List[Tagging]] = {}
        """By build."""
        self.users: Dict[int, User] = {}
        self.tags: Dict[int, Tag] = {}
        self.targets: Dict[int, Target] = {}
        self.packages: Dict[str, int] = {}
        self.listings: Dict[Tuple[str, str], Listing] = {}
        self.cloud_names: Dict[Tuple[str, ...], str] = {}
        """The names of images in clouds, each with its cloud and place there: who has it."""
        self.session_count = 0
        self.children: Dict[int, List[int]] = {}
        self._attempts: Dict[Tuple[Any, ...], int] = {}
        self._by_nvr: Dict[Tuple[str, str, str], int] = {}
        self._by_version: Dict[Tuple[str, str], List[int]] = {}
        self._by_task: Dict[int, List[int]] = {}
        self._archives_of: Dict[int, List[int]] = {}
        self._buildroots = 0
        self._events = FIRST_EVENT - 1
        self._ends: List[Tuple[float, int]] = []
        self._fill(content)

    def _fill(self, content: HubContent) -> None:
        for account in content.users:
            number = len(self.users) + 1
            self.users[number] = User(number, account)
        for tag in content.tags:
            self._add_tag(tag)
        for target in content.targets:
            self.add_target(target.name, target.build_tag, target.dest_tag)

    def _add_tag(self, tag: HubTag, open_to_all: bool = False) -> Tag:
        number = len(self.tags) + 1
        row = Tag(number, tag.name, tag.arches, tag.locked, tag.perm, tag.parent, open_to_all)
        self.tags[number] = row
        for name, blocked in tag.packages:
            self.list_package(row, name, blocked)
        return row

    def add_target(self, name: str, build_tag: str, dest_tag: str) -> Target:
        """Add a target, and the tags it needs that are not there."""
        rows = []
        for tag in (build_tag, dest_tag):
            known = by_name(self.tags, tag)
            rows.append(known or self._add_tag(HubTag(tag, ALL_ARCHES), open_to_all=True))
        target = Target(len(self.targets) + 1, name, rows[0], rows[1])
        self.targets[target.id] = target
        return target

    def target_on_first_use(self, name: str) -> Optional[Target]:
        """Return a target, adding it when it is unknown and the content is not strict."""
        known = by_name(self.targets, name)
        if known is not None or self.content.strict or not name:
            return known
        made = target_named(name)
        return self.add_target(name, made.build_tag, made.dest_tag)

    def list_package(
        self, tag: Tag, package: str, blocked: bool = False, owner_id: int = 1
    ) -> None:
        """Put a package in a tag's own list."""
        self.package_id(package)
        self.listings[(tag.name, package)] = Listing(tag.name, package, blocked, owner_id)

    def package_id(self, name: str) -> int:
        """Return the id of a package, which is made when there is none of that name."""
        return self.packages.setdefault(name, len(self.packages) + 1)

    def next_event(self) -> int:
        """Return a new event id."""
        self._events += 1
        return self._events

    def next_buildroot(self) -> int:
        """Return a new buildroot id."""
        self._buildroots += 1
        return self._buildroots

    def tables(self) -> Dict[str, Any]:
        """Return everything that came after the content the hub began with, by name."""
        return {name: value for name, value in vars(self).items() if name not in _GIVEN + _INDEXES}

    def restore(self, tables: Mapping[str, Any]) -> None:
        """
        Go on with tables of another time.

        :raises ValueError: they are not those of a hub like this one
        """
        own = self.tables()
        strange = sorted(set(own) ^ set(tables))
        strange += [name for name in own if type(own[name]) is not type(tables.get(name))]
        if strange:
            raise ValueError("odd tables: %s" % ", ".join(strange))
        vars(self).update(tables)
        self._ends = sorted(
            (task.completion_ts, task.id)
            for task in self.tasks.values()
            if task.completion_ts is not None
        )

    def add_task(self, task: Task) -> None:
        """Add a task, whose id is the next one."""
        self.put_task(task)
        if task.parent is not None:
            self.children.setdefault(task.parent, []).append(task.id)

    def put_task(self, task: Task) -> None:
        """Add a task, or replace the one of its id."""
        old = self.tasks.get(task.id)
        self.tasks[task.id] = task
        if task.completion_ts is not None and (old is None or old.completion_ts is None):
            bisect.insort(self._ends, (task.completion_ts, task.id))

    def ended_since(self, when: float) -> Iterable[Task]:
        """Give the tasks that ended at a time or later; seconds since the epoch."""
        first = bisect.bisect_left(self._ends, (when, 0))
        return (self.tasks[number] for _, number in self._ends[first:])

    def next_attempt(self, name: str, version: str, image_type: str, arches: Iterable[str]) -> int:
        """Return which task for the same images one that is made now is, counted from 1."""
        key = (name, version, image_type, *arches)
        self._attempts[key] = attempt = self._attempts.get(key, 0) + 1
        return attempt

    def put_build(self, build: Build) -> None:
        """Add a build, or replace the one of its id."""
        old = self.builds.get(build.id)
        self.builds[build.id] = build
        if old is None:
            self._by_nvr[(build.name, build.version, build.release)] = build.id
            self._by_version.setdefault((build.name, build.version), []).append(build.id)
        if build.task_id is not None and (old is None or old.task_id != build.task_id):
            self._by_task.setdefault(build.task_id, []).append(build.id)

    def build_of(self, name: str, version: str, release: str) -> Optional[Build]:
        """Return the build of an N-V-R."""
        number = self._by_nvr.get((name, version, release))
        return None if number is None else self.builds[number]

    def builds_of(self, name: str, version: str) -> Tuple[Build, ...]:
        """Return the builds of a name and version, oldest id first."""
        return tuple(self.builds[number] for number in self._by_version.get((name, version), ()))

    def builds_by_task(self, task_id: int) -> Tuple[Build, ...]:
        """Return the builds that a task has made."""
        found = (self.builds[number] for number in self._by_task.get(task_id, ()))
        return tuple(build for build in found if build.task_id == task_id)

    def add_archive(self, archive: Archive) -> None:
        """Add an archive, whose id is the next one."""
        self.archives[archive.id] = archive
        self._archives_of.setdefault(archive.build_id, []).append(archive.id)

    def archives_of(self, build_id: int) -> Tuple[Archive, ...]:
        """Return the archives of a build."""
        return tuple(self.archives[number] for number in self._archives_of.get(build_id, ()))

    def tags_of(self, build_id: int) -> Tuple[Tag, ...]:
        """Return the tags that a build is in."""
        return tuple(row.tag for row in self.taggings.get(build_id, ()))


def by_name(table: Dict[int, _Row], name: Any) -> Optional[_Row]:
    """Return the row of that name, or None."""
    for row in table.values():
        if row.name == name:
            return row
    return None


def lineage(tags: Dict[int, Tag], tag: Tag) -> Iterable[Tag]:
    """Yield a tag and those it inherits from, nearest first."""
    seen: Set[str] = set()
    current: Optional[Tag] = tag
    while current is not None and current.name not in seen:
        seen.add(current.name)
        yield current
        current = by_name(tags, current.parent)


def next_id(table: Mapping[int, object]) -> int:
    """Return the id of the next row: no row is ever removed."""
    return len(table) + 1

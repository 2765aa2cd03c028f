"""
What a Koji hub allows: N-V-Rs and their reservation, next releases, package lists, tag access.

Found by experiment with a hub of Koji 1.35.3; the texts are the hub's own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Optional

from koji_rehearsal.encoding import (
    BUILD_STATES,
    ActionNotAllowed,
    BuildError,
    GenericError,
    TagError,
    check_nvr,
)
from koji_rehearsal.records import CG_ID, Build, Listing, Tag, Tagging, User
from koji_rehearsal.state import State, lineage, next_id

NAME = re.compile(r"[A-Za-z0-9/_.+-]+\Z")
MAX_NAME = 256
RECYCLABLE = (BUILD_STATES["FAILED"], BUILD_STATES["CANCELED"])


def next_release(state: State, name: str, version: str, step: int = 1) -> str:
    """
    Return the release after that of the newest build, by id and not by release.

    FAILED and CANCELED builds do not count.

    :param step: by how much it is counted up
    :raises koji.BuildError: Koji does not know how to count that release up
    """
    counted = [b for b in state.builds_of(name, version) if b.state not in RECYCLABLE]
    if not counted:
        return str(step)
    return count_up(max(counted, key=lambda build: build.id).release, step)


def count_up(release: str, step: int = 1) -> str:
    """
    Return the release that Koji says comes next.

    :param step: by how much it is counted up
    :raises koji.BuildError: it says nothing
    """
    parts = release.split(".")
    if release.isdigit():
        return str(int(release) + step)
    if len(parts) == 2 and parts[0].isdigit():
        return "%d.%s" % (int(parts[0]) + step, parts[1])
    if len(parts) == 3 and parts[2].isdigit():
        return "%s.%s.%d" % (parts[0], parts[1], int(parts[2]) + step)
    raise BuildError("Unable to increment release value: %s" % release)


def reserve_build(
    state: State, owner: User, name: str, version: str, release: str, now: float
) -> Build:
    """
    Register a build as composer does (CGInitBuild).

    The id of a build that failed or was cancelled is used again, when nothing is left of it.

    :raises koji.GenericError: the N-V-R is taken, or is none
    """
    check_nvr(name, version, release)
    _check_name(name)
    package_id = state.package_id(name)
    old = state.build_of(name, version, release)
    if old is not None:
        _refuse_taken(state, old, owner)
    build = Build(
        id=next_id(state.builds) if old is None else old.id,
        package_id=package_id,
        name=name,
        version=version,
        release=release,
        state=BUILD_STATES["BUILDING"],
        owner=owner,
        event_id=state.next_event(),
        create_ts=now,
    )
    state.put_build(build)
    return build


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise GenericError("Name %s is too long. Max length is %d characters" % (name, MAX_NAME))
    if not NAME.match(name):
        raise GenericError("Name %s does not match RegexNameInternal value" % name)


def _refuse_taken(state: State, old: Build, owner: User) -> None:
    if old.state == BUILD_STATES["BUILDING"]:
        raise GenericError("Build is already reserved")
    if old.state not in RECYCLABLE:
        raise GenericError(
            "Build already exists (id=%d, state=%s): %r"
            % (old.id, _state_name(old.state), _asked_for(old, owner))
        )
    if state.tags_of(old.id):
        raise GenericError("Build already exists. Unable to recycle, has tag history")
    if state.archives_of(old.id):
        raise GenericError("Build already exists. Unable to recycle, has archive data")


def _asked_for(build: Build, owner: User) -> Any:
    """Return what the hub shows of the refused request: the row that it would have added."""
    return {
        "name": build.name,
        "version": build.version,
        "release": build.release,
        "owner": owner.id,
        "state": BUILD_STATES["BUILDING"],
        "completion_time": None,
        "cg_id": CG_ID,
        "epoch": None,
        "pkg_id": build.package_id,
        "extra": None,
        "start_time": "NOW",
        "source": None,
        "task_id": None,
        "volume_id": 0,
        "draft": False,
    }


def _state_name(number: int) -> str:
    return next(name for name, value in BUILD_STATES.items() if value == number)


def listing_of(state: State, tag: Tag, package: str) -> Optional[Listing]:
    """
    Return the entry of a package list that counts for a tag, inherited ones included.

    With content that is not strict, a package that the content does not name is in every list.
    """
    for ancestor in lineage(state.tags, tag):
        found = state.listings.get((ancestor.name, package))
        if found is not None:
            return found
    if not state.content.strict and (tag.open_to_all or package not in state.known_packages):
        state.list_package(tag, package)
        return state.listings[(tag.name, package)]
    return None


def require_listed(listing: Optional[Listing], build: Build, called: object) -> None:
    """
    Refuse a build whose package is not in a tag's list.

    :param called: what the caller named the tag by, which the hub's refusals repeat
    :raises koji.TagError: so
    """
    if listing is None:
        raise TagError("Package %s not in list for %s" % (build.name, called))
    if listing.blocked:
        raise TagError("Package %s blocked in %s" % (build.name, called))


def tag_build(state: State, user: User, tag: Tag, build: Build, called: object) -> None:
    """
    Tag a build.

    :param called: what the caller named the tag by, which the hub's refusals repeat
    :raises koji.TagError: the tag does not list the package, or the build is not COMPLETE
    :raises koji.ActionNotAllowed: the tag is locked or wants a permission
    """
    require_listed(listing_of(state, tag, build.name), build, called)
    if tag.locked:
        raise ActionNotAllowed("tag is locked")
    if tag.perm is not None and tag.perm not in user.perms:
        raise ActionNotAllowed("tag requires %s permission" % tag.perm)
    if build.state != BUILD_STATES["COMPLETE"]:
        raise TagError("build %s not complete: state %s" % (build.nvr, _state_name(build.state)))
    if tag in state.tags_of(build.id):
        raise TagError("build %s already tagged (%s)" % (build.nvr, tag.name))
    tagging = Tagging(tag, build.id, state.next_event())
    state.taggings.setdefault(build.id, []).append(tagging)


def refund_build(state: State, build: Build, now: float) -> Build:
    """Give up a registered build and return it, now FAILED."""
    failed = replace(build, state=BUILD_STATES["FAILED"], completion_ts=now)
    state.put_build(failed)
    return failed

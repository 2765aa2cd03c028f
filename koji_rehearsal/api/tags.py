"""Tags: their package lists, what is in them, and what they inherit from each other."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from koji_rehearsal import build_rules
from koji_rehearsal.api.builds import find_build
from koji_rehearsal.api.users_and_hosts import find_user
from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import ordered
from koji_rehearsal.encoding import ActionNotAllowed, GenericError
from koji_rehearsal.records import Listing, Tag
from koji_rehearsal.replies import package_config, tag_info, tagged_build
from koji_rehearsal.state import by_name, lineage


def find_tag(caller: Caller, wanted: Any, strict: bool) -> Optional[Tag]:
    """
    Return a tag by name or id.

    :raises koji.GenericError: there is none, when strict
    """
    tags = caller.state.tags
    tag = tags.get(wanted) if isinstance(wanted, int) else by_name(tags, wanted)
    if tag is None and strict:
        raise GenericError("No such tagInfo: %r" % (wanted,))
    return tag


def _table_tag(caller: Caller, wanted: Any) -> Tag:
    tag = find_tag(caller, wanted, False)
    if tag is None:
        raise GenericError("No such entry in table tag: %s" % wanted)
    return tag


def _package_name(caller: Caller, wanted: Any) -> Optional[str]:
    for name, number in caller.state.packages.items():
        if wanted in (name, number):
            return name
    return None


@API.call("getTag(tagInfo, strict=False, event=None, blocked=False)")
def get_tag(
    caller: Caller, wanted: Any, strict: Any, _event: Any, _blocked: Any
) -> Optional[Dict[str, Any]]:
    """Return a tag."""
    tag = find_tag(caller, wanted, bool(strict))
    return None if tag is None else tag_info(tag)


@API.call("listTags(build=None, package=None, perms=True, queryOpts=None, pattern=None)")
def list_tags(
    caller: Caller, build: Any, _package: Any, _perms: Any, query_opts: Any, _pattern: Any
) -> Any:
    """Return all tags, or those that a build is in."""
    state = caller.state
    if build is None:
        tags = tuple(state.tags.values())
    else:
        found = find_build(caller, build, True)
        assert found is not None
        tags = state.tags_of(found.id)
    return ordered([tag_info(tag, extra=False) for tag in tags], query_opts)


@API.call(
    "listTagged(tag, event=None, inherit=False, prefix=None, latest=False, package=None,"
    " owner=None, type=None, strict=True, extra=True, draft=None)"
)
def list_tagged(
    caller: Caller,
    wanted: Any,
    _event: Any,
    inherit: Any,
    _prefix: Any,
    latest: Any,
    package: Any,
    *_: Any,
) -> List[Dict[str, Any]]:
    """Return the builds in a tag, the newest tagging first."""
    return _tagged(caller, wanted, inherit, latest, package)


@API.call("getLatestBuilds(tag, event=None, package=None, type=None, draft=None)")
def get_latest_builds(
    caller: Caller, wanted: Any, _event: Any, package: Any, *_: Any
) -> List[Dict[str, Any]]:
    """Return the newest build of each package in a tag, or of one package; inheritance counts."""
    return _tagged(caller, wanted, True, True, package)


def _tagged(
    caller: Caller, wanted: Any, inherit: Any, latest: Any, package: Any
) -> List[Dict[str, Any]]:
    state = caller.state
    tag = find_tag(caller, wanted, True)
    assert tag is not None
    tags = list(lineage(state.tags, tag)) if inherit else [tag]
    rows = [row for rows in state.taggings.values() for row in rows if row.tag in tags]
    found = []
    seen = set()
    for row in sorted(rows, key=lambda one: -one.event_id):
        build = state.builds[row.build_id]
        if package not in (None, build.name) or (latest and build.name in seen):
            continue
        seen.add(build.name)
        found.append(tagged_build(build, row.tag, row.event_id))
    return found


@API.call("checkTagPackage(tag, pkg)")
def check_tag_package(caller: Caller, wanted: Any, package: Any) -> bool:
    """Whether a tag lists a package, inheritance counts; False also when there is no such tag."""
    listing = _listing(caller, wanted, package)
    return listing is not None and not listing.blocked


@API.call("getPackageConfig(tag, pkg, event=None)")
def get_package_config(
    caller: Caller, wanted: Any, package: Any, _event: Any
) -> Optional[Dict[str, Any]]:
    """Return a package's entry in a tag's list."""
    listing = _listing(caller, wanted, package)
    if listing is None:
        return None
    tag = by_name(caller.state.tags, listing.tag)
    assert tag is not None
    return package_config(caller.state, listing, tag)


def _listing(caller: Caller, wanted: Any, package: Any) -> Optional[Listing]:
    tag = find_tag(caller, wanted, False)
    name = package if isinstance(package, str) else _package_name(caller, package)
    if tag is None or name is None:
        return None
    return build_rules.listing_of(caller.state, tag, name)


@API.call(
    "listPackages(tagID=None, userID=None, pkgID=None, prefix=None, inherited=False,"
    " with_dups=False, event=None, queryOpts=None, with_owners=True, with_blocked=True)"
)
def list_packages(
    caller: Caller,
    tag_id: Any,
    user_id: Any,
    package_id: Any,
    prefix: Any,
    inherited: Any,
    _with_dups: Any,
    _event: Any,
    query_opts: Any,
    with_owners: Any,
    with_blocked: Any,
) -> Any:
    """Return a tag's package list, or entries of a package or owner in all; else all packages."""
    state = caller.state
    if tag_id is None and package_id is None and user_id is None:
        names = state.packages.items()
        everything = [{"package_id": number, "package_name": name} for name, number in names]
        return ordered(everything, query_opts)
    tags = state.tags.values() if tag_id is None else [_table_tag(caller, tag_id)]
    if package_id is not None and _package_name(caller, package_id) is None:
        raise GenericError("No such entry in table package: %s" % package_id)
    rows = [
        row
        for tag in tags
        for row in _listed(caller, tag, bool(inherited))
        if package_id in (None, row["package_id"], row["package_name"])
        and user_id in (None, row["owner_id"], row["owner_name"])
        and (with_blocked or not row["blocked"])
        and (not prefix or row["package_name"].startswith(prefix))
    ]
    if not with_owners:
        rows = [{key: row[key] for key in row if not key.startswith("owner_")} for row in rows]
    return ordered(rows, query_opts)


def _listed(caller: Caller, tag: Tag, inherited: bool) -> List[Dict[str, Any]]:
    state = caller.state
    tags = list(lineage(state.tags, tag)) if inherited else [tag]
    rows: Dict[str, Dict[str, Any]] = {}
    for ancestor in tags:
        for (owner, package), listing in state.listings.items():
            if owner == ancestor.name and package not in rows:
                rows[package] = package_config(state, listing, ancestor)
    return sorted(rows.values(), key=lambda row: int(row["package_id"]))


@API.call("getPackage(info, strict=False, create=False)")
def get_package(caller: Caller, wanted: Any, strict: Any, _create: Any) -> Optional[Dict[str, Any]]:
    """Return a package's id and name."""
    name = _package_name(caller, wanted)
    if name is not None:
        return {"id": caller.state.package_id(name), "name": name}
    if strict:
        raise GenericError("No such entry in table package: %s" % wanted)
    return None


@API.call("getPackageID(name, strict=False)")
def get_package_id(caller: Caller, name: Any, strict: Any) -> Optional[int]:
    """Return a package's id."""
    package = get_package(caller, name, strict, False)
    return None if package is None else int(package["id"])


@API.call(
    "packageListAdd(taginfo, pkginfo, owner=None, block=None, extra_arches=None, force=False,"
    " update=False)",
    writes=True,
)
def package_list_add(
    caller: Caller,
    tag_info_: Any,
    package: Any,
    owner: Any,
    block: Any,
    _extra_arches: Any,
    _force: Any,
    _update: Any,
) -> None:
    """Put a package in a tag's list; wants the permission ``tag`` or ``admin``."""
    tag = find_tag(caller, tag_info_, True)
    assert tag is not None
    if not caller.has_perm("tag") and not caller.has_perm("admin"):
        raise ActionNotAllowed("policy violation (package_list)")
    who = caller.user if owner is None else find_user(caller, owner, True)
    assert who is not None
    caller.state.list_package(tag, str(package), bool(block), who.id)


@API.call("tagBuild(tag, build, force=False, fromtag=None)", writes=True)
def tag_build(caller: Caller, wanted: Any, build: Any, _force: Any, _fromtag: Any) -> int:
    """
    Make a task that tags a build, as for one that could not be tagged when it was built.

    :returns: the task's id
    """
    tag = find_tag(caller, wanted, True)
    found = find_build(caller, build, True)
    assert tag is not None and found is not None
    if caller.user is None:
        raise ActionNotAllowed("not logged in")
    listing = build_rules.listing_of(caller.state, tag, found.name)
    build_rules.require_listed(listing, found, tag.name)
    return caller.context.builder.submit_tagging(caller.user.id, tag, found, caller.now).id


@API.call("getInheritanceData(tag, event=None)")
def get_inheritance_data(caller: Caller, wanted: Any, _event: Any) -> List[Dict[str, Any]]:
    """Return what a tag itself inherits from."""
    tag = find_tag(caller, wanted, True)
    assert tag is not None
    parent = by_name(caller.state.tags, tag.parent)
    return [] if parent is None else [_link(tag, parent)]


@API.call("getFullInheritance(tag, event=None, reverse=False)")
def get_full_inheritance(
    caller: Caller, wanted: Any, _event: Any, reverse: Any
) -> List[Dict[str, Any]]:
    """Return what a tag inherits from, at first hand or not; reversed, what inherits from it."""
    tag = find_tag(caller, wanted, True)
    assert tag is not None
    if reverse:
        return list(_heirs(caller, tag, 1))
    ancestors = list(lineage(caller.state.tags, tag))
    steps = enumerate(zip(ancestors, ancestors[1:]), 1)
    return [_at_depth(_link(child, parent), depth) for depth, (child, parent) in steps]


def _heirs(caller: Caller, tag: Tag, depth: int) -> Iterator[Dict[str, Any]]:
    # Tags cannot be made on this hub, so its few do not inherit in a circle.
    for child in caller.state.tags.values():
        if child.parent == tag.name:
            link = {**_link(child, tag), "tag_id": child.id, "name": child.name}
            yield _at_depth(link, depth)
            yield from _heirs(caller, child, depth + 1)


def _link(child: Tag, parent: Tag) -> Dict[str, Any]:
    return {
        "child_id": child.id,
        "intransitive": False,
        "maxdepth": None,
        "name": parent.name,
        "noconfig": False,
        "parent_id": parent.id,
        "pkg_filter": "",
        "priority": 0,
    }


def _at_depth(link: Dict[str, Any], depth: int) -> Dict[str, Any]:
    return {**link, "currdepth": depth, "nextdepth": None, "filter": []}


@API.call(
    "getTagGroups(tag, event=None, inherit=True, incl_pkgs=True, incl_reqs=True,"
    " incl_blocked=False)"
)
def get_tag_groups(caller: Caller, wanted: Any, *_: Any) -> List[Any]:
    """Return no groups: what installs packages has them, and nothing is installed here."""
    find_tag(caller, wanted, True)
    return []


@API.call("getTagExternalRepos(tag_info=None, repo_info=None, event=None)")
def get_tag_external_repos(_caller: Caller, *_: Any) -> List[Any]:
    """Return no external repositories: nothing is installed here."""
    return []

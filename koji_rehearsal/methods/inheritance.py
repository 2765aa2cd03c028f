"""What tags inherit from each other, and what else `koji taginfo` asks of them."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from koji_rehearsal.methods.tags import find_tag
from koji_rehearsal.records import Tag
from koji_rehearsal.rpc import METHODS, Caller
from koji_rehearsal.state import by_name


@METHODS.method("getInheritanceData(tag, event=None)")
def get_inheritance_data(caller: Caller, wanted: Any, _event: Any) -> List[Dict[str, Any]]:
    """Return what a tag itself inherits from."""
    tag = find_tag(caller, wanted, True)
    assert tag is not None
    parent = by_name(caller.state.tags, tag.parent)
    return [] if parent is None else [_link(tag, parent)]


@METHODS.method("getFullInheritance(tag, event=None, reverse=False)")
def get_full_inheritance(
    caller: Caller, wanted: Any, _event: Any, reverse: Any
) -> List[Dict[str, Any]]:
    """Return what a tag inherits from, at first hand or not; reversed, what inherits from it."""
    tag = find_tag(caller, wanted, True)
    assert tag is not None
    if reverse:
        return list(_heirs(caller, tag, 1))
    lineage = list(caller.state.lineage(tag))
    steps = enumerate(zip(lineage, lineage[1:]), 1)
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


@METHODS.method(
    "getTagGroups(tag, event=None, inherit=True, incl_pkgs=True, incl_reqs=True,"
    " incl_blocked=False)"
)
def get_tag_groups(caller: Caller, wanted: Any, *_: Any) -> List[Any]:
    """Return no groups: what installs packages has them, and nothing is installed here."""
    find_tag(caller, wanted, True)
    return []


@METHODS.method("getTagExternalRepos(tag_info=None, repo_info=None, event=None)")
def get_tag_external_repos(_caller: Caller, *_: Any) -> List[Any]:
    """Return no external repositories: nothing is installed here."""
    return []

"""Build targets, and the repositories of their build tags."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from koji_rehearsal.api.tags import find_tag
from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.conversions import ordered, times_of
from koji_rehearsal.encoding import GenericError, ParameterError
from koji_rehearsal.records import Target
from koji_rehearsal.replies import tag_info, target_info


@API.call("getBuildTarget(info, event=None, strict=False)")
def get_build_target(
    caller: Caller, info: Any, _event: Any, strict: Any
) -> Optional[Dict[str, Any]]:
    """Return a target by name or id."""
    target = _find(caller, info)
    if target is not None:
        return target_info(target)
    if strict:
        raise GenericError("No such build target: %s" % info)
    return None


def _find(caller: Caller, info: Any) -> Optional[Target]:
    if isinstance(info, str):
        return caller.state.target_on_first_use(info)
    if info is None or isinstance(info, int):
        return caller.state.targets.get(info or 0)
    raise ParameterError("Invalid name or id value: %s" % info)


@API.call("getBuildTargets(info=None, event=None, buildTagID=None, destTagID=None, queryOpts=None)")
def get_build_targets(
    caller: Caller, info: Any, _event: Any, build_tag: Any, dest_tag: Any, query_opts: Any
) -> Any:
    """Return the targets that fit."""
    rows: List[Dict[str, Any]] = [
        target_info(target)
        for target in caller.state.targets.values()
        if info in (None, target.id, target.name)
        and build_tag in (None, target.build_tag.id, target.build_tag.name)
        and dest_tag in (None, target.dest_tag.id, target.dest_tag.name)
    ]
    return ordered(rows, query_opts)


@API.call("getBuildConfig(tag, event=None)")
def get_build_config(caller: Caller, tag: Any, _event: Any) -> Dict[str, Any]:
    """Return what builds from a tag use, its arches among it."""
    found = find_tag(caller, tag, True)
    assert found is not None
    return {**tag_info(found), "config_inheritance": {"extra": {}, "arches": None}}


@API.call("getRepo(tag, state=None, event=None, dist=False, min_event=None)")
def get_repo(
    caller: Caller, tag: Any, _state: Any, _event: Any, _dist: Any, _min_event: Any
) -> Optional[Dict[str, Any]]:
    """Return the repository of a tag, which only build tags have."""
    found = find_tag(caller, tag, True)
    assert found is not None
    if all(target.build_tag.id != found.id for target in caller.state.targets.values()):
        return None
    since = caller.state.started_ts
    return {
        "begin_event": 680,
        "begin_ts": round(since, 6),
        "create_event": 680,
        "create_ts": round(since, 6),
        **times_of("creation", since),
        "custom_opts": {},
        "dist": False,
        "end_event": None,
        "end_ts": None,
        "id": found.id,
        "opts": {"src": False, "maven": False, "debuginfo": False, "separate_src": False},
        "state": 1,
        **times_of("state", since),
        "tag_id": found.id,
        "tag_name": found.name,
        "task_id": None,
        "task_state": None,
    }

"""Rows on their way out: the structs of a hub's replies, key by key as a real hub has them."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from koji_rehearsal.conversions import times_of
from koji_rehearsal.encoding import TASK_STATES, stored_request, stored_result
from koji_rehearsal.records import CG_ID, Archive, Build, Listing, Tag, Target, Task, User
from koji_rehearsal.state import State

CHANNEL_ID = 7
IMAGE_BTYPE = 4
PERMISSIONS: Mapping[str, str] = {
    "admin": "Full administrator access. Perform all actions.",
    "appliance": "Create appliance builds - deprecated.",
    "dist-repo": "Create a dist-repo.",
    "host": "Add, remove, enable, disable hosts and channels.",
    "image": "Start image tasks.",
    "image-import": "Import image archives.",
    "livecd": "Start livecd tasks.",
    "maven-import": "Import maven archives.",
    "repo": "Manage repos: newRepo, repoExpire, repoDelete, repoProblem.",
    "sign": "Import RPM signatures and write signed RPMs.",
    "tag": "Manage packages in tags: add, block, remove, and clone tags.",
    "target": "Add, edit, and remove targets.",
    "win-admin": (
        'The default hub policy rule for "vm" requires this permission to trigger Windows builds.'
    ),
    "win-import": "Import win archives.",
    "draft-promoter": (
        'The permission required in the default "draft_promotion" hub policy rule to promote'
        " draft build."
    ),
}
"""The permissions of a new hub, in the order of their ids, and what it says of them."""


def task_info(task: Task, request: bool = False) -> Dict[str, Any]:
    """Return the struct of getTaskInfo."""
    info = {
        "arch": "noarch",
        "awaited": task.awaited,
        "channel_id": CHANNEL_ID,
        **times_of("completion", task.completion_ts),
        **times_of("create", task.create_ts),
        "host_id": task.host_id,
        "id": task.id,
        "label": task.label,
        "method": task.method,
        "owner": task.owner,
        "parent": task.parent,
        "priority": task.priority,
        **times_of("start", task.start_ts),
        "state": task.state,
        "waiting": task.waiting,
        "weight": task.weight,
    }
    if request:
        info["request"] = list(task.request)
    return info


def listed_task(task: Task, owner: User, decode: bool) -> Dict[str, Any]:
    """Return the struct of listTasks, which has request and result, as XML unless decoded."""
    info = task_info(task)
    info.update(owner_name=owner.name, owner_type=0)
    # A cancelled task has no result at all, a tagBuild one that is None.
    ended = task.ended and task.state != TASK_STATES["CANCELED"]
    result = task.fault or task.result
    if decode:
        info["request"] = list(task.request)
        info["result"] = (task.fault.to_wire() if task.fault else [task.result]) if ended else None
    else:
        info["request"] = stored_request(task.method, task.request)
        info["result"] = stored_result(result) if ended else None
    return info


def user_info(user: User) -> Dict[str, Any]:
    """Return the struct of getUser."""
    return {"id": user.id, "name": user.name, "status": 0, "usertype": 0, "krb_principals": []}


def listed_build(build: Build) -> Dict[str, Any]:
    """Return the struct of listBuilds."""
    return {
        "build_id": build.id,
        **times_of("completion", build.completion_ts),
        "creation_event_id": build.event_id,
        **times_of("creation", build.create_ts),
        "draft": False,
        "epoch": None,
        "extra": build.extra,
        "name": build.name,
        "nvr": build.nvr,
        "owner_id": build.owner.id,
        "owner_name": build.owner.name,
        "package_id": build.package_id,
        "package_name": build.name,
        "promoter_id": None,
        "promoter_name": None,
        **times_of("promotion", None),
        "release": build.release,
        "source": build.source,
        **times_of("start", build.create_ts),
        "state": build.state,
        "task_id": build.task_id,
        "version": build.version,
        "volume_id": 0,
        "volume_name": "DEFAULT",
    }


def build_info(build: Build) -> Dict[str, Any]:
    """Return the struct of getBuild."""
    generator = (CG_ID, "osbuild") if build.by_composer else (None, None)
    return {
        **listed_build(build),
        "id": build.id,
        "cg_id": generator[0],
        "cg_name": generator[1],
    }


def tagged_build(build: Build, tag: Tag, event_id: int) -> Dict[str, Any]:
    """Return the struct of listTagged."""
    left_out = ("extra", "source", "completion_ts", "creation_ts", "promotion_ts", "start_ts")
    info = {key: value for key, value in listed_build(build).items() if key not in left_out}
    return {
        **info,
        "id": build.id,
        "create_event": event_id,
        "tag_id": tag.id,
        "tag_name": tag.name,
    }


def archive_info(archive: Archive, image: bool = False) -> Dict[str, Any]:
    """
    Return the struct of listArchives.

    :param image: with what ``type="image"`` adds
    """
    info = {
        "btype": "image",
        "btype_id": IMAGE_BTYPE,
        "build_id": archive.build_id,
        "buildroot_id": archive.buildroot_id,
        "checksum": archive.checksum,
        "checksum_type": 0,
        "compression_type": archive.type.compression,
        "extra": {"image": archive.extra},
        "filename": archive.filename,
        "id": archive.id,
        "metadata_only": archive.metadata_only,
        "size": archive.size,
        "type_description": archive.type.description,
        "type_extensions": " ".join(archive.type.extensions),
        "type_id": archive.type.id,
        "type_name": archive.type.name,
    }
    if image:
        info["arch"] = archive.arch
    return info


def tag_info(tag: Tag, extra: bool = True) -> Dict[str, Any]:
    """Return the struct of getTag, or without its ``extra`` that of listTags."""
    info: Dict[str, Any] = {
        "arches": " ".join(tag.arches),
        "id": tag.id,
        "locked": tag.locked,
        "maven_include_all": False,
        "maven_support": False,
        "name": tag.name,
        "perm": tag.perm,
        "perm_id": None if tag.perm is None else list(PERMISSIONS).index(tag.perm) + 1,
    }
    if extra:
        info["extra"] = {}
    return info


def target_info(target: Target) -> Dict[str, Any]:
    """Return the struct of getBuildTarget."""
    return {
        "build_tag": target.build_tag.id,
        "build_tag_name": target.build_tag.name,
        "dest_tag": target.dest_tag.id,
        "dest_tag_name": target.dest_tag.name,
        "id": target.id,
        "name": target.name,
    }


def package_config(state: State, listing: Listing, tag: Tag) -> Dict[str, Any]:
    """Return the struct of getPackageConfig."""
    return {
        "blocked": listing.blocked,
        "extra_arches": None,
        "owner_id": listing.owner_id,
        "owner_name": state.users[listing.owner_id].name,
        "package_id": state.package_id(listing.package),
        "package_name": listing.package,
        "tag_id": tag.id,
        "tag_name": listing.tag,
    }

"""Builds: what they are, the next release, and their archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from koji_rehearsal import build_rules
from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.archivetypes import ARCHIVE_TYPES, archive_type
from koji_rehearsal.conversions import column_number, ordered, timestamp, whole_number
from koji_rehearsal.encoding import GenericError, ParameterError, parse_nvr
from koji_rehearsal.records import Archive, Build
from koji_rehearsal.replies import archive_info, build_info, listed_build


def find_build(caller: Caller, wanted: Any, strict: bool) -> Optional[Build]:
    """
    Return the build of an id, an N-V-R, or a dict of name, version and release.

    :raises koji.GenericError: the text is no N-V-R; or there is no such build, when strict
    """
    state = caller.state
    if isinstance(wanted, int):
        build = state.builds.get(wanted)
    elif isinstance(wanted, dict) and "id" in wanted:
        build = state.builds.get(wanted["id"])
    elif isinstance(wanted, dict):
        try:
            build = state.build_of(wanted["name"], wanted["version"], wanted["release"])
        except KeyError:
            raise GenericError("did not provide name, version, and release") from None
    elif isinstance(wanted, str):
        build = state.build_of(*parse_nvr(wanted))
    else:
        raise GenericError("Invalid type for argument: %r" % type(wanted))
    if build is None and strict:
        raise GenericError("No such build: %r" % (wanted,))
    return build


@API.call("getBuild(buildInfo, strict=False)")
def get_build(caller: Caller, wanted: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return a build."""
    build = find_build(caller, wanted, bool(strict))
    return None if build is None else build_info(build)


@API.call(
    "listBuilds(packageID=None, userID=None, taskID=None, prefix=None, state=None,"
    " volumeID=None, source=None, createdBefore=None, createdAfter=None, completeBefore=None,"
    " completeAfter=None, type=None, typeInfo=None, queryOpts=None, pattern=None, cgID=None,"
    " draft=None, promoter=None)"
)
def list_builds(
    caller: Caller,
    package: Any,
    user: Any,
    task_id: Any,
    prefix: Any,
    state: Any,
    _volume_id: Any,
    _source: Any,
    created_before: Any,
    created_after: Any,
    complete_before: Any,
    complete_after: Any,
    kind: Any,
    _type_info: Any,
    query_opts: Any,
    *_: Any,
) -> Any:
    """Return the builds that fit; ``source``, ``pattern``, ``typeInfo`` and more are not used."""
    builds = _candidates(caller, task_id)
    if kind not in (None, "image"):
        builds = []

    def fits(build: Build) -> bool:
        completed = build.completion_ts
        return (
            (package is None or package in (build.package_id, build.name))
            and (user is None or user in (build.owner.id, build.owner.name))
            and (not prefix or build.name.lower().startswith(str(prefix).lower()))
            and (state is None or state == build.state)
            and (created_before is None or build.create_ts < timestamp(created_before))
            and (created_after is None or build.create_ts > timestamp(created_after))
            and (
                complete_before is None
                or (completed is not None and completed < timestamp(complete_before))
            )
            and (
                complete_after is None
                or (completed is not None and completed > timestamp(complete_after))
            )
        )

    return ordered([listed_build(build) for build in builds if fits(build)], query_opts)


def _candidates(caller: Caller, task_id: Any) -> List[Build]:
    if task_id is None:
        return list(caller.state.builds.values())
    number = column_number(task_id, "build.task_id")
    if number == -1:
        return [build for build in caller.state.builds.values() if build.task_id is not None]
    return list(caller.state.builds_by_task(number))


@API.call("getNextRelease(build_info, incr=1)")
def get_next_release(caller: Caller, wanted: Any, incr: Any) -> str:
    """Return the release after that of the newest build of a name and version."""
    return build_rules.next_release(caller.state, wanted["name"], wanted["version"], _step(incr))


def _step(incr: Any) -> int:
    try:
        return int(incr)
    except (TypeError, ValueError):
        raise ParameterError("incr parameter must be an integer") from None


@API.call("getBuildLogs(build)")
def get_build_logs(caller: Caller, wanted: Any) -> List[Dict[str, Any]]:
    """Return the logs of a build, which are no archives."""
    build = find_build(caller, wanted, True)
    assert build is not None
    folder = "%s/data/logs" % build.folder
    path: Path = caller.context.store.topdir / folder
    names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
    return [{"name": name, "dir": ".", "path": "%s/./%s" % (folder, name)} for name in names]


@API.call("getBuildType(buildInfo, strict=False)")
def get_build_type(caller: Caller, wanted: Any, strict: Any) -> Any:
    """Return the kinds of content of a build."""
    build = find_build(caller, wanted, bool(strict))
    if build is None:
        return None
    return {"image": {"build_id": build.id}} if caller.state.archives_of(build.id) else {}


@API.call("getMavenBuild(buildInfo, strict=False)")
def get_maven_build(caller: Caller, wanted: Any, strict: Any) -> None:
    """Return None: a rehearsal's builds are images."""


@API.call("getWinBuild(buildInfo, strict=False)")
def get_win_build(caller: Caller, wanted: Any, strict: Any) -> None:
    """Return None: a rehearsal's builds are images."""


@API.call(
    "listRPMs(buildID=None, buildrootID=None, imageID=None, componentBuildrootID=None,"
    " hostID=None, arches=None, queryOpts=None, draft=None)"
)
def list_rpms(_caller: Caller, *_: Any) -> List[Any]:
    """Return nothing: a rehearsal's builds are images."""
    return []


BTYPES = ("rpm", "maven", "win", "image")


@API.call(
    "listArchives(buildID=None, buildrootID=None, componentBuildrootID=None, hostID=None,"
    " type=None, filename=None, size=None, checksum=None, checksum_type=None, typeInfo=None,"
    " queryOpts=None, imageID=None, archiveID=None, strict=False)"
)
def list_archives(
    caller: Caller,
    build_id: Any,
    _buildroot_id: Any,
    _component_buildroot_id: Any,
    _host_id: Any,
    kind: Any,
    filename: Any,
    size: Any,
    checksum: Any,
    _checksum_type: Any,
    type_info: Any,
    query_opts: Any,
    _image_id: Any,
    archive_id: Any,
    strict: Any,
) -> Any:
    """Return the archives that fit, in no helpful order, as a real hub does."""
    if kind is not None and kind not in BTYPES:
        raise GenericError("unsupported archive type: %s" % kind)
    archives = _of_build(caller, build_id)
    arch = dict(type_info or {}).get("arch")

    def fits(archive: Archive) -> bool:
        return (
            kind in (None, "image")
            and filename in (None, archive.filename)
            and arch in (None, archive.arch)
            and archive_id in (None, archive.id)
            and size in (None, archive.size)
            and checksum in (None, archive.checksum)
        )

    fitting = sorted(filter(fits, archives), key=lambda one: (one.type.id, -one.id))
    if strict and not fitting:
        raise GenericError("No archives found.")
    return ordered([archive_info(one, image=kind == "image") for one in fitting], query_opts)


def _of_build(caller: Caller, build_id: Any) -> List[Archive]:
    if build_id is None:
        return list(caller.state.archives.values())
    return list(caller.state.archives_of(column_number(build_id, "build_id")))


@API.call("getArchive(archive_id, strict=False)")
def get_archive(caller: Caller, archive_id: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return an archive."""
    number = whole_number(archive_id)
    archive = caller.state.archives.get(number)
    if archive is not None:
        return {**archive_info(archive, image=True), "rootid": False}
    if strict:
        raise GenericError("No such archive: %d" % number)
    return None


@API.call("getImageArchive(archive_id, strict=False)")
def get_image_archive(caller: Caller, archive_id: Any, strict: Any) -> Optional[Dict[str, Any]]:
    """Return what Koji keeps of an archive as an image."""
    archive = get_archive(caller, archive_id, strict)
    if archive is None:
        return None
    return {"arch": archive["arch"], "archive_id": archive["id"], "rootid": False}


@API.call("getArchiveTypes()")
def get_archive_types(_caller: Caller) -> List[Dict[str, Any]]:
    """Return all kinds of file that may be imported."""
    return [kind.to_wire() for kind in ARCHIVE_TYPES]


@API.call("getArchiveType(filename=None, type_name=None, type_id=None, strict=False)")
def get_archive_type(
    _caller: Caller, filename: Any, type_name: Any, type_id: Any, strict: Any
) -> Optional[Dict[str, Any]]:
    """Return the kind of a file, or the one of a name or id."""
    if filename is not None:
        found = archive_type(str(filename))
    else:
        named = (one for one in ARCHIVE_TYPES if one.name == type_name or one.id == type_id)
        found = next(named, None)
    if found is not None:
        return found.to_wire()
    if strict:
        raise GenericError("unsupported file extension: %s" % filename)
    return None


@API.call("listBTypes(query=None, queryOpts=None)")
def list_btypes(_caller: Caller, _query: Any, query_opts: Any) -> Any:
    """Return the kinds of content that a build may have."""
    rows = [{"id": number, "name": name} for number, name in enumerate(BTYPES, 1)]
    return ordered(rows, query_opts)

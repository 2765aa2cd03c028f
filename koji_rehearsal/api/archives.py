"""Archives: the files of a build, and the kinds of file there are."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from koji_rehearsal.api_registry import API, Caller
from koji_rehearsal.archivetypes import ARCHIVE_TYPES, archive_type
from koji_rehearsal.conversions import column_number, ordered, whole_number
from koji_rehearsal.encoding import GenericError
from koji_rehearsal.records import Archive
from koji_rehearsal.replies import archive_info

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

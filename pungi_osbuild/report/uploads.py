"""Uploads for people."""

from __future__ import annotations

from pungi_osbuild.model import CloudImage, Uploaded


def upload_id(upload: Uploaded) -> str:
    """Return what stands in a table's column of cloud IDs."""
    if isinstance(upload, CloudImage):
        return upload.id
    return "(%s: %s)" % (upload.provider, upload.describe())


def upload_note(upload: Uploaded) -> str:
    """Return an upload on a line of its own: the cloud, the ID, the region."""
    if not isinstance(upload, CloudImage):
        return "%s  (%s)" % (upload.provider, upload.describe())
    note = "%s  %s" % (upload.provider_name, upload.id)
    return "%s  (%s)" % (note, upload.where) if upload.where else note

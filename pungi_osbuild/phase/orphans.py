"""
What tasks leave behind of which no image came into the compose: in clouds, and in Koji.

Composer uploads an image before it imports the build, and is not told when a task is cancelled
(found by experiment with koji-osbuild on kojihub 1.35.3). So something may be there, or may still
appear, that no compose knows of. What a task has uploaded that succeeded is there, too, when its
images cannot be placed.
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from pungi_osbuild.model import (
    AwsEc2Upload,
    AzureUpload,
    CloudImage,
    ContainerUpload,
    GcpUpload,
    ImageRequest,
    OciUpload,
    Orphan,
    Upload,
    Uploaded,
)

KOJI = "koji"
_UNNAMED = "composer-api-<uuid>"
"""What composer calls an image that nobody has given a name (its Cloud API v2)."""


def may_appear(request: ImageRequest) -> Tuple[Orphan, ...]:
    """Return what may still come of a task that was cancelled."""
    build = Orphan(KOJI, str(request.nvr))
    return (build, *may_be_uploaded(request))


def may_be_uploaded(request: ImageRequest) -> Tuple[Orphan, ...]:
    """Return what composer may upload, or may have uploaded, for a request."""
    upload = request.upload
    if upload is None:
        return ()
    several = len(request.arches) > 1
    name = _name(upload)
    region = _region(upload)
    return tuple(
        Orphan(upload.provider.value, "%s (%s)" % (name, arch) if several else name, region=region)
        for arch in request.arches
    )


def are_there(uploads: Sequence[Uploaded]) -> Tuple[Orphan, ...]:
    """Return uploads of which there is no image in the compose."""
    return tuple(
        Orphan(
            upload.provider_name,
            upload.id if isinstance(upload, CloudImage) else upload.describe(),
            is_there=True,
            region=upload.where,
        )
        for upload in uploads
    )


def _name(upload: Upload) -> str:
    if isinstance(upload, AwsEc2Upload):
        return upload.snapshot_name or _UNNAMED
    if isinstance(upload, GcpUpload):
        return upload.image_name or _UNNAMED
    if isinstance(upload, AzureUpload):
        return "%s of resource group %s" % (upload.image_name or _UNNAMED, upload.resource_group)
    if isinstance(upload, ContainerUpload):
        if upload.name is None:
            return _UNNAMED
        return "%s:%s" % (upload.name, upload.tag or "<uuid>")
    return _UNNAMED


def _region(upload: Upload) -> Optional[str]:
    if isinstance(upload, (ContainerUpload, OciUpload)):
        return None
    return upload.location if isinstance(upload, AzureUpload) else upload.region

"""
What tasks leave behind of which no image came into the compose: in clouds, and in Koji.

Composer uploads an image before it imports the build, and is not told when a task is cancelled
(found by experiment with koji-osbuild on kojihub 1.35.3). So something may be there, or may still
appear, that no compose knows of. What a task has uploaded that succeeded is there, too, when its
images cannot be placed.
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from pungi_osbuild.methods import ComposeState, Failure, KeptUpload
from pungi_osbuild.model import (
    Arch,
    CloudImage,
    ImageRequest,
    Orphan,
    Uploaded,
)

KOJI = "koji"
_MAY_BE_THERE = "may be there"


def may_appear(request: ImageRequest) -> Tuple[Orphan, ...]:
    """Return what may still come of a task that was cancelled."""
    build = Orphan(KOJI, str(request.nvr))
    return (build, *may_be_uploaded(request, request.arches))


def left_behind(request: ImageRequest, failure: Failure) -> Tuple[Orphan, ...]:
    """Return what a task that failed leaves, or may leave, by what is known of its compose."""
    there = are_there([kept.upload for kept in failure.uploads])
    rest = [arch for arch in request.arches if arch not in {kept.arch for kept in failure.uploads}]
    if failure.compose is ComposeState.NOT_TAKEN:
        return there
    if failure.compose is ComposeState.REFUSED_LATE:
        build = Orphan(KOJI, str(request.nvr), note="may stay reserved")
        return (build, *there, *may_be_uploaded(request, failure.refused_arches))
    if failure.compose is ComposeState.ENDED:
        build_there = (is_in_koji(request),) if failure.is_imported else ()
        unknown = () if failure.tells_uploads else may_be_uploaded(request, rest, _MAY_BE_THERE)
        return (*build_there, *there, *unknown)
    return (Orphan(KOJI, str(request.nvr)), *there, *may_be_uploaded(request, rest))


def of_unusable(request: ImageRequest, kept: Sequence[KeptUpload]) -> Tuple[Orphan, ...]:
    """
    Return what a task leaves that succeeded, and whose build cannot be used.

    :param kept: the uploads that are known; what else was asked for may be there, too
    """
    rest = [arch for arch in request.arches if arch not in {one.arch for one in kept}]
    return (
        is_in_koji(request),
        *are_there([one.upload for one in kept]),
        *may_be_uploaded(request, rest, _MAY_BE_THERE),
    )


def is_in_koji(request: ImageRequest) -> Orphan:
    """Return the build of a request, which is complete."""
    return Orphan(KOJI, str(request.nvr), is_there=True)


def may_be_uploaded(
    request: ImageRequest, arches: Sequence[Arch], note: Optional[str] = None
) -> Tuple[Orphan, ...]:
    """Return what composer may upload, or may have uploaded, for some arches of a request."""
    upload = request.upload
    if upload is None:
        return ()
    several = len(request.arches) > 1
    return tuple(
        Orphan(
            upload.provider,
            "%s (%s)" % (upload.leftover, arch) if several else upload.leftover,
            region=upload.where,
            note=note,
        )
        for arch in arches
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

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
    Leftover,
    Uploaded,
)

KOJI = "koji"
_MAY_BE_THERE = "may be there"


def leftovers_of_cancelled(request: ImageRequest) -> Tuple[Leftover, ...]:
    """Return what may still come of a task that was cancelled."""
    build = Leftover(KOJI, str(request.nvr))
    return (build, *possible_uploads(request, request.arches))


def leftovers_of_failed(request: ImageRequest, failure: Failure) -> Tuple[Leftover, ...]:
    """Return what a task that failed leaves, or may leave, by what is known of its compose."""
    there = uploaded_leftovers([kept.upload for kept in failure.uploads])
    rest = [arch for arch in request.arches if arch not in {kept.arch for kept in failure.uploads}]
    if failure.compose is ComposeState.NOT_TAKEN:
        return there
    if failure.compose is ComposeState.REFUSED_LATE:
        build = Leftover(KOJI, str(request.nvr), note="may stay reserved")
        return (build, *there, *possible_uploads(request, failure.refused_arches))
    if failure.compose is ComposeState.ENDED:
        build_there = (build_leftover(request),) if failure.is_imported else ()
        unknown = () if failure.tells_uploads else possible_uploads(request, rest, _MAY_BE_THERE)
        return (*build_there, *there, *unknown)
    return (Leftover(KOJI, str(request.nvr)), *there, *possible_uploads(request, rest))


def leftovers_of_unusable(
    request: ImageRequest, kept: Sequence[KeptUpload]
) -> Tuple[Leftover, ...]:
    """
    Return what a task leaves that succeeded, and whose build cannot be used.

    :param kept: the uploads that are known; what else was asked for may be there, too
    """
    rest = [arch for arch in request.arches if arch not in {one.arch for one in kept}]
    return (
        build_leftover(request),
        *uploaded_leftovers([one.upload for one in kept]),
        *possible_uploads(request, rest, _MAY_BE_THERE),
    )


def build_leftover(request: ImageRequest) -> Leftover:
    """Return the build of a request, which is complete."""
    return Leftover(KOJI, str(request.nvr), is_there=True)


def possible_uploads(
    request: ImageRequest, arches: Sequence[Arch], note: Optional[str] = None
) -> Tuple[Leftover, ...]:
    """Return what composer may upload, or may have uploaded, for some arches of a request."""
    upload = request.upload
    if upload is None:
        return ()
    several = len(request.arches) > 1
    return tuple(
        Leftover(
            upload.provider,
            "%s (%s)" % (upload.leftover, arch) if several else upload.leftover,
            region=upload.where,
            note=note,
        )
        for arch in arches
    )


def uploaded_leftovers(uploads: Sequence[Uploaded]) -> Tuple[Leftover, ...]:
    """Return uploads of which there is no image in the compose."""
    return tuple(
        Leftover(
            upload.provider,
            upload.id if isinstance(upload, CloudImage) else upload.describe(),
            is_there=True,
            region=upload.where,
        )
        for upload in uploads
    )

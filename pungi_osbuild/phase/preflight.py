"""What the hub is asked before anything is submitted: whether configured N-V-Rs are free."""

from __future__ import annotations

from typing import Dict, Sequence

from pungi_osbuild.hub import Hub, taken
from pungi_osbuild.model import ImageRequest, Problem, Severity


def preflight(hub: Hub, requests: Sequence[ImageRequest]) -> Dict[int, Problem]:
    """
    Return what would fail for certain, by the request's number; in one multicall.

    :raises HubFaultError: the hub refused the call
    :raises HubError: the hub could not be reached
    """
    nvrs = {request.number: request.nvr for request in requests if request.nvr is not None}
    in_use = taken(hub, nvrs.values())
    return {
        request.number: _taken(request)
        for request in requests
        if nvrs.get(request.number) in in_use
    }


def _taken(request: ImageRequest) -> Problem:
    return Problem(
        "nvr-taken",
        Severity.WARNING if request.can_fail else Severity.ERROR,
        request.config.place,
        "Koji has the build %s already, and never builds an N-V-R twice" % request.nvr,
        "Set another release or version, or leave the release out: the hub gives one then.",
    )

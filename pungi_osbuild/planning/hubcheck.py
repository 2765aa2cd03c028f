"""Preflight by itself: log in, ask, and hang up. What hinders that is a problem like the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, Callable, Optional, Sequence, Tuple

from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.hub import Hub, Profile
from pungi_osbuild.metadata import NVR_OPTIONS
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning.preflight import preflight
from pungi_osbuild.planning.refusals import refusals_explained
from pungi_osbuild.planning.verdicts import PROFILE_PLACE
from pungi_osbuild.problems import Problem, ProblemCode

ASKED_OF = (*NVR_OPTIONS, "target", "image_types", "distro", "skip_tag")
"""The options of a block that say what a hub is asked."""


@dataclass(frozen=True)
class HubCheck:
    """
    What came of asking a hub.

    :param problems: each once; where the hub could not be asked, that alone
    :param hindrance: why the hub could not be asked
    """

    problems: Tuple[Problem, ...]
    hindrance: Optional[PungiOsbuildError] = None


def check_on_hub(
    profile: Profile,
    requests: Sequence[ImageRequest],
    own: AbstractSet[str] = frozenset(),
    check: Callable[[Hub], None] = lambda _hub: None,
) -> HubCheck:
    """
    Return what a hub says of requests; nothing is submitted.

    A request is left out where what the hub would be asked of is wrong in its block.

    :param own: as for :func:`~pungi_osbuild.planning.preflight.preflight`
    :param check: called first; may raise where the hub is of no use
    """
    try:
        with refusals_explained(profile), Hub(profile) as hub:
            check(hub)
            askable = [request for request in requests if request.config.is_sound(*ASKED_OF)]
            return HubCheck(preflight(hub, askable, own).problems)
    except PungiOsbuildError as error:
        return hindered("hub", PROFILE_PLACE, error)


def hindered(code: ProblemCode, place: str, error: PungiOsbuildError) -> HubCheck:
    """Return what an error means that came before any answer."""
    return HubCheck((Problem(code, place, error.reason, error.solution),), error)

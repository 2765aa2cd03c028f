"""
What the hub is asked before anything is submitted: what would fail for certain, at its very end.

Koji looks neither at the target nor at the N-V-R when a task is submitted, at the arches when a
builder takes it, and at the destination tag and the file only when the image is built: by then
hours are gone, and the N-V-R is used up (found by experiment on kojihub 1.35.3).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import AbstractSet, Callable, Iterator, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.errors import HubError, PungiOsbuildError
from pungi_osbuild.hub import Hub, HubFaultError, Profile
from pungi_osbuild.metadata import NVR_OPTIONS
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning.hub_facts import fetch_hub_facts
from pungi_osbuild.planning.preflight_checks import PROFILE_PLACE, PreflightChecks
from pungi_osbuild.problems import Problem, ProblemCode

ASKED_OF = (*NVR_OPTIONS, "target", "image_types", "distro", "skip_tag")
"""The options of a block that say what a hub is asked."""


@dataclass(frozen=True)
class Preflight:
    """
    What a hub would refuse.

    :param general: what concerns the whole run: errors always
    :param by_request: by the request's number, only of requests with a problem; those of one
        block may have equal ones
    """

    general: Tuple[Problem, ...] = ()
    by_request: Mapping[int, Tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def problems(self) -> Tuple[Problem, ...]:
        """All problems, each once: those of the whole run first."""
        return tuple(dict.fromkeys(chain(self.general, *self.by_request.values())))


def preflight(
    hub: Hub, requests: Sequence[ImageRequest], own: AbstractSet[str] = frozenset()
) -> Preflight:
    """
    Return everything that would fail for certain; in two multicalls.

    Of the run: a user who may not build images. Of a request: a target that does not exist; a
    build tag without one of the arches; a destination tag that is locked, that wants a permission
    which the user has not, or whose list the package is not in (none matters with ``skip_tag``);
    a file that the hub does not import; a configured N-V-R that Koji has already. What is wrong
    with a request that is allowed to fail is a warning.

    :param own: N-V-Rs that this compose has built in an earlier run; they are not taken
    :raises HubFaultError: the hub refused a call
    :raises ReplyError: a reply does not look as it should
    :raises HubError: the hub could not be reached, or takes us for nobody
    """
    checks = PreflightChecks(fetch_hub_facts(hub, requests, own))
    found = {request.number: tuple(checks.of_request(request)) for request in requests}
    return Preflight(
        tuple(checks.of_run()),
        {number: problems for number, problems in found.items() if problems},
    )


@dataclass(frozen=True)
class HubCheck:
    """
    The preflight by itself: what a hub would refuse, or why it could not be asked.

    :param problems: each once; where the hub could not be asked, that alone
    :param cause: why it could not be asked
    """

    problems: Tuple[Problem, ...]
    cause: Optional[PungiOsbuildError] = None


def check_on_hub(
    profile: Profile,
    requests: Sequence[ImageRequest],
    own: AbstractSet[str] = frozenset(),
    check: Callable[[Hub], None] = lambda _hub: None,
) -> HubCheck:
    """
    Return what a hub says of requests; nothing is submitted.

    A request is left out where what the hub would be asked of is wrong in its block.

    :param own: as for :func:`preflight`
    :param check: called first; may raise where the hub is of no use
    """
    try:
        with refusals_explained(profile), Hub(profile) as hub:
            check(hub)
            askable = [request for request in requests if request.config.is_valid(*ASKED_OF)]
            return HubCheck(preflight(hub, askable, own).problems)
    except PungiOsbuildError as error:
        return failed_check("hub", PROFILE_PLACE, error)


def failed_check(code: ProblemCode, place: str, error: PungiOsbuildError) -> HubCheck:
    """Return the check that an error kept from asking the hub."""
    return HubCheck((Problem(code, place, error.reason, error.solution),), error)


@contextmanager
def refusals_explained(profile: Profile) -> Iterator[None]:
    """
    Turn a fault that nobody has handled into an error.

    :raises HubError: the hub refused a call
    """
    try:
        yield
    except HubFaultError as fault:
        raise HubError(
            "the hub at %s refused: %s" % (profile.server, fault.reason),
            "Check the profile %r and what it may do there." % profile.name,
        ) from fault

"""
What the hub is asked before anything is submitted: what would fail for certain, at its very end.

Koji looks neither at the target nor at the N-V-R when a task is submitted, at the arches when a
builder takes it, and at the destination tag and the file only when the image is built: by then
hours are gone, and the N-V-R is used up (found by experiment on kojihub 1.35.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import AbstractSet, Mapping, Sequence, Tuple

from pungi_osbuild.hub import Hub
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning.hubfacts import ask
from pungi_osbuild.planning.verdicts import Judge
from pungi_osbuild.problems import Problem


@dataclass(frozen=True)
class Preflight:
    """
    What a hub would refuse.

    :param general: what concerns the whole run: errors, whatever may fail
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
    with a request that may fail is a warning.

    :param own: N-V-Rs that this compose has built in an earlier run; they are not taken
    :raises HubFaultError: the hub refused a call
    :raises ReplyError: a reply does not look as it should
    :raises HubError: the hub could not be reached, or takes us for nobody
    """
    judge = Judge(ask(hub, requests, own))
    found = {request.number: tuple(judge.problems(request)) for request in requests}
    return Preflight(
        tuple(judge.general()),
        {number: problems for number, problems in found.items() if problems},
    )

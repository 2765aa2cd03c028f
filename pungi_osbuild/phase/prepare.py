"""A config and a compose become requests, and every problem that shows without asking anybody."""

from __future__ import annotations

from typing import Sequence

from pungi_osbuild.metadata import Vocabulary
from pungi_osbuild.model import Compose, ComposeConfig, Problem, Severity, has_errors
from pungi_osbuild.phase.checks import check
from pungi_osbuild.phase.plan import Plan, plan

_NOTHING = Problem(
    "no-task",
    Severity.ERROR,
    "osbuild",
    "no task comes of this config",
    "Put an image block under a pattern that matches a variant.",
)


def planned_and_checked(
    config: ComposeConfig,
    compose: Compose,
    vocabulary: Vocabulary,
    before: Sequence[Problem] = (),
    builders_see_topdir: bool = True,
) -> Plan:
    """
    Return the requests that a config means for a compose, and all problems.

    :param vocabulary: the image types and formats that the installed productmd knows
    :param before: the problems of reading the config; they come first
    :param builders_see_topdir: as for :func:`plan`
    """
    planned = plan(config, compose, builders_see_topdir)
    problems = (
        *before,
        *planned.problems,
        *check(planned.requests, vocabulary),
    )
    if not planned.requests and not has_errors(problems):
        problems = (*problems, _NOTHING)
    return Plan(planned.requests, problems)

"""A config and a compose become requests, and every problem that shows without asking anybody."""

from __future__ import annotations

from typing import Sequence

from pungi_osbuild.metadata import Vocabulary
from pungi_osbuild.model import Compose, ComposeConfig
from pungi_osbuild.planning.checks import check
from pungi_osbuild.planning.plan import Plan, plan
from pungi_osbuild.problems import Problem, Severity, has_errors

_NOTHING = Problem(
    "no-task",
    "osbuild",
    "no task comes of this config",
    "Put an image block under a pattern that matches a variant.",
)

_SKIPPED = Problem(
    "phase-skipped",
    "skip_phases",
    "skip_phases has osbuild, so no image is built: not by Pungi, and not by this command",
    "Take it out. To skip the phase in Pungi alone, start that with --skip-phase=osbuild.",
    Severity.WARNING,
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

    A config that skips the phase is checked all the same; it has no requests.

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
    if config.is_skipped:
        return Plan((), (_SKIPPED, *problems))
    if not planned.requests and not has_errors(problems):
        problems = (*problems, _NOTHING)
    return Plan(planned.requests, problems)

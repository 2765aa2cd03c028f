"""One cause, one problem: what many blocks lack for one reason is reported once, with a count."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Sequence, Tuple

from pungi_osbuild.checked import one_line
from pungi_osbuild.problems import Problem

_SHOWN = 3
"""How many places are listed."""


def by_cause(problems: Sequence[Problem], misspelt: Mapping[str, str]) -> Tuple[Problem, ...]:
    """
    Return problems with one for all blocks that have no Koji target.

    :param misspelt: unknown options at the top of the config, with the option that each is like;
        one that was to be the target is the cause, and so the error
    """
    lacking = [problem for problem in problems if problem.code == "missing-target"]
    if not lacking:
        return tuple(problems)
    typo = next((key for key, meant in misspelt.items() if meant in _TARGETS), None)
    instead = _of_typo(typo, misspelt[typo], len(lacking)) if typo else _of_blocks(lacking)
    at = one_line(typo) if typo else lacking[0].place
    found = (
        instead if problem.place == at and problem.code in _REPLACED else problem
        for problem in problems
    )
    return tuple(problem for problem in found if problem not in lacking or problem is instead)


_TARGETS = ("osbuild_target", "global_target")
_REPLACED = ("missing-target", "unknown-key")


def _of_typo(key: str, meant: str, blocks: int) -> Problem:
    return Problem(
        "unknown-key",
        key,
        "unknown option %s, and %s" % (key, _have_none(blocks)),
        "Did you mean %s?" % meant,
    )


def _of_blocks(lacking: Sequence[Problem]) -> Problem:
    first = lacking[0]
    if len(lacking) == 1:
        return first
    places = ", ".join(problem.place for problem in lacking[:_SHOWN])
    if len(lacking) > _SHOWN:
        places += " and %d more" % (len(lacking) - _SHOWN)
    return replace(first, message="%s: %s" % (_have_none(len(lacking)), places))


def _have_none(blocks: int) -> str:
    return "1 block has no Koji target" if blocks == 1 else "%d blocks have no Koji target" % blocks

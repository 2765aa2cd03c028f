"""Reading a compose config: everything the phase needs of it, and all its problems at once."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass, replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.checked import one_line
from pungi_osbuild.config import settings
from pungi_osbuild.config.block import ParseContext, read_block
from pungi_osbuild.config.image_types import read_listed
from pungi_osbuild.config.patterns import invalid_pattern, pattern_place
from pungi_osbuild.config.schema_errors import unsendable
from pungi_osbuild.config.source import Source, thaw
from pungi_osbuild.methods import TaskMethod, task_methods
from pungi_osbuild.model import ComposeConfig, ImageConfig, SectionPattern
from pungi_osbuild.problems import Problem, Problems, bad_key, suggest, within, wrong_type

_REPLACED = ("missing-target", "unknown-key")
_PLACES_SHOWN = 3
"""How many places of one cause are listed."""


@dataclass(frozen=True)
class Reading:
    """
    What came of reading a config.

    :param config: everything that could be read, with the blocks as far as they could be; None
        when there is no section to read
    :param problems: all of them, warnings too, in the order of the config
    :param scm_variants: an error to add when the variants file is needed: it lies in source
        control, where this project does not go
    """

    config: Optional[ComposeConfig]
    problems: Tuple[Problem, ...]
    scm_variants: Optional[Problem] = None


def read_config(source: Source) -> Reading:
    """Read a config; never raises for what stands in it."""
    problems = Problems()
    top, good = settings.read_top(source, problems)
    variants_file = settings.find_variants_file(good, source.path)
    run_settings = settings.read_settings(good, problems)
    release = settings.read_release_config(good, problems)
    context = ParseContext(top, read_listed(good, problems))
    blocks = _read_sections(source.data, context, problems)
    config = None
    if blocks is not None:
        settings.check_ignored_names(good, [block.name for block in blocks], problems)
        config = ComposeConfig(
            settings=run_settings,
            blocks=tuple(blocks),
            patterns=tuple(_patterns(source.data)),
            release=release,
            variants_file=variants_file.path,
            tree_arches=tuple(good.get("tree_arches", ())),
            tree_variants=tuple(good.get("tree_variants", ())),
            skipped=tuple(_skipped(good.get("skip_phases", ()))),
        )
    _check_skipped(good.get("skip_phases", ()), problems)
    found = _by_cause(tuple(problems), settings.misspelt_options(source))
    return Reading(config, found, variants_file.scm)


def _skipped(phases: Sequence[str]) -> Iterator[str]:
    """Give the sections whose phase is skipped."""
    return (method.section for method in task_methods() if method.section in phases)


def _check_skipped(phases: Sequence[str], problems: Problems) -> None:
    sections = [method.section for method in task_methods()]
    for index, phase in enumerate(phases):
        near = None if phase in sections else suggest(phase, sections, 0.75)
        if near:
            problems.warn(
                "unknown-phase",
                within("skip_phases", index),
                "unknown phase %s" % phase,
                "Did you mean %s? As written, the phase is not skipped." % near,
            )


def _patterns(data: Mapping[str, Any]) -> Iterator[SectionPattern]:
    for method in task_methods():
        section = data.get(method.section)
        if isinstance(section, collections.abc.Mapping):
            for key in section:
                if isinstance(key, str) and invalid_pattern(method.section, key) is None:
                    yield SectionPattern(method.section, key)


def _read_sections(
    data: Mapping[str, Any], context: ParseContext, problems: Problems
) -> Optional[List[ImageConfig]]:
    """Return the blocks as far as they can be read; None when there is no section to read."""
    there = [method for method in task_methods() if method.section in data]
    if not there:
        method = task_methods()[0]
        prefix = method.section + "_"
        names = [key for key in data if isinstance(key, str) and not key.startswith(prefix)]
        near = suggest(method.section, names, 0.8)
        problems.error(
            "no-section",
            method.section,
            "the config has no %s section" % method.section,
            "Did you mean %s where you wrote %s?" % (method.section, near)
            if near
            else _example(method),
        )
    read = [_read_section(method, data[method.section], context, problems) for method in there]
    if all(blocks is None for blocks in read):
        return None
    return [block for blocks in read for block in blocks or ()]


def _example(method: TaskMethod) -> str:
    return "Add: %s = %s; and %s_target." % (
        method.section,
        method.section_example,
        method.section,
    )


def _read_section(
    method: TaskMethod, section: Any, context: ParseContext, problems: Problems
) -> Optional[List[ImageConfig]]:
    """Return the blocks of a section as far as they can be read; None when there are none."""
    name = method.section
    if section is None:
        problems.error(
            "no-section",
            name,
            "the section is None",
            'Add image blocks, or remove it. skip_phases = ["%s"] skips the phase.' % name,
        )
        return None
    if not isinstance(section, collections.abc.Mapping):
        problems.add([_other_form(name, thaw(section))])
        return None
    if not section:
        problems.error("no-section", name, "the section is empty", _example(method))
        return None
    blocks: List[ImageConfig] = []
    for pattern, value in section.items():
        if isinstance(pattern, str):
            blocks.extend(_read_pattern(method, pattern, value, context, problems))
        else:
            problems.add([bad_key(pattern, name)])
    return blocks


def _other_form(name: str, section: Any) -> Problem:
    """Return the problem of a section that is not a dict, as of other phases of Pungi."""
    problem = wrong_type([{"type": "object"}], section, name)
    pairs = section if isinstance(section, list) else []
    patterns = [pair[0] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    pattern = next((one for one in patterns if isinstance(one, str)), "^Server$")
    hint = 'Write a dict of lists, without arches in between: {"%s": [{"name": ...}]}.' % pattern
    return replace(problem, hint=hint)


def _read_pattern(
    method: TaskMethod, pattern: str, value: Any, context: ParseContext, problems: Problems
) -> Iterator[ImageConfig]:
    place = pattern_place(method.section, pattern)
    invalid = invalid_pattern(method.section, pattern)
    problems.add([invalid] if invalid else [])
    if not isinstance(value, tuple):
        problems.add([_not_a_list(thaw(value), place)])
        return
    if not value:
        problems.warn(
            "empty-pattern",
            place,
            "there are no image blocks under this pattern",
            "Add one, or remove the pattern.",
        )
    for index, item in enumerate(value):
        block_place = within(place, index)
        problems.add(unsendable(item, block_place))
        block = read_block(thaw(item), method, pattern, block_place, context, problems)
        if block is not None and not invalid:
            yield block


def _not_a_list(value: Any, place: str) -> Problem:
    problem = wrong_type([{"type": "array"}], value, place)
    if not isinstance(value, dict) or not value:
        return problem
    # As other phases have it: by arch, each with its blocks. A block has texts, too.
    if not all(isinstance(item, (dict, list)) for item in value.values()):
        return problem
    hint = 'Write a list of blocks; arches are an option of each: [{"arches": ["%s"], ...}].'
    return replace(problem, hint=hint % next(iter(value)))


def _by_cause(problems: Sequence[Problem], misspelt: Mapping[str, str]) -> Tuple[Problem, ...]:
    """
    Return problems with one for all blocks that have no Koji target: one cause, one problem.

    :param misspelt: unknown options at the top of the config, with the option that each is like;
        one that was to be the target is the cause, and so the error
    """
    lacking = [problem for problem in problems if problem.code == "missing-target"]
    if not lacking:
        return tuple(problems)
    targets = {"global_target", *("%s_target" % method.section for method in task_methods())}
    typo = next((key for key, meant in misspelt.items() if meant in targets), None)
    instead = _of_typo(typo, misspelt[typo], len(lacking)) if typo else _of_blocks(lacking)
    at = one_line(typo) if typo else lacking[0].place
    found = (
        instead if problem.place == at and problem.code in _REPLACED else problem
        for problem in problems
    )
    return tuple(problem for problem in found if problem not in lacking or problem is instead)


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
    places = ", ".join(problem.place for problem in lacking[:_PLACES_SHOWN])
    if len(lacking) > _PLACES_SHOWN:
        places += " and %d more" % (len(lacking) - _PLACES_SHOWN)
    return replace(first, message="%s: %s" % (_have_none(len(lacking)), places))


def _have_none(blocks: int) -> str:
    return "1 block has no Koji target" if blocks == 1 else "%d blocks have no Koji target" % blocks

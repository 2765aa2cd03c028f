"""Reading a compose config: everything the phase needs of it, and all its problems at once."""

from __future__ import annotations

import collections.abc
import re
from dataclasses import dataclass, replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.config import settings
from pungi_osbuild.config.block import Surroundings, read_block
from pungi_osbuild.config.causes import by_cause
from pungi_osbuild.config.listedtypes import read_listed
from pungi_osbuild.config.matching import nested_repetitions
from pungi_osbuild.config.places import of_block, of_pattern
from pungi_osbuild.config.schema_errors import unsendable
from pungi_osbuild.config.source import Source, thaw
from pungi_osbuild.model import ComposeConfig, ImageConfig
from pungi_osbuild.problems import Problem, Problems, bad_key, suggest, within, wrong_type

_EXAMPLE = (
    'osbuild = {"^Server$": [{"name": "my-guest", "distro": "rhel-9.4",'
    ' "image_types": "guest-image", "target": "my-target"}]}'
)


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
    surroundings = Surroundings(top, read_listed(good))
    blocks = _read_section(source.data, surroundings, problems)
    config = None
    if blocks is not None:
        config = ComposeConfig(
            settings=run_settings,
            blocks=tuple(blocks),
            patterns=tuple(filter(_is_regex, source.data["osbuild"])),
            release=release,
            variants_file=variants_file.path,
            tree_arches=tuple(good.get("tree_arches", ())),
            tree_variants=tuple(good.get("tree_variants", ())),
            is_skipped="osbuild" in good.get("skip_phases", ()),
        )
    _check_skipped(good.get("skip_phases", ()), problems)
    found = by_cause(tuple(problems), settings.misspelt_options(source))
    return Reading(config, found, variants_file.scm)


def _check_skipped(phases: Sequence[str], problems: Problems) -> None:
    for index, phase in enumerate(phases):
        if phase != "osbuild" and suggest(phase, ["osbuild"], 0.75):
            problems.warn(
                "unknown-phase",
                within("skip_phases", index),
                "there is no phase %s" % phase,
                "Did you mean osbuild? The phase is not skipped as it is.",
            )


def _read_section(
    data: Mapping[str, Any], surroundings: Surroundings, problems: Problems
) -> Optional[List[ImageConfig]]:
    """Return the blocks as far as they can be read; None when there is no section."""
    section = data.get("osbuild")
    if section is None and "osbuild" in data:
        problems.error(
            "no-section",
            "osbuild",
            "the section is None",
            'Add image blocks, or remove it. skip_phases = ["osbuild"] skips the phase.',
        )
        return None
    if section is not None and not isinstance(section, collections.abc.Mapping):
        problems.add([_other_form(thaw(section))])
        return None
    if not section:
        names = [key for key in data if isinstance(key, str) and not key.startswith("osbuild_")]
        near = suggest("osbuild", names, 0.8) if section is None else None
        problems.error(
            "no-section",
            "osbuild",
            "the config has no osbuild section" if section is None else "the section is empty",
            "Did you mean osbuild where you wrote %s?" % near if near else "Add: %s" % _EXAMPLE,
        )
        return None
    blocks: List[ImageConfig] = []
    for pattern, value in section.items():
        if isinstance(pattern, str):
            blocks.extend(_read_pattern(pattern, value, surroundings, problems))
        else:
            problems.add([bad_key(pattern, "osbuild")])
    return blocks


def _other_form(section: Any) -> Problem:
    """Return the problem of a section that is not a dict, as of other phases of Pungi."""
    problem = wrong_type([{"type": "object"}], section, "osbuild")
    pairs = section if isinstance(section, list) else []
    patterns = [pair[0] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    pattern = next((one for one in patterns if isinstance(one, str)), "^Server$")
    hint = 'Write a dict of lists, without arches in between: {"%s": [{"name": ...}]}.' % pattern
    return replace(problem, hint=hint)


def _read_pattern(
    pattern: str, value: Any, surroundings: Surroundings, problems: Problems
) -> Iterator[ImageConfig]:
    place = of_pattern(pattern)
    is_regex = _check_pattern(pattern, problems)
    if not isinstance(value, tuple):
        problems.add([_not_a_list(thaw(value), place)])
        return
    if not value:
        problems.warn(
            "empty-pattern",
            place,
            "there is no image block under this pattern",
            "Add one, or take the pattern out.",
        )
    for index, item in enumerate(value):
        block_place = of_block(pattern, index)
        problems.add(unsendable(item, block_place))
        block = read_block(thaw(item), pattern, block_place, surroundings, problems)
        if block is not None and is_regex:
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


def _is_regex(pattern: Any) -> bool:
    return isinstance(pattern, str) and _check_pattern(pattern, Problems())


def _check_pattern(pattern: str, problems: Problems) -> bool:
    try:
        re.compile(pattern)
        nested_repetitions(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        problems.error(
            "bad-pattern",
            of_pattern(pattern),
            "is no regular expression: %s" % error,
            "Write one that matches variant uids, e.g. ^Server$.",
        )
        return False
    return True

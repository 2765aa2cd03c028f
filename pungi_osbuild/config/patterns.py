"""Patterns of variants: Pungi's ``re.match`` on the variant's uid gives its image blocks."""

from __future__ import annotations

import importlib
import re
import sys
from functools import lru_cache
from typing import Any, Iterable, Iterator, Optional, Pattern, Tuple

from pungi_osbuild.methods import method_named, section_of
from pungi_osbuild.model import ComposeConfig, ImageConfig, SectionPattern
from pungi_osbuild.problems import Problem, within


def pattern_place(section: str, pattern: str) -> str:
    """Return the place of what stands under a pattern of a section."""
    return '%s["%s"]' % (section, pattern)


def type_place(block: ImageConfig) -> str:
    """Return where a block has its image type."""
    return within(block.place, method_named(block.method).type_option)


def repos_place(block: ImageConfig) -> str:
    """Return where a block has its repositories."""
    return within(block.place, method_named(block.method).repos_option)


def invalid_pattern(section: str, pattern: str) -> Optional[Problem]:
    """Return what is wrong with a pattern, or None when it is a regular expression."""
    try:
        re.compile(pattern)
        nested_repetitions(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return Problem(
            "bad-pattern",
            pattern_place(section, pattern),
            "is not a valid regular expression: %s" % error,
            "Write one that matches variant uids, e.g. ^Server$.",
        )
    return None


def matches(pattern: str, variant_uid: str) -> bool:
    """
    Return whether a pattern is meant for a variant; False where trying could take for ever.

    :raises re.error: it is not a regular expression (a config with one is refused earlier)
    """
    return (
        not is_endless(pattern, variant_uid) and _compiled(pattern).match(variant_uid) is not None
    )


def is_endless(pattern: str, variant_uid: str) -> bool:
    """
    Return whether trying a pattern on a uid could take for ever.

    Python's ``re`` tries all ways in which nested repetitions can share a text among them: about
    as many as their number to the power of the text's length.
    """
    nested = nested_repetitions(pattern)
    return nested > 1 and nested * len(variant_uid) > _TRIED


_TRIED = 40
"""Two that are nested in a text of 20 letters are a million ways, tried in less than a second."""

_LONG = 3
"""What is repeated and has so many letters cannot be repeated often enough in a uid."""


@lru_cache(maxsize=4096)
def nested_repetitions(pattern: str) -> int:
    """
    Return how deeply repetitions and choices are nested: 2 for ``(a+)+``, 1 for ``a+``.

    :raises re.error: it is not a regular expression
    """
    parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    return _nested(parser.parse(pattern))


def _nested(parsed: Iterable[Tuple[Any, Any]]) -> int:
    deepest = 0
    for operation, arguments in parsed:
        nested = max((_nested(part) for part in _parts(arguments)), default=0)
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, body = arguments
            if nested and most > 1 and body.getwidth()[0] < _LONG:
                nested += 1
            nested = max(nested, int(least != most))
        elif str(operation) == "BRANCH":
            nested = max(nested, 1)
        deepest = max(deepest, nested)
    return deepest


def _parts(arguments: Any) -> Iterator[Any]:
    """Yield the parsed expressions among the arguments of an operation."""
    if hasattr(arguments, "data"):
        yield arguments
    elif isinstance(arguments, (tuple, list)):
        for argument in arguments:
            yield from _parts(argument)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Pattern[str]:
    # Each pattern is looked at once for each variant, and re itself remembers only a few hundred.
    return re.compile(pattern)


def matching_blocks(config: ComposeConfig, variant_uid: str) -> Tuple[ImageConfig, ...]:
    """Return the blocks whose pattern matches the uid, in the order of the config."""
    return tuple(block for block in config.blocks if matches(block.pattern, variant_uid))


def pattern_of(block: ImageConfig) -> SectionPattern:
    """Return what a block stands under."""
    return SectionPattern(section_of(block), block.pattern)


def written_patterns(config: ComposeConfig) -> Tuple[SectionPattern, ...]:
    """Return all patterns of a config, each once, in its order."""
    return tuple(dict.fromkeys([*config.patterns, *map(pattern_of, config.blocks)]))


def unmatched_patterns(
    config: ComposeConfig, variant_uids: Iterable[str]
) -> Tuple[SectionPattern, ...]:
    """Return the patterns that match none of the uids, each once, in the order of the config."""
    uids = tuple(variant_uids)
    return tuple(
        one
        for one in written_patterns(config)
        if not any(matches(one.pattern, uid) for uid in uids)
    )

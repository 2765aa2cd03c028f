"""
Names in lists that only filter: a misspelt one selects nothing, and nobody notices.

Pungi drops such names without a word, so each is a warning.
"""

from __future__ import annotations

import re
from typing import Collection, Iterator, Optional, Sequence, Set

from pungi_osbuild.config import (
    ARCHES,
    arch_hint,
    matches,
    meant_arch,
    named_arches,
    pattern_place,
    repos_place,
)
from pungi_osbuild.model import Arch, Compose, ComposeConfig, ImageConfig, SectionPattern
from pungi_osbuild.problems import Problem, ProblemCode, Severity, suggest, within

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,}")
_LIKENESS = 0.75


def filter_problems(config: ComposeConfig, compose: Compose) -> Iterator[Problem]:
    """Say which names in ``tree_arches``, ``tree_variants`` and patterns select nothing."""
    yield from _tree_arches(config, compose)
    uids = [variant.uid for variant in compose.variants]
    for index, uid in enumerate(config.tree_variants):
        if uid not in uids:
            near = suggest(uid, [*uids, *compose.left_out], _LIKENESS)
            yield _warning(
                "unknown-variant",
                within("tree_variants", index),
                "the compose has no variant %s" % uid,
                "Did you mean %s?" % near
                if near and near != uid
                else "The variants are %s." % (", ".join(uids) or "none at all"),
            )
    for pattern in config.patterns:
        yield from _names_in(pattern, uids)


def _tree_arches(config: ComposeConfig, compose: Compose) -> Iterator[Problem]:
    offered = arches_of(compose)
    for index, arch in enumerate(config.tree_arches):
        near = meant_arch(arch, ARCHES)
        if arch in ARCHES:
            # Another compose may have it; but ppc64 and s390 are gone, and easily written.
            near = next((other for other in ("ppc64le", "s390x") if other.startswith(arch)), None)
        if arch in offered or near == arch or (arch in ARCHES and near is None):
            continue
        yield _warning(
            "unknown-arch",
            within("tree_arches", index),
            "no variant has the arch %s" % arch,
            "Did you mean %s?" % near if near else "Remove it: it selects nothing.",
        )


def _names_in(written: SectionPattern, uids: Sequence[str]) -> Iterator[Problem]:
    """Say which of several names in a pattern is a near miss of a variant that it leaves out."""
    pattern = written.pattern
    matched = [uid for uid in uids if matches(pattern, uid)]
    if not matched:  # which is reported anyway
        return
    others = [uid for uid in uids if uid not in matched]
    for word in _WORD.findall(pattern):
        near = None if any(word in uid for uid in uids) else suggest(word, others, _LIKENESS)
        if near is not None:
            yield _warning(
                "unmatched-pattern",
                pattern_place(*written),
                "%s in the pattern matches no variant of the compose" % word,
                "Did you mean %s?" % near,
            )


def arches_of(compose: Compose) -> Set[Arch]:
    """Return the arches that any variant of a compose has."""
    return {arch for variant in compose.variants for arch in variant.arches}


def unknown_failable(block: ImageConfig, known: Collection[Arch]) -> Iterator[Arch]:
    """
    Give the entries of ``failable`` that are no arches.

    :param known: arches that the compose has
    """
    for entry in block.failable:
        if entry != "*" and entry not in known and entry not in ARCHES:
            yield entry


def block_problems(block: ImageConfig, built: Set[Arch], compose: Compose) -> Iterator[Problem]:
    """
    Say which arches that a block names do not go with those that it is built for.

    :param built: in any variant
    """
    known = arches_of(compose)
    for entry in unknown_failable(block, known):
        if block.arches is None:  # else it is reported with the block
            yield _warning(
                "failable-arch",
                within(within(block.place, "failable"), block.failable.index(entry)),
                "the block is not built for %s; as in-tree all of it is allowed to fail" % entry,
                arch_hint([entry], built, "Remove it, or write the arch's name."),
            )
    addresses = [
        *((within(repos_place(block), n), r.baseurl) for n, r in enumerate(block.repos)),
        (within(block.place, "ostree_ref"), block.ostree.ref),
        (within(block.place, "ostree_parent"), block.ostree.parent),
    ]
    for place, address in addresses:
        yield from _fixed_arch(place, address, built)


def _fixed_arch(place: str, address: Optional[str], built: Set[Arch]) -> Iterator[Problem]:
    named = list(dict.fromkeys(named_arches(address or "")))
    others = sorted(built - set(named))
    if named and others:
        yield _warning(
            "fixed-arch",
            place,
            "names the arch %s, and the block is built for %s, too"
            % (", ".join(named), ", ".join(others)),
            "Write $arch in its place, or write a block for each arch.",
        )


def _warning(code: ProblemCode, place: str, message: str, hint: str) -> Problem:
    return Problem(code, place, message, hint, Severity.WARNING)

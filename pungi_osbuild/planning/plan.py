"""
The plan: which requests a config means for a compose. Pure; asks nobody.

A block goes out as one task per variant and arch (``split_arches``, the default), or as one task
per variant. Everything that depends on the compose is resolved here: arches, repositories,
versions and releases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterator, Sequence, Set, Tuple

from pungi_osbuild.config import (
    arch_hint,
    is_endless,
    matches,
    matching_blocks,
    nested_repetitions,
    pattern_of,
    pattern_place,
    resolve_release,
    resolve_version,
    unmatched_patterns,
    written_patterns,
)
from pungi_osbuild.methods import method_named
from pungi_osbuild.model import (
    Arch,
    Compose,
    ComposeConfig,
    ImageConfig,
    ImageRequest,
    SectionPattern,
    Variant,
)
from pungi_osbuild.planning.cloudoptions import fill, unbuilt_arches
from pungi_osbuild.planning.composerrules import composer_problems
from pungi_osbuild.planning.filters import (
    arches_of,
    block_problems,
    filter_problems,
    unknown_failable,
)
from pungi_osbuild.planning.repos import Repositories
from pungi_osbuild.problems import Problem, Problems, Severity, suggest


@dataclass(frozen=True)
class Plan:
    """
    What would be submitted.

    :param requests: in the order of variants, then of the config, then of arches
    :param problems: what the compose makes of the config
    """

    requests: Tuple[ImageRequest, ...]
    problems: Tuple[Problem, ...]


def plan(config: ComposeConfig, compose: Compose, builders_see_topdir: bool = True) -> Plan:
    """
    Return the requests that a config means for a compose, and all problems on the way.

    :param builders_see_topdir: False where nobody knows or cares whether Koji's builders can
        reach the variants' own repositories: a rehearsal, or a compose that is not there yet

    No request is lost and none doubled: each block, for each variant its pattern matches, for
    each arch that both have, is in exactly one request.
    """
    planner = _Planner(config, compose, builders_see_topdir)
    requests = tuple(planner.requests())
    return Plan(requests, (*planner.problems, *_coverage(config, compose, requests)))


class _Planner:
    def __init__(self, config: ComposeConfig, compose: Compose, builders_see_topdir: bool) -> None:
        self.config = config
        self.compose = compose
        self.repositories = Repositories(
            compose, config.settings.translate_paths, builders_see_topdir
        )
        # A block is looked at once for each variant and arch; its problem is one all the same.
        self.problems = Problems()
        self.arches = arches_of(compose)

    def requests(self) -> Iterator[ImageRequest]:
        number = 0
        for variant in self.compose.variants:
            for block in matching_blocks(self.config, variant.uid):
                for arches in self._tasks(block, variant):
                    yield self._request(number, block, variant, arches)
                    number += 1

    def _tasks(self, block: ImageConfig, variant: Variant) -> Iterator[Tuple[Arch, ...]]:
        arches = _arches(block, variant)
        missing = sorted(set(block.arches or ()) - set(variant.arches))
        if arches and missing:
            self.problems.warn(
                "missing-arch",
                "%s.arches" % block.place,
                "variant %s has no %s" % (variant.uid, ", ".join(missing)),
                arch_hint(
                    missing,
                    variant.arches,
                    "It is built for %s only; remove the others, or give the variant the arch."
                    % ", ".join(arches),
                ),
            )
        if not arches:
            return
        if block.split_arches:
            yield from ((arch,) for arch in arches)
        else:
            yield arches

    def _request(
        self, number: int, block: ImageConfig, variant: Variant, arches: Tuple[Arch, ...]
    ) -> ImageRequest:
        identity = self.compose.identity
        request = ImageRequest(
            number=number,
            config=block,
            variant=variant.uid,
            variant_topdirs=tuple((arch, variant.topdir(arch)) for arch in arches),
            arches=arches,
            version=resolve_version(block.version, identity),
            base_release=(
                None if block.release is None else resolve_release(block.release, identity)
            ),
            release_from_hub=block.release is None,
            split=block.split_arches and len(_arches(block, variant)) > 1,
            repos=self.repositories.of(block, variant, arches, self.problems),
            subvariant=block.subvariant or variant.uid,
            can_fail=block.can_fail(arches) or any(unknown_failable(block, self.arches)),
        )
        filling = fill(request, identity)
        self.problems.add(filling.problems)
        return replace(request, upload_template=filling.template)


def _arches(block: ImageConfig, variant: Variant) -> Tuple[Arch, ...]:
    wanted = set(variant.arches if block.arches is None else block.arches)
    return tuple(sorted(wanted & set(variant.arches)))


def _coverage(
    config: ComposeConfig, compose: Compose, requests: Tuple[ImageRequest, ...]
) -> Iterator[Problem]:
    """Say which blocks of the config ended without a task, and why."""
    yield from filter_problems(config, compose)
    uids = [variant.uid for variant in compose.variants]
    unmatched = unmatched_patterns(config, uids)
    # One pattern may be meant for another compose; a config of which none fits is a mistake.
    none_fits = set(written_patterns(config)) == set(unmatched)
    for one in written_patterns(config):
        if nested_repetitions(one.pattern) > 1:
            yield _slow_pattern(one, [uid for uid in uids if is_endless(one.pattern, uid)])
    for one in unmatched:
        if any(is_endless(one.pattern, uid) for uid in uids):
            continue
        near = suggest(one.pattern.strip("^$"), uids)
        yield Problem(
            "unmatched-pattern",
            pattern_place(*one),
            "the pattern matches no variant of the compose",
            "Did you mean %s?" % near
            if near
            else "The variants are %s." % (", ".join(uids) or "none at all"),
            Severity.ERROR if none_fits else Severity.WARNING,
        )
    planned: Dict[str, Set[Arch]] = {}
    for request in requests:
        planned.setdefault(request.config.place, set()).update(request.arches)
    for block in config.blocks:
        if block.place in planned:
            yield from unbuilt_arches(block, planned[block.place])
            yield from block_problems(block, planned[block.place], compose)
            if method_named(block.method).asks_composer:
                yield from composer_problems(block, sorted(planned[block.place]))
        elif pattern_of(block) not in unmatched:
            yield Problem(
                "no-task",
                block.place if block.arches is None else "%s.arches" % block.place,
                "no task for this block: no variant that its pattern matches has one of its arches",
                " ".join(
                    [
                        arch_hint(block.arches or (), _offered(compose, block)),
                        "The variants it matches have %s."
                        % (", ".join(sorted(_offered(compose, block))) or "no arches at all"),
                    ]
                ).strip(),
            )


def _slow_pattern(pattern: SectionPattern, untried: Sequence[str]) -> Problem:
    return Problem(
        "slow-pattern",
        pattern_place(*pattern),
        "nested repetition could take for ever to match %s"
        % ("%s, and is not tried" % untried[0] if untried else "long names"),
        "Write it without nested repetition, e.g. a+ for (a+)+.",
        Severity.ERROR if untried else Severity.WARNING,
    )


def _offered(compose: Compose, block: ImageConfig) -> Set[Arch]:
    arches: Set[Arch] = set()
    for variant in compose.variants:
        if matches(block.pattern, variant.uid):
            arches.update(variant.arches)
    return arches

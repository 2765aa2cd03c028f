"""
The plan: which requests a config means for a compose. Pure; asks nobody.

A block goes out as one task per variant and arch (``split_arches``, the default), or as one task
per variant. Everything that depends on the compose is resolved here: arches, repositories,
versions and releases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterator, List, Sequence, Set, Tuple

from pungi_osbuild.config import (
    UnknownRepoError,
    is_endless,
    matches,
    matching_blocks,
    nested_repetitions,
    resolve_release,
    resolve_repo,
    resolve_version,
    unmatched_patterns,
    written_patterns,
)
from pungi_osbuild.model import (
    Arch,
    Compose,
    ComposeConfig,
    ImageConfig,
    ImageRequest,
    Repo,
    Variant,
)
from pungi_osbuild.planning.cloudoptions import fill, unbuilt_arches
from pungi_osbuild.planning.filters import (
    arches_of,
    block_problems,
    did_you_mean,
    filter_problems,
    unknown_failable,
)
from pungi_osbuild.problems import Problem, ProblemCode, Severity, suggest


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
        self.builders_see_topdir = builders_see_topdir
        self.problems: List[Problem] = []
        self.arches = arches_of(compose)
        self._reported: Set[Tuple[str, str]] = set()

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
            self._warn(
                "missing-arch",
                "%s.arches" % block.place,
                "variant %s has no %s" % (variant.uid, ", ".join(missing)),
                did_you_mean(missing, variant.arches)
                or "It is built for %s only; take the others out, or give the variant the arch."
                % ", ".join(arches),
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
            repos=self._repos(block, variant, arches),
            subvariant=block.subvariant or variant.uid,
            can_fail=block.can_fail(arches) or any(unknown_failable(block, self.arches)),
        )
        filling = fill(request, identity)
        for problem in filling.problems:
            self._add(problem)
        return replace(request, upload_template=filling.template)

    def _repos(
        self, block: ImageConfig, variant: Variant, arches: Tuple[Arch, ...]
    ) -> Tuple[Repo, ...]:
        """Return the block's repositories, and last the variant's own where it has one."""
        # As in-tree, where only a plain string can be equal to the uid: a repository for some
        # package sets does not replace the one for all.
        written = [repo.baseurl for repo in block.repos if not repo.as_dict]
        resolved = []
        for index, repo in enumerate(block.repos):
            if not repo.baseurl:  # an error in the config
                continue
            try:
                resolved.append(self._resolve(repo, "%s.repo[%d]" % (block.place, index)))
            except UnknownRepoError as error:
                self._unknown_repo("%s.repo[%d]" % (block.place, index), error.name)
        if variant.uid not in written and variant.repository(arches) is not None:
            resolved.append(self._resolve(Repo(variant.uid), "translate_paths"))
        return tuple(resolved)

    def _resolve(self, repo: Repo, place: str) -> Repo:
        resolved = resolve_repo(repo, self.compose, self.config.settings.translate_paths)
        of_compose = not repo.baseurl.startswith("/")
        if "://" not in resolved.baseurl and (self.builders_see_topdir or not of_compose):
            self._warn(
                "local-repo",
                "translate_paths" if of_compose else place,
                "the compose's own repositories stay local paths below %s" % self.compose.topdir
                if of_compose
                else "the repository stays a local path: %s" % resolved.baseurl,
                "Koji's builders cannot read it; add an entry to translate_paths that turns it"
                " into an address.",
            )
        return resolved

    def _unknown_repo(self, place: str, name: str) -> None:
        known = [variant.uid for variant in self.compose.variants]
        near = suggest(name, known)
        if name in known:
            message = "the variant %s is empty: it has no repository" % name
            hint = "Name another variant, an absolute path or a url."
        else:
            message = "there is no variant %r to take a repository from" % name
            hint = "Did you mean %r?" % near if near else "The variants are %s." % _named(known)
            if "/" in name:
                hint = "Write an address with http:// or https://, or an absolute path."
        self._add(Problem("unknown-variant", place, message, hint))

    def _warn(self, code: ProblemCode, place: str, message: str, hint: str) -> None:
        self._add(Problem(code, place, message, hint, Severity.WARNING))

    def _add(self, problem: Problem) -> None:
        # A block is looked at once for each variant and arch; its problem is one all the same.
        if (problem.place, problem.message) not in self._reported:
            self._reported.add((problem.place, problem.message))
            self.problems.append(problem)


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
    for pattern in written_patterns(config):
        if nested_repetitions(pattern) > 1:
            yield _slow_pattern(pattern, [uid for uid in uids if is_endless(pattern, uid)])
    for pattern in unmatched:
        if any(is_endless(pattern, uid) for uid in uids):
            continue
        near = suggest(pattern.strip("^$"), uids)
        yield Problem(
            "unmatched-pattern",
            'osbuild["%s"]' % pattern,
            "the pattern matches no variant of the compose",
            "Did you mean %s?" % near if near else "The variants are %s." % _named(uids),
            Severity.ERROR if none_fits else Severity.WARNING,
        )
    planned: Dict[str, Set[Arch]] = {}
    for request in requests:
        planned.setdefault(request.config.place, set()).update(request.arches)
    for block in config.blocks:
        if block.place in planned:
            yield from unbuilt_arches(block, planned[block.place])
            yield from block_problems(block, planned[block.place], compose)
        elif block.pattern not in unmatched:
            yield Problem(
                "no-task",
                block.place if block.arches is None else "%s.arches" % block.place,
                "no task comes of this block: its arches fit no variant that its pattern matches",
                " ".join(
                    [
                        did_you_mean(block.arches or (), _offered(compose, block)),
                        "The variants it matches have %s."
                        % (", ".join(sorted(_offered(compose, block))) or "no arches at all"),
                    ]
                ).strip(),
            )


def _slow_pattern(pattern: str, untried: Sequence[str]) -> Problem:
    return Problem(
        "slow-pattern",
        'osbuild["%s"]' % pattern,
        "nested repetition could take for ever to match %s"
        % ("%s, and is not tried" % untried[0] if untried else "long names"),
        "Write it without nested repetition, e.g. a+ for (a+)+.",
        Severity.ERROR if untried else Severity.WARNING,
    )


def _named(uids: Sequence[str]) -> str:
    return ", ".join(uids) or "none at all"


def _offered(compose: Compose, block: ImageConfig) -> Set[Arch]:
    arches: Set[Arch] = set()
    for variant in compose.variants:
        if matches(block.pattern, variant.uid):
            arches.update(variant.arches)
    return arches

"""The plan checked: requests against each other and against productmd; asks no hub."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import (
    Callable,
    Dict,
    Hashable,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Set,
    Tuple,
)
from xmlrpc.client import dumps

from pungi_osbuild.config import resolved_nvr_problems
from pungi_osbuild.errors import SourceError
from pungi_osbuild.metadata import (
    NVR_OPTIONS,
    Claim,
    ImageIdentity,
    ProductmdTypes,
    RecordedImage,
    claims_of_request,
)
from pungi_osbuild.methods import arguments, section_of, task_methods
from pungi_osbuild.model import (
    Compose,
    ComposeConfig,
    ComposeIdentity,
    ImageRequest,
    Settings,
)
from pungi_osbuild.placing import check_media_checksums
from pungi_osbuild.planning.cloudnames import name_problems
from pungi_osbuild.planning.plan import Plan, plan
from pungi_osbuild.planning.productmd_types import productmd_problems
from pungi_osbuild.problems import Problem, ProblemCode, Severity, has_errors

Key = Optional[Hashable]

MAX_REQUEST = 4 * 1024 * 1024
"""Bytes of a call that kojihub 1.35 takes (``MaxRequestLength``); it answers a longer one with HTTP
400 (found by experiment)."""


def _nothing(config: ComposeConfig) -> Problem:
    sections = [one.section for one in config.patterns] or [task_methods()[0].section]
    return Problem(
        "no-task",
        sections[0],
        "this config results in no task",
        "Put an image block under a pattern that matches a variant.",
    )


def _skipped(section: str) -> Problem:
    return Problem(
        "phase-skipped",
        "skip_phases",
        "skip_phases contains %s, so neither Pungi nor this command builds an image" % section,
        "Remove it. To skip the phase in Pungi only, run Pungi with --skip-phase=%s." % section,
        Severity.WARNING,
    )


def checked_plan(
    config: ComposeConfig,
    compose: Compose,
    productmd: ProductmdTypes,
    before: Sequence[Problem] = (),
    builders_see_topdir: bool = True,
) -> Plan:
    """
    Return the requests that a config means for a compose, and all problems.

    A section whose phase is skipped is checked all the same; it has no requests.

    :param productmd: the image types and formats that the installed productmd knows
    :param before: the problems of reading the config; they come first
    :param builders_see_topdir: as for :func:`plan`
    """
    planned = plan(config, compose, builders_see_topdir)
    problems = (
        *before,
        *planned.problems,
        *check(planned.requests, productmd),
    )
    problems = accepted(config, problems)
    present = {one.section for one in config.patterns}
    skipped = [section for section in config.skipped if section in present]
    requests = tuple(one for one in planned.requests if section_of(one.config) not in skipped)
    if skipped:
        problems = (*map(_skipped, skipped), *problems)
    elif not requests and not has_errors(problems):
        problems = (*problems, _nothing(config))
    return Plan(requests, problems)


def accepted(config: ComposeConfig, problems: Iterable[Problem]) -> Tuple[Problem, ...]:
    """Return problems with the warnings that the config accepts (``osbuild_ignore``) as notes."""
    wanted = config.settings.ignore
    if not wanted:
        return tuple(problems)
    names = {block.place: block.name for block in config.blocks}

    def is_accepted(problem: Problem) -> bool:
        name = next((names[place] for place in names if _is_within(problem.place, place)), None)
        codes = {code for code, of_block in wanted if of_block in (None, name)}
        return problem.severity is Severity.WARNING and problem.code in codes

    return tuple(
        replace(problem, severity=Severity.NOTE) if is_accepted(problem) else problem
        for problem in problems
    )


def _is_within(place: str, block: str) -> bool:
    return place == block or place.startswith((block + ".", block + "["))


def check(requests: Sequence[ImageRequest], productmd: ProductmdTypes) -> Tuple[Problem, ...]:
    """
    Return what is wrong with a plan as a whole.

    :param productmd: the image types and formats that the installed productmd knows
    """
    reported: Set[Tuple[str, str]] = set()
    claimed = [pair for request in requests for pair in _claimed(request)]
    return (
        *_clashes(
            claimed,
            reported,
            _nvr,
            "duplicate-nvr",
            "builds the same N-V-R: %s",
            "Koji never merges two tasks into one build: give each its own name, version or"
            " release.",
            "Koji never merges two tasks into one build: write a block for each variant, with its"
            " own name, version or release; or leave the release out, and the hub gives one.",
        ),
        *_clashes(
            claimed,
            reported,
            _path,
            "duplicate-file",
            "places the same file: %s",
            "Give each its own name, version or release.",
            "Write a block for each variant, with its own name, version or release.",
        ),
        *_clashes(
            claimed,
            set(),
            _identity,
            "duplicate-identity",
            "makes an image that images.json cannot tell from the other: %s",
            "Give one of them another subvariant.",
            "Leave subvariant out, so that it is the variant; or write a block for each variant,"
            " with its own.",
        ),
        *name_problems(requests),
        *productmd_problems(requests, productmd),
        *_refused_nvrs(requests),
        *_long_requests(requests),
    )


def _long_requests(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
    """Say which blocks ask for more than a hub takes by default; a hub may be set to take more."""
    longest: Dict[str, int] = {}
    for request in requests:
        place = request.config.place
        longest[place] = max(longest.get(place, 0), _length(request))
    for place, length in longest.items():
        if length > MAX_REQUEST:
            yield Problem(
                "long-request",
                place,
                "the request has %.1f MiB, and a Koji hub takes 4 MiB unless it is set otherwise"
                % (length / 2**20),
                "Make the customizations smaller: put large files into a package.",
                Severity.WARNING,
            )


def _length(request: ImageRequest) -> int:
    """Return how many bytes a submission has, as XML-RPC; about as many where it has Koji's own."""
    sent = arguments(request)
    try:
        text = dumps(tuple(sent), request.config.method, allow_none=True)
        return len(text.encode("utf-8", "replace"))
    except (OverflowError, TypeError, ValueError):  # Koji also sends larger numbers
        return len(json.dumps(sent, default=str))


def check_settings(settings: Settings, identity: ComposeIdentity) -> Tuple[Problem, ...]:
    """Return what is wrong with the options of the checksum files."""
    try:
        check_media_checksums(settings, identity)
    except SourceError as error:
        place = "media_checksums"
        return (Problem("media-checksums", place, error.reason, error.solution),)
    return ()


def _refused_nvrs(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
    """Say which N-V-Rs a hub would refuse; what is written literally has been judged before."""
    reported: Set[Problem] = set()
    for request in requests:
        config = request.config
        parts = [
            (option, written, given)
            for option, written, given in (
                ("version", config.version, request.version),
                ("release", config.release, request.release),
            )
            if config.is_valid(option)
        ]
        name = config.name if config.is_valid("name") else None
        for problem in resolved_nvr_problems(name, parts, config.place):
            if problem not in reported:
                reported.add(problem)
                yield problem


def _claimed(request: ImageRequest) -> Iterator[Tuple[ImageRequest, Optional[Claim]]]:
    """Give a request with what it claims for each arch; with None where nobody knows its file."""
    claims = claims_of_request(request)
    for index in range(len(request.arches)):
        yield request, claims[index] if claims else None


def _nvr(request: ImageRequest, _claim: Optional[Claim]) -> Key:
    return request.nvr if request.config.is_valid(*NVR_OPTIONS) else None


def _path(_request: ImageRequest, claim: Optional[Claim]) -> Key:
    return claim.path if claim is not None else None


def _identity(_request: ImageRequest, claim: Optional[Claim]) -> Key:
    return claim.identity if claim is not None else None


def _clashes(
    claimed: Sequence[Tuple[ImageRequest, Optional[Claim]]],
    reported: Set[Tuple[str, str]],
    key_of: Callable[[ImageRequest, Optional[Claim]], Key],
    code: ProblemCode,
    message: str,
    hint: str,
    hint_for_one: str,
) -> Iterator[Problem]:
    """
    Say which requests have one key: once for each pair of blocks, with all their keys.

    A pair that was reported already is left out.

    :param hint_for_one: what to do where both are of one block
    """
    first: Dict[Hashable, ImageRequest] = {}
    found: Dict[Tuple[str, str], List[Tuple[ImageRequest, ImageRequest, Hashable]]] = {}
    for request, claim in claimed:
        key = key_of(request, claim)
        if key is None:
            continue
        other = first.setdefault(key, request)
        pair = (request.config.place, other.config.place)
        if other is not request and pair not in reported:
            found.setdefault(pair, []).append((request, other, key))
    reported.update(found)
    for (place, other_place), clashes in found.items():
        variants = list(dict.fromkeys(request.variant for request, _, _ in clashes))
        others = list(dict.fromkeys(other.variant for _, other, _ in clashes))
        keys = list(dict.fromkeys(key for _, _, key in clashes))
        yield Problem(
            code,
            place,
            "for %s it %s, as %s for %s does"
            % (_variants(variants), message % _keys(keys), other_place, _variants(others)),
            hint_for_one if place == other_place else hint,
        )


def _variants(uids: Sequence[str]) -> str:
    return "variant%s %s" % ("" if len(uids) == 1 else "s", ", ".join(uids))


def _keys(keys: Sequence[Hashable]) -> str:
    first = keys[0]
    if not isinstance(first, ImageIdentity):
        return ", ".join(str(key) for key in keys)
    more = " (and %d more)" % (len(keys) - 1) if len(keys) > 1 else ""
    return first.describe() + more


def check_beside(
    requests: Sequence[ImageRequest], kept: Sequence[RecordedImage]
) -> Tuple[Problem, ...]:
    """
    Return which requests would make an image that a compose has already.

    :param kept: entries of the compose's images.json that are not this run's own
    """
    by_path = {entry.path: entry for entry in kept}
    by_identity = {entry.identity: entry for entry in kept}
    problems: List[Problem] = []
    for request in requests:
        for claim in claims_of_request(request):
            other = by_path.get(claim.path or "")
            if other is None and claim.identity is not None:
                other = by_identity.get(claim.identity)
            if other is not None:
                problems.append(_taken(request, claim, other))
    return tuple(problems)


def _taken(request: ImageRequest, claim: Claim, other: RecordedImage) -> Problem:
    return Problem(
        "image-exists",
        request.config.place,
        "for variant %s and %s it makes an image like one that the compose has of another phase:"
        " %s (%s)" % (request.variant, claim.arch, other.path, other.identity.describe()),
        "Give the block another subvariant or name, or remove the other image from the compose.",
    )

"""Requests checked against each other and against productmd's words, before anything is asked."""

from __future__ import annotations

from collections import defaultdict
from typing import Callable, Dict, Hashable, Iterator, List, Optional, Sequence, Tuple

from pungi_osbuild.imagetypes import find, iso_type, productmd_type
from pungi_osbuild.metadata import Claim, RecordedImage, Vocabulary, claims_of_request
from pungi_osbuild.model import Arch, ImageRequest, Problem, Severity

Key = Optional[Hashable]


def check(requests: Sequence[ImageRequest], vocabulary: Vocabulary) -> Tuple[Problem, ...]:
    """
    Return what is wrong with a plan as a whole.

    :param vocabulary: the image types and formats that the installed productmd knows
    """
    return (
        *_clashes(
            requests,
            lambda request, _arch: request.nvr,
            "duplicate-nvr",
            "builds the same N-V-R, %s",
            "Koji never merges two tasks into one build: give each its own name, version or"
            " release.",
        ),
        *_clashes(
            requests,
            _identity,
            "duplicate-identity",
            "makes an image that images.json cannot tell from the other: %s",
            "Give one of them another subvariant.",
        ),
        *_words(requests, vocabulary),
    )


def expected(request: ImageRequest, arch: Arch) -> Optional[Tuple[str, Optional[Tuple[str, str]]]]:
    """
    Return what file a request makes for an arch, as far as the catalogue knows.

    :returns: the suffix, and productmd's (type, format) or None where it has no word; None for
        an image type that the catalogue does not have
    """
    entry = find(request.config.image_type)
    if entry is None:
        return None
    suffix = entry.file(request.config.distro).suffix
    filename = "%s.%s.%s" % (request.nvr_of(request.release or "0"), arch, suffix)
    words = productmd_type(
        request.config.image_type, suffix, filename, request.config.manifest_type
    )
    return suffix, words


def _identity(request: ImageRequest, arch: Arch) -> Key:
    found = expected(request, arch)
    if found is None or found[1] is None:
        return None
    return "subvariant %s, type %s, format %s, arch %s" % (request.subvariant, *found[1], arch)


def _clashes(
    requests: Sequence[ImageRequest],
    key_of: Callable[[ImageRequest, Arch], Key],
    code: str,
    message: str,
    hint: str,
) -> Iterator[Problem]:
    first: Dict[Hashable, ImageRequest] = {}
    told: set[Tuple[str, str]] = set()
    for request in requests:
        for arch in request.arches:
            key = key_of(request, arch)
            if key is None:
                continue
            other = first.setdefault(key, request)
            if other is request or (request.config.place, other.config.place) in told:
                continue
            told.add((request.config.place, other.config.place))
            yield Problem(
                code,
                Severity.ERROR,
                request.config.place,
                "for variant %s it %s, as %s for variant %s does"
                % (request.variant, message % (key,), other.config.place, other.variant),
                hint,
            )


def _words(requests: Sequence[ImageRequest], vocabulary: Vocabulary) -> Iterator[Problem]:
    by_block: Dict[str, List[ImageRequest]] = defaultdict(list)
    for request in requests:
        by_block[request.config.place].append(request)
    for place, group in by_block.items():
        request = group[0]
        found = expected(request, request.arches[0])
        if found is not None:
            yield from _words_of(place, request, found[0], found[1], vocabulary)


def _words_of(
    place: str,
    request: ImageRequest,
    suffix: str,
    words: Optional[Tuple[str, str]],
    vocabulary: Vocabulary,
) -> Iterator[Problem]:
    image_type, manifest_type = request.config.image_type, request.config.manifest_type
    if words is None:
        yield Problem(
            "not-in-images-json",
            Severity.WARNING,
            "%s.image_types" % place,
            "images.json has no words for a .%s file of image type %s" % (suffix, image_type),
            "It is placed and recorded in osbuild.json only; nothing needs to be done.",
        )
    elif not vocabulary.knows(*words):
        unknown = words[0] if words[0] not in vocabulary.types else words[1]
        yield Problem(
            "unknown-productmd-type",
            Severity.ERROR,
            "%s.%s" % (place, "manifest_type" if manifest_type else "image_types"),
            "the installed productmd does not know %r (type %s, format %s)" % (unknown, *words),
            "Set manifest_type to a type that it knows, or use a newer productmd: %s."
            % ", ".join(sorted(vocabulary.types)),
        )
    if suffix == "iso" and manifest_type is None and _is_misnamed(request):
        yield Problem(
            "iso-type",
            Severity.WARNING,
            "%s.image_types" % place,
            "the ISO of image type %s is filed as 'dvd', by its name alone" % image_type,
            "Set manifest_type: dvd-ostree-osbuild, live-osbuild or boot.",
        )


def _is_misnamed(request: ImageRequest) -> bool:
    name = "%s.iso" % request.nvr_of(request.release or "0")
    special = ("iot-", "edge-", "live-", "network-")
    kind = request.config.image_type
    return iso_type(name) == "dvd" and any(part in kind for part in special)


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
        Severity.ERROR,
        request.config.place,
        "for variant %s and %s it makes an image like one that the compose has of another phase:"
        " %s (%s)" % (request.variant, claim.arch, other.path, other.identity.describe()),
        "Give the block another subvariant or name, or take the other image out of the compose.",
    )

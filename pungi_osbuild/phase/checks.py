"""Requests checked against each other and against productmd's words, before anything is asked."""

from __future__ import annotations

from typing import Callable, Dict, Hashable, Iterator, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.errors import SourceError
from pungi_osbuild.imagetypes import find, productmd_type
from pungi_osbuild.metadata import Claim, RecordedImage, Vocabulary, claims_of_request
from pungi_osbuild.model import (
    Arch,
    ComposeIdentity,
    ImageRequest,
    Problem,
    Settings,
    Severity,
)
from pungi_osbuild.phase.media_checksums import check_media_checksums

Key = Optional[Hashable]


def check(requests: Sequence[ImageRequest], vocabulary: Vocabulary) -> Tuple[Problem, ...]:
    """
    Return what is wrong with a plan as a whole.

    :param vocabulary: the image types and formats that the installed productmd knows
    """
    told: Set[Tuple[str, str]] = set()
    return (
        *_clashes(
            requests,
            told,
            lambda request, _arch: request.nvr,
            "duplicate-nvr",
            "builds the same N-V-R, %s",
            "Koji never merges two tasks into one build: give each its own name, version or"
            " release.",
        ),
        *_clashes(
            requests,
            told,
            _path,
            "duplicate-file",
            "places the same file, %s",
            "Give each its own name, version or release.",
        ),
        *_clashes(
            requests,
            set(),
            _identity,
            "duplicate-identity",
            "makes an image that images.json cannot tell from the other: %s",
            "Give one of them another subvariant.",
        ),
        *_words(requests, vocabulary),
    )


def check_settings(settings: Settings, identity: ComposeIdentity) -> Tuple[Problem, ...]:
    """Return what is wrong with the options of the checksum files."""
    try:
        check_media_checksums(settings, identity)
    except SourceError as error:
        place = "media_checksums"
        return (Problem("media-checksums", Severity.ERROR, place, error.reason, error.solution),)
    return ()


def _claim(request: ImageRequest, arch: Arch) -> Optional[Claim]:
    return next((claim for claim in claims_of_request(request) if claim.arch == arch), None)


def _path(request: ImageRequest, arch: Arch) -> Key:
    claim = _claim(request, arch)
    return claim.path if claim is not None else None


def _identity(request: ImageRequest, arch: Arch) -> Key:
    claim = _claim(request, arch)
    if claim is None or claim.identity is None:
        return None
    return claim.identity.describe()


def _clashes(
    requests: Sequence[ImageRequest],
    told: Set[Tuple[str, str]],
    key_of: Callable[[ImageRequest, Arch], Key],
    code: str,
    message: str,
    hint: str,
) -> Iterator[Problem]:
    """Say which blocks have one key; a pair that was told of already is left out."""
    first: Dict[Hashable, ImageRequest] = {}
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
    first = {request.config.place: request for request in reversed(requests)}
    for place, request in sorted(first.items(), key=lambda item: item[1].number):
        config = request.config
        entry = find(config.image_type)
        if entry is not None:
            suffix = entry.file(config.distro).suffix
            name = "%s.%s" % (request.nvr_of(request.release or "0"), suffix)
            words = productmd_type(config.image_type, suffix, name, config.manifest_type)
            yield from _words_of(place, request, suffix, words, vocabulary)


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
    if words == ("dvd", "iso") and manifest_type is None and _is_special_iso(image_type):
        yield Problem(
            "iso-type",
            Severity.WARNING,
            "%s.image_types" % place,
            "the ISO of image type %s is filed as 'dvd', by its name alone" % image_type,
            "Set manifest_type: dvd-ostree-osbuild, live-osbuild or boot.",
        )


def _is_special_iso(image_type: str) -> bool:
    return any(part in image_type for part in ("iot-", "edge-", "live-", "network-"))


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

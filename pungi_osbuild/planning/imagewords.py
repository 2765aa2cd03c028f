"""Requests checked against the words that the installed productmd has for images."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Set, Tuple

from pungi_osbuild.imagetypes import expected_suffix, find, iso_type, words_of
from pungi_osbuild.metadata import Vocabulary, has_sound_identity
from pungi_osbuild.model import ImageConfig, ImageRequest
from pungi_osbuild.problems import Problem, Severity, along

Words = Tuple[str, str]


def word_problems(requests: Sequence[ImageRequest], vocabulary: Vocabulary) -> Iterator[Problem]:
    """Say which images images.json cannot describe, or would describe oddly."""
    told: Set[Problem] = set()
    for request in requests:
        for problem in _of_request(request, vocabulary):
            if problem not in told:
                told.add(problem)
                yield problem


def _of_request(request: ImageRequest, vocabulary: Vocabulary) -> Iterator[Problem]:
    config = request.config
    if not has_sound_identity(config):
        return
    suffix = expected_suffix(config)
    if suffix is None:
        yield from _type_alone(config, vocabulary)
        return
    filename = "%s.%s.%s" % (request.nvr_of(request.release or "0"), request.arches[0], suffix)
    words = words_of(config, suffix, filename)
    if words is None:
        yield _wordless(config, "image type for .%s (%s)" % (suffix, config.image_type))
        return
    yield from _unknown(config, words, vocabulary)
    yield from _odd_pair(config, words, vocabulary)
    yield from _misfiled_iso(config, suffix, filename)
    for arch in request.arches:
        if arch not in vocabulary.arches:
            yield _wordless(config, "arch %s" % arch)


def _wordless(config: ImageConfig, what: str) -> Problem:
    return Problem(
        "not-in-images-json",
        "%s.image_types" % config.place,
        "productmd has no %s; recorded in osbuild.json only" % what,
        "No action needed: the image is placed all the same.",
        Severity.NOTE,
    )


def _place_of(config: ImageConfig, word: str) -> str:
    """
    Return where a word comes from.

    :param word: ``type`` or ``format``
    """
    if word == "type" and config.manifest_type:
        return "%s.manifest_type" % config.place
    if config.listed is not None and getattr(config.listed, word) is not None:
        return along("osbuild_image_types", [config.listed.name, word])
    return "%s.image_types" % config.place


def _type_option(config: ImageConfig) -> str:
    """Return the option that says a type, or could."""
    in_list = config.listed is not None and config.listed.type is not None
    return "type" if in_list and not config.manifest_type else "manifest_type"


def _type_alone(config: ImageConfig, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Judge the type of an image whose file nobody knows."""
    listed = config.listed.type if config.listed is not None else None
    type_ = config.manifest_type or listed
    if type_ is not None and type_ not in vocabulary.types:
        message = "the installed productmd does not know the type %r" % type_
        yield _no_such_word(config, "type", message, vocabulary)


def _unknown(config: ImageConfig, words: Words, vocabulary: Vocabulary) -> Iterator[Problem]:
    if vocabulary.knows(*words):
        return
    word = "type" if words[0] not in vocabulary.types else "format"
    unknown = words[0] if word == "type" else words[1]
    message = "the installed productmd does not know %r (type %s, format %s)" % (unknown, *words)
    yield _no_such_word(config, word, message, vocabulary)


def _no_such_word(config: ImageConfig, word: str, message: str, vocabulary: Vocabulary) -> Problem:
    known = vocabulary.types if word == "type" else vocabulary.formats
    what = "%s to a type" % _type_option(config) if word == "type" else "the format to one"
    return Problem(
        "unknown-productmd-type",
        _place_of(config, word),
        message,
        "Set %s that it knows (%s), or use a newer productmd." % (what, ", ".join(sorted(known))),
    )


def _odd_pair(config: ImageConfig, words: Words, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Say where productmd knows both words, and has never seen them together."""
    formats = vocabulary.formats_of(words[0])
    if vocabulary.knows(*words) and formats and words[1] not in formats:
        fitting = vocabulary.types_of(words[1])
        yield Problem(
            "odd-productmd-type",
            _place_of(config, "type"),
            "a .%s file is no %r to productmd, whose files are %s"
            % (words[1], words[0], ", ".join(formats)),
            _better(config, fitting),
            Severity.WARNING,
        )


def _better(config: ImageConfig, fitting: Sequence[str]) -> str:
    entry = find(config.image_type)
    if config.manifest_type and entry is not None and None in dict(entry.recorded_as).values():
        return "Leave manifest_type out: productmd has no word for what it is."
    if fitting:
        return "Set %s: %s." % (_type_option(config), " or ".join(fitting))
    return "Set another type, or leave it as it is: it can be recorded."


def _misfiled_iso(config: ImageConfig, suffix: str, filename: str) -> Iterator[Problem]:
    """Say where the in-tree rule, which looks at names, is at odds with the image type."""
    named = config.manifest_type or (config.listed.type if config.listed is not None else None)
    meant = _iso_of(config)
    if suffix != "iso" or named or meant is None or iso_type(filename) == meant:
        return
    yield Problem(
        "iso-type",
        "%s.image_types" % config.place,
        "the ISO of image type %s is filed as %r, by its name alone"
        % (config.image_type, iso_type(filename)),
        'Set manifest_type: "%s".' % meant,
        Severity.WARNING,
    )


def _iso_of(config: ImageConfig) -> Optional[str]:
    entry = find(config.image_type)
    return entry.iso if entry is not None else None

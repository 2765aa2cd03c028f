"""Requests checked against the image types and formats of the installed productmd."""

from __future__ import annotations

from typing import Iterator, Sequence, Set

from pungi_osbuild.config import type_place
from pungi_osbuild.imagetypes import expected_suffix, find, iso_type, type_and_format
from pungi_osbuild.metadata import ProductmdTypes, has_valid_identity
from pungi_osbuild.model import ImageConfig, ImageRequest
from pungi_osbuild.problems import Problem, Severity, along


def productmd_problems(
    requests: Sequence[ImageRequest], productmd: ProductmdTypes
) -> Iterator[Problem]:
    """Say which images images.json cannot describe, or would describe oddly."""
    reported: Set[Problem] = set()
    for request in requests:
        for problem in _of_request(request, productmd):
            if problem not in reported:
                reported.add(problem)
                yield problem


def _of_request(request: ImageRequest, productmd: ProductmdTypes) -> Iterator[Problem]:
    config = request.config
    if not has_valid_identity(config):
        return
    suffix = expected_suffix(config)
    if suffix is None:
        yield from _type_alone(config, productmd)
        return
    filename = "%s.%s.%s" % (request.nvr_of(request.release or "0"), request.arches[0], suffix)
    described = type_and_format(config, suffix, filename)
    if described is None:
        yield _unmapped(config, "image type for .%s (%s)" % (suffix, config.image_type))
        return
    yield from _unknown(config, *described, productmd)
    yield from _unusual_pair(config, *described, productmd)
    yield from _misfiled_iso(config, suffix, filename)
    for arch in request.arches:
        if arch not in productmd.arches:
            yield _unmapped(config, "arch %s" % arch)


def _unmapped(config: ImageConfig, what: str) -> Problem:
    return Problem(
        "not-in-images-json",
        type_place(config),
        "productmd has no %s; recorded in osbuild.json only" % what,
        "No action needed: the image is placed all the same.",
        Severity.NOTE,
    )


def _place_of(config: ImageConfig, field: str) -> str:
    """
    Return where a field of images.json comes from.

    :param field: ``type`` or ``format``
    """
    if field == "type" and config.manifest_type:
        return "%s.manifest_type" % config.place
    if config.listed is not None and getattr(config.listed, field) is not None:
        return along("osbuild_image_types", [config.listed.name, field])
    return type_place(config)


def _type_option(config: ImageConfig) -> str:
    """Return the option that says a type, or could."""
    in_list = config.listed is not None and config.listed.type is not None
    return "type" if in_list and not config.manifest_type else "manifest_type"


def _type_alone(config: ImageConfig, productmd: ProductmdTypes) -> Iterator[Problem]:
    """Check the type of an image whose file is unknown."""
    listed = config.listed.type if config.listed is not None else None
    type_ = config.manifest_type or listed
    if type_ is not None and type_ not in productmd.types:
        message = "the installed productmd does not know the type %r" % type_
        yield _unknown_value(config, "type", message, productmd)


def _unknown(
    config: ImageConfig, type_: str, format_: str, productmd: ProductmdTypes
) -> Iterator[Problem]:
    if productmd.knows(type_, format_):
        return
    field, value = ("format", format_) if type_ in productmd.types else ("type", type_)
    message = "the installed productmd does not know %r (type %s, format %s)"
    yield _unknown_value(config, field, message % (value, type_, format_), productmd)


def _unknown_value(
    config: ImageConfig, field: str, message: str, productmd: ProductmdTypes
) -> Problem:
    known = productmd.types if field == "type" else productmd.formats
    what = "%s to a type" % _type_option(config) if field == "type" else "the format to one"
    return Problem(
        "unknown-productmd-type",
        _place_of(config, field),
        message,
        "Set %s that it knows (%s), or use a newer productmd." % (what, ", ".join(sorted(known))),
    )


def _unusual_pair(
    config: ImageConfig, type_: str, format_: str, productmd: ProductmdTypes
) -> Iterator[Problem]:
    """Say where productmd knows type and format, but not of each other."""
    formats = productmd.formats_of(type_)
    if productmd.knows(type_, format_) and formats and format_ not in formats:
        yield Problem(
            "odd-productmd-type",
            _place_of(config, "type"),
            "productmd expects images of type %r to be %s, not .%s"
            % (type_, ", ".join(".%s" % known for known in formats), format_),
            _better(config, productmd.types_of(format_)),
            Severity.WARNING,
        )


def _better(config: ImageConfig, fitting: Sequence[str]) -> str:
    entry = find(config.image_type)
    if config.manifest_type and entry is not None and None in dict(entry.recorded_as).values():
        return "Leave manifest_type out: productmd has no type for what it is."
    if fitting:
        return "Set %s: %s." % (_type_option(config), " or ".join(fitting))
    return "Set another type, or leave it as it is: it can be recorded."


def _misfiled_iso(config: ImageConfig, suffix: str, filename: str) -> Iterator[Problem]:
    """Say where the in-tree rule, which looks at names, is at odds with the image type."""
    named = config.manifest_type or (config.listed.type if config.listed is not None else None)
    entry = find(config.image_type)
    meant = None if entry is None else entry.iso
    if suffix != "iso" or named or meant is None or iso_type(filename) == meant:
        return
    yield Problem(
        "iso-type",
        type_place(config),
        "the ISO of image type %s is filed as %r, by its name alone"
        % (config.image_type, iso_type(filename)),
        'Set manifest_type: "%s".' % meant,
        Severity.WARNING,
    )

"""
Names in the clouds: two uploads must not want the same one, and a compose not that of the last.

Which name an upload wants, and what it must differ from, stands in its cloud's file. An upload
without a name gets a new one from composer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Dict, Hashable, Iterator, Optional, Sequence, Set, Tuple

from pungi_osbuild.config import resolve_release, resolve_version
from pungi_osbuild.model import (
    Arch,
    CloudName,
    ComposeIdentity,
    ImageConfig,
    ImageRequest,
    Template,
    UploadTemplate,
)
from pungi_osbuild.problems import Problem, Severity, within


def name_problems(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
    """Say which uploads want one name."""
    first: Dict[Hashable, Tuple[ImageRequest, Arch]] = {}
    reported: Set[Tuple[str, str, str]] = set()
    for request in requests:
        upload = request.upload
        name = upload.wanted_name() if upload is not None else None
        if upload is None or name is None:
            continue
        for arch in request.arches:
            key = (upload.provider, name.key)
            other, other_arch = first.setdefault(key, (request, arch))
            if (other, other_arch) == (request, arch):
                continue
            place = option_place(request.config, arch, name.option)
            pair = (place, other.config.place, name.what)
            if pair not in reported:
                reported.add(pair)
                yield _collision(name, place, (request, arch), (other, other_arch))


def _collision(
    name: CloudName,
    place: str,
    one: Tuple[ImageRequest, Arch],
    other: Tuple[ImageRequest, Arch],
) -> Problem:
    whose = "%s of %s for variant %s" % (other[1], other[0].config.place, other[0].variant)
    differ = one[1] != other[1]
    hint = "Put {arch} into it" if differ else "Put {name} or {variant} into it"
    if name.moves:
        return Problem(
            "container-tag-moves",
            place,
            "%s is pushed for %s, too: the tag moves to whichever comes last" % (name.what, whose),
            "%s, so that each has a tag of its own." % hint,
            Severity.WARNING,
        )
    if differ and not name.takes_arch:
        hint = "Give each arch a name of its own in arch_upload_options"
    return Problem(
        "duplicate-cloud-name",
        place,
        "two uploads want %s: the other is for %s" % (name.what, whose),
        "%s, or leave the option out: composer gives each image a new name." % hint,
    )


def shared_name_problems(
    request: ImageRequest, template: UploadTemplate, identity: ComposeIdentity
) -> Iterator[Problem]:
    """
    Say which composes would want the name that an upload of this one wants.

    :param request: without its upload
    :param template: what is uploaded
    """
    upload = template.options
    name = template.filled(request.attempt).wanted_name()
    if name is None or name.moves:
        return
    written = getattr(upload, name.option)
    fields = Template.parse(written).fields
    # A compose id and an N-V-R are given once; a date that is written out is of a config that is
    # written again for each compose.
    if {"compose_id", "nvr"} & set(fields) or identity.date in written:
        return
    shared = []
    for what, other in _other_composes(identity):
        there = _in_compose(request, other)
        # Koji refuses the build of an N-V-R that it has, before its name is of any matter.
        is_refused = "release" in fields and there.nvr == request.nvr
        if not is_refused and _name_in(there, other, template) == name:
            shared.append(what)
    if shared:
        yield Problem(
            "fixed-cloud-name",
            option_place(request.config, request.arches[0], name.option),
            "%r is the same name in composes that differ only in %s"
            % (written, _listed(shared, "or")),
            "Add %s, use {compose_id} where the cloud takes it, or leave the option out: composer"
            " gives each image a new name." % _listed(["{%s}" % what for what in shared], "and"),
            Severity.WARNING,
        )


def _other_composes(identity: ComposeIdentity) -> Iterator[Tuple[str, ComposeIdentity]]:
    """Give composes that differ from one in a single thing: the label is no part of their ids."""
    day = datetime.strptime(identity.date, "%Y%m%d") + timedelta(days=1)
    yield "date", replace(identity, date=day.strftime("%Y%m%d"))
    yield "type", replace(identity, type=next(kind for kind in _TYPES if kind != identity.type))
    yield "respin", replace(identity, respin=identity.respin + 1)


_TYPES = ("nightly", "test")


def _in_compose(request: ImageRequest, identity: ComposeIdentity) -> ImageRequest:
    config = request.config
    release = None if config.release is None else resolve_release(config.release, identity)
    version = resolve_version(config.version, identity)
    return replace(request, version=version, base_release=release)


def _name_in(
    request: ImageRequest, identity: ComposeIdentity, template: UploadTemplate
) -> Optional[CloudName]:
    words = {**dict(template.words), **template_values(request, identity)}
    other = UploadTemplate(template.options, tuple(words.items()))
    return other.filled(request.attempt).wanted_name()


def _listed(words: Sequence[str], last: str) -> str:
    return (" %s " % last).join(filter(None, [", ".join(words[:-1]), words[-1]]))


def template_values(request: ImageRequest, identity: ComposeIdentity) -> Dict[str, str]:
    """Return what the fields of templates stand for; those that stand for nothing are left out."""
    words: Dict[str, Optional[str]] = {
        "arch": request.arches[0] if len(request.arches) == 1 else None,
        "variant": request.variant,
        "subvariant": request.subvariant,
        "name": request.config.name,
        "version": request.version,
        "release": request.release,
        "nvr": request.nvr,
        "image_type": request.config.image_type,
        "compose_id": identity.id,
        "date": identity.date,
        "respin": str(identity.respin),
        "type": identity.type,
        "label": identity.label,
    }
    return {field: word for field, word in words.items() if word is not None}


def option_place(block: ImageConfig, arch: Arch, option: str, index: int = -1) -> str:
    """
    Return where a block has an upload option for an arch.

    :param index: position of an item, where the option is a list
    """
    own = block.arch_upload(arch)
    place = within(block.place, "upload_options")
    if own is not None and option in own.own:
        place = within(within(block.place, "arch_upload_options"), arch)
    place = within(place, option)
    return place if index < 0 else within(place, index)

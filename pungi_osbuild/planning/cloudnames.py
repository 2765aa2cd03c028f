"""
Names in the clouds: two uploads must not want the same one, and a compose not that of the last.

AWS refuses a second AMI of one name in a region, GCP a second image of one name in the project
(which is composer's, so the same for all), Azure's names are of a resource group. A registry takes
a tag a second time, and moves it. An upload without a name gets a new one from composer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Callable, Dict, Hashable, Iterator, Mapping, Optional, Sequence, Set, Tuple

from pungi_osbuild.config import option_place, resolve_release, resolve_version
from pungi_osbuild.model import (
    Arch,
    AwsEc2Upload,
    AzureUpload,
    ComposeIdentity,
    ContainerUpload,
    GcpUpload,
    ImageRequest,
    Provider,
    Template,
    Upload,
    UploadTemplate,
)
from pungi_osbuild.problems import Problem, Severity


@dataclass(frozen=True)
class Name:
    """
    A name that an upload wants.

    :param option: which option says it
    :param key: equal for two uploads that cannot both have it
    :param what: the name and where it is, for a message
    """

    option: str
    key: Hashable
    what: str


def name_problems(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
    """Say which uploads want one name."""
    first: Dict[Hashable, Tuple[ImageRequest, Arch]] = {}
    told: Set[Tuple[str, str, str]] = set()
    for request in requests:
        upload = request.upload
        name = wanted_name(upload)
        if upload is None or name is None:
            continue
        for arch in request.arches:
            other, other_arch = first.setdefault(name.key, (request, arch))
            if (other, other_arch) == (request, arch):
                continue
            place = option_place(request.config, arch, name.option)
            pair = (place, other.config.place, name.what)
            if pair not in told:
                told.add(pair)
                yield _collision(upload.provider, name, place, (request, arch), (other, other_arch))


def _collision(
    provider: Provider,
    name: Name,
    place: str,
    one: Tuple[ImageRequest, Arch],
    other: Tuple[ImageRequest, Arch],
) -> Problem:
    whose = "%s of %s for variant %s" % (other[1], other[0].config.place, other[0].variant)
    differ = one[1] != other[1]
    hint = "Put {arch} into it" if differ else "Put {name} or {variant} into it"
    if provider is Provider.CONTAINER:
        return Problem(
            "container-tag-moves",
            place,
            "%s is pushed for %s, too: the tag moves to whichever comes last" % (name.what, whose),
            "%s, so that each has a tag of its own." % hint,
            Severity.WARNING,
        )
    if provider is Provider.GCP and differ:
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
    name = wanted_name(template.filled(request.attempt))
    if name is None or isinstance(upload, ContainerUpload):  # a tag is there to be moved
        return
    written = getattr(upload, name.option)
    fields = Template.parse(written).fields
    # A compose id and an N-V-R are given once; a date that is written out is of a config that is
    # written anew for each compose.
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
) -> Optional[Name]:
    words = {**dict(template.words), **words_of(request, identity)}
    other = UploadTemplate(template.options, tuple(words.items()))
    return wanted_name(other.filled(request.attempt))


def _listed(words: Sequence[str], last: str) -> str:
    return (" %s " % last).join(filter(None, [", ".join(words[:-1]), words[-1]]))


def words_of(request: ImageRequest, identity: ComposeIdentity) -> Dict[str, str]:
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


def wanted_name(upload: Optional[Upload]) -> Optional[Name]:
    """Return the name that an upload wants; None where composer gives one."""
    if upload is None or upload.provider not in _NAMES:
        return None
    return _NAMES[upload.provider](upload)


def _ami(upload: Upload) -> Optional[Name]:
    if not isinstance(upload, AwsEc2Upload) or not upload.snapshot_name:
        return None
    what = "the AMI name %r in %s" % (upload.snapshot_name, upload.region)
    return Name("snapshot_name", (Provider.AWS, upload.region, upload.snapshot_name), what)


def _gcp(upload: Upload) -> Optional[Name]:
    if not isinstance(upload, GcpUpload) or not upload.image_name:
        return None
    what = "the GCP image name %r" % upload.image_name
    return Name("image_name", (Provider.GCP, upload.image_name), what)


def _azure(upload: Upload) -> Optional[Name]:
    if not isinstance(upload, AzureUpload) or not upload.image_name:
        return None
    # Azure looks at no case, neither in names nor in ids.
    where = (upload.subscription_id, upload.resource_group, upload.image_name)
    what = "the Azure image name %r in %s" % (upload.image_name, upload.resource_group)
    return Name("image_name", (Provider.AZURE, *(part.lower() for part in where)), what)


def _container(upload: Upload) -> Optional[Name]:
    if not isinstance(upload, ContainerUpload) or not upload.name or not upload.tag:
        return None
    what = "the container %s:%s" % (upload.name, upload.tag)
    return Name("tag", (Provider.CONTAINER, upload.name, upload.tag), what)


_NAMES: Mapping[Provider, Callable[[Upload], Optional[Name]]] = {
    Provider.AWS: _ami,
    Provider.GCP: _gcp,
    Provider.AZURE: _azure,
    Provider.CONTAINER: _container,
}

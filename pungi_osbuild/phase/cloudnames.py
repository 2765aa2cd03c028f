"""
Names in the clouds: two uploads must not want the same one, and a compose not that of the last.

AWS refuses a second AMI of one name in a region, GCP a second image of one name in the project
(which is composer's, so the same for all), Azure's names are of a resource group. A registry takes
a tag a second time, and moves it. An upload without a name gets a new one from composer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Hashable, Iterator, Mapping, Optional, Sequence, Set, Tuple

from pungi_osbuild.config import option_place
from pungi_osbuild.model import (
    Arch,
    AwsEc2Upload,
    AzureUpload,
    ContainerUpload,
    GcpUpload,
    ImageRequest,
    Problem,
    Provider,
    Severity,
    Template,
    Upload,
)


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
    """Say which uploads want one name, and which names are the same in every compose."""
    yield from _collisions(requests)
    yield from _fixed_names(requests)


def _collisions(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
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
            Severity.WARNING,
            place,
            "%s is pushed for %s, too: the tag moves to whichever comes last" % (name.what, whose),
            "%s, so that each has a tag of its own." % hint,
        )
    if provider is Provider.GCP and differ:
        hint = "Give each arch a name of its own in arch_upload_options"
    return Problem(
        "duplicate-cloud-name",
        Severity.ERROR,
        place,
        "two uploads want %s: the other is for %s" % (name.what, whose),
        "%s, or leave the option out: composer gives each image a new name." % hint,
    )


def _fixed_names(requests: Sequence[ImageRequest]) -> Iterator[Problem]:
    told: Set[str] = set()
    for request in requests:
        upload, template = request.upload, request.upload_template
        name = wanted_name(upload)
        if template is None or name is None or isinstance(upload, ContainerUpload):
            continue
        place = option_place(request.config, request.arches[0], name.option)
        if place in told or _varies(request, getattr(template.options, name.option)):
            continue
        told.add(place)
        yield Problem(
            "fixed-cloud-name",
            Severity.WARNING,
            place,
            "%s is the same in every compose, and can be had once" % name.what,
            "Put {date} and {respin} into it, {compose_id} or {nvr} where the cloud takes them, or"
            " leave the option out.",
        )


def _varies(request: ImageRequest, written: str) -> bool:
    """Whether a name is another in the next compose, as far as that shows."""
    fields = Template.parse(written).fields
    # Koji never builds an N-V-R twice, so what has one in it is new each time.
    if {"compose_id", "date", "release", "nvr", "label"} & set(fields):
        return True
    if "version" in fields and "DATE" in (request.config.version or ""):
        return True
    template = request.upload_template
    words: Mapping[str, str] = dict(template.words) if template is not None else {}
    return words.get("date", "{date}") in written


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

"""
The images of a compose as cloud-image-val's resources file: what it is to start and test.

The keys were read in cloud-image-val's samples and builders (2026). It takes one cloud at a time,
and starts x86_64 machines unless an instance type says otherwise.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from pungi_osbuild.errors import InputError
from pungi_osbuild.imagetypes import suffix_of
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import CloudImage, JsonDict, Provider

_Pair = Tuple[ImageRecord, CloudImage]

_AWS_ARM = "t4g.medium"
_GCP_ARM = "t2a-standard-2"
_AZURE_ARM = "Standard_D2pds_v5"


def cloud_image_val(images: Sequence[ImageRecord]) -> JsonDict:
    """
    Return the resources file for the AMIs, the GCP or the Azure images among some.

    :raises InputError: there are images of several clouds, projects or subscriptions, or none that
        it can start
    """
    pairs: Dict[Provider, List[_Pair]] = {}
    for image in images:
        for upload in image.cloud:
            if upload.provider in _MAKERS:
                pairs.setdefault(upload.provider, []).append((image, upload))
    names = ", ".join(provider.value for provider in _MAKERS)
    if not pairs:
        raise InputError(
            "there is no image here that cloud-image-val can start",
            "It starts those of %s; see without --format what there is." % names,
        )
    if len(pairs) > 1:
        raise InputError(
            "cloud-image-val takes one cloud at a time, and there are images of %s"
            % ", ".join(sorted(provider.value for provider in pairs)),
            "Choose with --provider.",
        )
    ((provider, chosen),) = pairs.items()
    return _MAKERS[provider](chosen)


def _aws(pairs: Sequence[_Pair]) -> JsonDict:
    instances = [
        {
            "ami": upload.id,
            "region": upload.region,
            "instance_type": _machine(image, _AWS_ARM),
            "username": "fedora" if image.distro.startswith("fedora") else "ec2-user",
            "name": upload.name or _name(image),
        }
        for image, upload in pairs
    ]
    return {"provider": "aws", "instances": instances}


def _gcp(pairs: Sequence[_Pair]) -> JsonDict:
    instances = [
        {
            "image": upload.image_name,
            "region": upload.region,
            "zone": None if upload.region is None else "%s-c" % upload.region,
            "instance_type": _machine(image, _GCP_ARM),
            "name": _name(image),
        }
        for image, upload in pairs
    ]
    project = _the_one("project", {upload.project_id for _image, upload in pairs})
    return {"provider": "gcloud", "project": project, "instances": instances}


def _azure(pairs: Sequence[_Pair]) -> JsonDict:
    instances = []
    for image, upload in pairs:
        instance = {"image_uri": upload.id, "arch": image.arch, "name": _name(image)}
        if upload.location:
            instance["location"] = upload.location
        if _machine(image, _AZURE_ARM):
            instance["instance_type"] = _AZURE_ARM
        instances.append(instance)
    uploads = [upload for _image, upload in pairs]
    return {
        "provider": "azure",
        "subscription_id": _the_one("subscription", {one.subscription_id for one in uploads}),
        "resource_group": _the_one("resource group", {one.resource_group for one in uploads}),
        "instances": instances,
    }


_MAKERS: Mapping[Provider, Callable[[Sequence[_Pair]], JsonDict]] = {
    Provider.AWS: _aws,
    Provider.AZURE: _azure,
    Provider.GCP: _gcp,
}


def _machine(image: ImageRecord, for_arm: str) -> str:
    """Return the type of a machine that can start an image; empty where any can."""
    return for_arm if image.arch == "aarch64" else ""


def _name(image: ImageRecord) -> str:
    """Return the name of the file in the compose, without its suffix."""
    suffix = suffix_of(image.koji.filename, image.koji.nvr, image.arch)
    return image.path.rsplit("/", 1)[-1].removesuffix("." + suffix)


def _the_one(what: str, values: Set[Optional[str]]) -> Optional[str]:
    if len(values) > 1:
        raise InputError(
            "cloud-image-val takes one %s at a time, and there are %s"
            % (what, ", ".join(sorted(str(value) for value in values))),
            "Choose with --variant, --subvariant or --type.",
        )
    (value,) = values
    return value

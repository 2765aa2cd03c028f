"""
The images of a compose as cloud-image-val's resources file: what it is to start and test.

The keys were read in cloud-image-val's samples and builders (2026). It takes one cloud at a time,
and starts x86_64 machines unless an instance type says otherwise.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set, Tuple

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.clouds import Cloud, Exported, cloud_of, clouds
from pungi_osbuild.errors import InputError
from pungi_osbuild.imagetypes import suffix_of
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import CloudImage


def cloud_image_val(images: Sequence[ImageRecord]) -> JsonDict:
    """
    Return the resources file for the AMIs, the GCP or the Azure images among some.

    :raises InputError: there are images of several clouds, projects or subscriptions, or none that
        it can start
    """
    by_cloud: Dict[Cloud, List[Tuple[CloudImage, Exported]]] = {}
    for image in images:
        for upload in image.cloud:
            cloud = cloud_of(upload.provider)
            if cloud.val_name:
                exported = Exported(image.arch, image.distro, _name(image))
                by_cloud.setdefault(cloud, []).append((upload, exported))
    if not by_cloud:
        names = ", ".join(sorted(cloud.id for cloud in clouds() if cloud.val_name))
        raise InputError(
            "there is no image here that cloud-image-val can start",
            "It starts those of %s; see without --format what there is." % names,
        )
    if len(by_cloud) > 1:
        raise InputError(
            "cloud-image-val takes one cloud at a time, and there are images of %s"
            % ", ".join(sorted(cloud.id for cloud in by_cloud)),
            "Choose with --provider.",
        )
    ((cloud, chosen),) = by_cloud.items()
    shared = [cloud.val_shared(upload) for upload, _exported in chosen]
    return {
        "provider": cloud.val_name,
        **{key: _the_one(key, {values[key] for values in shared}) for key in shared[0]},
        "instances": [cloud.val_instance(*pair) for pair in chosen],
    }


def _name(image: ImageRecord) -> str:
    """Return the name of the file in the compose, without its suffix."""
    suffix = suffix_of(image.koji.filename, image.koji.nvr, image.arch)
    return image.path.rsplit("/", 1)[-1].removesuffix("." + suffix)


def _the_one(key: str, values: Set[Optional[str]]) -> Optional[str]:
    if len(values) > 1:
        what = key.replace("_id", "").replace("_", " ")
        raise InputError(
            "cloud-image-val takes one %s at a time, and there are %s"
            % (what, ", ".join(sorted(str(value) for value in values))),
            "Choose with --variant, --subvariant or --type.",
        )
    (value,) = values
    return value

"""
What composer checks of a request before it answers, in composer's own order.

Measured on osbuild-composer 180, whose answers are in ``tests/conformance/data/golden-composer``.
Not checked, as there: whether repositories are there, whether the N-V-R is free or even a name, and
whether two image requests are the same.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, Iterator, List, Mapping, Optional

from koji_rehearsal.composer import cloudapi, errors, manifests
from koji_rehearsal.composer.errors import Refusal
from koji_rehearsal.composer.table import Table
from pungi_osbuild import imagetypes

BOOTC_ONLY = "bootable-container-iso"
"""The image type that no Koji build can have: koji-osbuild always names a distribution."""

_NO_REPOSITORIES = ("fedora-99",)
"""Distributions that composer was seen to have no repositories of its own for."""

_Json = Mapping[str, Any]


def refusal(request: Any, table: Table) -> Optional[Refusal]:
    """
    Return how composer refuses a request, or None where it takes it.

    :param request: the body of a POST to ``/compose``, as JSON has it
    :param table: what this composer builds
    """
    said = cloudapi.refused(request, table.version, table.new_types)
    if said:
        return Refusal(errors.SCHEMA, said)
    return next(_refusals(request, table), None)


def _refusals(request: _Json, table: Table) -> Iterator[Refusal]:
    """Give all that composer holds against a request; it tells the first one only."""
    yield from _of_reading(request)
    if ("distribution" in request) == ("bootc" in request):
        yield Refusal(43 if "bootc" in request else 44)
    images = _images(request)
    if any(image["image_type"] == BOOTC_ONLY for image in images) and "distribution" in request:
        yield Refusal(47)
    customizations = request.get("customizations", {})
    yield from _of_customizations(customizations)
    if "bootc" in request:
        # Nothing that comes through Koji is one; what else composer checks of it is not known.
        return
    distribution = table.distribution(request["distribution"])
    if distribution is None:
        yield Refusal(4)
        return
    if ("image_request" in request) == ("image_requests" in request):
        yield Refusal(25)
    for image in images:
        yield from _of_image(image, customizations, distribution, "koji" in request, table)
    task_id = request.get("koji", {}).get("task_id", 0)
    if task_id < 0:
        yield Refusal(errors.NO_HTTP_ERROR, "invalid Koji task ID: %d" % task_id)
    # koji-init is queued here, and each image's jobs when its manifest can be made.
    for number, image in enumerate(images):
        target = table.target(distribution, image["architecture"], image["image_type"])
        assert target is not None, "what composer does not build was refused before"
        yield from manifests.refusals(customizations, image, target, number)


def _images(request: _Json) -> List[_Json]:
    single = [request["image_request"]] if "image_request" in request else []
    return [*request.get("image_requests", ()), *single]


def _of_reading(request: _Json) -> Iterator[Refusal]:
    """
    Go's reader of JSON wants objects and natural numbers where the description leaves it open.

    What it says of an object was not recorded: nothing that comes through Koji has another there.
    """
    numbered = enumerate(request.get("image_requests", ()))
    images = [("image_requests.%d" % number, image) for number, image in numbered]
    if "image_request" in request:
        images.append(("image_request", request["image_request"]))
    mounts = enumerate(request.get("customizations", {}).get("filesystem", ()))
    sizes = [("customizations.filesystem.%d.min_size" % n, one["min_size"]) for n, one in mounts]
    for place, image in images:
        if not isinstance(image, dict):
            yield _unreadable(image, place, "v2.ImageRequest")
        else:
            sizes.append((place + ".size", image.get("size")))
    for place, size in sizes:
        if size is not None and not (type(size) is int and size >= 0):
            yield _unreadable(size, place, "uint64")


def _unreadable(value: Any, place: str, wanted: str) -> Refusal:
    said = "json: cannot unmarshal %s into Go struct field ComposeRequest.%s of type %s"
    return Refusal(errors.MALFORMED, said % (_go_kind(value), place, wanted))


def _go_kind(value: Any) -> str:
    kinds = {str: "string", bool: "bool", list: "array", dict: "object"}
    return kinds.get(type(value)) or "number %s" % value


def _of_customizations(customizations: _Json) -> Iterator[Refusal]:
    openscap = customizations.get("openscap", {})
    if "tailoring" in openscap and "json_tailoring" in openscap:
        yield Refusal(
            errors.NO_HTTP_ERROR,
            "OpenSCAP customization error: choose one option between OpenSCAP tailoring and"
            " OpenSCAP json tailoring",
        )
    for key, name in (("directories", "directory"), ("files", "file")):
        wrong = [said for one in customizations.get(key, ()) for said in _of_node(one)]
        if wrong:
            yield Refusal(35, "invalid %s customizations: [%s]" % (name, " ".join(wrong)))
    for size in _sizes(customizations.get("disk", {})):
        said = imagetypes.size_fault(size)
        if said:
            yield Refusal(35, said)


def _of_node(node: _Json) -> Iterator[str]:
    """Give what is wrong with a file or directory; of several things, the first."""
    mode, path = node.get("mode"), node["path"]
    said = imagetypes.path_fault(path)
    if mode and not imagetypes.is_mode(mode):
        yield "invalid mode %s: must be an octal number" % mode
    elif said:
        yield said


def _sizes(disk: _Json) -> Iterator[str]:
    partitions = disk.get("partitions", ())
    volumes = chain.from_iterable(map(manifests.volumes, partitions))
    for holder in chain((disk,), partitions, volumes):
        if "minsize" in holder:
            yield holder["minsize"]


def _of_image(
    image: _Json, customizations: _Json, distribution: str, has_koji: bool, table: Table
) -> Iterator[Refusal]:
    """Give what is wrong with an image request, before anything is queued."""
    arch, image_type = image["architecture"], image["image_type"]
    if not table.has_arch(distribution, arch):
        yield Refusal(5)
    target = table.target(distribution, arch, image_type)
    if target is None:
        yield Refusal(6)
        return
    yield from _of_repositories(image["repositories"])
    yield from _of_repositories(customizations.get("payload_repositories", ()))
    if not image["repositories"] and distribution in _NO_REPOSITORIES:
        said = 'requested repository not found: for distribution "%s"' % distribution
        yield Refusal(errors.NO_HTTP_ERROR, said)
    ostree = image.get("ostree", {})
    if ostree.get("contenturl") and not ostree.get("url"):
        yield Refusal(27)
    uploads = image.get("upload_targets", ())
    kind = target.row.upload if target.row is not None else None
    if kind and any(upload["type"] not in (kind, "local") for upload in uploads):
        yield Refusal(38)
    if not has_koji and not uploads and "upload_options" not in image:
        yield Refusal(1004)


def _of_repositories(repositories: Any) -> Iterator[Refusal]:
    for repository in repositories:
        if not any(repository.get(key) for key in ("baseurl", "mirrorlist", "metalink")):
            yield Refusal(7)
        if repository.get("check_gpg") and not repository.get("gpgkey"):
            yield Refusal(29)

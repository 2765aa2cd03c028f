"""
What image-builder holds against an image when composer makes its manifest, in its own order.

By then koji-init is queued, and the jobs of the image requests before this one. Measured on
osbuild-composer 180.
What it only drops, and that is most of what an image type cannot use, is not complained of here.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, Iterable, Iterator, List, Literal, Mapping, Sequence, Tuple

from koji_rehearsal.composer import errors
from koji_rehearsal.composer.errors import Refusal
from koji_rehearsal.composer.table import Target
from pungi_osbuild import imagetypes

_REF = re.compile(r"(?:\w[-.\w]*/)*\w[-.\w]*\Z", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{64}\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]*\Z|/[^\s\x00-\x1f\x7f]*\Z")

_Json = Mapping[str, Any]


def refusals(customizations: _Json, image: _Json, target: Target, number: int) -> Iterator[Refusal]:
    """
    Give what is wrong with an image; composer tells the first thing only.

    :param number: of the image request: so many were taken before it
    """
    manifest = partial(Refusal, errors.MANIFEST, queued=number)
    yield from map(manifest, _of_options(customizations, image, target))
    prefix = 'blueprint validation failed for image type "%s": ' % target.inner_name
    said = _of_customizations(customizations, target)
    yield from (manifest(prefix + one) for one in said)
    yield from map(manifest, _of_partitions(customizations, target))
    yield from (
        Refusal(errors.NO_HTTP_ERROR, one, queued=number)
        for one in _crashes(customizations, target)
    )


def _of_options(customizations: _Json, image: _Json, target: Target) -> Iterator[str]:
    mode = customizations.get("partitioning_mode")
    if "ostree" in image and not target.takes_ostree:
        yield 'OSTree is not supported for "%s"' % target.inner_name
    if mode == "raw" and target.image_type.startswith("iot-"):
        yield 'partitioning mode raw not supported for "%s"' % target.inner_name
    yield from _of_ostree(image.get("ostree", {}))
    if target.needs_ostree_url and not image.get("ostree", {}).get("url"):
        yield (
            'options validation failed for image type "%s": ostree.url: required, there is no'
            " default available" % target.inner_name
        )


def _of_ostree(ostree: _Json) -> Iterator[str]:
    ref, parent, url = (ostree.get(key) for key in ("ref", "parent", "url"))
    if ref and _COMMIT.match(ref):
        yield "ostree image ref looks like a checksum %s" % _quoted(ref)
    if ref and not _REF.match(ref):
        yield "invalid ostree image ref %s" % _quoted(ref)
    if parent and not (_COMMIT.match(parent) or _REF.match(parent)):
        yield "invalid ostree parent ref or commit %s" % _quoted(parent)
    if parent and not url:
        yield "ostree parent ref specified, but no URL to retrieve it"
    if url and not _URL.match(url):
        yield "ostree URL %s is invalid" % _quoted(url)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _of_customizations(customizations: _Json, target: Target) -> Iterator[str]:
    yield from _of_first_boot(customizations)
    mounts = customizations.get("filesystem", ())
    partitions = customizations.get("disk", {}).get("partitions", ())
    if mounts and "disk" in customizations:
        yield "customizations.disk cannot be used with customizations.filesystem"
    denied = [
        path for path in _mountpoints(mounts, partitions) if not imagetypes.is_mountpoint(path)
    ]
    if denied:
        yield "The following custom mountpoints are not supported %s" % _listed(denied)
    yield from _of_openscap(customizations, target)
    yield from _of_nodes(customizations, target)
    for repository in customizations.get("custom_repositories", ()):
        if not any(repository.get(key) for key in ("baseurl", "mirrorlist", "metalink")):
            yield "Repository base URL, mirrorlist or metalink is required"
    yield from _of_groups([group["name"] for group in customizations.get("groups", ())])
    if imagetypes.has_no_swap(target.distribution, target.arch):
        yield from _of_swap(partitions, target)


def _of_first_boot(customizations: _Json) -> Iterator[str]:
    fdo, ignition = customizations.get("fdo"), customizations.get("ignition", {})
    if fdo is not None:
        keys = ["diun_pub_key_%s" % one for one in ("hash", "insecure", "root_certs")]
        if not fdo.get("manufacturing_server_url"):
            yield "customizations.fdo.manufacturing_server_url: required when using fdo"
        if sum(bool(fdo.get(key)) for key in keys) != 1:
            names = ", ".join("customizations.fdo.%s" % key for key in keys)
            yield "exactly one of %s: required when using fdo" % names
    if "embedded" in ignition and "firstboot" in ignition:
        yield (
            "customizations.ignition.embedded cannot be used with customizations.ignition.firstboot"
        )


def _mountpoints(mounts: Iterable[_Json], partitions: Iterable[_Json]) -> Iterator[str]:
    for mount in mounts:
        yield mount["mountpoint"]
    for partition in partitions:
        for holder in (partition, *volumes(partition)):
            if holder.get("mountpoint"):
                yield holder["mountpoint"]


def volumes(partition: _Json) -> Sequence[_Json]:
    """Return what a partition is divided into; a plain one may hold other things by those names."""
    key = imagetypes.volumes_key(partition)
    found: Sequence[_Json] = partition.get(key, ()) if key is not None else ()
    return found


def _listed(paths: Iterable[str]) -> str:
    return "[%s]" % " ".join(map(_quoted, paths))


def _of_openscap(customizations: _Json, target: Target) -> Iterator[str]:
    openscap = customizations.get("openscap")
    if openscap is not None:
        profile = openscap["profile_id"]
        if profile not in imagetypes.openscap_profiles(target.distribution):
            yield "customizations.openscap.profile_id: unsupported profile %s" % profile


def _of_nodes(customizations: _Json, target: Target) -> Iterator[str]:
    # Where the files of a site's own type may be, nobody knows.
    in_ostree = target.row is not None and target.takes_ostree
    kinds: Tuple[Literal["directories", "files"], ...] = ("directories", "files")
    for kind in kinds:
        paths = [node["path"] for node in customizations.get(kind, ())]
        wrong = [path for path in paths if not imagetypes.is_place(kind, path, in_ostree)]
        if wrong:
            yield "the following custom %s are not allowed: %s" % (kind, _listed(wrong))


def _of_groups(names: List[str]) -> Iterator[str]:
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        lines = ("duplicate group name: %s" % name for name in twice)
        yield "invalid group customizations:\n%s" % "\n".join(lines)


def _of_swap(partitions: Iterable[_Json], target: Target) -> Iterator[str]:
    words = "customizations.disk: swap %s creation is not supported on %s %s"
    for partition in partitions:
        if partition.get("fs_type") == "swap":
            yield words % ("partition", target.distribution, target.arch)
        if any(one.get("fs_type") == "swap" for one in volumes(partition)):
            yield words % ("logical volume", target.distribution, target.arch)


def _of_partitions(customizations: _Json, target: Target) -> Iterator[str]:
    mode = customizations.get("partitioning_mode")
    if target.has_no_disk:
        yield 'no partition table for arch ("%s"): "%s"' % (target.distribution, target.arch)
    if mode == "raw" and target.has_lvm:
        yield "raw partitioning mode set for a base partition table with LVM, this is unsupported"
    wants_lvm = mode == "lvm" or customizations.get("filesystem")
    if wants_lvm and target.image_type == "gcp" and target.distribution.startswith("fedora-"):
        yield "Unsupported parent for LVM"


def _crashes(customizations: _Json, target: Target) -> Iterator[str]:
    """Give what composer trips over, and its web server makes an error of."""
    if "openscap" in customizations and target.image_type.endswith(("-commit", "-container")):
        yield "unexpected oscap options for ostree image type"
    if target.needs is not None and not customizations.get(target.needs):
        yield "runtime error: invalid memory address or nil pointer dereference"

"""
What osbuild-composer 180 makes of the values in ``customizations``.

Sources: how it answered when values were tried with every image type of fedora-43, rhel-8.10,
rhel-9.6 and rhel-10.1 (2026-08). Where files and file systems may be, OpenSCAP's profiles and the
form of modes and sizes were read in image-builder (2026-06), and agree with what was tried.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any, Iterator, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

from pungi_osbuild.imagetypes.composer import takes_ostree
from pungi_osbuild.imagetypes.customizations import (
    CustomizationFault,
    Customizations,
    Path,
    refused_value,
)
from pungi_osbuild.problems import suggest

_MODE = re.compile(r"0?[0-7]{3}\Z", re.ASCII)
_SIZE = re.compile(r"\d+(\.\d+)?(\s*([kMGT]B|[KMGT]iB))?\Z", re.ASCII)
_ADDRESSES = ("baseurl", "mirrorlist", "metalink")
_DIUN_KEYS = ("diun_pub_key_hash", "diun_pub_key_insecure", "diun_pub_key_root_certs")

Nodes = Literal["directories", "files"]

_NO_MOUNTPOINTS = (
    *("/etc", "/sys", "/proc", "/dev", "/run", "/bin", "/sbin", "/lib", "/lib64"),
    *("/lost+found", "/sysroot", "/var/run", "/var/lock"),
)
_SYSTEM = (
    *("/bin", "/boot", "/dev", "/efi", "/lib", "/lib64", "/lost+found", "/proc", "/run"),
    *("/sbin", "/sys", "/sysroot", "/tmp", "/usr", "/var/run", "/var/tmp"),  # noqa: S108
)
_ACCOUNTS = ("/etc/fstab", "/etc/group", "/etc/passwd", "/etc/shadow")
_DENIED: Mapping[Nodes, Tuple[str, ...]] = {
    "directories": _SYSTEM,
    "files": (*_SYSTEM, *_ACCOUNTS),
}
_ALLOWED_IN_OSTREE: Mapping[Nodes, Tuple[str, ...]] = {
    "directories": ("/etc",),
    "files": ("/etc", "/root", "/usr/local/bin", "/usr/local/sbin"),
}

_PROFILE = "xccdf_org.ssgproject.content_profile_"
_OF_RHEL = (
    "anssi_bp28_enhanced anssi_bp28_high anssi_bp28_intermediary anssi_bp28_minimal cis"
    " cis_server_l1 cis_workstation_l1 cis_workstation_l2 e8 hipaa ism_o ospp pci-dss stig stig_gui"
)
_OF_RHEL_9 = _OF_RHEL + " bsi ccn_advanced ccn_basic ccn_intermediate cui"
_OF_RHEL_10 = _OF_RHEL + " bsi ism_o_secret ism_o_top_secret"
_PROFILES: Mapping[str, str] = {
    "fedora-": "ospp pci-dss standard",
    "eln-": _OF_RHEL_10,
    **dict.fromkeys(("rhel-8", "centos-8", "almalinux-8", "rocky-8"), _OF_RHEL + " cui"),
    **dict.fromkeys(("rhel-9", "centos-9", "almalinux-9", "rocky-9"), _OF_RHEL_9),
    **dict.fromkeys(("rhel-10", "centos-10", "almalinux", "rocky-10"), _OF_RHEL_10),
    "": " ".join((_OF_RHEL_9, _OF_RHEL_10, "standard")),
}
"""OpenSCAP's profiles, by how the names of distributions begin; the last line is for those of which
it is not known, and has all."""

_LIKE_RHEL_8 = ("rhel-8.", "centos-8", "almalinux-8.", "rocky-8.")


# What composer checks of a single value


def is_mode(text: str) -> bool:
    """Whether composer takes the mode of a file or directory; an empty one is none."""
    return not text or bool(_MODE.match(text))


def path_fault(path: str) -> Optional[str]:
    """Return composer's words for the path of a file or directory that it refuses, or None."""
    if not path:
        return "path must not be empty"
    if not path.startswith("/"):
        return "path must be absolute"
    if path.endswith("/"):
        return "path must not end with a slash"
    return None if _is_clean(path) else "path must be canonical"


def size_fault(text: str) -> Optional[str]:
    """Return composer's words for the size of a disk or partition that it refuses, or None."""
    text = text.strip()
    if not re.match("[0-9]", text):
        return "the size string is not a valid positive float number: %s" % text
    return None if _SIZE.match(text) else "unknown data size units in string: %s" % text


def is_mountpoint(path: str) -> bool:
    """Whether composer takes a place for a file system."""
    in_usr = path.startswith("/usr/")
    return _is_clean(path) and not _is_below(path, _NO_MOUNTPOINTS) and not in_usr


def is_place(nodes: Nodes, path: str, in_ostree: bool) -> bool:
    """
    Whether composer takes a place for files or directories.

    :param in_ostree: for an image type that takes ostree options
    """
    if in_ostree:
        return _is_below(path, _ALLOWED_IN_OSTREE[nodes]) and path not in _ACCOUNTS
    return not _is_below(path, _DENIED[nodes]) or _is_below(path, ("/usr/local",))


def openscap_profiles(distribution: str) -> List[str]:
    """
    Return the profiles of OpenSCAP that composer takes for a distribution.

    :param distribution: its full name
    """
    names = next(names for start, names in _PROFILES.items() if distribution.startswith(start))
    return [_PROFILE + name for name in sorted(set(names.split()))]


def has_no_swap(distribution: str, arch: str) -> bool:
    """Whether composer refuses swap: RHEL 8's kernel has another page size on aarch64."""
    return arch == "aarch64" and distribution.startswith(_LIKE_RHEL_8)


def volumes_key(partition: Mapping[str, Any]) -> Optional[str]:
    """Return the key of what a partition is divided into; None: it is a plain one."""
    keys = {"lvm": "logical_volumes", "btrfs": "subvolumes"}
    return keys.get(str(partition.get("type")))


def _is_clean(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//") and path == posixpath.normpath(path)


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return path in folders or path.startswith(tuple(folder + "/" for folder in folders))


# What it checks, whatever is built


def value_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    """Give values that composer refuses, whatever is built."""
    if "disk" in customizations and customizations.get("filesystem"):
        yield refused_value(("filesystem",), "accepts disk or filesystem, not both", "Remove one.")
    for key, one, other in (
        ("openscap", "tailoring", "json_tailoring"),
        ("ignition", "embedded", "firstboot"),
    ):
        if {one, other} <= set(_dict_at(customizations, key)):
            yield refused_value(
                (key, other), "accepts %s or %s, not both" % (one, other), "Remove one."
            )
    yield from _node_faults(customizations)
    yield from _disk_faults(customizations)
    yield from _repository_faults(customizations)
    yield from _fdo_faults(customizations)
    names = [item.get("name") for _, item in _dicts_at(customizations, "groups")]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield refused_value(
                ("groups", index), "refuses two groups named %r" % name, "Remove one."
            )


def _node_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    for key, index, item in _nodes(customizations):
        mode, path = item.get("mode"), item.get("path")
        if isinstance(mode, str) and not is_mode(mode):
            hint = 'Write three octal digits, with or without a leading 0: "0644".'
            yield refused_value((key, index, "mode"), "refuses the mode %r" % mode, hint)
        said = path_fault(path) if isinstance(path, str) else None
        if said:
            hint = "Write an absolute path without . or .. in it, or a slash at its end."
            yield refused_value((key, index, "path"), "refuses %r: %s" % (path, said), hint)


def _disk_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    mounts = ((("filesystem", n), one) for n, one in _dicts_at(customizations, "filesystem"))
    for path, item in chain(mounts, _disk_parts(customizations)):
        size, mountpoint = item.get("minsize"), item.get("mountpoint")
        if path[0] == "disk" and isinstance(size, str) and size_fault(size):
            hint = 'Write a number and its unit: "10 GiB".'
            yield refused_value((*path, "minsize"), "refuses the size %r" % size, hint)
        if not isinstance(mountpoint, str) or (path[0] == "disk" and not mountpoint):
            continue
        if not is_mountpoint(mountpoint):
            hint = "It must be an absolute path, not below /usr, and not in or below %s." % (
                ", ".join(_NO_MOUNTPOINTS)
            )
            yield refused_value(
                (*path, "mountpoint"), "refuses the mount point %r" % mountpoint, hint
            )


def _disk_parts(customizations: Customizations) -> Iterator[Tuple[Path, Mapping[str, Any]]]:
    """Give the disk, its partitions and what is in them, each with the path to it."""
    disk = _dict_at(customizations, "disk")
    yield ("disk",), disk
    for index, partition in _dicts_at(disk, "partitions"):
        path: Path = ("disk", "partitions", index)
        yield path, partition
        key = volumes_key(partition)
        for number, volume in _dicts_at(partition, key) if key is not None else ():
            yield (*path, key, number), volume


def _repository_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    for key in ("custom_repositories", "payload_repositories"):
        for index, item in _dicts_at(customizations, key):
            if not any(item.get(address) for address in _ADDRESSES):
                wanted = ", ".join(_ADDRESSES)
                yield refused_value((key, index), "requires one of %s" % wanted, "Add the address.")
            if key[0] == "p" and item.get("check_gpg") is True and not item.get("gpgkey"):
                reason = "requires a gpgkey where check_gpg is True"
                yield refused_value(
                    (key, index, "check_gpg"), reason, "Add gpgkey, the key itself."
                )


def _fdo_faults(customizations: Customizations) -> Iterator[CustomizationFault]:
    fdo = customizations.get("fdo")
    if not isinstance(fdo, dict):
        return
    if not fdo.get("manufacturing_server_url"):
        yield CustomizationFault("missing", ("fdo", "manufacturing_server_url"))
    if sum(bool(fdo.get(key)) for key in _DIUN_KEYS) != 1:
        hint = "Write one of them, and only one."
        yield refused_value(("fdo",), "requires exactly one of %s" % ", ".join(_DIUN_KEYS), hint)


def _nodes(customizations: Customizations) -> Iterator[Tuple[Nodes, int, Mapping[str, Any]]]:
    for key in _DENIED:
        for index, item in _dicts_at(customizations, key):
            yield key, index, item


def _dict_at(customizations: Customizations, key: str) -> Mapping[str, Any]:
    value = customizations.get(key)
    return value if isinstance(value, dict) else {}


def _dicts_at(customizations: Customizations, key: str) -> Iterator[Tuple[int, Mapping[str, Any]]]:
    value = customizations.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


# What it checks of what is built


class _NotTaken(NamedTuple):
    """
    A key that some image types do not take; most take any, and ignore what they cannot use.

    :param distributions: how their names begin
    :param image_types: patterns
    :param value: None: whatever the value is
    """

    distributions: Tuple[str, ...]
    image_types: Tuple[str, ...]
    key: str
    value: Optional[str] = None


_AZURE_WITH_LVM = ("azure-rhui", "azure-sap-rhui", "azure-sapapps-rhui", "azure-eap7-rhui")
_NOT_TAKEN = (
    _NotTaken(("fedora-",), ("iot-*",), "partitioning_mode", "raw"),
    _NotTaken(("rhel-",), _AZURE_WITH_LVM, "partitioning_mode", "raw"),
    _NotTaken(("rhel-9.", "rhel-10."), ("oci",), "partitioning_mode", "raw"),
    _NotTaken(("fedora-",), ("gcp",), "partitioning_mode", "lvm"),
    _NotTaken(("fedora-",), ("gcp",), "filesystem"),
    _NotTaken(("",), ("*-commit", "*-container"), "openscap"),
)


def untaken_customizations(
    customizations: Customizations, distribution: str, image_type: str, arches: Sequence[str]
) -> Iterator[CustomizationFault]:
    """
    Give what composer refuses for an image, though it takes it for others.

    :param distribution: its full name
    :param image_type: the Cloud API's name
    """
    for one in _NOT_TAKEN:
        is_meant = distribution.startswith(one.distributions) and any(
            fnmatchcase(image_type, pattern) for pattern in one.image_types
        )
        value = customizations.get(one.key)
        if is_meant and value and one.value in (None, value):
            what = one.key if one.value is None else "%s %s" % (one.key, one.value)
            yield refused_value((one.key,), "refuses %s for %s" % (what, image_type), "Remove it.")
    yield from _untaken_nodes(customizations, image_type)
    yield from _untaken_profile(customizations, distribution)
    without_swap = [arch for arch in arches if has_no_swap(distribution, arch)]
    for path, item in _disk_parts(customizations) if without_swap else ():
        if item.get("fs_type") == "swap":
            reason = "refuses swap for %s on %s" % (distribution, ", ".join(without_swap))
            hint = "Remove it, or build that arch in a block of its own, without it."
            yield refused_value((*path, "fs_type"), reason, hint)


def _untaken_nodes(customizations: Customizations, image_type: str) -> Iterator[CustomizationFault]:
    in_ostree = takes_ostree(image_type)
    for key, index, item in _nodes(customizations):
        path = item.get("path")
        if isinstance(path, str) and not path_fault(path) and not is_place(key, path, in_ostree):
            hint = "Choose a place in /etc, /usr/local or /var, or have a package bring it."
            if path in _ACCOUNTS:
                hint = "Composer writes this file itself: use users, groups or filesystem."
            elif in_ostree:
                where = ", ".join(_ALLOWED_IN_OSTREE[key])
                hint = "In an ostree image they can be below %s only." % where
            reason = "refuses %s at %r for %s" % (key, path, image_type)
            yield refused_value((key, index, "path"), reason, hint)


def _untaken_profile(
    customizations: Customizations, distribution: str
) -> Iterator[CustomizationFault]:
    profile = _dict_at(customizations, "openscap").get("profile_id")
    known = openscap_profiles(distribution)
    if not isinstance(profile, str) or profile in known:
        return
    short = [one[len(_PROFILE) :] for one in known]
    meant = suggest(profile[len(_PROFILE) :] if profile.startswith(_PROFILE) else profile, short)
    hint = "Known here: %s, each with %s before it." % (", ".join(short), _PROFILE)
    if meant:
        hint = "Did you mean %s?" % (_PROFILE + meant)
    reason = "has no OpenSCAP profile %r for %s" % (profile, distribution)
    yield refused_value(("openscap", "profile_id"), reason, hint)

"""
The catalogue of image types: what each is called, where composer uploads it, what file it is.

Files and clouds are those of ``composer.tsv``. Other sources: koji-osbuild 12's compatibility names
and productmd 1.51's IMAGE_TYPE_FORMAT_MAPPING. Koji itself derives its archive type from the file's
suffix alone, so images are filed by the requested image type and the file, not by Koji's type.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, Mapping, Optional, Tuple

from pungi_osbuild.imagetypes.composer import (
    Buildable,
    building_arches,
    full_name,
    known_types,
)
from pungi_osbuild.model import ImageConfig, ListedImageType


@dataclass(frozen=True)
class ExportedFile:
    """
    A file as osbuild exports it.

    :param name: e.g. ``disk.vhd.xz``; Koji's file gets everything after its first dot
    :param export: the name of the exported pipeline
    """

    name: str
    export: str

    @property
    def suffix(self) -> str:
        """The suffix of the file in Koji, without the leading dot."""
        return self.name.split(".", 1)[1]


@dataclass(frozen=True)
class ImageType:
    """
    One image type of the Cloud API.

    :param provider: the cloud that ``upload_options`` take it to, by composer's default-target rule
    :param file: the same in every distribution that has it
    :param recorded_as: productmd (type, format) by suffix where this image type differs from
        what the suffix alone says; None: productmd has no word for it
    :param iso: productmd's type of an ISO of this image type, where there is no doubt of it
    """

    name: str
    provider: str
    file: ExportedFile
    recorded_as: Tuple[Tuple[str, Optional[Tuple[str, str]]], ...] = ()
    iso: Optional[str] = None


_Words = Tuple[Tuple[str, Optional[Tuple[str, str]]], ...]

_NO_TAR: _Words = (("tar", None), ("tar.gz", None))
_RECORDED_AS: Mapping[str, _Words] = {
    **dict.fromkeys(["edge-commit", "edge-container", "iot-commit", "iot-container"], _NO_TAR),
    "pxe-tar-xz": (("tar.xz", None),),
    "wsl": (
        ("wsl", ("wsl2", "wsl")),
        ("tar", ("wsl2", "tar")),
        ("tar.gz", ("wsl2", "tar.gz")),
    ),
}
_ISO: Mapping[str, str] = {
    **dict.fromkeys(
        ["edge-installer", "iot-installer", "iot-simplified-installer"], "dvd-ostree-osbuild"
    ),
    **dict.fromkeys(
        ["everything-network-installer", "network-installer", "server-network-installer"], "boot"
    ),
    "live-installer": "live-osbuild",
}


def _entry(built: Buildable) -> ImageType:
    name = built.image_type
    file = ExportedFile(built.file, built.export)
    return ImageType(name, built.upload, file, _RECORDED_AS.get(name, ()), _ISO.get(name))


CATALOGUE: Mapping[str, ImageType] = {name: _entry(built) for name, built in known_types().items()}
"""Every name of the Cloud API that can be built through Koji, by name."""

NOT_THROUGH_KOJI: Mapping[str, str] = {
    "bootable-container-iso": "composer builds it without a distribution, and Koji's builders"
    " always send one"
}
"""Names of the Cloud API that composer refuses whatever comes through Koji, and why."""

KOJI_ALIASES: Mapping[str, str] = {
    "qcow2": "guest-image",
    "ec2": "aws-rhui",
    "ec2-ha": "aws-ha-rhui",
    "ec2-sap": "aws-sap-rhui",
}
"""The names that koji-osbuild maps itself before it asks composer."""

INNER_NAMES: Mapping[str, str] = {
    "ami": "aws",
    "generic-ami": "aws",
    "cloud-ec2": "aws",
    "ec2-cvm": "aws-cvm",
    "vhd": "azure",
    "generic-vhd": "azure",
    "cloud-azure": "azure",
    "gce": "gcp",
    "gce-rhui": "gcp-rhui",
    "cloud-gce": "gcp",
    "generic-qcow2": "guest-image",
    "cloud-qcow2": "guest-image",
    "server-qcow2": "guest-image",
    "generic-oci": "oci",
    "vmdk": "vsphere",
    "generic-vmdk": "vsphere",
    "ova": "vsphere-ova",
    "generic-ova": "vsphere-ova",
    "generic-wsl": "wsl",
    "rhel-edge-commit": "edge-commit",
    "rhel-edge-container": "edge-container",
    "rhel-edge-installer": "edge-installer",
    "fedora-iot-commit": "iot-commit",
    "fedora-iot-container": "iot-container",
    "fedora-iot-installer": "iot-installer",
    "fedora-iot-raw-image": "iot-raw-image",
    "iot-raw-xz": "iot-raw-image",
    "minimal-installer": "image-installer",
    "fedora-image-installer": "image-installer",
    "workstation-live-installer": "live-installer",
    "minimal-raw-xz": "minimal-raw",
    "netinst": "everything-network-installer",
}
"""Names that image-builder uses inside a distribution, and the API name that was meant."""

INNER_ONLY: FrozenSet[str] = frozenset(
    """
    bare_metal bootc-rpm-installer budgie-atomic-installer container container-minimal
    cosmic-atomic-installer edge-ami edge-container-pipeline-pkgset edge-raw-image
    edge-simplified-installer edge-vsphere generic-container generic-openstack
    generic-vagrant-libvirt generic-vagrant-virtualbox iot-qcow2 iot-qcow2-image kinoite-installer
    kinoite-qcow2 kinoite-raw-xz openstack rhel-edge-raw-image rhel-edge-simplified-installer
    silverblue-installer silverblue-qcow2 silverblue-raw-xz sway-atomic-installer tar
    vagrant-libvirt vagrant-virtualbox
    """.split()
)
"""Names that image-builder v79 uses inside a distribution, and the Cloud API has no name for."""

_BY_SUFFIX: Mapping[str, Tuple[str, str]] = {
    "qcow": ("qcow", "qcow"),
    "qcow2": ("qcow2", "qcow2"),
    "raw": ("raw", "raw"),
    "raw.xz": ("raw-xz", "raw.xz"),
    "vhd": ("vpc", "vhd"),
    "vhd.gz": ("vhd-compressed", "vhd.gz"),
    "vhd.xz": ("vhd-compressed", "vhd.xz"),
    "vmdk": ("vmdk", "vmdk"),
    "vdi": ("vdi", "vdi"),
    "tar.gz": ("tar-gz", "tar.gz"),
    "wsl": ("wsl2", "wsl"),
}
_WORDLESS: FrozenSet[str] = frozenset(
    {"ova", "box", "tar", "tar.xz", "tgz", "raw.gz", "qcow2.xz", "qcow2.gz", "vhdx", "vmdk.xz"}
)
_SUFFIXES = sorted([*_BY_SUFFIX, *_WORDLESS, "iso"], key=len, reverse=True)

UNIMPORTABLE_TYPES: Mapping[str, str] = {"minimal-raw-zst": "raw.zst"}
"""Image types that are built, and the suffix that makes a Koji hub refuse their file."""

UNIMPORTABLE_SUFFIXES: FrozenSet[str] = frozenset(
    {
        "efi",
        "gz",
        "img.xz",
        "oci",
        "ociarchive",
        "raw.zst",
        "tar.zst",
        "vhdfixed",
        "vhdfixed.xz",
        "xz",
        "zst",
    }
)
"""Suffixes that a hub's import was seen to refuse (Koji 1.35 to 1.37)."""

_FILE_OF_FORMAT: Mapping[str, str] = {
    "rhevm.ova": "ova",
    "vsphere.ova": "ova",
    "vagrant-hyperv.box": "box",
    "vagrant-libvirt.box": "box",
    "vagrant-virtualbox.box": "box",
    "vagrant-vmware-fusion.box": "box",
}
"""Productmd's formats that say more than the suffix of composer's file."""

NAMES: Tuple[str, ...] = tuple(sorted([*CATALOGUE, *KOJI_ALIASES]))
"""Every name a config may use."""


def api_name(name: str) -> str:
    """Return the Cloud API's name of an image type: Koji's aliases are mapped, others kept."""
    return KOJI_ALIASES.get(name, name)


def find(name: str) -> Optional[ImageType]:
    """Return the catalogue's entry for a name as a config writes it, or None."""
    return CATALOGUE.get(api_name(name))


def provider_of(name: str, listed: Optional[ListedImageType]) -> Optional[str]:
    """
    Return where composer uploads images of a type to, or None for a type nobody has heard of.

    :param listed: what the config itself says of the type
    """
    if listed is not None and listed.provider is not None:
        return listed.provider
    entry = find(name)
    return entry.provider if entry is not None else None


def expected_suffix(config: ImageConfig) -> Optional[str]:
    """Return the suffix that a block's file will have in Koji, or None where nobody knows."""
    entry = find(config.image_type)
    known = entry.file.suffix if entry is not None else None
    listed = config.listed.format if config.listed is not None else None
    if listed is None or (known is not None and _fits(known, listed)):
        return known
    return _FILE_OF_FORMAT.get(listed, listed)


def entry_of(config: ImageConfig) -> Optional[ImageType]:
    """
    Return what is known of a block's image type, as the catalogue would have it.

    :returns: None for a type whose file nobody knows
    """
    suffix = expected_suffix(config)
    if config.listed is None or suffix is None:
        return find(config.image_type)
    provider = provider_of(config.image_type, config.listed) or "aws.s3"
    entry = find(config.image_type)
    if entry is not None and entry.file.suffix == suffix:
        return replace(entry, provider=provider)
    file = ExportedFile("image." + suffix, "image")
    return ImageType(api_name(config.image_type), provider, file)


def type_and_format(config: ImageConfig, suffix: str, filename: str) -> Optional[Tuple[str, str]]:
    """
    Return productmd's (type, format) of a block's image, or None where it has no word for it.

    An ISO of an image type that is none, whose type the block does not say, has no type: by its
    name it would be an installer of the compose.
    """
    if suffix == "iso" and not config.manifest_type:
        expected = expected_suffix(config)
        if expected is not None and expected != "iso":
            return None
    return productmd_type(config.image_type, suffix, filename, config.manifest_type, config.listed)


def refused_suffix(name: str, listed: Optional[ListedImageType]) -> Optional[str]:
    """Return the suffix for which a Koji hub refuses the file of an image type, or None."""
    if listed is not None and listed.format is not None:
        return listed.format if listed.format in UNIMPORTABLE_SUFFIXES else None
    return UNIMPORTABLE_TYPES.get(name)


def similar_name(name: str) -> Optional[str]:
    """Return the known name that an unknown one is a near miss of, or None."""
    matches = difflib.get_close_matches(_hyphened(name), NAMES, n=1, cutoff=0.8)
    return matches[0] if matches else None


_TWINS = (("edge-", "iot-"), ("iot-", "edge-"))


def suggestions(name: str, distro: str) -> Tuple[str, ...]:
    """
    Return the image types of a distribution that an unknown name is most like, the best first.

    :param distro: e.g. ``rhel-9.4``
    :returns: at most three; what is called ``edge-`` elsewhere and ``iot-`` in Fedora comes first,
        then what shares a word with the name
    """
    distribution = full_name(distro)
    written = _hyphened(name)
    twin = next((new + written[len(old) :] for old, new in _TWINS if written.startswith(old)), None)
    ranked = []
    for known in NAMES:
        shared = len(set(written.split("-")) & set(known.split("-")))
        likeness = difflib.SequenceMatcher(None, written, known).ratio()
        is_built = distribution is None or building_arches(distribution, api_name(known))
        if is_built and (shared or likeness >= 0.6):
            ranked.append((known != twin, likeness < 0.8, -shared, -likeness, known))
    return tuple(known for *_rank, known in sorted(ranked)[:3])


def _hyphened(name: str) -> str:
    return name.lower().replace("_", "-")


def suffix_of(filename: str, nvr: str, arch: str) -> str:
    """
    Return the suffix of an image's file, without the leading dot.

    :param filename: as in Koji, ``<N-V-R>.<arch>.<suffix>``
    :param nvr: of the build
    :returns: what follows the arch; of another name the longest suffix that is known, else what
        follows the last dot
    """
    prefix = "%s.%s." % (nvr, arch)
    if filename.startswith(prefix):
        return filename[len(prefix) :]
    for suffix in _SUFFIXES:
        if filename.lower().endswith("." + suffix):
            return suffix
    return filename.rsplit(".", 1)[-1]


def iso_type(filename: str) -> str:
    """Return productmd's type of an ISO by the in-tree rule on its file name; case is ignored."""
    name = filename.lower()
    if "ostree" in name:
        return "dvd-ostree-osbuild"
    if "live" in name:
        return "live-osbuild"
    if re.search(r"netinst|boot", name):
        return "boot"
    return "dvd"


def productmd_type(
    image_type: str,
    suffix: str,
    filename: str,
    manifest_type: Optional[str] = None,
    listed: Optional[ListedImageType] = None,
) -> Optional[Tuple[str, str]]:
    """
    Return productmd's (type, format) of an image, or None where productmd has no word for it.

    :param image_type: as requested
    :param suffix: of the file, without the leading dot
    :param filename: for the in-tree rule that names ISOs
    :param manifest_type: the block's own word for the type, which wins
    :param listed: what the config says of the image type; it wins over the catalogue, unless the
        file is another one than it says
    """
    if listed is not None and listed.format is not None and not _fits(suffix, listed.format):
        listed = None
    chosen = manifest_type or (listed.type if listed is not None else None)
    if suffix == "iso":
        return (chosen or iso_type(filename), "iso")
    entry = find(image_type)
    special: Dict[str, Optional[Tuple[str, str]]] = dict(entry.recorded_as) if entry else {}
    found = special[suffix] if suffix in special else _BY_SUFFIX.get(suffix)
    written = listed.format if listed is not None else None
    if chosen:
        return (chosen, written or (found[1] if found else suffix))
    return (found[0], written) if found and written else found


def _fits(suffix: str, format: str) -> bool:
    """Whether a file of that suffix can be what productmd calls that format."""
    return suffix == format or format.endswith("." + suffix)


def is_known_suffix(suffix: str, listed: Optional[ListedImageType] = None) -> bool:
    """
    Whether a file of this suffix is an image that can be named at all.

    :param listed: what the config says of its image type
    """
    if listed is not None and listed.format is not None and _fits(suffix, listed.format):
        return True
    return suffix in _SUFFIXES

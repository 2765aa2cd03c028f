"""The catalogue of image types."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

import pytest

from koji_rehearsal.archivetypes import archive_type
from pungi_osbuild import imagetypes
from pungi_osbuild.imagetypes import (
    CATALOGUE,
    INNER_NAMES,
    KOJI_ALIASES,
    buildable,
    find,
    productmd_type,
)
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.model import ListedImageType
from tests.values import an_image_config

API_NAMES = """
aws aws-cvm aws-ha-rhui aws-rhui aws-sap-rhui azure azure-cvm azure-eap7-rhui azure-rhui
azure-sapapps-rhui azure-sap-rhui edge-commit edge-container edge-installer
gcp gcp-rhui guest-image image-installer iot-commit iot-container iot-installer iot-raw-image
iot-simplified-installer live-installer minimal-raw network-installer
everything-network-installer server-network-installer oci pxe-tar-xz vsphere vsphere-ova wsl
""".split()


def test_every_name_of_the_cloud_api_is_there() -> None:
    """And nothing else: what composer refuses from Koji is not offered."""
    assert sorted(CATALOGUE) == sorted(API_NAMES)
    unbuildable = {*imagetypes.NOT_THROUGH_KOJI, *imagetypes.UNTIL}
    assert unbuildable == {"bootable-container-iso", "iot-bootable-container"}
    assert not unbuildable & {*imagetypes.NAMES, *INNER_NAMES, *INNER_NAMES.values()}


def test_aliases_and_inner_names_lead_to_api_names() -> None:
    """A hint names something that can be used; no name means two things."""
    assert set(KOJI_ALIASES.values()) | set(INNER_NAMES.values()) <= set(CATALOGUE)
    assert not set(INNER_NAMES) & (set(CATALOGUE) | set(KOJI_ALIASES))
    assert find("qcow2") == CATALOGUE["guest-image"]


@pytest.mark.parametrize(
    ("name", "distro", "suffix", "words"),
    [
        ("guest-image", "fedora-41", "qcow2", ("qcow2", "qcow2")),
        ("aws", "fedora-41", "raw", ("raw", "raw")),
        ("ec2", "rhel-9.4", "raw.xz", ("raw-xz", "raw.xz")),
        ("azure", "fedora-41", "vhd", ("vpc", "vhd")),
        ("azure", "rhel-8.10", "vhd", ("vpc", "vhd")),
        ("azure", "rhel-9.6", "vhd", ("vpc", "vhd")),
        ("azure", "centos-10", "vhd", ("vpc", "vhd")),
        ("azure-cvm", "rhel-10.1", "vhd.xz", ("vhd-compressed", "vhd.xz")),
        ("azure-rhui", "rhel-8.10", "vhd.xz", ("vhd-compressed", "vhd.xz")),
        ("gcp", "rhel-9.4", "tar.gz", ("tar-gz", "tar.gz")),
        ("vsphere", "rhel-9.4", "vmdk", ("vmdk", "vmdk")),
        ("vsphere-ova", "rhel-9.4", "ova", None),
        ("edge-container", "rhel-9.4", "tar", None),
        ("iot-commit", "fedora-41", "tar", None),
        ("pxe-tar-xz", "rhel-9.4", "tar.xz", None),
        ("minimal-raw", "fedora-41", "raw.xz", ("raw-xz", "raw.xz")),
        ("wsl", "fedora-41", "wsl", ("wsl2", "wsl")),
    ],
)
def test_an_image_type_is_a_file_and_perhaps_words_of_productmd(
    name: str, distro: str, suffix: str, words: object
) -> None:
    """Filed by requested type and file, not by Koji's type name."""
    entry = find(name)
    assert entry is not None
    built = buildable(distro, "x86_64", entry.name)
    assert entry.file.suffix == suffix
    assert built is not None
    assert built.suffix == suffix
    assert productmd_type(name, suffix, "n-1-1.x86_64.%s" % suffix) == words


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_the_words_are_productmds(name: str) -> None:
    """The installed productmd knows every pair that the catalogue gives."""
    suffix = CATALOGUE[name].file.suffix
    words = productmd_type(name, suffix, "n-1-1.x86_64.%s" % suffix)
    assert words is None or productmd_types().knows(*words)
    assert imagetypes.is_known_suffix(suffix)


@pytest.mark.parametrize(
    ("filename", "kind"),
    [
        ("Fedora-IoT-ostree-41-1.x86_64.iso", "dvd-ostree-osbuild"),
        ("Fedora-Workstation-live-41-1.x86_64.iso", "live-osbuild"),
        ("Fedora-netinst-41-1.x86_64.iso", "boot"),
        ("Fedora-IoT-41-1.x86_64.iso", "dvd"),
        ("EXL-Live-9.4-1.x86_64.iso", "live-osbuild"),
        ("EXL-OSTree-Live-9.4-1.x86_64.iso", "dvd-ostree-osbuild"),
        ("Netinst-9.4-1.x86_64.iso", "boot"),
        ("exl-BOOT-9.4-1.x86_64.iso", "boot"),
    ],
)
def test_an_iso_is_named_by_the_in_tree_rule(filename: str, kind: str) -> None:
    """By its file name, which is the Koji build's; manifest_type wins."""
    assert productmd_type("iot-installer", "iso", filename) == (kind, "iso")
    assert productmd_type("iot-installer", "iso", filename, "live") == ("live", "iso")


@pytest.mark.parametrize(
    ("filename", "suffix"),
    [
        ("n-1-2.x86_64.tar.gz", "tar.gz"),
        ("other.raw.xz", "raw.xz"),
        ("other.weird", "weird"),
        ("n-1-2.x86_64.weird.thing", "weird.thing"),
    ],
)
def test_a_suffix_is_what_follows_the_arch(filename: str, suffix: str) -> None:
    """Composer: everything after the first dot of the exported file."""
    assert imagetypes.suffix_of(filename, "n-1-2", "x86_64") == suffix


@pytest.mark.parametrize(
    ("name", "near"),
    [("guest_image", "guest-image"), ("azure-rhi", "azure-rhui"), ("banana", None)],
)
def test_a_near_miss_is_recognised(name: str, near: object) -> None:
    """A typing mistake is not a new image type."""
    assert imagetypes.similar_name(name) == near


@pytest.mark.parametrize(
    ("name", "distro", "similar"),
    [
        ("edge-ami", "rhel-9.4", ("edge-commit", "edge-container", "edge-installer")),
        ("edge-comit", "centos-9", ("edge-commit", "edge-container", "edge-installer")),
        ("edge-raw-image", "fedora-41", ("iot-raw-image", "guest-image", "image-installer")),
        ("iot_container", "rhel-9.6", ("edge-container",)),
        ("iot_container", "rhel-10.0", ()),
        ("iot-installer", "rhel-9.6", ("edge-installer", "image-installer", "network-installer")),
        (
            "network-installer",
            "fedora-43",
            ("server-network-installer", "everything-network-installer", "iot-installer"),
        ),
        ("guest", "", ("guest-image",)),
        ("banana", "rhel-9.4", ()),
    ],
)
def test_what_is_suggested_can_be_built_for_the_distribution(
    name: str, distro: str, similar: Tuple[str, ...]
) -> None:
    """Three at most: nobody reads all."""
    assert imagetypes.suggestions(name, distro) == similar


def test_the_default_target_is_composers() -> None:
    """A sample of each provider."""
    found = {name: CATALOGUE[name].provider for name in ("aws", "gcp-rhui", "azure", "oci", "wsl")}
    assert found == {
        "aws": "aws",
        "gcp-rhui": "gcp",
        "azure": "azure",
        "oci": "oci.objectstorage",
        "wsl": "aws.s3",
    }


@pytest.mark.parametrize(
    ("name", "listed", "suffix", "words"),
    [
        ("hologram", {}, None, None),
        ("hologram", {"format": "qcow2"}, "qcow2", ("qcow2", "qcow2")),
        ("hologram", {"type": "raw", "format": "raw.lz"}, "raw.lz", ("raw", "raw.lz")),
        ("hologram", {"format": "raw.lz"}, "raw.lz", None),
        ("hologram", {"type": "live", "format": "iso"}, "iso", ("live", "iso")),
        ("aws", {"type": "raw-xz"}, "raw", ("raw-xz", "raw")),
        ("aws", {"format": "raw.xz"}, "raw.xz", ("raw-xz", "raw.xz")),
        ("vsphere-ova", {"format": "vsphere.ova"}, "ova", None),
        ("vsphere-ova", {"type": "vsphere-ova", "format": "vsphere.ova"}, "ova", "both"),
        ("boxed", {"type": "vagrant-libvirt", "format": "vagrant-libvirt.box"}, "box", "both"),
        ("iot-installer", {"type": "dvd-ostree-osbuild"}, "iso", ("dvd-ostree-osbuild", "iso")),
        ("edge-container", {"type": "wsl2", "format": "tar"}, "tar", ("wsl2", "tar")),
    ],
)
def test_a_config_knows_better_than_the_catalogue(
    name: str, listed: Dict[str, str], suffix: object, words: object
) -> None:
    """What it leaves open, the catalogue says."""
    entry = ListedImageType(name, None, listed.get("type"), listed.get("format"))
    config = an_image_config(image_type=name, listed=entry)
    assert imagetypes.expected_suffix(config) == suffix
    if suffix is not None:
        found = imagetypes.type_and_format(config, str(suffix), "n-1-1.x86_64.%s" % suffix)
        assert found == ((entry.type, entry.format) if words == "both" else words)
        assert imagetypes.is_known_suffix(str(suffix), entry) or listed.get("format") is None


def test_a_file_that_is_another_than_listed_is_named_by_the_catalogue() -> None:
    """What has arrived counts, not what somebody expected."""
    entry = ListedImageType("aws", None, "raw-xz", "raw.xz")
    config = an_image_config(image_type="aws", listed=entry)
    assert imagetypes.type_and_format(config, "raw", "n-1-1.x86_64.raw") == ("raw", "raw")
    named = an_image_config(image_type="aws", listed=entry, manifest_type="vmdk")
    assert imagetypes.type_and_format(named, "raw", "n-1-1.x86_64.raw") == ("vmdk", "raw")


def test_a_config_says_where_a_type_goes() -> None:
    """Or the catalogue does, or nobody."""
    assert imagetypes.provider_of("aws", None) == "aws"
    assert imagetypes.provider_of("ec2", ListedImageType("ec2")) == "aws"
    assert imagetypes.provider_of("aws", ListedImageType("aws", "gcp")) == "gcp"
    assert imagetypes.provider_of("hologram", ListedImageType("hologram")) is None


@pytest.mark.parametrize("suffix", sorted(imagetypes.UNIMPORTABLE_SUFFIXES))
def test_koji_imports_no_such_file(suffix: str) -> None:
    """The hub's own table says so, and nothing in the catalogue is one."""
    assert archive_type("n-1-1.x86_64.%s" % suffix) is None
    listed = ListedImageType("x", None, None, suffix)
    assert imagetypes.refused_suffix("x", listed) == suffix
    for entry in CATALOGUE.values():
        assert suffix != entry.file.suffix


def test_a_type_that_koji_refuses_is_in_no_catalogue() -> None:
    """And a format that the config gives it is believed."""
    for name, suffix in imagetypes.UNIMPORTABLE_TYPES.items():
        assert find(name) is None
        assert suffix in imagetypes.UNIMPORTABLE_SUFFIXES
        assert imagetypes.refused_suffix(name, None) == suffix
        assert imagetypes.refused_suffix(name, ListedImageType(name)) == suffix
        better = ListedImageType(name, None, None, "raw.xz")
        assert imagetypes.refused_suffix(name, better) is None
    assert imagetypes.refused_suffix("iot-bootable-container", None) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"image_type": "aws"}, None),
        ({"image_type": "edge-commit"}, None),
        ({"image_type": "image-installer"}, ("dvd", "iso")),
        ({"image_type": "nobody-knows-it"}, ("dvd", "iso")),
        ({"manifest_type": "boot"}, ("boot", "iso")),
    ],
)
def test_an_iso_that_was_not_asked_for_is_no_dvd(
    changes: Dict[str, Any], expected: Optional[Tuple[str, str]]
) -> None:
    """images.json would call a guest image's ISO the installer of the variant."""
    config = an_image_config(**changes)
    assert imagetypes.type_and_format(config, "iso", "n-1-1.x86_64.iso") == expected

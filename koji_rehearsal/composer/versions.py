"""
What osbuild-composer learnt with which version, as far as the rehearsal plays it.

Source: 557 dated snapshots of its repository, 2023-04 (version 80) to 2026-08 (version 180). What
an older version knew is taken from version 80.
"""

from __future__ import annotations

from typing import Mapping, Tuple

NEWEST = 180
"""The newest version whose answers were recorded; a newer one is played as this one."""

OLDEST = 58
"""The first version that uploads images of Koji builds; what an older one answers is not known."""

RESULTS_IN_KOJI = 91
"""The version that began to give Koji the results of uploads."""

_SINCE: Mapping[str, int] = {
    "vsphere-ova": 84,
    "live-installer": 85,
    "wsl": 89,
    "oci": 90,
    "iot-simplified-installer": 99,
    "iot-bootable-container": 100,
    "minimal-raw": 101,
    "azure-cvm": 144,
    "azure-sapapps-rhui": 147,
    "pxe-tar-xz": 153,
    "network-installer": 155,
    "aws-cvm": 165,
    "everything-network-installer": 167,
    "server-network-installer": 167,
    "bootable-container-iso": 171,
}
_UNTIL: Mapping[str, int] = {"iot-bootable-container": 179}
"""The first version without an image type."""

_IMAGE_TYPES = (
    *("aws", "aws-cvm", "aws-ha-rhui", "aws-rhui", "aws-sap-rhui", "azure", "azure-cvm"),
    *("azure-eap7-rhui", "azure-rhui", "azure-sapapps-rhui", "azure-sap-rhui"),
    *("bootable-container-iso", "edge-commit", "edge-container", "edge-installer", "gcp"),
    *("gcp-rhui", "guest-image", "image-installer", "iot-bootable-container", "iot-commit"),
    *("iot-container", "iot-installer", "iot-raw-image", "iot-simplified-installer"),
    *("live-installer", "minimal-raw", "network-installer", "everything-network-installer"),
    *("server-network-installer", "oci", "pxe-tar-xz", "vsphere", "vsphere-ova", "wsl"),
)

BOOTC_ONLY = "bootable-container-iso"
"""The image type that no Koji build can have: koji-osbuild always names a distribution."""


def image_types(version: int) -> Tuple[str, ...]:
    """Return the image types of a version's API, in the order of its description."""
    return tuple(
        name
        for name in _IMAGE_TYPES
        if _SINCE.get(name, 0) <= version < _UNTIL.get(name, version + 1)
    )

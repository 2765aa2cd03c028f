"""
How an image boots, as composer hands it to Koji.

Measured on osbuild-composer 180 for each image type, distribution and arch.
"""

from __future__ import annotations

import re

_NO_BOOT = ("wsl",)
_UEFI_ONLY = frozenset(
    {
        *("aws-cvm", "azure-cvm", "edge-installer", "gcp", "gcp-rhui", "iot-raw-image"),
        *("iot-simplified-installer", "minimal-raw"),
    }
)
"""Image types whose x86_64 images do not boot by a BIOS."""

_HYBRID_IN = {"gcp": "fedora-", "azure-cvm": "ol-"}
"""Where an image type of these does, by a distribution's prefix."""

_NETWORK_INSTALLERS = frozenset(
    {"network-installer", "everything-network-installer", "server-network-installer"}
)
_OLD_RHEL = re.compile(r"rhel-?(7\.?\d+|8\.?[0-8]|9\.?[0-2])\Z")
"""Releases whose images for AWS boot by a BIOS alone, on x86_64."""


def boot_mode(image_type: str, distro: str, arch: str) -> str:
    """
    Return ``hybrid``, ``uefi``, ``legacy`` or ``none``.

    :param image_type: by composer's name
    :param distro: e.g. ``rhel-9.4``
    """
    if image_type in _NO_BOOT:
        return "none"
    if arch == "s390x":
        return "none" if image_type in _NETWORK_INSTALLERS else "legacy"
    if arch == "ppc64le":
        return "legacy"
    if arch != "x86_64":
        return "uefi"
    if image_type in _UEFI_ONLY:
        hybrid_in = _HYBRID_IN.get(image_type)
        return "hybrid" if hybrid_in and distro.startswith(hybrid_in) else "uefi"
    if image_type.startswith("aws") and _OLD_RHEL.match(distro):
        return "legacy"
    return "hybrid"

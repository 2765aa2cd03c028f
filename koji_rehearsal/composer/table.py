"""
What one composer builds: the table of osbuild-composer 180, its version, and what a site has added.

What an older composer builds is only known by image type: the rehearsal has it build those that it
knew wherever 180 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Sequence, Tuple

from koji_rehearsal.composer import versions
from pungi_osbuild import imagetypes
from pungi_osbuild.imagetypes import Buildable

_INNER_NAMES: Mapping[str, Tuple[str, str]] = {
    "aws": ("ami", "generic-ami"),
    "aws-cvm": ("ec2-cvm", ""),
    "aws-ha-rhui": ("ec2-ha", ""),
    "aws-rhui": ("ec2", ""),
    "aws-sap-rhui": ("ec2-sap", ""),
    "azure": ("vhd", "generic-vhd"),
    "gcp": ("gce", "cloud-gce"),
    "gcp-rhui": ("gce", ""),
    "guest-image": ("qcow2", "generic-qcow2"),
    "image-installer": ("image-installer", "minimal-installer"),
    "iot-raw-image": ("", "iot-raw-xz"),
    "live-installer": ("", "workstation-live-installer"),
    "minimal-raw": ("minimal-raw", "minimal-raw-xz"),
    "oci": ("oci", "generic-oci"),
    "vsphere": ("vmdk", "generic-vmdk"),
    "vsphere-ova": ("ova", "generic-ova"),
    "wsl": ("wsl", "generic-wsl"),
}
"""What image-builder calls an image type, and what it calls it in Fedora."""

_WITH_LVM = ("azure-rhui", "azure-sap-rhui", "azure-sapapps-rhui", "azure-eap7-rhui")
"""Image types whose disks RHEL lays out with LVM."""

_WITHOUT_DISK = ("azure-cvm", "oci")
"""Image types that Oracle's aarch64 is said to have, and no manifest can be made of."""


@dataclass(frozen=True)
class Target:
    """
    An image type of a distribution on an arch.

    :param distribution: by its full name, never an alias
    :param row: what the table says of it; None: it is in none
    """

    distribution: str
    arch: str
    image_type: str
    row: Optional[Buildable] = None

    @property
    def inner_name(self) -> str:
        """What image-builder calls the image type, and composer quotes."""
        names = _INNER_NAMES.get(self.image_type, ("", ""))
        return names[self.distribution.startswith("fedora-")] or self.image_type

    @property
    def takes_ostree(self) -> bool:
        """Whether it takes ostree options; of a site's own type nobody knows."""
        return self.row is None or self.row.ostree != "no"

    @property
    def needs_ostree_url(self) -> bool:
        """Whether composer refuses it without the url of an ostree repository."""
        return self.row is not None and self.row.ostree == "url required"

    @property
    def needs(self) -> Optional[str]:
        """The customization that composer breaks without."""
        return None if self.row is None else self.row.needs

    @property
    def boot_mode(self) -> str:
        """How it boots, as composer hands it to Koji."""
        if self.row is not None:
            return self.row.boot_mode
        return {"x86_64": "hybrid", "aarch64": "uefi"}.get(self.arch, "legacy")

    @property
    def has_lvm(self) -> bool:
        """Whether its partitions are laid out with LVM."""
        if not self.distribution.startswith("rhel-"):
            return False
        has_old_oci = self.distribution.startswith("rhel-8.")
        return self.image_type in _WITH_LVM or (self.image_type == "oci" and not has_old_oci)

    @property
    def has_no_disk(self) -> bool:
        """Whether its distribution lacks a partition table for it."""
        on_oracle = self.distribution.startswith("ol-") and self.arch == "aarch64"
        return on_oracle and self.image_type in _WITHOUT_DISK


@dataclass(frozen=True)
class OwnType:
    """
    An image type that a site's own composer builds beside what the table says.

    :param distros: for which; none: for all of them, where there are arches or where the API has no
        such type, else for none
    :param arches: on which; none: on all of them
    """

    name: str
    distros: Tuple[str, ...] = ()
    arches: Tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the API of composer has no such type."""
        return self.name not in imagetypes.known_types()

    def is_built(self, distribution: str, arch: str) -> bool:
        """Whether the site's composer builds it so."""
        if not (self.is_new or self.distros or self.arches):
            return False
        of_distribution = not self.distros or self.is_for(distribution)
        return of_distribution and (not self.arches or arch in self.arches)

    def is_for(self, distribution: str) -> bool:
        """Whether it is for a distribution; by whole names."""
        whole = imagetypes.whole_name
        return whole(distribution) in map(whole, self.distros)


class Table:
    """
    What one composer builds.

    :param version: of composer
    :param own_types: what this site's composer builds besides
    """

    def __init__(self, version: int, own_types: Sequence[OwnType] = ()) -> None:
        self.version = version
        self._own_types = tuple(own_types)

    @property
    def new_types(self) -> Tuple[str, ...]:
        """The image types that this composer has beside those of the API."""
        return tuple(dict.fromkeys(own.name for own in self._own_types if own.is_new))

    def distribution(self, name: str) -> Optional[str]:
        """Return the distribution that a name stands for; None: composer knows none."""
        if any(own.is_for(name) for own in self._own_types):
            return imagetypes.whole_name(name)
        is_too_new = self.version < versions.ALIASES_SINCE.get(name, 0)
        return None if is_too_new else imagetypes.full_name(name)

    def has_arch(self, distribution: str, arch: str) -> bool:
        """Whether composer knows an arch for a distribution."""
        is_own = any(
            own.is_built(distribution, arch)
            for own in self._own_types
            if own.arches or own.is_for(distribution)
        )
        return is_own or arch in imagetypes.arches_of(distribution)

    def target(self, distribution: str, arch: str, image_type: str) -> Optional[Target]:
        """
        Return what composer builds, or None for a type that a distribution or arch has not.

        :param distribution: as :meth:`distribution` returns it
        """
        row = imagetypes.buildable(distribution, arch, image_type)
        target = Target(distribution, arch, image_type, row)
        is_own = any(
            own.name == image_type and own.is_built(distribution, arch) for own in self._own_types
        )
        is_former = image_type in imagetypes.UNTIL and image_type not in self.new_types
        is_built = row is not None or is_own or is_former or target.has_no_disk
        return target if is_built else None

    def boot_mode(self, distribution: str, arch: str, image_type: str) -> str:
        """Return how an image boots, as composer hands it to Koji."""
        full = self.distribution(distribution) or distribution
        target = self.target(full, arch, image_type) or Target(full, arch, image_type)
        return target.boot_mode

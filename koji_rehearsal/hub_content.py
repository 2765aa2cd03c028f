"""What a rehearsal hub starts with: users, tags, targets and packages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Iterable, Optional, Tuple

from koji_rehearsal.composer.table import OwnType
from pungi_osbuild.imagetypes import CATALOGUE, ExportedFile, ImageType

ALL_ARCHES = ("x86_64", "aarch64", "ppc64le", "s390x")
REHEARSAL_USER = "pungi"
BUILDER_USER = "osbuild-composer"


@dataclass(frozen=True)
class HubUser:
    """A Koji user; its password is its name and ``pw`` unless it has another."""

    name: str
    perms: Tuple[str, ...] = ()
    password: str = field(default="", repr=False)

    def accepts(self, password: object) -> bool:
        """Whether this is the user's password."""
        return password == (self.password or self.name + "pw")


@dataclass(frozen=True)
class HubTag:
    """
    A Koji tag.

    :param perm: a permission that is needed to tag into it
    :param packages: its own package list, (name, blocked)
    :param parent: a tag whose package list it inherits
    """

    name: str
    arches: Tuple[str, ...] = ALL_ARCHES
    locked: bool = False
    perm: Optional[str] = None
    packages: Tuple[Tuple[str, bool], ...] = ()
    parent: Optional[str] = None


@dataclass(frozen=True)
class HubTarget:
    """A Koji build target: where a build takes its arches and repository from, where it goes."""

    name: str
    build_tag: str
    dest_tag: str


@dataclass(frozen=True)
class HubContent:
    """
    What a hub knows when it starts.

    :param strict: refuse a target or package that is not here, as a real hub does; else it is
        added when it is first asked for
    :param anonymous: the user that callers are who have not logged in; None: nobody, as on a
        real hub
    :param image_types: that composer knows beside those of the catalogue, or instead of them
    :param own_types: which distributions and arches composer builds them for, beside its table
    """

    users: Tuple[HubUser, ...]
    tags: Tuple[HubTag, ...]
    targets: Tuple[HubTarget, ...]
    strict: bool = False
    anonymous: Optional[str] = REHEARSAL_USER
    image_types: Tuple[ImageType, ...] = ()
    own_types: Tuple[OwnType, ...] = ()

    def image_type(self, name: str) -> Optional[ImageType]:
        """Return an image type by composer's name, or None for one that composer has not."""
        known = {entry.name: entry for entry in self.image_types}
        return known.get(name) or CATALOGUE.get(name) or _NO_LONGER.get(name)

    @property
    def packages(self) -> Tuple[str, ...]:
        """Every package that a tag lists, blocked or not."""
        names = (name for tag in self.tags for name, _ in tag.packages)
        return tuple(dict.fromkeys(names))

    @classmethod
    def golden(cls) -> HubContent:
        """Return the content of the hub that this one imitates."""
        build, candidate = "f41-images-build", "f41-images-candidate"
        listed = tuple((name, False) for name in _golden_packages())
        tags = (
            HubTag(build),
            HubTag(candidate, packages=(*listed, ("blocked-image", True))),
            HubTag("f41-images-build-noarches", arches=()),
            HubTag("f41-images-locked", locked=True, parent=candidate),
            HubTag("f41-images-perm", perm="admin", parent=candidate),
            HubTag("f41-images-child", parent=candidate),
            HubTag("f41-images-empty"),
        )
        targets = (
            HubTarget("f41-images", build, candidate),
            HubTarget("f41-images-child", build, "f41-images-child"),
            HubTarget("f41-images-noarches", "f41-images-build-noarches", candidate),
            HubTarget("f41-images-locked", build, "f41-images-locked"),
            HubTarget("f41-images-perm", build, "f41-images-perm"),
            HubTarget("f41-images-empty", build, "f41-images-empty"),
        )
        return cls(_USERS, tags, targets)

    @classmethod
    def seeded(
        cls, targets: Iterable[str], packages: Iterable[str], arches: Iterable[str]
    ) -> HubContent:
        """
        Return content in which every target builds every package on every arch.

        :param targets: names; each gets a build tag and a destination tag of its own
        """
        listed = tuple((name, False) for name in dict.fromkeys(packages))
        built_on = tuple(dict.fromkeys(arches))
        tags = []
        rows = []
        for name in dict.fromkeys(targets):
            target = target_named(name)
            rows.append(target)
            tags.append(HubTag(target.build_tag, arches=built_on))
            tags.append(HubTag(target.dest_tag, arches=built_on, packages=listed))
        return cls(_USERS, tuple(tags), tuple(rows))


def target_named(name: str) -> HubTarget:
    """Return a target of that name, with tags that are named after it."""
    return HubTarget(name, name + "-build", name + "-candidate")


_BOOTABLE = "iot-bootable-container"
_NO_LONGER = {
    _BOOTABLE: replace(
        CATALOGUE["edge-container"],
        name=_BOOTABLE,
        file=ExportedFile("container.tar", "container"),
    )
}
"""Image types that only older composers have."""

_USERS = (
    HubUser("admin", ("admin",)),
    HubUser(REHEARSAL_USER, ("image",)),
    HubUser("nobody"),
    HubUser(BUILDER_USER),
)


def _golden_packages() -> Tuple[str, ...]:
    cloud = ("", "-Generic", "-AmazonEC2", "-Azure", "-GCE")
    fedora = ("Server-Guest", "IoT", "IoT-ostree", "IoT-raw", "Minimal", "Container-Base")
    rig = ("image", "aws", "azure", "gce", "ostree", "container", "installer")
    return (
        *("Fedora-Cloud-Base" + suffix for suffix in cloud),
        *("Fedora-" + name for name in (*fedora, "Installer")),
        *("rig-" + name for name in rig),
        *("img-%03d" % number for number in range(1, 201)),
    )

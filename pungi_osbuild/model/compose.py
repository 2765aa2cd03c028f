"""The compose: what it is called, its variants and arches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

Arch = str


TYPE_SUFFIXES = {"production": "", "nightly": ".n", "test": ".t", "ci": ".ci", "development": ".d"}


@dataclass(frozen=True)
class BaseProduct:
    """The base product of a layered product."""

    name: str
    short: str
    version: str
    type: str = "ga"


@dataclass(frozen=True)
class ComposeIdentity:
    """
    What a compose is called. Names are Pungi's and productmd's.

    :param id: the compose id, e.g. ``Fedora-Rawhide-20261123.n.0``
    :param date: ``YYYYMMDD``
    :param label: e.g. ``RC-1.2``, or None
    """

    id: str
    type: str
    date: str
    respin: int
    label: Optional[str]
    release_name: str
    release_short: str
    release_version: str
    release_type: str = "ga"
    release_internal: bool = False
    base_product: Optional[BaseProduct] = None

    @property
    def type_suffix(self) -> str:
        """The compose type as part of an id: ``.n`` for a nightly."""
        return TYPE_SUFFIXES.get(self.type, "")

    @property
    def image_release(self) -> str:
        """The release Pungi gives an image: the label's, else date, type suffix and respin."""
        if self.label:
            return self.label.split("-", 1)[-1]
        return "%s%s.%s" % (self.date, self.type_suffix, self.respin)

    @property
    def image_version(self) -> str:
        """The version Pungi gives an image: the release's, with a non-RC label's milestone."""
        if self.label and not self.label.startswith("RC-"):
            return "%s_%s" % (self.release_version, self.label.split("-", 1)[0])
        return self.release_version

    @property
    def date_respin(self) -> str:
        """The compose's own release, used where the hub can give none: ``20261123.0``."""
        return "%s.%s" % (self.date, self.respin)


VARIANT_TYPES = {"variant": 0, "addon": 1, "layered-product": 1, "optional": 2}
"""Pungi's types of variants, and where they stand in a list of variants."""


@dataclass(frozen=True)
class Variant:
    """
    A variant of the compose.

    :param uid: e.g. ``Server`` or ``Server-optional``
    :param type: variant, addon, optional or layered-product
    :param arches: sorted, without ``src``
    :param parent: the uid of the variant it belongs to, or None
    :param repositories: the variant's own repository, (arch, path below ``compose/`` with a
        literal ``$arch``) for each arch that has one
    """

    uid: str
    id: str
    name: str
    type: str
    arches: Tuple[Arch, ...]
    parent: Optional[str] = None
    repositories: Tuple[Tuple[Arch, str], ...] = ()

    def repository(self, arches: Tuple[Arch, ...]) -> Optional[str]:
        """Return the path of the own repository below ``compose/``, with a literal ``$arch``.

        :param arches: the arches that need it
        :returns: None when the variant has none for one of them
        """
        paths = dict(self.repositories)
        if not arches or any(arch not in paths for arch in arches):
            return None
        return paths[arches[0]]

    @property
    def order(self) -> Tuple[int, str]:
        """Where the variant stands in a list, as Pungi sorts them: by type, then by uid."""
        return (VARIANT_TYPES[self.type], self.uid)

    def topdir(self, arch: Arch) -> str:
        """Return the folder for an arch, below ``compose/``; an addon's is its parent's."""
        owner = self.parent if self.type == "addon" and self.parent else self.uid
        return "%s/%s" % (owner, arch)


@dataclass(frozen=True)
class Compose:
    """
    What a phase must know of the compose it works for, wherever that comes from.

    :param topdir: absolute path of the compose folder (it holds ``compose/``), or a place where
        it would be: planning needs it only for the addresses of the variants' own repositories
    :param variants: sorted as Pungi sorts them
    :param left_out: uids that the config's ``tree_variants`` and ``tree_arches`` leave out, as far
        as they are known: only to suggest a name
    """

    identity: ComposeIdentity
    variants: Tuple[Variant, ...]
    topdir: str
    left_out: Tuple[str, ...] = ()

    def variant(self, uid: str) -> Optional[Variant]:
        """Return the variant of that uid, or None."""
        for variant in self.variants:
            if variant.uid == uid:
                return variant
        return None

"""
What a run needs of Pungi's ``Compose``, as the values that the rest of the phase uses.

Nothing of Pungi is imported here: the compose is an object that Pungi made, or something that
looks like it. What is used of it was found by running Pungi 4.3.6 with its accesses recorded.
"""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Protocol, Sequence

from pungi_osbuild.model import Arch, BaseProduct, Compose, ComposeIdentity, Variant
from pungi_osbuild.problems import Problem

_SOURCE_ARCH = "src"


class PungiVariant(Protocol):
    """What is used of ``pungi.wrappers.variants.Variant``."""

    uid: str
    id: str
    name: str
    type: str
    arches: List[str]
    is_empty: bool
    parent: Optional[Any]


class PungiCompose(Protocol):
    """
    What is used of ``pungi.compose.Compose``.

    ``paths`` has ``compose`` and ``log``, ``im`` is productmd's ``Images``. Since Pungi 4.5 there
    is ``koji_downloader``, too.
    """

    conf: Mapping[str, Any]
    topdir: str
    paths: Any
    im: Any
    notifier: Any
    ci_base: Any
    all_variants: Mapping[str, PungiVariant]
    compose_id: str
    compose_type: str
    compose_date: str
    compose_respin: int
    compose_label: Optional[str]

    def get_variants(self) -> Sequence[PungiVariant]:
        """Return all variants, nested ones too, as Pungi sorts them."""

    def attempt_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        """Record in deliverables.json an image that is allowed to fail."""

    def require_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        """Record in deliverables.json a required image."""

    def fail_deliverable(
        self, variant: PungiVariant, arch: str, kind: str, subvariant: Optional[str]
    ) -> None:
        """Record in deliverables.json a failed image; the compose is then incomplete."""


def view(compose: PungiCompose) -> Compose:
    """Return what a compose of Pungi's is called, and its variants in Pungi's order."""
    variants = tuple(_variant(compose, variant) for variant in compose.get_variants())
    return Compose(_identity(compose), variants, compose.topdir)


def path_problems(compose: PungiCompose) -> Iterator[Problem]:
    """
    Give a problem for each folder that is not where images are placed.

    Another ``paths_module`` may move them; Pungi would then not find the images.
    """
    paths = compose.paths.compose
    if paths.topdir(create_dir=False) != "%s/compose" % compose.topdir:
        yield _moved("compose", paths.topdir(create_dir=False))
    for variant, ours in zip(compose.get_variants(), view(compose).variants):
        for arch in ours.arches:
            folder = paths.image_dir(variant, relative=True) % {"arch": arch}
            if folder != "%s/images" % ours.topdir(arch):
                yield _moved("images of %s" % ours.uid, folder)
                break


def _moved(what: str, where: str) -> Problem:
    return Problem(
        "moved-paths",
        "paths_module",
        "the config's paths_module puts the %s into %s" % (what, where),
        "Images are placed by Pungi's own paths; do not change these.",
    )


def _identity(compose: PungiCompose) -> ComposeIdentity:
    conf = compose.conf
    return ComposeIdentity(
        id=compose.compose_id,
        type=compose.compose_type,
        date=compose.compose_date,
        respin=compose.compose_respin,
        label=compose.compose_label or None,
        release_name=conf["release_name"],
        release_short=conf["release_short"],
        release_version=compose.ci_base.release.version,
        release_type=conf.get("release_type", "ga").lower(),
        release_internal=bool(conf.get("release_internal", False)),
        base_product=_base_product(conf),
    )


def _base_product(conf: Mapping[str, Any]) -> Optional[BaseProduct]:
    if not conf.get("base_product_name"):
        return None
    return BaseProduct(
        conf["base_product_name"],
        conf["base_product_short"],
        conf["base_product_version"],
        conf.get("base_product_type", "ga").lower(),
    )


def _variant(compose: PungiCompose, variant: PungiVariant) -> Variant:
    arches = tuple(sorted(arch for arch in variant.arches if arch != _SOURCE_ARCH))
    return Variant(
        uid=variant.uid,
        id=variant.id,
        name=variant.name,
        type=variant.type,
        arches=arches,
        parent=variant.parent.uid if variant.parent is not None else None,
        repositories=() if variant.is_empty else _repositories(compose, variant, arches),
    )


def _repositories(
    compose: PungiCompose, variant: PungiVariant, arches: Sequence[Arch]
) -> tuple[tuple[Arch, str], ...]:
    path = compose.paths.compose.repository("$arch", variant, create_dir=False, relative=True)
    return tuple((arch, path) for arch in arches)

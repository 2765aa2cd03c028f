"""composeinfo.json: what a compose is called and which variants it has."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

import productmd.composeinfo

from pungi_osbuild.checked import picked
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata.atomic import replace_text
from pungi_osbuild.metadata.productmd_files import (
    NEW,
    load_metadata,
    name_compose,
    read_errors,
    reason_of,
)
from pungi_osbuild.model import (
    Arch,
    BaseProduct,
    Compose,
    ComposeIdentity,
    ReleaseConfig,
    Variant,
)

_FIX = "Fix the file, or make it again with Pungi."
_SOURCE_ARCH = "src"
_RELEASE = ("name", "short", "version", "type", "internal")
"""What a release and its part of a :class:`ComposeIdentity` have in common."""

_ARCH = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_UID = re.compile(r"[A-Za-z0-9-]+", re.ASCII)


def read_compose(
    compose_dir: Path, tree_arches: Sequence[Arch] = (), tree_variants: Sequence[str] = ()
) -> Compose:
    """
    Return what ``compose/metadata/composeinfo.json`` says of a compose.

    :param compose_dir: the compose folder, which holds ``compose/``
    :param tree_arches: the config's; when not empty other arches are dropped
    :param tree_variants: the config's; when not empty variants of other uids are dropped, with
        all variants below them
    :raises InputError: there is no such folder, or it is not a compose
    :raises SourceError: composeinfo.json is broken
    """
    path = _existing(compose_dir)
    info = productmd.composeinfo.ComposeInfo()
    load_metadata(info, path, _FIX)
    with read_errors(path, _FIX):
        variants = sorted(
            _kept(info.variants, None, tree_arches, tree_variants),
            key=lambda variant: variant.order,
        )
        # abspath keeps symlinks: composes are often reached through one, and named by it.
        topdir = os.path.abspath(compose_dir)  # noqa: PTH100
        return Compose(_identity(info), tuple(variants), topdir)


def identify(
    release: ReleaseConfig, type: str, date: str, respin: int, label: Optional[str]
) -> ComposeIdentity:
    """
    Return what a compose that does not exist yet would be called.

    :param type: a compose type of productmd's, e.g. ``test``
    :param date: ``YYYYMMDD``
    :param label: e.g. ``RC-1.2``, or None
    :raises InputError: productmd refuses one of the values
    """
    base = release.base_product
    release = replace(release, type=release.type.lower())
    identity = ComposeIdentity(
        id="",
        type=type,
        date=date,
        respin=respin,
        label=label,
        base_product=base,
        **{"release_" + name: getattr(release, name) for name in _RELEASE},
    )
    with _nameable("Write the date as YYYYMMDD."):
        _refuse_no_date(date)
    info = _composeinfo(identity)
    with _nameable("Release names, versions and labels have no blanks and slashes in them."):
        _refuse_blanks(identity)
    with _nameable("See what the config says of the release."):
        info.compose.id = info.create_compose_id()
        for section in (info.release, *([info.base_product] if base else [])):
            section.validate()
    kinds = ", ".join(productmd.composeinfo.COMPOSE_TYPES)
    with _nameable("A type is one of %s, a label is like RC-1.2 or Beta-1.0." % kinds):
        info.compose.validate()
    return _identity(info)


@contextmanager
def _nameable(solution: str) -> Iterator[None]:
    """Turn what productmd refuses of a name into an error with its own solution."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise InputError("the compose cannot be named: %s" % reason_of(error), solution) from error


def _refuse_no_date(date: str) -> None:
    # strptime takes less than eight digits, too.
    if re.fullmatch("[0-9]{8}", date) is None:
        raise ValueError("%r is not a date" % date if date else "the date is empty")
    try:
        datetime.strptime(date, "%Y%m%d")
    except ValueError:
        raise ValueError("there is no date %s" % date) from None


def write_compose(path: Path, compose: Compose) -> None:
    """
    Write a composeinfo.json that :func:`read_compose` reads as the same compose.

    :param path: of the file; its folder is made when it is missing
    :raises InputError: it cannot be written there
    :raises SourceError: composeinfo.json cannot say this, e.g. a dash in a nested variant's id
    """
    try:
        info = _composeinfo(compose.identity)
        written: Dict[str, Any] = {}
        # By length: a parent's uid begins its children's, so it comes first.
        for variant in sorted(compose.variants, key=lambda item: len(item.uid)):
            made = _to_productmd(info, variant, compose.identity, written.get(variant.parent or ""))
            # A variant without children is false to productmd, so None is asked for.
            (info.variants if made.parent is None else made.parent).add(made)
            written[variant.uid] = made
        text = info.dumps()
    except (ValueError, TypeError) as error:
        raise SourceError(
            "composeinfo.json cannot describe this compose: %s" % reason_of(error),
            "Change the variants file or the release as productmd requires.",
        ) from error
    try:
        replace_text(path, text)
    except OSError as error:
        raise InputError(
            "%s cannot be written: %s" % (path, error.strerror),
            "Make room, give yourself the right to write there, or name another folder.",
        ) from error


def _existing(compose_dir: Path) -> Path:
    path = compose_dir / "compose" / "metadata" / "composeinfo.json"
    if path.is_file():
        return path
    if not compose_dir.is_dir():
        raise InputError(
            "there is no folder %s" % compose_dir, "Name the folder of an existing compose."
        )
    inner = compose_dir.resolve()
    if not (inner / "metadata" / "composeinfo.json").is_file():
        solution = "Name the folder that holds compose/metadata/composeinfo.json."
    elif inner.name == "compose":
        solution = "Name the folder above it, %s." % inner.parent
    else:
        solution = "Move it to a folder called compose in a new one, and name the new one."
    raise InputError("%s is not a compose: it has no %s" % (compose_dir, path), solution)


def _identity(info: Any) -> ComposeIdentity:
    return picked(
        ComposeIdentity,
        info.compose,
        base_product=picked(BaseProduct, info.base_product) if info.release.is_layered else None,
        **{"release_" + name: getattr(info.release, name) for name in _RELEASE},
    )


def _composeinfo(identity: ComposeIdentity) -> Any:
    info = productmd.composeinfo.ComposeInfo()
    info.output_version = NEW  # else productmd 2.0 writes a format of its own
    name_compose(info.compose, identity)
    for name in _RELEASE:
        setattr(info.release, name, getattr(identity, "release_" + name))
    info.release.is_layered = identity.base_product is not None
    if identity.base_product is not None:
        for name, value in vars(identity.base_product).items():
            setattr(info.base_product, name, value)
    return info


def _refuse_blanks(identity: ComposeIdentity) -> None:
    # productmd's patterns let a newline at the end pass, and the id names folders.
    values = (identity.date, identity.label, identity.release_short, identity.release_version)
    for value in values:
        if isinstance(value, str) and (value.split() != [value] or "/" in value):
            raise ValueError("%r is empty, or has a blank or a slash" % value)


def _kept(
    parent: Any,
    parent_uid: Optional[str],
    tree_arches: Sequence[Arch],
    tree_variants: Sequence[str],
) -> Iterator[Variant]:
    """Give the variants that the config's filters leave, as Pungi's reader of variants does."""
    for source in parent.variants.values():
        arches = _arches(source)
        if tree_arches:
            arches = tuple(arch for arch in arches if arch in tree_arches)
        if not arches or (tree_variants and source.uid not in tree_variants):
            continue
        yield _from_productmd(source, parent_uid, arches)
        yield from _kept(source, source.uid, tree_arches, tree_variants)


def _arches(source: Any) -> Tuple[Arch, ...]:
    for arch in source.arches:
        if not isinstance(arch, str) or not _ARCH.fullmatch(arch):
            raise ValueError("variant %s has a strange arch, %r" % (source.uid, arch))
    return tuple(sorted(arch for arch in source.arches if arch != _SOURCE_ARCH))


def _from_productmd(source: Any, parent_uid: Optional[str], arches: Tuple[Arch, ...]) -> Variant:
    if not _UID.fullmatch(source.uid):
        raise ValueError("a variant has a strange uid, %r" % source.uid)
    return Variant(
        uid=source.uid,
        # At the top productmd takes the dashes out of an id; Pungi's own id is the uid there.
        id=source.id if parent_uid else source.uid,
        name=source.name,
        type=source.type,
        arches=arches,
        parent=parent_uid,
        repositories=tuple(_repositories(source, arches)),
    )


def _repositories(source: Any, arches: Tuple[Arch, ...]) -> Iterator[Tuple[Arch, str]]:
    for arch in arches:
        path = source.paths.repository.get(arch)
        if not path:
            continue
        if not isinstance(path, str):
            raise ValueError("variant %s has a strange repository path, %r" % (source.uid, path))
        yield arch, _with_placeholder(path, arch)


def _with_placeholder(path: str, arch: Arch) -> str:
    """Return a path with a literal ``$arch`` for the arch; the first part is the variant's."""
    parts = path.split("/")
    if arch in parts[1:]:
        parts[parts.index(arch, 1)] = "$arch"
    return "/".join(parts)


def _to_productmd(info: Any, variant: Variant, identity: ComposeIdentity, parent: Any) -> Any:
    made = productmd.composeinfo.Variant(info)
    if variant.parent is not None and parent is None:
        raise ValueError("variant %s has no parent %s" % (variant.uid, variant.parent))
    made.parent = parent
    made.id = variant.id.replace("-", "")
    made.uid = variant.uid
    made.name = variant.name
    made.type = variant.type
    made.arches = set(variant.arches)
    if variant.type == "layered-product":
        # Its release is written in the variants file, and images do not depend on it.
        made.release.name = variant.name
        made.release.short = variant.id
        made.release.version = identity.release_version
        made.release.type = identity.release_type
    for arch, path in variant.repositories:
        made.paths.repository[arch] = path.replace("$arch", arch)
    return made

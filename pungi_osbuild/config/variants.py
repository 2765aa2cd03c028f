"""
Reading Pungi's variants XML, with Pungi's meaning.

Source: ``pungi.wrappers.variants``, ``Compose.get_variants`` and ``ComposePaths.repository`` of
4.3.6. One thing differs: Pungi takes any ``is_empty`` for true, also ``is_empty="false"``; here
it is true when it says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from pungi_osbuild.config.xmlsource import Element, read_xml
from pungi_osbuild.errors import SourceError
from pungi_osbuild.model import VARIANT_TYPES, Arch, Variant
from pungi_osbuild.problems import suggest

_ID = re.compile(r"[A-Za-z0-9-]+")
_ARCH = re.compile(r"[A-Za-z0-9_]+")


def read_variants(
    path: Path, tree_arches: Sequence[Arch] = (), tree_variants: Sequence[str] = ()
) -> Tuple[Variant, ...]:
    """
    Return the variants of a compose: those at the top and their direct children, as Pungi does.

    :param path: the variants XML
    :param tree_arches: only these arches; a variant left with none is dropped. Empty: all
    :param tree_variants: only these uids, of children too. Empty: all
    :returns: variants first, then addons and layered products, then optional ones; each by uid
    :raises InputError: the file is missing or cannot be read
    :raises SourceError: it is not a variants file, or says something that cannot be
    """
    root = read_xml(path)
    if root.tag != "variants":
        root.fail("the file contains <%s>" % root.tag, "Name a Pungi variants file: <variants>.")
    reader = _Reader(root, tree_arches, tree_variants)
    try:
        trees = reader.trees()
    except RecursionError:
        raise SourceError(
            "%s: variants are nested too deeply, or refer to each other" % path,
            "Pungi reads two levels.",
        ) from None
    variants = [variant for tree in trees for variant in (tree.variant, *tree.children)]
    return tuple(sorted(variants, key=lambda variant: (VARIANT_TYPES[variant.type], variant.uid)))


@dataclass(frozen=True)
class _Tree:
    """A variant with its direct children."""

    variant: Variant
    children: Tuple[Variant, ...]


class _Reader:
    def __init__(
        self, root: Element, tree_arches: Sequence[Arch], tree_variants: Sequence[str]
    ) -> None:
        self._root = root
        self._tree_arches = tree_arches
        self._tree_variants = tree_variants
        self._shared = {
            _attribute(element, "id"): element
            for element in root.below("variant")
            if _type(element) in ("addon", "layered-product")
        }

    def trees(self) -> List[_Tree]:
        trees: Dict[str, _Tree] = {}
        for element in self._root.below("variant"):
            if _type(element) != "variant":
                continue
            tree = self._tree(element, None)
            if tree is not None and self._is_wanted(tree.variant.uid):
                trees[tree.variant.id] = tree  # as in Pungi the last of the same id stays
        return list(trees.values())

    def _is_wanted(self, uid: str) -> bool:
        return not self._tree_variants or uid in self._tree_variants

    def _tree(self, element: Element, parent: Optional[Variant]) -> Optional[_Tree]:
        """Return the variant of an element, None when all its arches are filtered out."""
        variant = _variant(element, parent)
        arches = variant.arches
        if self._tree_arches:
            arches = tuple(arch for arch in arches if arch in self._tree_arches)
        if not arches:
            return None
        variant = replace(variant, arches=arches)
        children: Dict[str, Variant] = {}
        for child, child_element in self._children(element, variant):
            if self._is_wanted(child.uid) and child.id not in children:
                children[child.id] = _placed_below(variant, child, child_element)
        if _is_true(element, "has_optional") and "optional" not in {
            child.type for child in children.values()
        }:
            optional = _optional(variant)
            if self._is_wanted(optional.uid) and "optional" not in children:
                children["optional"] = _placed_below(variant, optional, element)
        return _Tree(_with_repositories(variant, element), tuple(children.values()))

    def _children(self, element: Element, variant: Variant) -> Iterator[Tuple[Variant, Element]]:
        nested = [(child, child) for child in element.below("variants", "variant")]
        referred = [
            (self._referred(reference), reference) for reference in element.below("variants", "ref")
        ]
        for child, place in [*nested, *referred]:
            tree = self._tree(child, variant)
            if tree is not None:
                yield tree.variant, place

    def _referred(self, reference: Element) -> Element:
        name = _attribute(reference, "id")
        if name not in self._shared:
            near = suggest(name, self._shared)
            reference.fail(
                "unknown reference %r" % name,
                "Did you mean %s?" % near
                if near
                else "Refer to an addon or a layered product at the top of the file.",
            )
        return self._shared[name]


def _variant(element: Element, parent: Optional[Variant]) -> Variant:
    """Return what an element says of itself, its arches unfiltered and without repositories."""
    identifier = _attribute(element, "id")
    if not _ID.fullmatch(identifier):
        element.fail(
            "a variant cannot have the id %r" % identifier, "Use letters, digits and dashes."
        )
    kind = _type(element)
    if kind == "layered-product" and not element.below("release"):
        element.fail(
            "the layered product %s has no release" % identifier,
            'Add <release name="..." short="..." version="..."/>.',
        )
    return Variant(
        uid="%s-%s" % (parent.uid, identifier) if parent else identifier,
        id=identifier,
        name=_attribute(element, "name"),
        type=kind,
        arches=_arches(element, identifier),
        parent=parent.uid if parent else None,
    )


def _type(element: Element) -> str:
    kind = _attribute(element, "type")
    if kind not in VARIANT_TYPES:
        near = suggest(kind, VARIANT_TYPES)
        element.fail(
            "unknown variant type %r" % kind,
            "%sIt is one of: %s."
            % ("Did you mean %s? " % near if near else "", ", ".join(VARIANT_TYPES)),
        )
    return kind


def _attribute(element: Element, name: str) -> str:
    value = element.attributes.get(name)
    if not value:
        element.fail("<%s> has no %s" % (element.tag, name), 'Add %s="...".' % name)
    return value


def _is_true(element: Element, name: str) -> bool:
    value = element.attributes.get(name, "false")
    if value not in ("true", "false"):
        element.fail("%s cannot be %r" % (name, value), 'Write "true" or "false".')
    return value == "true"


def _arches(element: Element, identifier: str) -> Tuple[Arch, ...]:
    found = element.below("arches", "arch")
    for arch in found:
        if not _ARCH.fullmatch(arch.text):
            arch.fail(
                "%r is not a valid arch" % arch.text,
                "Write only the arch, without spaces: <arch>x86_64</arch>.",
            )
    arches = {arch.text for arch in found} - {"src"}
    if not arches:
        element.fail(
            "the variant %s has no arches" % identifier,
            "Add them: <arches><arch>x86_64</arch></arches>.",
        )
    return tuple(sorted(arches))


def _placed_below(parent: Variant, child: Variant, place: Element) -> Variant:
    """Return a child as part of its parent: with the arches that both have."""
    if parent.type != "variant":
        place.fail(
            "%s is of type %s and cannot have variants in it" % (parent.uid, parent.type),
            "Put them into a variant of type variant.",
        )
    if child.id == parent.id:
        place.fail(
            "a variant in %s has the same id as its parent" % parent.uid, "Give it another id."
        )
    arches = tuple(arch for arch in child.arches if arch in parent.arches)
    if not arches:
        place.fail(
            "%s has none of the arches of %s" % (child.uid, parent.uid),
            "%s has %s." % (parent.uid, ", ".join(parent.arches)),
        )
    kept = tuple(pair for pair in child.repositories if pair[0] in arches)
    return replace(child, arches=arches, repositories=kept)


def _optional(parent: Variant) -> Variant:
    variant = Variant(
        uid="%s-optional" % parent.uid,
        id="optional",
        name="optional",
        type="optional",
        arches=parent.arches,
        parent=parent.uid,
    )
    return replace(variant, repositories=_repositories(variant))


def _with_repositories(variant: Variant, element: Element) -> Variant:
    if _is_true(element, "is_empty"):
        return variant
    return replace(variant, repositories=_repositories(variant))


def _repositories(variant: Variant) -> Tuple[Tuple[Arch, str], ...]:
    path = "%s/os" % variant.topdir("$arch")
    if variant.type == "addon":
        path = "%s/addons/%s" % (path, variant.id)
    return tuple((arch, path) for arch in variant.arches)

"""Pungi's variants XML is read with Pungi's meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import read_variants
from pungi_osbuild.errors import ExitCode, InputError, SourceError
from pungi_osbuild.model import Variant

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE variants PUBLIC "-//Red Hat, Inc.//DTD Variants info//EN" "variants2.dtd">
"""


def _arches(*names: str) -> str:
    return "<arches>%s</arches>" % "".join("<arch>%s</arch>" % name for name in names)


def _variant(
    uid: str, *arches: str, inside: str = "", kind: str = "variant", more: str = ""
) -> str:
    return '<variant id="%s" name="%s" type="%s" %s>%s%s</variant>\n' % (
        uid,
        uid,
        kind,
        more,
        _arches(*arches),
        inside,
    )


def _children(*elements: str) -> str:
    return "<variants>%s</variants>" % "".join(elements)


def _read(
    folder: Path, *elements: str, arches: Sequence[str] = (), variants: Sequence[str] = ()
) -> Dict[str, Variant]:
    path = folder / "variants.xml"
    path.write_text("%s<variants>\n%s</variants>\n" % (HEAD, "".join(elements)))
    return {variant.uid: variant for variant in read_variants(path, arches, variants)}


def test_a_plain_variant(tmp_path: Path) -> None:
    """Arches sorted and without src; a repository for each."""
    found = _read(tmp_path, _variant("Server", "x86_64", "src", "aarch64"))
    assert found == {
        "Server": Variant(
            uid="Server",
            id="Server",
            name="Server",
            type="variant",
            arches=("aarch64", "x86_64"),
            repositories=(("aarch64", "Server/$arch/os"), ("x86_64", "Server/$arch/os")),
        )
    }


@pytest.mark.parametrize(
    ("attribute", "has_repositories"),
    [('is_empty="true"', False), ('is_empty="false"', True), ("", True)],
)
def test_an_empty_variant_has_no_repository(
    attribute: str, has_repositories: bool, tmp_path: Path
) -> None:
    """Only one that says it is empty."""
    found = _read(tmp_path, _variant("Server", "x86_64", more=attribute))
    assert bool(found["Server"].repositories) is has_repositories


def test_children_of_every_type(tmp_path: Path) -> None:
    """Nested or referred to; arches are those that parent and child have."""
    release = '<release name="Product" short="P" version="1"/>'
    layered = '<variant id="Layer" name="Layer" type="layered-product">%s%s</variant>' % (
        release,
        _arches("s390x", "x86_64"),
    )
    found = _read(
        tmp_path,
        _variant("Shared", "x86_64", "s390x", kind="addon"),
        _variant("Unused", "x86_64", kind="addon"),
        layered,
        _variant(
            "Server",
            "x86_64",
            "aarch64",
            more='has_optional="true"',
            inside=_children(
                '<ref id="Shared"/>', '<ref id="Layer"/>', _variant("Own", "aarch64", kind="addon")
            ),
        ),
        _variant("Client", "x86_64", inside=_children('<ref id="Shared"/>')),
    )
    assert {
        uid: (v.type, v.parent, v.arches, v.repositories[0][1]) for uid, v in found.items()
    } == {
        "Client": ("variant", None, ("x86_64",), "Client/$arch/os"),
        "Server": ("variant", None, ("aarch64", "x86_64"), "Server/$arch/os"),
        "Client-Shared": ("addon", "Client", ("x86_64",), "Client/$arch/os/addons/Shared"),
        "Server-Layer": ("layered-product", "Server", ("x86_64",), "Server-Layer/$arch/os"),
        "Server-Own": ("addon", "Server", ("aarch64",), "Server/$arch/os/addons/Own"),
        "Server-Shared": ("addon", "Server", ("x86_64",), "Server/$arch/os/addons/Shared"),
        "Server-optional": (
            "optional",
            "Server",
            ("aarch64", "x86_64"),
            "Server-optional/$arch/os",
        ),
    }
    assert list(found) == [
        "Client",
        "Server",
        "Client-Shared",
        "Server-Layer",
        "Server-Own",
        "Server-Shared",
        "Server-optional",
    ]
    for variant in found.values():
        assert tuple(arch for arch, _ in variant.repositories) == variant.arches


def test_an_optional_child_of_its_own_replaces_has_optional(tmp_path: Path) -> None:
    """And keeps its arches."""
    own = _variant("optional", "x86_64", kind="optional")
    found = _read(
        tmp_path,
        _variant("Server", "x86_64", "s390x", more='has_optional="true"', inside=_children(own)),
    )
    assert found["Server-optional"].arches == ("x86_64",)


def test_tree_arches_drop_variants_without_any(tmp_path: Path) -> None:
    """Children, too."""
    found = _read(
        tmp_path,
        _variant(
            "Server",
            "x86_64",
            "s390x",
            inside=_children(_variant("Big", "s390x", kind="addon")),
        ),
        _variant("Main", "s390x"),
        arches=["x86_64", "aarch64"],
    )
    assert {uid: variant.arches for uid, variant in found.items()} == {"Server": ("x86_64",)}


def test_tree_variants_filter_parents_and_children_alike(tmp_path: Path) -> None:
    """A child of a variant that is not wanted is gone with it."""
    elements = [
        _variant(
            name,
            "x86_64",
            more='has_optional="true"',
            inside=_children(_variant("A", "x86_64", kind="addon")),
        )
        for name in ("Server", "Client")
    ]
    found = _read(tmp_path, *elements, variants=["Server", "Server-A", "Client-A"])
    assert list(found) == ["Server", "Server-A"]


def test_a_grandchild_is_no_variant_of_the_compose(tmp_path: Path) -> None:
    """Pungi lists variants and their direct children."""
    inner = _variant("Inner", "x86_64", inside=_children(_variant("Deep", "x86_64")))
    found = _read(tmp_path, _variant("Server", "x86_64", inside=_children(inner)))
    assert list(found) == ["Server", "Server-Inner"]


def test_an_optional_at_the_top_is_ignored(tmp_path: Path) -> None:
    """As in Pungi, which reads variants there."""
    found = _read(tmp_path, _variant("Server", "x86_64"), _variant("X", "x86_64", kind="optional"))
    assert list(found) == ["Server"]


BROKEN: Dict[str, Tuple[str, Optional[int], str]] = {
    "not-xml": ("<variants><variant", 3, "not XML"),
    "wrong-nesting": ("<variants>\n<variant>\n</variants>\n", 5, "not XML: mismatched tag"),
    "another-document": ("<comps/>", 3, "the file contains <comps>"),
    "no-id": ('<variants>\n<variant name="A" type="variant"/></variants>', 4, "has no id"),
    "no-name": ('<variants>\n<variant id="A" type="variant"/></variants>', 4, "has no name"),
    "no-type": ('<variants>\n<variant id="A" name="A"/></variants>', 4, "has no type"),
    "unknown-type": (
        '<variants>\n<variant id="A" name="A" type="varaint"/></variants>',
        4,
        "unknown variant type 'varaint'",
    ),
    "no-arches": (
        '<variants>\n<variant id="A" name="A" type="variant"/></variants>',
        4,
        "A has no arches",
    ),
    "space-around-an-arch": (
        "<variants>\n%s</variants>" % _variant("A", " x86_64"),
        4,
        "' x86_64' is not a valid arch",
    ),
    "arch-that-is-a-path": (
        "<variants>\n%s</variants>" % _variant("A", "../x"),
        4,
        "'../x' is not a valid arch",
    ),
    "id-that-is-a-path": (
        "<variants>\n%s</variants>" % _variant("../A", "x86_64"),
        4,
        "cannot have the id '../A'",
    ),
    "reference-to-nothing": (
        "<variants>\n%s%s</variants>"
        % (
            _variant("Shared", "x86_64", kind="addon"),
            _variant("A", "x86_64", inside=_children('\n<ref id="Sharde"/>')),
        ),
        6,
        "unknown reference 'Sharde'",
    ),
    "reference-to-a-variant": (
        "<variants>\n%s%s</variants>"
        % (_variant("B", "x86_64"), _variant("A", "x86_64", inside=_children('<ref id="B"/>'))),
        5,
        "unknown reference 'B'",
    ),
    "reference-in-a-circle": (
        "<variants>\n%s%s</variants>"
        % (
            _variant("B", "x86_64", kind="addon", inside=_children('<ref id="B"/>')),
            _variant("A", "x86_64", inside=_children('<ref id="B"/>')),
        ),
        None,
        "refer to each other",
    ),
    "child-with-the-id-of-its-parent": (
        "<variants>\n%s</variants>"
        % _variant("A", "x86_64", inside=_children(_variant("A", "x86_64", kind="addon"))),
        4,
        "same id as its parent",
    ),
    "child-of-other-arches": (
        "<variants>\n%s</variants>"
        % _variant("A", "x86_64", inside=_children(_variant("B", "s390x", kind="addon"))),
        4,
        "none of the arches of A",
    ),
    "child-of-an-addon": (
        "<variants>\n%s</variants>"
        % _variant(
            "A",
            "x86_64",
            inside=_children(
                _variant(
                    "B",
                    "x86_64",
                    kind="addon",
                    inside=_children(_variant("C", "x86_64", kind="addon")),
                )
            ),
        ),
        4,
        "is of type addon",
    ),
    "optional-child-of-an-addon": (
        "<variants>\n%s</variants>"
        % _variant(
            "A",
            "x86_64",
            inside=_children(_variant("B", "x86_64", kind="addon", more='has_optional="true"')),
        ),
        4,
        "is of type addon",
    ),
    "neither-true-nor-false": (
        "<variants>\n%s</variants>" % _variant("A", "x86_64", more='is_empty="yes"'),
        4,
        "is_empty cannot be 'yes'",
    ),
    "layered-product-without-a-release": (
        "<variants>\n%s%s</variants>"
        % (
            _variant("B", "x86_64", kind="layered-product"),
            _variant("A", "x86_64", inside=_children('<ref id="B"/>')),
        ),
        4,
        "has no release",
    ),
    "unknown-entity": ("<variants>\n&nothing;</variants>", 4, "entity 'nothing'"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_file_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    """What is wrong, where, and what to do."""
    text, line, words = BROKEN[name]
    path = tmp_path / "variants.xml"
    path.write_text(HEAD + text)
    with pytest.raises(SourceError) as caught:
        read_variants(path, (), ())
    place = "%s: " % path if line is None else "%s:%d: " % (path, line)
    assert caught.value.reason.startswith(place)
    assert words in caught.value.reason
    assert caught.value.solution
    assert caught.value.exit_code is ExitCode.FAILED


def test_entities_are_refused_at_their_declaration(tmp_path: Path) -> None:
    """Before a bomb goes off, or another file is read."""
    for declaration in ('<!ENTITY a "b">', '<!ENTITY a SYSTEM "other.xml">'):
        path = tmp_path / "variants.xml"
        path.write_text("<!DOCTYPE variants [\n%s\n]>\n<variants>&a;</variants>" % declaration)
        with pytest.raises(SourceError, match=r"variants\.xml:2: the entity 'a'"):
            read_variants(path, (), ())


@pytest.mark.parametrize("encoding", ["klingon", "idna"])
def test_an_encoding_that_nobody_knows_is_told(encoding: str, tmp_path: Path) -> None:
    """Python looks it up, and has its own exceptions for that."""
    path = tmp_path / "variants.xml"
    path.write_text('<?xml version="1.0" encoding="%s"?><variants/>' % encoding)
    with pytest.raises(SourceError, match=r"variants\.xml:1: "):
        read_variants(path, (), ())


@pytest.mark.parametrize("name", ["nothing.xml", "folder"])
def test_a_file_that_cannot_be_read_is_a_wrong_argument(name: str, tmp_path: Path) -> None:
    """Missing, or a folder."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=name) as caught:
        read_variants(tmp_path / name, (), ())
    assert caught.value.exit_code is ExitCode.USAGE


ARCHES = st.lists(st.sampled_from(["x86_64", "aarch64", "s390x"]), min_size=1, max_size=3)


@given(
    tops=st.dictionaries(st.sampled_from("ABC"), ARCHES, max_size=3),
    children=st.dictionaries(st.sampled_from("DE"), ARCHES, max_size=2),
    tree_arches=st.lists(st.sampled_from(["x86_64", "aarch64"]), max_size=2),
    tree_variants=st.lists(st.sampled_from(["A", "B", "A-D", "B-optional"]), max_size=3),
)
def test_filters_and_families_hold_for_any_file(
    tmp_path_factory: pytest.TempPathFactory,
    tops: Dict[str, Sequence[str]],
    children: Dict[str, Sequence[str]],
    tree_arches: Sequence[str],
    tree_variants: Sequence[str],
) -> None:
    """Nothing unwanted comes out, and every child has its parent and its parent's arches."""
    inside = _children(*(_variant(uid, *arches, kind="addon") for uid, arches in children.items()))
    elements = [
        _variant(uid, *arches, inside=inside, more='has_optional="true"')
        for uid, arches in tops.items()
    ]
    folder = tmp_path_factory.mktemp("variants")
    try:
        found = _read(folder, *elements, arches=tree_arches, variants=tree_variants)
    except SourceError as error:
        assert "none of the arches" in error.reason
        return
    for uid, variant in found.items():
        assert variant.arches
        assert not tree_variants or uid in tree_variants
        assert not tree_arches or set(variant.arches) <= set(tree_arches)
        if variant.parent is not None:
            assert set(variant.arches) <= set(found[variant.parent].arches)

"""The words of the installed productmd."""

from __future__ import annotations

import pytest

from pungi_osbuild.imagetypes import CATALOGUE, productmd_type
from pungi_osbuild.metadata import productmd_types


@pytest.mark.parametrize(
    ("type", "format", "known"),
    [("qcow2", "qcow2", True), ("qcow2", "ova", False), ("ami", "raw", False)],
)
def test_it_knows_what_productmd_knows(type: str, format: str, known: bool) -> None:
    """Type and format are looked at separately, as productmd does."""
    assert productmd_types().knows(type, format) is known


def test_sources_are_no_arch_for_images() -> None:
    """productmd refuses an image under ``src``."""
    words = productmd_types()
    assert {"x86_64", "aarch64", "s390x"} <= words.arches
    assert not {"src", "nosrc"} & words.arches


def test_the_catalogue_speaks_productmd() -> None:
    """Everything that the catalogue records has a word in this productmd."""
    for image_type in CATALOGUE.values():
        exported = image_type.file
        words = productmd_type(image_type.name, exported.suffix, exported.name)
        assert words is None or productmd_types().knows(*words), image_type.name


def test_it_says_which_formats_a_type_is_made_in() -> None:
    """Nothing of a type that productmd gives none, or does not know."""
    words = productmd_types()
    assert words.formats_of("raw-xz") == ("raw.xz",)
    assert words.formats_of("live") == ()
    assert words.formats_of("nonsense") == ()
    assert "dvd" in words.types_of("iso")
    assert words.types_of("nonsense") == ()


def test_the_catalogue_has_only_pairs_that_productmd_has() -> None:
    """So it never warns of itself."""
    words = productmd_types()
    for image_type in CATALOGUE.values():
        exported = image_type.file
        pair = productmd_type(image_type.name, exported.suffix, exported.name)
        assert pair is None or pair[1] in words.formats_of(pair[0]), image_type.name

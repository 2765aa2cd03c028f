"""What belongs to a run: by place or by identity, never by guess."""

from __future__ import annotations

import dataclasses
from typing import Any, Tuple

import pytest

from pungi_osbuild.metadata import (
    Claim,
    ImageRecord,
    Owned,
    claims_of_image,
    claims_of_request,
    own_entries,
    planned_identity,
)
from pungi_osbuild.model import ImageRequest
from tests.values import a_built_image, a_placed_image, a_request, an_image_config

SERVER = Owned("Server", "x86_64", "Server/x86_64/images/example-guest-1-5.x86_64.qcow2")


def a_record(**changes: Any) -> ImageRecord:
    return ImageRecord.of(a_placed_image(**changes), in_images_json=True)


def test_the_same_place_is_own() -> None:
    """Variant, arch and path, whatever the identity is now."""
    claim = Claim(SERVER.variant, SERVER.arch, SERVER.path, None)
    assert own_entries([a_record()], [claim]) == {SERVER}


@pytest.mark.parametrize(
    "claim",
    [
        Claim("Client", "x86_64", SERVER.path, None),
        Claim("Server", "aarch64", SERVER.path, None),
        Claim("Server", "x86_64", "Server/x86_64/images/other.qcow2", None),
        Claim("Server", "x86_64", None, None),
        Claim("Server", "x86_64", None, planned_identity("KDE", "qcow2", "qcow2", "x86_64")),
        Claim("Server", "x86_64", None, planned_identity("Server", "vmdk", "vmdk", "x86_64")),
    ],
)
def test_another_place_and_identity_is_not_own(claim: Claim) -> None:
    """It stays."""
    assert own_entries([a_record()], [claim]) == frozenset()


def test_the_same_identity_is_own_wherever_it_was() -> None:
    """productmd cannot tell the two apart, so the old one makes room."""
    identity = planned_identity("Server", "qcow2", "qcow2", "x86_64")
    assert own_entries([a_record()], [Claim("Client", "x86_64", "x", identity)]) == {SERVER}


def test_images_without_words_are_told_by_name_image_type_and_subvariant() -> None:
    """And by name: two of them can be in one compose."""
    old = a_record(type=None, format=None)
    new = a_placed_image(type=None, format=None, path="Server/x86_64/images/x.tar")
    assert own_entries([old], [claims_of_image(new)]) == {SERVER}
    named = dataclasses.replace(new, built=a_built_image(nvr="another-1-5"))
    for other in (named, dataclasses.replace(new, subvariant="Other")):
        assert own_entries([old], [claims_of_image(other)]) == frozenset()
    assert own_entries([old], [claims_of_image(a_placed_image(type=None))]) == {SERVER}


def test_a_request_claims_the_file_it_would_make() -> None:
    """Also when it has failed and there is no file."""
    assert claims_of_request(a_request()) == (claims_of_image(a_placed_image()),)


def test_a_split_request_claims_the_file_under_its_plain_name() -> None:
    """The arch in the release is taken out again."""
    (claim,) = claims_of_request(a_request(split=True))
    assert claim.path == SERVER.path


def test_an_iso_is_claimed_where_isos_go() -> None:
    """With the type that its name and manifest_type give."""
    config = an_image_config(image_type="image-installer", manifest_type="live-osbuild")
    (claim,) = claims_of_request(a_request(config=config, arches=("aarch64",)))
    assert claim == Claim(
        "Server",
        "aarch64",
        "Server/aarch64/iso/example-guest-1-5.aarch64.iso",
        planned_identity("Server", "live-osbuild", "iso", "aarch64"),
    )


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        (a_request(arches=("aarch64", "x86_64")), 2),
        (a_request(config=an_image_config(image_type="unheard-of")), 0),
    ],
)
def test_a_request_claims_once_for_each_arch(request_: ImageRequest, count: int) -> None:
    """And nothing when nobody knows what file it makes."""
    assert len(claims_of_request(request_)) == count


def test_without_a_release_the_identity_is_claimed_alone() -> None:
    """The hub was never asked for one, so the file has no name."""
    (claim,) = claims_of_request(a_request(base_release=None))
    assert claim.path is None
    assert claim.identity == planned_identity("Server", "qcow2", "qcow2", "x86_64")


def test_an_image_with_another_suffix_claims_what_it_is() -> None:
    """What the hub made counts, not what the catalogue says."""
    built = a_built_image(filename="example-guest-1-5.x86_64.vmdk")
    image = a_placed_image(built=built, type="vmdk", format="vmdk", path="a.vmdk")
    expected: Tuple[object, ...] = ("a.vmdk", planned_identity("Server", "vmdk", "vmdk", "x86_64"))
    claim = claims_of_image(image)
    assert (claim.path, claim.identity) == expected

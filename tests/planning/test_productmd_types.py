"""Requests against productmd's types and formats, image types that a config lists, and N-V-Rs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

import pytest

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.imagetypes import CATALOGUE
from pungi_osbuild.metadata import ProductmdTypes, claims_of_request, productmd_types
from pungi_osbuild.model import ComposeIdentity
from pungi_osbuild.planning import Plan, checked_plan
from pungi_osbuild.problems import Severity, has_errors
from tests.values import a_compose, a_variant, an_identity, whatever_composer_builds

LONGEST = 255 - len(".x86_64.iso.manifest.json")
FEW = ProductmdTypes(
    types=frozenset({"qcow2", "raw", "dvd", "dvd-ostree-osbuild"}),
    formats=frozenset({"qcow2", "raw", "iso"}),
    arches=frozenset({"x86_64"}),
    pairs=(("qcow2", ("qcow2",)), ("raw", ()), ("dvd", ("iso",))),
)


def checked(
    image_type: str,
    listed: Optional[Dict[str, Dict[str, str]]] = None,
    words: Optional[ProductmdTypes] = None,
    identity: Optional[ComposeIdentity] = None,
    **block: Any,
) -> Plan:
    written = {
        "name": "test-image",
        "distro": "rhel-9.4",
        "image_types": image_type,
        "target": "t",
        "release": "7",
        "arches": ["x86_64"],
        **block,
    }
    config: Dict[str, Any] = {"osbuild": {"^Server$": [written]}}
    if listed is not None:
        config["osbuild_image_types"] = listed
    reading = read_config(Source("/x.conf", config))
    assert reading.config is not None
    assert not has_errors(reading.problems), reading.problems
    variants = (a_variant(arches=("aarch64", "x86_64", "e2k")),)
    compose = a_compose(identity=identity or an_identity(), variants=variants)
    found = checked_plan(
        reading.config, compose, words or productmd_types(), reading.problems, False
    )
    return replace(found, problems=whatever_composer_builds(found.problems))


def told(*args: Any, **kwargs: Any) -> List[Tuple[str, Severity, str]]:
    return [
        (problem.code, problem.severity, problem.place.replace('osbuild["^Server$"][0].', ""))
        for problem in checked(*args, **kwargs).problems
    ]


def unknown(place: str) -> List[Tuple[str, Severity, str]]:
    return [("unknown-productmd-type", Severity.ERROR, place)]


def odd(place: str) -> List[Tuple[str, Severity, str]]:
    return [("odd-productmd-type", Severity.WARNING, place)]


def test_a_type_must_be_one_of_productmds() -> None:
    """Told where it is written; also for an image type whose file nobody knows."""
    assert told("guest-image", manifest_type="qcow3") == unknown("manifest_type")
    assert told("vsphere", words=FEW) == unknown("image_types")
    assert told("qcow2", {"qcow2": {"type": "x"}}) == unknown("osbuild_image_types.qcow2.type")
    assert told("qcow2", {"qcow2": {"type": "qcow2", "format": "raw.lz"}}) == unknown(
        "osbuild_image_types.qcow2.format"
    )
    assert told("hologram", manifest_type="raw") == [
        ("unlisted-image-type", Severity.WARNING, "image_types")
    ]
    assert told("hologram", manifest_type="rwa")[1:] == unknown("manifest_type")
    assert told("hologram", {"hologram": {"type": "x"}}) == unknown(
        "osbuild_image_types.hologram.type"
    )


def test_a_type_should_fit_the_file() -> None:
    """Productmd looks at type and format separately, so an odd pair works, in-tree as well."""
    assert told("guest-image", manifest_type="raw") == odd("manifest_type")
    assert told("iot-installer", manifest_type="qcow2") == odd("manifest_type")
    assert told("guest-image", {"guest-image": {"type": "raw"}}) == odd(
        "osbuild_image_types.guest-image.type"
    )
    (problem,) = checked("guest-image", manifest_type="raw").problems
    assert '"' not in problem.hint
    assert problem.hint == "Set manifest_type: qcow2."
    (problem,) = checked("edge-commit", manifest_type="qcow2").problems
    assert problem.hint == "Leave manifest_type out: productmd has no type for what it is."
    (problem,) = checked("guest-image", {"guest-image": {"type": "raw"}}).problems
    assert problem.hint == "Set type: qcow2."


@pytest.mark.parametrize("type_", ["live", "ec2", "kvm"])
def test_a_type_that_productmd_has_no_formats_for_fits_any(type_: str) -> None:
    """It does not say, so neither do we."""
    assert told("image-installer", manifest_type=type_) == []


def test_an_older_productmd_says_nothing_of_pairs() -> None:
    """Only its words are judged then."""
    old = ProductmdTypes(FEW.types, FEW.formats, FEW.arches)
    assert told("guest-image", words=old, manifest_type="raw") == []
    assert told("guest-image", words=FEW, manifest_type="dvd") == odd("manifest_type")


def test_an_arch_that_productmd_does_not_know() -> None:
    """Its image is in osbuild.json only."""
    assert told("guest-image", arches=["e2k", "x86_64"]) == [
        ("not-in-images-json", Severity.NOTE, "image_types")
    ]


ISO_TYPES = sorted(name for name, entry in CATALOGUE.items() if entry.file.suffix == "iso")


@pytest.mark.parametrize("name", ISO_TYPES)
def test_an_iso_is_filed_as_what_it_is(name: str) -> None:
    """Or there is a warning that says which manifest_type does so."""
    meant = CATALOGUE[name].iso
    problems = checked(name).problems
    assert [problem.code for problem in problems] == ([] if meant is None else ["iso-type"])
    if meant is not None:
        assert problems[0].severity is Severity.WARNING
        assert problems[0].hint == 'Set manifest_type: "%s".' % meant
        assert told(name, manifest_type=meant) == []


def test_every_type_of_iso_is_looked_at() -> None:
    """One has no word that is beyond doubt: a plain installer is a dvd, by any name."""
    assert [name for name in ISO_TYPES if CATALOGUE[name].iso is None] == ["image-installer"]
    assert len(ISO_TYPES) == 8


def test_the_name_of_an_iso_is_enough() -> None:
    """By the in-tree rule; a name that misleads is told."""
    assert told("iot-installer", name="Fedora-IoT-ostree") == []
    assert told("network-installer", name="Fedora-boot") == []
    assert told("live-installer", name="Fedora-Workstation-Live") == []
    assert told("edge-installer", name="EXL-OSTree") == []
    assert [found[0] for found in told("network-installer", name="EXL-LIVE")] == ["iso-type"]
    assert [found[0] for found in told("network-installer", name="Fedora-live")] == ["iso-type"]
    assert told("image-installer", name="Fedora-boot") == []
    assert told("iot-installer", {"iot-installer": {"type": "dvd"}}) == []


def test_a_listed_image_type_is_planned_with_its_file_and_words() -> None:
    """As if the catalogue had it."""
    listed = {"iot-qcow2": {"upload": "aws.s3", "type": "qcow2", "format": "qcow2"}}
    found = checked("iot-qcow2", listed, arches=["aarch64", "x86_64"])
    assert found.problems == ()
    assert [claim.path for request in found.requests for claim in claims_of_request(request)] == [
        "Server/aarch64/images/test-image-1-7.aarch64.qcow2",
        "Server/x86_64/images/test-image-1-7.x86_64.qcow2",
    ]
    (claim, _) = (claims_of_request(request)[0] for request in found.requests)
    assert claim.identity is not None
    assert "type qcow2" in claim.identity.describe()


def test_a_listed_format_can_say_more_than_the_suffix() -> None:
    """Productmd's words for an OVA, a .ova in Koji."""
    assert told("vsphere-ova") == [("not-in-images-json", Severity.NOTE, "image_types")]
    listed = {"vsphere-ova": {"type": "vsphere-ova", "format": "vsphere.ova"}}
    found = checked("vsphere-ova", listed)
    assert found.problems == ()
    (claim,) = claims_of_request(found.requests[0])
    assert claim.path == "Server/x86_64/images/test-image-1-7.x86_64.ova"
    assert claim.identity is not None


def test_a_listed_format_corrects_the_catalogue() -> None:
    """A newer composer may make another file of the same type."""
    found = checked("aws", {"aws": {"format": "raw.xz"}})
    assert found.problems == ()
    (claim,) = claims_of_request(found.requests[0])
    assert claim.path == "Server/x86_64/images/test-image-1-7.x86_64.raw.xz"
    assert claim.identity is not None
    assert "type raw-xz" in claim.identity.describe()


def test_two_listed_types_that_images_json_cannot_tell_apart() -> None:
    """The catalogue's rules hold for them."""
    listed = {"a-type": {"type": "qcow2", "format": "qcow2"}}
    config: Dict[str, Any] = {
        "osbuild_image_types": listed,
        "osbuild": {
            "^Server$": [
                {"name": name, "distro": "d-1", "image_types": kind, "target": "t", "release": "1"}
                for name, kind in (("one", "a-type"), ("other", "guest-image"))
            ]
        },
    }
    reading = read_config(Source("/x.conf", config))
    assert reading.problems == ()
    assert reading.config is not None
    found = checked_plan(reading.config, a_compose(), productmd_types(), (), False)
    own = whatever_composer_builds(found.problems)
    assert [problem.code for problem in own] == ["duplicate-identity"]


def test_an_nvr_that_a_generator_spoils() -> None:
    """Koji takes no dash in a version; what is written literally was judged before."""
    dashed = an_identity(release_version="rawhide-x")
    assert told("guest-image", identity=dashed) == [
        ("bad-version", Severity.ERROR, 'osbuild["^Server$"][0]')
    ]
    assert told("guest-image", identity=dashed, version="9.4") == []
    assert told("guest-image", identity=dashed, version="!VERSION_FROM_VERSION") != []


def test_an_nvr_that_splitting_makes_too_long() -> None:
    """The arch is in the release then."""
    name = "n" * (LONGEST - len("-1-7"))
    assert told("guest-image", name=name) == []
    found = told("guest-image", name=name, arches=["aarch64", "x86_64"])
    assert found == [("too-long", Severity.ERROR, "name")]


def test_a_line_break_is_written_out() -> None:
    """A problem stays on its two lines, whoever made it."""
    (problem,) = checked("guest-image", manifest_type="a\nb").problems
    assert problem.message.endswith("(type a\\nb, format qcow2)")

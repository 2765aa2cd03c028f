"""
Manifests and SBOMs are what their readers take.

The manifest was built by osbuild 191 as root; where osbuild is installed it is built here, too. The
SBOM was read by spdx-tools 0.8; here each field that SPDX 2.3 requires is looked at.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest
import requests

from koji_rehearsal.composer.provenance import SIZE, spdx_document
from tests.conformance.desk import Desk, a_desk

IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+\Z")
TYPES = ("guest-image", "iot-commit", "azure", "minimal-raw", "wsl", "image-installer")


def files_of(desk: Desk, task_id: int) -> Tuple[Any, Dict[str, Any]]:
    """Return the image's archive, and its build's JSON files by name."""
    build = desk.build_of(task_id)
    folder = "%s/packages/%s/%s/%s/images" % (
        desk.hub.topurl,
        *(build[key] for key in ("name", "version", "release")),
    )
    (image,) = desk.image_archives(task_id)
    names = [one["filename"] for one in desk.session().listArchives(buildID=build["id"])]
    return image, {
        name: requests.get("%s/%s" % (folder, name), timeout=10).json()
        for name in names
        if name.endswith(".json")
    }


@pytest.mark.parametrize("image_type", TYPES)
def test_a_manifest_exports_what_the_archive_says(image_type: str, tmp_path: Path) -> None:
    """One pipeline by the name of the export, which makes the exported file."""
    with a_desk(tmp_path) as desk:
        image, files = files_of(desk, desk.build(image_type=image_type))
    artifact = image["extra"]["image"]["osbuild_artifact"]
    (name,) = [name for name in files if name.endswith(".manifest.json")]
    manifest = files[name]
    assert set(manifest) == {"version", "pipelines", "sources"}, "osbuild refuses any other key"
    (pipeline,) = manifest["pipelines"]
    assert (manifest["version"], pipeline["name"]) == ("2", artifact["export_name"])
    assert pipeline["runner"] == "org.osbuild.linux"
    (stage,) = pipeline["stages"]
    assert stage["type"] == "org.osbuild.truncate"
    assert stage["options"] == {"filename": artifact["export_filename"], "size": str(SIZE)}


def test_sboms_are_whole(tmp_path: Path) -> None:
    """Both of an image, each a document of its own."""
    with a_desk(tmp_path) as desk:
        _, files = files_of(desk, desk.build())
    found = {name: one for name, one in files.items() if name.endswith(".spdx.json")}
    pipelines = sorted(name.rsplit(".", 3)[-3] for name in found)
    assert pipelines == ["buildroot-build", "image-os"]
    for document in found.values():
        check_spdx(document)
    assert len({one["documentNamespace"] for one in found.values()}) == 2


def test_an_sbom_is_the_same_each_time() -> None:
    """And another for another image."""
    document = spdx_document("image-os", "x86_64", "a-1-1.x86_64", 1795417399.0)
    check_spdx(document)
    assert document["creationInfo"]["created"] == "2026-11-23T07:03:19Z"
    assert document == spdx_document("image-os", "x86_64", "a-1-1.x86_64", 1795417399.0)
    other = spdx_document("image-os", "aarch64", "a-1-1.aarch64", 1795417399.0)
    assert other["documentNamespace"] != document["documentNamespace"]


def check_spdx(document: Dict[str, Any]) -> None:
    """Look at what SPDX 2.3 requires: clauses 6 (document), 7 (packages), 11 (relationships)."""
    assert document["spdxVersion"] == "SPDX-2.3"
    assert document["dataLicense"] == "CC0-1.0"
    assert document["SPDXID"] == "SPDXRef-DOCUMENT"
    assert document["name"]
    assert re.match(r"https://[^#\s]+\Z", document["documentNamespace"])
    creation = document["creationInfo"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", creation["created"])
    assert all(re.match(r"(Person|Organization|Tool): .", one) for one in creation["creators"])
    packages = {package["SPDXID"]: package for package in document["packages"]}
    assert len(packages) == len(document["packages"]) >= 3
    for identifier, package in packages.items():
        assert IDENTIFIER.match(identifier)
        assert package["name"]
        assert package["downloadLocation"]
        assert package["filesAnalyzed"] is False
        for checksum in package["checksums"]:
            assert checksum["algorithm"] == "SHA256"
            assert re.match(r"[0-9a-f]{64}\Z", checksum["checksumValue"])
        for reference in package["externalRefs"]:
            assert reference["referenceCategory"] == "PACKAGE-MANAGER"
            assert reference["referenceType"] == "purl"
            assert reference["referenceLocator"].startswith("pkg:rpm/")
    elements = {document["SPDXID"], *packages}
    described = set()
    for relationship in document["relationships"]:
        assert {relationship["spdxElementId"], relationship["relatedSpdxElement"]} <= elements
        if relationship["relationshipType"] == "DESCRIBES":
            described.add(relationship["relatedSpdxElement"])
    assert described == set(packages)

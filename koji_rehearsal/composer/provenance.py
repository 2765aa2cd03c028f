"""
What composer keeps of how an image was built: its osbuild manifest and its SBOMs, small but whole.

The manifest was built by osbuild 191, as root, in less than a second, on a host of another
distribution: its one pipeline runs on the host, by osbuild's runner for any Linux, and makes a file
of zeros by the name that the image type exports. The SBOMs have all that SPDX 2.3 requires of a
document, its packages and its relationships.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timezone
from typing import Any, Dict, List, Tuple

RUNNER = "org.osbuild.linux"
SIZE = 1024 * 1024
"""Bytes of the file that a manifest builds."""

_PACKAGES: Tuple[Tuple[str, str, str], ...] = (
    ("bash", "5.2.32-1", "GPL-3.0-or-later"),
    ("rehearsal-release", "1.0-1", "MIT"),
    ("zlib-ng-compat", "2.1.7-2", "Zlib"),
)
"""Name, version with release, and license."""


def manifest(filename: str, export: str) -> Dict[str, Any]:
    """
    Return the manifest of an image.

    :param filename: as osbuild exports it
    :param export: the name of the exported pipeline
    """
    options = {"filename": filename, "size": str(SIZE)}
    stage = {"type": "org.osbuild.truncate", "options": options}
    pipeline = {"name": export, "runner": RUNNER, "stages": [stage]}
    return {"version": "2", "pipelines": [pipeline], "sources": {}}


def spdx_document(pipeline: str, arch: str, key: str, now: float) -> Dict[str, Any]:
    """
    Return the SBOM of a pipeline: SPDX 2.3, as JSON has it.

    :param key: names the image; the document's namespace follows from it
    :param now: seconds since the epoch
    """
    digest = hashlib.sha256(("%s %s" % (key, pipeline)).encode()).hexdigest()
    created = datetime.fromtimestamp(int(now), timezone.utc)
    packages = [_package(name, version, licence, arch) for name, version, licence in _PACKAGES]
    described: List[Dict[str, str]] = [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": package["SPDXID"],
        }
        for package in packages
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "sbom-by-osbuild-rehearsal-%s" % pipeline,
        "documentNamespace": "https://example.com/rehearsal/sbom-%s"
        % uuid.UUID(digest[:32], version=4),
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: pungi-osbuild rehearsal hub"],
            "comment": "This is a rehearsal: nothing was built.",
        },
        "packages": packages,
        "relationships": described,
    }


def _package(name: str, version: str, licence: str, arch: str) -> Dict[str, Any]:
    purl = "pkg:rpm/rehearsal/%s@%s?arch=%s" % (name, version, arch)
    digest = hashlib.sha256(purl.encode()).hexdigest()
    return {
        "SPDXID": "SPDXRef-%s" % uuid.UUID(digest[:32], version=4),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": purl,
            }
        ],
    }

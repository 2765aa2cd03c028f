"""Every image type of the Cloud API that a hub can import, rehearsed: none is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from productmd.images import Images

from pungi_osbuild.imagetypes import (
    CATALOGUE,
    KOJI_ALIASES,
    UNIMPORTABLE_TYPES,
    api_name,
    buildable,
)
from pungi_osbuild.metadata import load
from tests.rehearsed import rehearse

UPLOADS: Dict[str, Dict[str, Any]] = {
    "aws": {"region": "us-east-1", "share_with_accounts": []},
    "aws.s3": {"region": "us-east-1"},
    "gcp": {"region": "us-east1"},
    "azure": {
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "subscription_id": "00000000-0000-0000-0000-000000000002",
        "resource_group": "images",
    },
    "container": {"name": "registry.example.com/images", "tag": "{name}-{arch}-{date}"},
    "oci.objectstorage": {"region": "us-ashburn-1"},
}
"""OCI has none of its own: composer uploads there where there are any at all."""

DISTRIBUTIONS = ("fedora-41", "rhel-8.10", "rhel-9.6")
BUILT = {
    distro: sorted(
        name
        for name in ({*CATALOGUE, *KOJI_ALIASES} - set(UNIMPORTABLE_TYPES))
        if buildable(distro, "x86_64", api_name(name))
    )
    for distro in DISTRIBUTIONS
}
VARIANTS = """<?xml version="1.0"?>
<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch></arches></variant></variants>
"""


def a_block(image_type: str, distro: str) -> Dict[str, Any]:
    block: Dict[str, Any] = {
        "name": "%s-%s" % (distro.split("-")[0], image_type),
        "subvariant": "%s_%s" % (distro.split("-")[0], image_type),
        "distro": distro,
        "image_types": image_type,
        "release": "1",
    }
    block["upload_options"] = UPLOADS[CATALOGUE[api_name(image_type)].provider]
    if image_type.endswith("-installer") and image_type.startswith(("edge-", "iot-")):
        block["ostree_url"] = "https://ostree.example.com/repo"
    if image_type == "iot-simplified-installer":
        block["customizations"] = {"installation_device": "/dev/vda"}
    return block


def test_every_type_is_built_of_one_of_them() -> None:
    """None is left out below."""
    assert {name for names in BUILT.values() for name in names} == {*CATALOGUE, *KOJI_ALIASES}


@pytest.mark.parametrize("distro", DISTRIBUTIONS)
def test_none_is_lost(distro: str, tmp_path: Path) -> None:
    """Each is placed, recorded, and where it was uploaded; in images.json as far as it can be."""
    types = BUILT[distro]
    (tmp_path / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    config = {
        "release_name": "Example",
        "release_short": "Example",
        "release_version": "1",
        "variants_file": "variants.xml",
        "osbuild_target": "image-target",
        "osbuild": {"^Server$": [a_block(name, distro) for name in types]},
    }
    path = tmp_path / "all.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    out = tmp_path / "out"
    done = rehearse(path, out)
    assert [outcome.reason for outcome in done.result.failures] == []

    images = {image.image_type: image for image in load(out).images}
    assert sorted(images) == types
    listed: List[str] = []
    for name, image in images.items():
        assert (out / "compose" / image.path).stat().st_size == image.size, name
        assert image.manifest is not None, name
        assert len(image.sboms) == 2, name
        assert image.composer_id, name
        provider = CATALOGUE[api_name(name)].provider
        assert [upload.provider for upload in image.cloud] == [provider], name
        if image.in_images_json:
            listed.append(image.path)
    assert len(listed) > len(types) // 2

    recorded = Images()
    recorded.load(str(out / "compose" / "metadata" / "images.json"))
    entries = recorded.images["Server"]["x86_64"]
    assert sorted(entry.path for entry in entries) == sorted(listed)

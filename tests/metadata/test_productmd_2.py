"""
productmd 2.0, which the package index does not have yet: its folder is named in PRODUCTMD_2.

How to run: ``PRODUCTMD_2=<checkout of productmd's branch development> python -m pytest
tests/metadata/test_productmd_2.py``. The tests below run in a Python that finds that productmd
first, and so does every other test that records something.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import productmd.images
import pytest

from pungi_osbuild.metadata import (
    CloudAwareImages,
    load_osbuild,
    read_compose,
    record_images,
    record_osbuild,
    write_compose,
)
from pungi_osbuild.metadata.productmd_files import NEWEST
from tests.values import (
    SHA256,
    a_built_image,
    a_cloud_image,
    a_compose,
    a_placed_image,
    a_run_result,
    an_identity,
)

FOLDER = os.environ.get("PRODUCTMD_2")
ROOT = Path(__file__).resolve().parents[2]
RECORDING = (
    "tests/metadata",
    "tests/phase/test_pungiwork.py",
    "tests/run/test_run.py",
    "tests/cli/test_run.py",
)

with_2 = pytest.mark.skipif(
    NEWEST < (2, 0), reason="the installed productmd is 1.x; PRODUCTMD_2 names a 2.0 to test with"
)


@pytest.mark.skipif(FOLDER is None, reason="PRODUCTMD_2 names no checkout of productmd 2.0")
def test_everything_is_recorded_with_productmd_2() -> None:
    """The same tests that hold for productmd 1.x, and those below."""
    assert FOLDER is not None
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([FOLDER, str(ROOT)])}
    del environment["PRODUCTMD_2"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", *RECORDING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "the installed productmd is 1.x" not in done.stdout, "it was not found"


def a_document_2(**more: Any) -> Dict[str, Any]:
    """An images.json of format 2.0, of a compose whose images are somewhere else."""
    entry = {
        "location": {
            "url": "https://cdn.example.com/boot.iso",
            "size": 900,
            "checksum": "sha256:" + "f" * 64,
            "local_path": "Server/x86_64/iso/boot.iso",
            "contents": [],
            "mirrors": ["https://mirror.example.com/boot.iso"],
        },
        "mtime": 1795410000,
        "volume_id": None,
        "type": "boot",
        "format": "iso",
        "arch": "x86_64",
        "disc_number": 1,
        "disc_count": 1,
        "implant_md5": None,
        "bootable": True,
        "subvariant": "Server",
        **more,
    }
    identity = an_identity()
    return {
        "header": {"type": "productmd.images", "version": "2.0"},
        "payload": {
            "compose": {
                "id": identity.id,
                "type": identity.type,
                "date": identity.date,
                "respin": identity.respin,
            },
            "images": {"Server": {"x86_64": [entry]}},
        },
    }


@with_2
@pytest.mark.parametrize("more", [{}, {"type": "next"}, {"signed": {"by": "x"}, "cloud": [{}]}])
def test_a_file_of_format_2_keeps_it(tmp_path: Path, more: Dict[str, Any]) -> None:
    """Others' entries to the letter, also within the location; ours has a location, too."""
    path = tmp_path / "images.json"
    before = a_document_2(**more)
    path.write_text(json.dumps(before))
    image = a_placed_image(built=a_built_image(uploads=(a_cloud_image(),)))
    record_images(path, an_identity(), [image], ())
    after = json.loads(path.read_text())
    assert after["header"] == before["header"]
    entries = after["payload"]["images"]["Server"]["x86_64"]
    (theirs,) = before["payload"]["images"]["Server"]["x86_64"]
    assert theirs in entries
    (ours,) = [entry for entry in entries if entry != theirs]
    assert ours["location"] == {
        "url": image.path,
        "size": 3,
        "checksum": "sha256:" + SHA256,
        "local_path": image.path,
        "contents": [],
    }
    assert ours["cloud"][0]["id"] == "ami-0123456789abcdef0"
    record_images(path, an_identity(), [image], ())
    assert json.loads(path.read_text()) == after, "the same again changes nothing"


@with_2
def test_osbuild_json_is_for_both(tmp_path: Path) -> None:
    """Its header is 1.2 in a new file; one that has 2.0 keeps it."""
    path = tmp_path / "osbuild.json"
    record_osbuild(path, a_run_result(), ())
    document = json.loads(path.read_text())
    assert document["header"]["version"] == "1.2"
    document["header"]["version"] = "2.0"
    path.write_text(json.dumps(document))
    assert load_osbuild(path).images
    record_osbuild(path, a_run_result(), ())
    assert json.loads(path.read_text()) == document


@with_2
def test_composeinfo_is_written_as_1_2_and_read_as_2(tmp_path: Path) -> None:
    """productmd 2.0 itself would refuse paths without a location."""
    compose = a_compose(topdir=str(tmp_path))
    path = tmp_path / "compose" / "metadata" / "composeinfo.json"
    write_compose(path, compose)
    document = json.loads(path.read_text())
    assert document["header"]["version"] == "1.2"
    before = read_compose(tmp_path)
    document["header"]["version"] = "2.0"
    paths = document["payload"]["variants"]["Server"]["paths"]["repository"]
    for arch, repository in paths.items():
        paths[arch] = {
            "url": "https://cdn.example.com/" + repository,
            "size": 1,
            "checksum": "sha256:" + "f" * 64,
            "local_path": repository,
        }
    path.write_text(json.dumps(document))
    assert read_compose(tmp_path) == before


@with_2
def test_stock_productmd_writes_ours_in_either_version() -> None:
    """It calls serialize() with a version; Pungi's manifest holds our images."""
    images = productmd.images.Images()
    ours = CloudAwareImages()
    ours.loads(json.dumps(a_document_2(cloud=[{"provider": "aws"}])))
    images.compose = ours.compose
    (image,) = ours["Server"]["x86_64"]
    image.parent = images
    images.add("Server", "x86_64", image)
    for version, key in (((1, 2), "path"), ((2, 0), "location")):
        document: Dict[str, Any] = {}
        images.header.version = "2.0"
        images.serialize(document, force_version=version)
        (entry,) = document["payload"]["images"]["Server"]["x86_64"]
        assert key in entry
        assert entry["cloud"] == [{"provider": "aws"}]

"""What a killed run has left is removed, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

from pungi_osbuild.metadata.atomic import beside
from pungi_osbuild.placing.place import remove_partial_files
from tests.values import a_request


def test_half_made_files_are_removed(tmp_path: Path) -> None:
    """From the folders of the plan and from the metadata; links are not followed."""
    request = a_request()
    folders = [
        tmp_path / "compose" / request.folder("x86_64", "images"),
        tmp_path / "compose" / request.folder("x86_64", "iso"),
        tmp_path / "compose" / "metadata",
        tmp_path / "logs" / "x86_64" / "osbuild" / "example-guest-1-5-task-7",
        tmp_path / "logs" / "global" / "osbuild" / "task-8",
    ]
    kojis = tmp_path / "koji.qcow2"
    kojis.write_bytes(b"Koji's own")
    others = []
    for folder in folders:
        folder.mkdir(parents=True)
        beside(folder / "image.qcow2").write_bytes(b"half of")
        beside(folder / "link.qcow2").symlink_to(kojis)
        os.link(kojis, beside(folder / "image.qcow2"))
        for name in ("image.qcow2", ".hidden", ".pungi-osbuild-x.part", ".pungi-osbuild-.part"):
            others.append(folder / name)
            others[-1].write_bytes(b"")
    elsewhere = beside(tmp_path / "compose" / "image.qcow2")
    elsewhere.write_bytes(b"")
    remove_partial_files(tmp_path, [request])
    assert sorted(path for folder in folders for path in folder.iterdir()) == sorted(others)
    assert elsewhere.exists()
    assert kojis.read_bytes() == b"Koji's own"


def test_a_compose_without_folders_is_swept(tmp_path: Path) -> None:
    """Nothing is made by it."""
    remove_partial_files(tmp_path, [a_request()])
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_stays(tmp_path: Path) -> None:
    """A run that could go on is not stopped by it."""
    request = a_request()
    left = beside(tmp_path / "compose" / request.folder("x86_64", "images") / "image.qcow2")
    left.mkdir(parents=True)
    remove_partial_files(tmp_path, [request])
    assert left.is_dir()

"""Reproducing: which image is meant, what is refused of what was recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import Artifact, Manifest
from pungi_osbuild.placing.manifests import (
    fetch_manifest,
    read_manifest,
    saved_manifest,
    unverified,
)
from pungi_osbuild.placing.task_files import saved_folder
from pungi_osbuild.reproduce import Machine, artifact_of, doubts, find_image
from tests.report.records import a_record, an_image
from tests.values import a_koji_place

IMAGE = an_image()


@pytest.mark.parametrize(
    "wanted",
    [IMAGE.path, "compose/" + IMAGE.path, IMAGE.path.split("/")[-1], IMAGE.koji.nvr],
)
def test_an_image_is_found_by_any_of_its_names(wanted: str) -> None:
    """Whatever somebody has at hand."""
    assert find_image(a_record(images=(IMAGE,)), wanted) == IMAGE


def test_a_name_of_several_images_is_refused() -> None:
    """With the paths that tell them apart."""
    other = replace(IMAGE, variant="Client", path=IMAGE.path.replace("Server", "Client"))
    with pytest.raises(InputError) as refused:
        find_image(a_record(images=(IMAGE, other)), IMAGE.koji.nvr)
    assert IMAGE.path in refused.value.friendly()
    assert other.path in refused.value.friendly()


def test_many_images_are_not_all_named() -> None:
    """An error is read on a terminal."""
    many = tuple(replace(IMAGE, path="Server/x/%02d.raw" % number) for number in range(50))
    with pytest.raises(InputError) as refused:
        find_image(a_record(images=many), "none")
    assert "and 30 more" in refused.value.friendly()


@pytest.mark.parametrize("name", ["--libdir=/tmp", "../x", "a/b", ""])
def test_a_name_from_the_hub_is_no_option_and_no_path(name: str) -> None:
    """The command is run as root."""
    for artifact in (Artifact(name, "disk.raw"), Artifact("image", name)):
        with pytest.raises(SourceError):
            artifact_of(an_image(artifact=artifact))


def test_a_manifest_of_koji_stays_in_its_folder(tmp_path: Path) -> None:
    """The N-V-R and the name come from a file that others may have written."""
    for nvr in ("../../x-1-1", "x", "a-..-1"):
        image = an_image()
        image = replace(image, koji=replace(image.koji, nvr=nvr))
        with pytest.raises(InputError):
            fetch_manifest(image, a_koji_place(), str(tmp_path), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_saved_manifest_is_taken(tmp_path: Path) -> None:
    """Koji is not asked for it then."""
    assert IMAGE.manifest is not None
    assert saved_manifest(tmp_path, IMAGE) is None
    folder = saved_folder(tmp_path, (IMAGE.arch,), IMAGE.koji.nvr, IMAGE.koji.task_id)
    folder.mkdir(parents=True)
    (folder / IMAGE.manifest.filename).write_text("{}")
    assert saved_manifest(tmp_path, IMAGE) == folder / IMAGE.manifest.filename


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pipelines": [1]}', "[" * 100000, "\0"])
def test_what_is_no_manifest(text: str, tmp_path: Path) -> None:
    """Is said to be none, before osbuild is run as root with it."""
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(SourceError, match="not an osbuild manifest"):
        read_manifest(tmp_path / "m.json", Artifact("image", "disk.raw"))


def test_a_manifest_is_verified_by_what_koji_says_of_it() -> None:
    """``foo`` is what was recorded."""
    assert unverified(IMAGE, b"foo") is None
    for content in (b"fop", b"foo ", b"fo", b""):
        assert "wrong" in (unverified(IMAGE, content) or "")


def test_a_manifest_that_cannot_be_verified() -> None:
    """Recorded by an older version, or not at all; that is not taken for verified."""
    old = replace(IMAGE, manifest=Manifest("x.manifest.json"))
    assert "older version" in (unverified(old, b"foo") or "")
    assert "no manifest" in (unverified(replace(IMAGE, manifest=None), b"foo") or "")


def test_doubts() -> None:
    """Arch and version are those that are recorded, or that is said."""
    here = Machine("x86_64", "157", is_root=False, has_sudo=True)
    image: ImageRecord = an_image(osbuild_version="157")
    assert doubts(image, here) == ()
    assert len(doubts(an_image(osbuild_version="150", arch="s390x"), here)) == 2
    assert "not recorded" in doubts(an_image(osbuild_version=None), here)[0]
    assert "not installed" in doubts(image, replace(here, osbuild_version=None))[0]

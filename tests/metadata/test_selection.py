"""Choosing images: by what they are, and by where they are."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Sequence, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata import ImageRecord, Selection, known_values, load
from pungi_osbuild.model import UnknownUpload
from tests.metadata.test_osbuild import DATA
from tests.rehearsed import EXAMPLES, rehearse
from tests.report.records import an_image
from tests.values import cloud_image

AMI = cloud_image("aws", "ami-1", region="us-east-1")
OTHER_AMI = cloud_image("aws", "ami-2", region="eu-west-1")
AZURE = cloud_image("azure", "/subscriptions/s", location="eastus")
ODD = UnknownUpload("org.osbuild.odd", (("region", "us-east-1"),))

IMAGES: Tuple[ImageRecord, ...] = (
    an_image("a", uploads=(AMI, OTHER_AMI)),
    an_image("b", arch="aarch64", uploads=(AZURE,), type=None, image_type="azure"),
    an_image("c", variant="Client", subvariant="Lite", uploads=(ODD,)),
    an_image("d", uploads=()),
)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), "abcd"),
        (Selection(arches=("aarch64",)), "b"),
        (Selection(arches=("aarch64", "x86_64")), "abcd"),
        (Selection(variants=("Client",)), "c"),
        (Selection(subvariants=("Lite", "Full")), "c"),
        (Selection(types=("qcow2",)), "acd"),
        (Selection(types=("azure",)), "b"),
        (Selection(providers=("aws",)), "a"),
        (Selection(providers=("org.osbuild.odd", "azure")), "bc"),
        (Selection(regions=("us-east-1",)), "ac"),
        (Selection(regions=("eastus",)), "b"),
        (Selection(providers=("azure",), regions=("us-east-1",)), ""),
        (Selection(variants=("Client",), providers=("aws",)), ""),
        (Selection(providers=("aw",)), ""),
    ],
)
def test_images_that_fit_all_fields_are_chosen(selection: Selection, names: str) -> None:
    """Any value of a field will do."""
    assert "".join(image.koji.nvr[0] for image in selection.of(IMAGES)) == names


def test_an_image_keeps_the_uploads_that_are_meant() -> None:
    """All of them where neither a cloud nor a region is given."""
    assert Selection(variants=("Server",)).of(IMAGES)[0].cloud == (AMI, OTHER_AMI)
    (image,) = Selection(regions=("eu-west-1",)).of(IMAGES)
    assert image == replace(IMAGES[0], uploads=(OTHER_AMI,))


def test_a_string_is_not_taken_for_its_letters() -> None:
    """``"aws"`` would mean a, w and s."""
    with pytest.raises(TypeError, match=r"providers is a tuple of strings: \('aws',\)"):
        Selection(providers="aws")  # type: ignore[arg-type]


def test_values_that_no_image_has() -> None:
    """They are mistyped, or of another compose."""
    asked = Selection(providers=("aws", "awz"), regions=("eastus",), arches=("s390x",))
    assert asked.unheard_of(IMAGES) == {"providers": ("awz",), "arches": ("s390x",)}
    assert known_values(IMAGES)["regions"] == ("eastus", "eu-west-1", "us-east-1")
    assert known_values(IMAGES)["types"] == ("azure", "guest-image", "qcow2")


VALUES = known_values(IMAGES)


@given(
    st.builds(
        Selection,
        **{name: st.lists(st.sampled_from(known)).map(tuple) for name, known in VALUES.items()},
    )
)
def test_nothing_is_chosen_that_was_not_there(selection: Selection) -> None:
    """In the same order, with no upload more; and choosing again chooses the same."""
    chosen = selection.of(IMAGES)
    assert selection.of(chosen) == chosen
    _is_part(chosen, IMAGES)


def _is_part(part: Sequence[ImageRecord], whole: Sequence[ImageRecord]) -> None:
    there = {image.path: image for image in whole}
    assert [image.path for image in part] == [
        path for path in there if path in {image.path for image in part}
    ]
    for image in part:
        full = there[image.path]
        assert set(image.uploads) <= set(full.uploads)
        assert replace(image, uploads=full.uploads) == full


def test_a_compose_is_loaded_by_its_folder(tmp_path: Path) -> None:
    """Or by the folder in it that is published."""
    metadata = tmp_path / "compose" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "osbuild.json").write_bytes((DATA / "osbuild-1.0.json").read_bytes())
    compose = load(tmp_path)
    assert load(str(tmp_path / "compose")) == compose
    amis = compose.select(Selection(providers=("aws",)))
    assert [upload.provider for image in amis for upload in image.cloud] == ["aws"]


def test_a_folder_without_images_of_ours(tmp_path: Path) -> None:
    """The file is named where it is missing."""
    with pytest.raises(InputError, match=r"there is no .*/compose/metadata/osbuild.json"):
        load(tmp_path)


def test_a_value_that_no_image_has_is_warned_of(tmp_path: Path) -> None:
    """An empty result of a mistyped cloud looks like a compose without images."""
    rehearse(EXAMPLES / "rhel-cloud" / "rhel-cloud.conf", tmp_path / "out")
    compose = load(tmp_path / "out")
    with pytest.warns(UserWarning, match="no image has providers awss; there are: aws, .*gcp"):
        assert compose.select(Selection(providers=("awss",))) == ()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compose.select(Selection(providers=("aws",)))


def test_checksums_and_failures_by_name(tmp_path: Path) -> None:
    """What scripts look for first."""
    fault = "build:name=rhel-azure,arch=x86_64"
    rehearse(EXAMPLES / "rhel-cloud" / "rhel-cloud.conf", tmp_path / "out", [fault])
    compose = load(tmp_path / "out")
    (failed,) = compose.failed
    assert (failed.nvr or "").startswith("rhel-azure")
    content = (tmp_path / "out" / "compose" / compose.images[0].path).read_bytes()
    assert compose.images[0].checksum("sha256") == hashlib.sha256(content).hexdigest()
    assert compose.images[0].checksum("sha3") is None


def test_an_address_is_not_a_folder() -> None:
    with pytest.raises(InputError, match=r"^https://example\.com/compose is an address$"):
        load("https://example.com/compose")

"""The images of a compose for people and machines."""

from __future__ import annotations

from typing import Dict

from pungi_osbuild.hub import LiveAddress
from pungi_osbuild.model import CloudImage, Provider, UnknownUpload
from pungi_osbuild.report import image_ids, images_json, images_table
from tests.report.records import a_record, an_image

S3 = CloudImage(Provider.AWS_S3, "https://b/disk", region="us-east-1", presigned=True)
PUBLIC = CloudImage(Provider.AWS_S3, "https://b/public", region="us-east-1")
ODD = UnknownUpload("org.osbuild.odd", (("image_id", "odd-1"),))
LIVE: Dict[str, LiveAddress] = {"https://b/disk": LiveAddress("https://b/disk?sign=me", 1795418607)}


def test_a_row_for_each_upload() -> None:
    """And one for an image without any."""
    images = [an_image("a", cloud=(S3, PUBLIC), unknown_uploads=(ODD,)), an_image("b", cloud=())]
    lines = images_table(images, None, None)
    assert [line.split()[-4:] for line in lines[:5]] == [
        ["PROVIDER", "REGION", "CLOUD", "ID"],
        ["a-1-5", "aws.s3", "us-east-1", "https://b/disk"],
        ["a-1-5", "aws.s3", "us-east-1", "https://b/public"],
        ["-", "(org.osbuild.odd:", "image_id:", "odd-1)"],
        ["b-1-5", "-", "-", "-"],
    ]
    assert lines[5:] == ["", "2 images, 3 uploads."]


def test_where_the_terminal_is_narrow() -> None:
    """An upload is on a line of its own, whole."""
    lines = images_table([an_image("a", cloud=(S3,))], None, 60)
    assert lines[2] == "    aws.s3  us-east-1  https://b/disk"
    assert lines[-1] == "1 image, 1 upload."


def test_nothing_was_chosen() -> None:
    """The head of an empty table says nothing."""
    assert images_table([], None, None) == ["0 images, 0 uploads."]


def test_ids_are_alone_on_their_lines_and_once() -> None:
    """Of a cloud that nobody knows, nobody knows the ID."""
    images = [an_image("a", cloud=(S3, PUBLIC), unknown_uploads=(ODD,)), an_image("b", cloud=(S3,))]
    assert image_ids(images, None) == ["https://b/disk", "https://b/public"]


def test_a_live_address_stands_for_its_id() -> None:
    """Where it was asked for; an upload that has none any more is not given to a script."""
    images = [an_image("a", cloud=(S3, PUBLIC))]
    assert image_ids(images, LIVE) == ["https://b/disk?sign=me", "https://b/public"]
    assert image_ids(images, {}) == ["https://b/public"]
    assert images_table(images, LIVE, None)[1].endswith("  https://b/disk?sign=me")
    (entry, _public) = images_json(a_record(), images, LIVE)["images"][0]["cloud"]
    assert entry == {
        **S3.to_json(),
        "live": "https://b/disk?sign=me",
        "expires": "2026-11-23T07:23:27Z",
    }
    assert "sign=me" not in repr(LIVE)


def test_json_has_all_that_is_recorded() -> None:
    """And says where it stands."""
    image = an_image("a", cloud=(S3,), unknown_uploads=(ODD,))
    found = images_json(a_record(), [image], None)
    assert found["compose"] == "Example-1-20261123.t.0"
    assert found["koji"]["topurl"] == "https://koji.example.com/kojifiles"
    assert found["images"] == [{**image.to_json(), "variant": "Server", "arch": "x86_64"}]
    assert found["images"][0]["cloud"] == [S3.to_json(), ODD.to_json()]

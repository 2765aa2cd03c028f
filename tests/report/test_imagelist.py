"""The images of a compose for people and machines."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Callable, Dict, List

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.checked import to_json
from pungi_osbuild.clouds import clouds
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import LiveAddress
from pungi_osbuild.imagetypes import CATALOGUE
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import CloudImage, JsonDict, UnknownUpload
from pungi_osbuild.report import (
    cloud_image_val,
    image_ids,
    images_json,
    images_table,
    stream_metadata,
)
from tests.report.records import a_record, an_image
from tests.values import cloud_image

S3 = cloud_image("aws.s3", "https://b/disk", region="us-east-1", presigned=True)
PUBLIC = cloud_image("aws.s3", "https://b/public", region="us-east-1")
ODD = UnknownUpload("org.osbuild.odd", (("image_id", "odd-1"),))
LIVE: Dict[str, LiveAddress] = {"https://b/disk": LiveAddress("https://b/disk?sign=me", 1795418607)}


def test_a_row_for_each_upload() -> None:
    """And one for an image without any."""
    images = [
        an_image("a", uploads=(S3, PUBLIC, ODD)),
        an_image("b", uploads=()),
    ]
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
    lines = images_table([an_image("a", uploads=(S3,))], None, 60)
    assert lines[2] == "    aws.s3  us-east-1  https://b/disk"
    assert lines[-1] == "1 image, 1 upload."


def test_what_others_have_written_keeps_its_place() -> None:
    """A line is a line, and nothing is done to a terminal: the file may be anybody's."""
    image = an_image("a", variant="Ser\nver", subvariant="\x1b[31m\u202e", uploads=(S3,))
    for width in (None, 60):
        lines = images_table([image], None, width)
        assert lines[1].startswith("Ser\\nver  x86_64  \\x1b[31m\\u202e  ")
        assert len(lines) == (4 if width is None else 5)


def test_nothing_was_chosen() -> None:
    """The head of an empty table says nothing."""
    assert images_table([], None, None) == ["0 images, 0 uploads."]


def test_ids_are_alone_on_their_lines_and_once() -> None:
    """Of a cloud that nobody knows, nobody knows the ID."""
    images = [
        an_image("a", uploads=(S3, PUBLIC, ODD)),
        an_image("b", uploads=(S3,)),
    ]
    assert image_ids(images, None) == ["https://b/disk", "https://b/public"]


def test_a_live_address_stands_for_its_id() -> None:
    """Where it was asked for; an upload that has none any more is not given to a script."""
    images = [an_image("a", uploads=(S3, PUBLIC))]
    assert image_ids(images, LIVE) == ["https://b/disk?sign=me", "https://b/public"]
    assert image_ids(images, {}) == ["https://b/public"]
    assert images_table(images, LIVE, None)[1].endswith("  https://b/disk?sign=me")
    (entry, _public) = images_json(a_record(), images, LIVE)["images"][0]["cloud"]
    assert entry == {
        **to_json(S3),
        "live": "https://b/disk?sign=me",
        "expires": "2026-11-23T07:23:27Z",
    }
    assert "sign=me" not in repr(LIVE)


TEXTS = st.text(max_size=5)
SOME = st.none() | TEXTS
UPLOADS = st.sampled_from(clouds()).flatmap(
    lambda cloud: st.builds(
        cloud.stored,
        id=TEXTS,
        presigned=st.none() | st.booleans(),
        **{
            field.name: SOME
            for field in fields(cloud.stored)
            if field.name not in {field.name for field in fields(CloudImage)}
        },
    )
)
IMAGES = st.builds(
    an_image,
    name=st.sampled_from(["a", "b"]),
    arch=st.sampled_from(["x86_64", "aarch64"]),
    image_type=st.sampled_from(sorted(CATALOGUE)) | TEXTS,
    type=SOME,
    mtime=st.integers(0, 2**63 - 1),
    uploads=st.lists(UPLOADS, max_size=3).map(tuple),
)


@given(st.lists(IMAGES, max_size=4), st.booleans())
def test_any_images_are_listed_or_refused_with_a_reason(
    images: List[ImageRecord], live: bool
) -> None:
    """In every format; what cannot be said in one is an error for people, or told of."""
    addresses = LIVE if live else None
    assert images_table(images, addresses, None)
    ids = image_ids(images, addresses)
    assert len(set(ids)) == len(ids)
    made = json.loads(json.dumps(images_json(a_record(), images, addresses)))
    assert len(made["images"]) == len(images)
    writers: List[Callable[[], JsonDict]] = [
        lambda: stream_metadata(a_record(), images, "").document,
        lambda: cloud_image_val(images),
    ]
    for write in writers:
        try:
            json.dumps(write())
        except InputError as error:
            assert error.reason
            assert error.solution


def test_json_has_all_that_is_recorded() -> None:
    """And says where it stands."""
    image = an_image("a", uploads=(S3, ODD))
    found = images_json(a_record(), [image], None)
    assert found["compose"] == "Example-1-20261123.t.0"
    assert found["koji"]["topurl"] == "https://koji.example.com/kojifiles"
    assert found["images"] == [{**to_json(image), "variant": "Server", "arch": "x86_64"}]
    assert found["images"][0]["cloud"] == [to_json(S3), to_json(ODD)]

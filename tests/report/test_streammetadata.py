"""Stream metadata: one image for each place, and nothing that has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pungi_osbuild.errors import InputError
from pungi_osbuild.metadata import ImageRecord
from pungi_osbuild.model import Checksum, CloudImage
from pungi_osbuild.report import stream_metadata
from tests.report.records import a_record, an_image
from tests.values import MD5, SHA256, cloud_image

GCP = cloud_image("gcp", "projects/p/global/images/i", project_id="p", image_name="i")


def of_kind(name: str, image_type: str, suffix: str, **changes: Any) -> ImageRecord:
    image = an_image(name, image_type=image_type, **changes)
    filename = "%s.%s.%s" % (image.koji.nvr, image.arch, suffix)
    return replace(
        image,
        path="Server/%s/images/%s" % (image.arch, filename),
        koji=replace(image.koji, filename=filename),
    )


def ami(name: str, region: str) -> CloudImage:
    return cloud_image("aws", name, region=region)


AWS = of_kind("a", "aws", "raw", uploads=(ami("ami-1", "us-east-1"), ami("ami-2", "eu-west-1")))


def test_files_and_cloud_images() -> None:
    """By arch and platform; CoreOS's tools need all of these keys."""
    images = [
        AWS,
        of_kind("g", "gcp", "tar.gz", uploads=(GCP,)),
        of_kind("q", "guest-image", "qcow2", arch="aarch64", uploads=()),
    ]
    made = stream_metadata(a_record(), images, "https://d.example.com/c/compose/")
    release = "Example-1-20261123.t.0"
    base = "https://d.example.com/c/compose/Server/"

    def a_file(suffix: str, path: str) -> Any:
        disk = {"location": base + path, "sha256": SHA256}
        return {"release": release, "formats": {suffix: {"disk": disk}}}

    assert made.left_out == ()
    assert made.document["stream"] == "Example-1"
    assert made.document["metadata"]["last-modified"] == "2026-11-23T07:23:27Z"
    assert made.document["architectures"] == {
        "x86_64": {
            "artifacts": {
                "aws": a_file("raw", "x86_64/images/a-1-5.x86_64.raw"),
                "gcp": a_file("tar.gz", "x86_64/images/g-1-5.x86_64.tar.gz"),
            },
            "images": {
                "aws": {
                    "regions": {
                        "us-east-1": {"release": release, "image": "ami-1"},
                        "eu-west-1": {"release": release, "image": "ami-2"},
                    }
                },
                "gcp": {"release": release, "project": "p", "name": "i"},
            },
        },
        "aarch64": {
            "artifacts": {"qemu": a_file("qcow2", "aarch64/images/q-1-5.aarch64.qcow2")},
            "images": {},
        },
    }


def test_where_nothing_is_published() -> None:
    """A location is still an address: in S3 when the object is public, else in Koji."""
    koji = "https://koji.example.com/kojifiles/packages/%s/1/5/images/%s-1-5.x86_64.raw"
    public = cloud_image("aws.s3", "https://b.example.com/disk", region="us-east-1")
    signed = replace(public, presigned=True)
    for cloud, location in (
        (AWS.cloud, koji % ("a", "a")),
        ((*AWS.cloud, signed), koji % ("a", "a")),
        ((*AWS.cloud, signed, public), public.id),
    ):
        image = replace(AWS, uploads=cloud)
        document = stream_metadata(a_record(), [image], "").document
        artifact = document["architectures"]["x86_64"]["artifacts"]["aws"]["formats"]["raw"]["disk"]
        assert artifact["location"] == location


def test_two_images_for_one_place() -> None:
    """All of them are named, with what would choose one."""
    other = of_kind("b", "aws", "raw", uploads=(ami("ami-3", "eu-west-1"),))
    with pytest.raises(InputError) as caught:
        stream_metadata(a_record(), [AWS, other], "")
    paths = "%s and %s" % (AWS.path, other.path)
    assert "the raw file for aws on x86_64 is %s" % paths in caught.value.reason
    assert "the AMI in eu-west-1 on x86_64 is %s" % paths in caught.value.reason
    assert "--subvariant" in caught.value.solution


@pytest.mark.parametrize(
    "image",
    [
        of_kind("c", "edge-container", "tar", uploads=()),
        of_kind("m", "guest-image", "qcow2", uploads=(), checksums=(Checksum("md5", MD5),)),
    ],
)
def test_what_has_no_place_is_told_of(image: ImageRecord) -> None:
    """It is not left out in silence."""
    made = stream_metadata(a_record(), [image, AWS], "")
    assert made.left_out == ("%s has no place in stream metadata" % image.path,)
    assert list(made.document["architectures"]["x86_64"]["artifacts"]) == ["aws"]


def test_an_ami_whose_file_has_no_place() -> None:
    """The AMI has one."""
    image = replace(AWS, checksums=(Checksum("md5", MD5),))
    made = stream_metadata(a_record(), [image], "")
    assert made.left_out == ()
    arch = made.document["architectures"]["x86_64"]
    assert (arch["artifacts"], list(arch["images"])) == ({}, ["aws"])

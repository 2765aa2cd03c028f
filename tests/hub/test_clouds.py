"""What composer says of an upload becomes an ID that can be pasted, and never a secret."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub.clouds import from_target_result, from_upload_status
from pungi_osbuild.hub.wire import Struct
from pungi_osbuild.model import (
    AwsEc2Upload,
    AwsS3Upload,
    AzureUpload,
    CloudImage,
    ContainerUpload,
    GcpUpload,
    Provider,
    Upload,
)

AZURE = AzureUpload("tenant", "sub", "group", location="eastus")
SIGNED = "https://b.s3.us-east-1.amazonaws.com/disk.qcow2?X-Amz-Signature=s3cr3t"

CASES: Dict[str, Any] = {
    "aws": (
        "org.osbuild.aws",
        {"ami": "ami-1", "region": "us-east-2"},
        AwsEc2Upload("us-east-2", (), "snap"),
        CloudImage(Provider.AWS, "ami-1", region="us-east-2", name="snap"),
    ),
    "aws.s3": (
        "org.osbuild.aws.s3",
        {"url": SIGNED},
        AwsS3Upload("us-east-1"),
        CloudImage(
            Provider.AWS_S3,
            "https://b.s3.us-east-1.amazonaws.com/disk.qcow2",
            region="us-east-1",
            presigned=True,
        ),
    ),
    "gcp": (
        "org.osbuild.gcp",
        {"project_id": "p", "image_name": "i"},
        GcpUpload("us-east1"),
        CloudImage(Provider.GCP, "projects/p/global/images/i", project_id="p", image_name="i"),
    ),
    "azure": (
        "org.osbuild.azure.image",
        {"image_name": "i"},
        AZURE,
        CloudImage(
            Provider.AZURE,
            "/subscriptions/sub/resourceGroups/group/providers/Microsoft.Compute/images/i",
            image_name="i",
            subscription_id="sub",
            resource_group="group",
            location="eastus",
        ),
    ),
    "container": (
        "org.osbuild.container",
        {"url": "registry.example.com/edge:1", "digest": "sha256:abc"},
        ContainerUpload("edge", "1"),
        CloudImage(
            Provider.CONTAINER,
            "registry.example.com/edge:1@sha256:abc",
            url="registry.example.com/edge:1",
            digest="sha256:abc",
        ),
    ),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_target_result_becomes_a_cloud_image(kind: str) -> None:
    """From Koji's metadata."""
    name, options, upload, expected = CASES[kind]
    found = from_target_result(Struct({"name": name, "options": options}, "a result"), upload)
    assert found == expected


@pytest.mark.parametrize("kind", sorted(CASES))
def test_an_upload_status_becomes_the_same(kind: str) -> None:
    """From compose-status.json."""
    _, options, upload, expected = CASES[kind]
    status = {"type": kind, "status": "success", "options": options}
    assert from_upload_status(Struct(status, "a status"), upload) == expected


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_cloud_image_survives_json(kind: str) -> None:
    """What is written to images.json reads as the same value."""
    expected = CASES[kind][3]
    assert CloudImage.from_json(expected.to_json()) == expected


def test_a_presigned_address_is_recorded_without_its_signature() -> None:
    """The query is a secret that expires."""
    status = {"name": "org.osbuild.aws.s3", "options": {"url": SIGNED}}
    found = from_target_result(Struct(status, "a result"), AwsS3Upload("us-east-1"))
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize("upload", [None, GcpUpload("r")])
def test_an_azure_image_of_an_unknown_subscription_has_its_name(upload: Optional[Upload]) -> None:
    """Composer returns the name alone; without the request there is no more to say."""
    result = Struct({"name": "org.osbuild.azure.image", "options": {"image_name": "i"}}, "a result")
    assert from_target_result(result, upload) == CloudImage(Provider.AZURE, "i", image_name="i")


def test_koji_itself_is_no_cloud() -> None:
    """Composer lists it as a target in some versions."""
    assert from_target_result(Struct({"name": "org.osbuild.koji"}, "a result"), None) is None


def test_an_upload_that_failed_is_no_cloud_image() -> None:
    """Only a success has an ID."""
    status = Struct({"type": "aws", "status": "failure", "options": {}}, "a status")
    assert from_upload_status(status, None) is None


@pytest.mark.parametrize(
    "result",
    [
        {"name": "org.osbuild.vmware", "options": {}},
        {"name": "org.osbuild.aws", "options": {"region": "us-east-1"}},
        {"name": "org.osbuild.aws", "options": {"ami": 7, "region": "us-east-1"}},
        {"name": "org.osbuild.aws"},
        {"name": None},
        {"name": "org.osbuild.gcp", "options": []},
    ],
)
def test_a_result_without_its_id_is_an_error(result: Dict[str, Any]) -> None:
    """Never half an ID, never a traceback."""
    with pytest.raises(ReplyError):
        from_target_result(Struct(result, "a result"), None)

"""What composer says of an upload becomes an ID that can be pasted, and never a secret."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.checked import FILE, Struct, to_json
from pungi_osbuild.clouds import read_upload
from pungi_osbuild.clouds.aws import AwsEc2Upload
from pungi_osbuild.clouds.aws_s3 import AwsS3Upload
from pungi_osbuild.clouds.azure import AzureUpload
from pungi_osbuild.clouds.container import ContainerUpload
from pungi_osbuild.clouds.gcp import GcpUpload
from pungi_osbuild.errors import ReplyError
from pungi_osbuild.methods.osbuild_image.uploads import from_target_result, from_upload_status
from pungi_osbuild.model import CloudImage, UnknownUpload, Upload
from tests.values import cloud_image

AZURE = AzureUpload("tenant", "sub", "group", location="eastus")
SIGNED = "https://b.s3.us-east-1.amazonaws.com/disk.qcow2?X-Amz-Signature=s3cr3t"

CASES: Dict[str, Any] = {
    "aws": (
        "org.osbuild.aws",
        {"ami": "ami-1", "region": "us-east-2"},
        AwsEc2Upload("us-east-2", (), "snap"),
        cloud_image("aws", "ami-1", region="us-east-2", name="snap"),
    ),
    "aws.s3": (
        "org.osbuild.aws.s3",
        {"url": SIGNED},
        AwsS3Upload("us-east-1"),
        cloud_image(
            "aws.s3",
            "https://b.s3.us-east-1.amazonaws.com/disk.qcow2",
            region="us-east-1",
            presigned=True,
        ),
    ),
    "gcp": (
        "org.osbuild.gcp",
        {"project_id": "p", "image_name": "i"},
        GcpUpload("us-east1"),
        cloud_image(
            "gcp",
            "projects/p/global/images/i",
            region="us-east1",
            project_id="p",
            image_name="i",
        ),
    ),
    "azure": (
        "org.osbuild.azure.image",
        {"image_name": "i"},
        AZURE,
        cloud_image(
            "azure",
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
        cloud_image(
            "container",
            "registry.example.com/edge:1@sha256:abc",
            url="registry.example.com/edge:1",
            digest="sha256:abc",
        ),
    ),
    "oci.objectstorage": (
        "org.osbuild.oci.objectstorage",
        {"url": "https://o.example.com/n/ns/b/images/o/disk.qcow2"},
        None,
        cloud_image(
            "oci.objectstorage",
            "https://o.example.com/n/ns/b/images/o/disk.qcow2",
            url="https://o.example.com/n/ns/b/images/o/disk.qcow2",
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
    assert read_upload(Struct(to_json(expected), "cloud[0]", FILE)) == expected


def test_an_ostree_repository_of_pulp_is_spelt_in_two_ways() -> None:
    """``repository_url`` in Koji's metadata, ``repo_url`` in compose-status.json."""
    url = "https://pulp.example.com/pulp/content/rhel-edge/"
    expected = cloud_image("pulp.ostree", url, url=url)
    result = {"name": "org.osbuild.pulp.ostree", "options": {"repository_url": url}}
    assert from_target_result(Struct(result, "a result"), None) == expected
    status = {"type": "pulp.ostree", "status": "success", "options": {"repo_url": url}}
    assert from_upload_status(Struct(status, "a status"), None) == expected
    with pytest.raises(ReplyError, match="repo_url should be a text"):
        from_target_result(Struct({"name": "org.osbuild.pulp.ostree"}, "a result"), None)


def test_a_custom_image_of_oracles_has_its_ocid() -> None:
    """That is what composer's other target for Oracle's cloud returns."""
    options = {"region": "eu-frankfurt-1", "image_id": "ocid1.image.oc1..a"}
    found = from_target_result(
        Struct({"name": "org.osbuild.oci", "options": options}, "a result"), None
    )
    assert found == cloud_image("oci.objectstorage", "ocid1.image.oc1..a", region="eu-frankfurt-1")


@pytest.mark.parametrize("text", ["ami-1\nami-2", "a\tb", ""])
def test_an_id_is_one_line(text: str) -> None:
    """It is handed to scripts, to which one of two lines would be two IDs."""
    result = {"name": "org.osbuild.aws", "options": {"ami": text, "region": "us-east-1"}}
    with pytest.raises(ReplyError, match="ami should be"):
        from_target_result(Struct(result, "a result"), None)


@pytest.mark.parametrize("text", ["ami-1\nami-2", "ami-\x1b[31m1", ""])
def test_an_id_in_a_file_is_one_line_too(text: str) -> None:
    """Whoever has written it: it is printed."""
    entry = {"provider": "aws", "id": text}
    with pytest.raises(ValueError, match="id is not one line of text"):
        read_upload(Struct(entry, "cloud[0]", FILE))


def test_a_presigned_address_is_recorded_without_its_signature() -> None:
    """The query is a secret that expires."""
    status = {"name": "org.osbuild.aws.s3", "options": {"url": SIGNED}}
    found = from_target_result(Struct(status, "a result"), AwsS3Upload("us-east-1"))
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize("upload", [None, GcpUpload("r")])
def test_an_azure_image_of_an_unknown_subscription_has_its_name(upload: Optional[Upload]) -> None:
    """Composer returns the name alone; without the request there is no more to say."""
    result = Struct({"name": "org.osbuild.azure.image", "options": {"image_name": "i"}}, "a result")
    assert from_target_result(result, upload) == cloud_image("azure", "i", image_name="i")


def test_a_cloud_that_is_not_known_is_recorded_as_returned() -> None:
    """Composer learns new ones; what it said of them must not be lost, nor a secret kept."""
    options = {
        "vsphere_path": "/dc/vm",
        "url": "https://u:hunter2@h/x?X-Amz-Signature=s3cr3t#y",
        "par": "https://objectstorage.example.com/p/s3cr3t/n/ns/b/images/o/disk",
        "upload_token": "s3cr3t",
        "size": 3,
        "more": {"list": ["https://h/y?sig=s3cr3t"], "password": "s3cr3t"},
    }
    found = from_target_result(
        Struct({"name": "org.osbuild.vmware", "options": options}, "a result"), None
    )
    assert found == UnknownUpload(
        "org.osbuild.vmware",
        (
            ("more", '{"list": ["https://h/y?sig=(hidden)"], "password": "(hidden)"}'),
            ("par", "https://objectstorage.example.com/p/(hidden)/n/ns/b/images/o/disk"),
            ("size", "3"),
            ("upload_token", "(hidden)"),
            ("url", "https://(hidden)@h/x?X-Amz-Signature=(hidden)"),
            ("vsphere_path", "/dc/vm"),
        ),
    )
    status = {"type": "vmware", "status": "success", "options": {"vsphere_path": "/dc/vm"}}
    assert from_upload_status(Struct(status, "a status"), None) == UnknownUpload(
        "vmware", (("vsphere_path", "/dc/vm"),)
    )
    assert from_target_result(Struct({"name": "x"}, "a result"), None) == UnknownUpload("x")


def test_what_is_not_known_is_bounded() -> None:
    """A hub is another machine: neither many options nor long ones fill the metadata."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    options = {"%04d" % number: "x" * 5000 for number in range(5000)}
    many = from_target_result(Struct({"name": "x", "options": options}, "a result"), None)
    assert isinstance(many, UnknownUpload)
    assert len(many.options) == 32
    assert all(len(value) == 1000 for _, value in many.options)
    nested = from_target_result(Struct({"name": "x", "options": {"a": deep}}, "a result"), None)
    assert isinstance(nested, UnknownUpload)
    assert "(hidden)" in nested.options[0][1]


@given(
    st.dictionaries(
        st.text(max_size=9),
        st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5),
    )
)
def test_whatever_is_not_known_survives_json(options: Dict[str, Any]) -> None:
    """What is written to osbuild.json reads as the same value."""
    found = from_target_result(Struct({"name": "x", "options": options}, "a result"), None)
    assert isinstance(found, UnknownUpload)
    again = json.loads(json.dumps(to_json(found)))
    assert read_upload(Struct(again, "cloud[0]", FILE)) == found


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://h/n/ns/b/images/o/disk.qcow2", "https://h/n/ns/b/images/o/disk.qcow2"),
        ("https://h/p/s3cr3t/n/ns/b/images/o/disk", "https://h/n/ns/b/images/o/disk"),
        ("https://h/disk?sig=s3cr3t", "https://h/disk"),
        ("https://u:s3cr3t@h/disk", "https://h/disk"),
        ("http://[broken?s3cr3t", "http://[broken"),
    ],
)
def test_a_pre_authenticated_address_is_recorded_without_its_secret(url: str, plain: str) -> None:
    """Oracle's object storage has it in the path; whoever knows it has the image."""
    result = {"name": "org.osbuild.oci.objectstorage", "options": {"url": url}}
    found = from_target_result(Struct(result, "a result"), None)
    presigned = True if plain != url else None
    assert found == cloud_image("oci.objectstorage", plain, url=plain, presigned=presigned)


def test_koji_itself_is_no_cloud() -> None:
    """Composer lists it as a target in some versions."""
    assert from_target_result(Struct({"name": "org.osbuild.koji"}, "a result"), None) is None


@pytest.mark.parametrize("status", ["success", "failure", "pending", None, "odd"])
@pytest.mark.parametrize(
    ("kind", "options", "found"),
    [
        ("aws", {"ami": "", "region": ""}, None),
        ("aws", {}, None),
        ("aws", {"ami": 7, "region": "r"}, None),
        ("aws", {"ami": "ami-1", "region": ""}, "ami-1"),
        ("aws.s3", {"url": ""}, None),
        ("gcp", {"project_id": "p", "image_name": ""}, None),
        ("gcp", {"project_id": "p", "image_name": "i"}, "projects/p/global/images/i"),
        ("azure", {"image_name": ""}, None),
        ("container", {"url": "", "digest": ""}, None),
        ("oci.objectstorage", {"url": ""}, None),
        ("pulp.ostree", {"repo_url": ""}, None),
        ("local", {"artifact_path": "x"}, None),
        ("vmware", {"path": "", "size": 0}, None),
    ],
)
def test_an_upload_counts_by_its_id_whatever_its_status_says(
    status: Optional[str], kind: str, options: Dict[str, Any], found: Optional[str]
) -> None:
    """Its status follows the import into Koji: measured with osbuild-composer 180."""
    told = Struct({"type": kind, "status": status, "options": options}, "a status")
    upload = from_upload_status(told, None)
    assert (upload.id if isinstance(upload, CloudImage) else upload) == found


@pytest.mark.parametrize("odd", [{"type": 7}, {}, {"type": "aws", "options": []}])
def test_an_odd_upload_status_hides_nothing(odd: Dict[str, Any]) -> None:
    """What stands beside it is why the image failed."""
    assert from_upload_status(Struct(odd, "a status"), None) is None


@pytest.mark.parametrize(
    "result",
    [
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

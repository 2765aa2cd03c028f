"""Addresses of a report: of consoles, and nothing that was written by others."""

from __future__ import annotations

from dataclasses import fields
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clouds import cloud_of, clouds, web_address
from pungi_osbuild.report.addresses import build_link, console_link, task_link
from tests.values import cloud_image

DIGEST = "sha256:" + "0123456789abcdef" * 4
AZURE = (
    "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rhel-images"
    "/providers/Microsoft.Compute/images/rhel-azure-9.4-1.x86_64"
)


def address(provider: str, id: str, region: Optional[str]) -> Optional[str]:
    has_region = "region" in {field.name for field in fields(cloud_of(provider).stored)}
    assert has_region or provider in ("azure", "container", "pulp.ostree")
    link = console_link(cloud_image(provider, id, **({"region": region} if has_region else {})))
    return None if link is None else link.address


@pytest.mark.parametrize(
    ("provider", "id", "region", "expected"),
    [
        (
            "aws",
            "ami-0123456789abcdef0",
            "us-east-1",
            "https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1"
            "#ImageDetails:imageId=ami-0123456789abcdef0",
        ),
        (
            "aws",
            "ami-0123456789abcdef0",
            "cn-north-1",
            "https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1"
            "#ImageDetails:imageId=ami-0123456789abcdef0",
        ),
        (
            "aws",
            "ami-0123456789abcdef0",
            "us-gov-west-1",
            "https://console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1"
            "#ImageDetails:imageId=ami-0123456789abcdef0",
        ),
        (
            "aws.s3",
            "https://a-bucket.s3.us-east-1.amazonaws.com/composer-api-1-disk.qcow2",
            "us-east-1",
            "https://us-east-1.console.aws.amazon.com/s3/object/a-bucket?region=us-east-1"
            "&prefix=composer-api-1-disk.qcow2",
        ),
        (
            "gcp",
            "projects/a-project/global/images/rhel-9-4",
            None,
            "https://console.cloud.google.com/compute/imagesDetail"
            "/projects/a-project/global/images/rhel-9-4?project=a-project",
        ),
        ("azure", AZURE, None, "https://portal.azure.com/#resource" + AZURE),
        (
            "container",
            "quay.io/org/rhel-edge:9.4@" + DIGEST,
            None,
            "https://quay.io/repository/org/rhel-edge/manifest/" + DIGEST,
        ),
        (
            "oci.objectstorage",
            "https://objects.example.com/x",
            None,
            "https://objects.example.com/x",
        ),
    ],
)
def test_a_console(provider: str, id: str, region: Optional[str], expected: str) -> None:
    """Where somebody who is logged in there sees the image."""
    assert address(provider, id, region) == expected


@pytest.mark.parametrize(
    ("provider", "id", "region"),
    [
        ("aws", "ami-0123456789abcdef0", None),
        ("aws", "ami-0123456789abcdef0", "evil.example.com/"),
        ("aws", "ami-1&x=javascript:alert(1)", "us-east-1"),
        ("aws.s3", "https://evil.example.com/a", "us-east-1"),
        ("aws.s3", "javascript:alert(1)", "us-east-1"),
        ("gcp", "projects/../global/images/x", None),
        ("azure", AZURE + '"><script>', None),
        ("container", "registry.example.com/a/b@" + DIGEST, None),
        ("oci.objectstorage", "javascript:alert(1)", None),
        ("pulp.ostree", "data:text/html,<script>", None),
        ("oci.objectstorage", "https://user:secret@example.com/", None),
    ],
)
def test_no_console(provider: str, id: str, region: Optional[str]) -> None:
    """What does not look as that cloud's IDs do is not linked."""
    assert address(provider, id, region) is None


@given(st.sampled_from([cloud.id for cloud in clouds()]), st.text(), st.none() | st.text())
def test_whatever_it_is_called(provider: str, id: str, region: Optional[str]) -> None:
    """A link is https or http, or there is none."""
    found = address(provider, id, region)
    assert found is None or web_address(found) == found


def test_koji() -> None:
    """Its web address, where the profile has one."""
    task = task_link("https://koji.example.com/koji/", 7)
    assert task is not None
    assert (task.address, task.text) == (
        "https://koji.example.com/koji/taskinfo?taskID=7",
        "task 7",
    )
    build = build_link("https://koji.example.com/koji", 8)
    assert build is not None
    assert build.address == "https://koji.example.com/koji/buildinfo?buildID=8"
    assert task_link("", 7) is None
    assert task_link("javascript:alert(1)//", 7) is None
    assert task_link("https://koji.example.com/koji", None) is None

"""cloud-image-val's resources file: what its builders read."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest

from pungi_osbuild.errors import InputError
from pungi_osbuild.model import CloudImage
from pungi_osbuild.report import cloud_image_val
from tests.report.records import an_image
from tests.report.test_streammetadata import GCP, of_kind
from tests.values import cloud_image

AMI = cloud_image("aws", "ami-1", region="us-east-1", name="snap")
AZURE = cloud_image(
    "azure",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i",
    subscription_id="s",
    resource_group="g",
    location="eastus",
)


def but(image: CloudImage, **details: Optional[str]) -> CloudImage:
    """Return an image with other details."""
    return cloud_image(**{**vars(image), **details})


NAMELESS = but(AMI, name=None)


def test_amis() -> None:
    """It starts x86_64 machines by itself, and needs to be told of others."""
    images = [
        of_kind("a", "aws", "raw", uploads=(AMI,)),
        of_kind("b", "aws", "raw.xz", arch="aarch64", distro="fedora-41", uploads=(NAMELESS,)),
    ]
    assert cloud_image_val(images) == {
        "provider": "aws",
        "instances": [
            {
                "ami": "ami-1",
                "region": "us-east-1",
                "instance_type": "",
                "username": "ec2-user",
                "name": "snap",
            },
            {
                "ami": "ami-1",
                "region": "us-east-1",
                "instance_type": "t4g.medium",
                "username": "fedora",
                "name": "b-1-5.aarch64",
            },
        ],
    }


def test_gcp_images() -> None:
    """A zone of the region that the image was uploaded to."""
    image = of_kind("g", "gcp", "tar.gz", uploads=(but(GCP, region="us-east1"),))
    assert cloud_image_val([image]) == {
        "provider": "gcloud",
        "project": "p",
        "instances": [
            {
                "image": "i",
                "region": "us-east1",
                "zone": "us-east1-c",
                "instance_type": "",
                "name": "g-1-5.x86_64",
            }
        ],
    }


def test_azure_images() -> None:
    """Where no location was asked for, it takes one of its own."""
    images = [
        of_kind("a", "azure", "vhd", uploads=(AZURE,)),
        of_kind("b", "azure", "vhd", arch="aarch64", uploads=(but(AZURE, location=None),)),
    ]
    assert cloud_image_val(images) == {
        "provider": "azure",
        "subscription_id": "s",
        "resource_group": "g",
        "instances": [
            {
                "image_uri": AZURE.id,
                "arch": "x86_64",
                "location": "eastus",
                "name": "a-1-5.x86_64",
            },
            {
                "image_uri": AZURE.id,
                "arch": "aarch64",
                "instance_type": "Standard_D2pds_v5",
                "name": "b-1-5.aarch64",
            },
        ],
    }


@pytest.mark.parametrize(
    ("uploads", "said", "advice"),
    [
        ((AMI, AZURE), "there are images of aws, azure", "--provider"),
        (
            (GCP, but(GCP, project_id="q")),
            "and there are p, q",
            "--type",
        ),
        ((AZURE, but(AZURE, subscription_id="t")), "one subscription", "--subvariant"),
        ((cloud_image("container", "r@sha256:1"),), "no image here", "aws, azure, gcp"),
        ((), "no image here", "without --format"),
    ],
)
def test_what_it_cannot_take(uploads: Tuple[CloudImage, ...], said: str, advice: str) -> None:
    """With what to choose by."""
    images = [an_image(str(number), uploads=(one,)) for number, one in enumerate(uploads)]
    with pytest.raises(InputError) as caught:
        cloud_image_val(images)
    assert said in caught.value.reason
    assert advice in caught.value.solution

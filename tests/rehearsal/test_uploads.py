"""What composer tells of uploads, and its ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest

from koji_rehearsal import HubSettings
from tests.conformance.desk import DURATION, a_desk, normal


def test_an_azure_upload_is_told_as_composer_does(tmp_path: Path) -> None:
    """Composer gives nothing but the image's name."""
    upload = {
        "tenant_id": "t",
        "subscription_id": "s",
        "resource_group": "g",
        "image_name": "example-41",
    }
    with a_desk(tmp_path) as desk:
        task_id = desk.build("rig-azure", image_type="azure", opts={"upload_options": upload})
        assert desk.output(task_id)["image_statuses"] == [
            {
                "status": "success",
                "upload_status": {
                    "status": "success",
                    "type": "azure",
                    "options": {"image_name": "example-41"},
                },
            }
        ]
        (archive,) = desk.image_archives(task_id)
        assert archive["filename"] == "rig-azure-41-1.x86_64.vhd"
        assert archive["extra"]["image"]["upload_target_results"] == [
            {
                "name": "org.osbuild.azure.image",
                "options": {"image_name": "example-41"},
                "osbuild_artifact": {"export_filename": "disk.vhd", "export_name": "vpc"},
            }
        ]


@pytest.mark.parametrize(
    "image_type, upload, expected",
    [
        ("gcp", {"region": "us-east1"}, {"image_name": "composer-api-<uuid>"}),
        (
            "azure",
            {"tenant_id": "t", "subscription_id": "s", "resource_group": "g"},
            {"image_name": "composer-api-<uuid>"},
        ),
        ("iot-container", {"tag": "41"}, {"url": ".../fedora-41:<uuid>"}),
        ("iot-container", {"name": "r.example.com/a"}, {"url": "r.example.com/a:<uuid>"}),
    ],
)
def test_a_name_that_is_not_given_is_composers(
    image_type: str, upload: Dict[str, str], expected: Dict[str, str], tmp_path: Path
) -> None:
    """A container's tag counts only beside a name."""
    with a_desk(tmp_path) as desk:
        task_id = desk.build(image_type=image_type, opts={"upload_options": upload})
        (status,) = desk.output(task_id)["image_statuses"]
        options = normal(status["upload_status"]["options"])
        for key, value in expected.items():
            assert options[key].endswith(value.lstrip("."))


AZURE = {"tenant_id": "t", "subscription_id": "s", "resource_group": "g"}


@pytest.mark.parametrize(
    "image_type, upload, goes_to",
    [
        ("aws", {"region": "us-east-1"}, "aws"),
        ("aws", {"region": "us-east-1", "image_name": "x"}, "aws"),
        ("guest-image", {"region": "us-east-1", "share_with_accounts": ["1"]}, "aws.s3"),
        ("vsphere", {"region": "us-east-1", "bucket": "b"}, "aws.s3"),
        ("iot-container", AZURE, "container"),
        ("oci", AZURE, "oci.objectstorage"),
        ("oci", {"tag": "x"}, "oci.objectstorage"),
    ],
)
def test_the_image_type_alone_says_where_it_goes(
    image_type: str, upload: Dict[str, Any], goes_to: str, tmp_path: Path
) -> None:
    """Composer takes the fields of its target out of any shape, and ignores all others."""
    with a_desk(tmp_path) as desk:
        task_id = desk.build(image_type=image_type, opts={"upload_options": upload})
        (status,) = desk.output(task_id)["image_statuses"]
        assert status["status"] == "success"
        assert status["upload_status"]["type"] == goes_to
        (archive,) = desk.image_archives(task_id)
        assert len(archive["extra"]["image"]["upload_target_results"]) == 1


@pytest.mark.parametrize(
    "image_type, upload",
    [("aws", AZURE), ("guest-image", {"tag": "x"}), ("azure", {"region": "us-east-1"})],
)
def test_an_upload_without_what_its_cloud_needs_fails(
    image_type: str, upload: Dict[str, Any], tmp_path: Path
) -> None:
    """Composer takes it and leaves the field empty, so that it fails after the build."""
    with a_desk(tmp_path) as desk:
        task_id = desk.build(image_type=image_type, opts={"upload_options": upload})
        assert desk.state(task_id) == "FAILED"
        (status,) = desk.output(task_id)["image_statuses"]
        assert status["error"]["id"] == 28


def test_ids_follow_from_seed_nvr_and_arch(tmp_path: Path) -> None:
    """The same rehearsal gives the same ids, another seed others, each arch its own."""
    upload = {"region": "us-east-1", "share_with_accounts": []}

    def amis(folder: str, seed: int) -> Any:
        settings = HubSettings(duration=DURATION, seed=seed)
        with a_desk(tmp_path / folder, settings=settings) as desk:
            desk.build("rig-gce")
            arches = ["x86_64", "aarch64"]
            opts = {"upload_options": upload, "release": "1"}
            task_id = desk.build("rig-aws", image_type="aws", arches=arches, opts=opts)
            composer = desk.session().getTaskResult(task_id)["composer"]["id"]
            statuses = desk.output(task_id)["image_statuses"]
            found = [one["upload_status"]["options"]["ami"] for one in statuses]
            sums = [one["checksum"] for one in desk.image_archives(task_id)]
            return composer, found, sums

    first, again, other = amis("a", 0), amis("b", 0), amis("c", 1)
    assert first == again
    assert first[0] != other[0]
    assert len({*first[1], *other[1]}) == 4
    assert first[2] == other[2]
    assert len(set(first[2])) == 2


def test_settings_keep_their_defaults() -> None:
    """Every field can be changed by itself."""
    assert replace(HubSettings(), duration=0.0).start_delay == 0.0
    assert HubSettings().start_delay == 0.1

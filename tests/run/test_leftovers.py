"""What tasks leave behind that came to nothing, and the way out that their failure names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from koji_rehearsal import HubSettings
from pungi_osbuild.checked import FILE, Struct, from_json, to_json
from pungi_osbuild.clouds.aws import AwsEc2Upload
from pungi_osbuild.metadata.osbuild import upgrade
from pungi_osbuild.methods import ComposeState, Failure, KeptUpload
from pungi_osbuild.model import ImageRequest, Leftover, UploadTemplate
from pungi_osbuild.run import Rebuild
from pungi_osbuild.run.leftovers import leftovers_of_failed
from tests.run.test_cancel import a_scene, wanted
from tests.run.test_resume import options, time_passes
from tests.values import cloud_image

NVR = "image-0-1-1"
AT_ONCE = HubSettings(duration=0)


def a_request(*arches: str, name: str = "snap") -> ImageRequest:
    """A request whose image becomes an AMI."""
    upload = AwsEc2Upload("us-east-1", (), name)
    request = wanted(0, image_type="aws", upload=upload)
    return replace(request, upload_template=UploadTemplate(upload), arches=arches)


def left(failure: Failure, *arches: str) -> List[str]:
    return [orphan.describe() for orphan in leftovers_of_failed(a_request(*arches), failure)]


AMI = cloud_image("aws", "ami-1", region="us-east-1")
KEPT = (KeptUpload("x86_64", AMI),)
CASES: List[Tuple[Failure, List[str]]] = [
    (Failure("x", ComposeState.NOT_TAKEN), []),
    (
        Failure("x", ComposeState.REFUSED_LATE, refused_arches=("x86_64",)),
        ["koji %s may stay reserved" % NVR, "aws snap (x86_64) in us-east-1 may appear"],
    ),
    (Failure("x", ComposeState.REFUSED_LATE), ["koji %s may stay reserved" % NVR]),
    (
        Failure("x", ComposeState.RUNNING, uploads=KEPT),
        [
            "koji %s may appear" % NVR,
            "aws ami-1 in us-east-1 is there",
            "aws snap (aarch64) in us-east-1 may appear",
        ],
    ),
    (
        Failure("x", ComposeState.UNKNOWN),
        [
            "koji %s may appear" % NVR,
            "aws snap (x86_64) in us-east-1 may appear",
            "aws snap (aarch64) in us-east-1 may appear",
        ],
    ),
    (Failure("x", ComposeState.ENDED, uploads=KEPT), ["aws ami-1 in us-east-1 is there"]),
    (
        Failure("x", ComposeState.ENDED, uploads=KEPT, tells_uploads=False),
        ["aws ami-1 in us-east-1 is there", "aws snap (aarch64) in us-east-1 may be there"],
    ),
    (Failure("x", ComposeState.ENDED, is_imported=True), ["koji %s is there" % NVR]),
]


@pytest.mark.parametrize(("failure", "lines"), CASES)
def test_what_a_failed_task_leaves(failure: Failure, lines: List[str]) -> None:
    """By what is known of its compose; what is there is named by its ID, and only once."""
    assert left(failure, "x86_64", "aarch64") == lines


@pytest.mark.parametrize("fault", ["lost-upload", "missing"])
def test_a_build_that_cannot_be_used_is_left_and_the_hint_leads_out(
    fault: str, tmp_path: Path
) -> None:
    """Run again it is the same build; with another release and --rebuild-changed it is built."""
    request = a_request("x86_64")
    with a_scene(tmp_path, AT_ONCE, faults=["%s:times=1" % fault]) as scene:
        (failed,) = scene.run([request], options()).outcomes
        assert [orphan.place for orphan in failed.leftovers] == ["koji", "aws"]
        build, upload = failed.leftovers
        assert (build.name, build.is_there) == (NVR, True)
        assert upload.is_there or upload.describe() == "aws snap in us-east-1 may be there"
        assert "another release" in (failed.hint or "")
        assert "--rebuild-changed" in (failed.hint or "")
        (again,) = scene.run([request], options()).outcomes
        assert again.reason == failed.reason
        assert scene.submitted == 1
        # The AMI's name is taken in the cloud, too, and the hint says so.
        other = replace(a_request("x86_64", name="snap-2"), base_release="2")
        (built,) = scene.run([other], options(Rebuild.CHANGED)).outcomes
        assert built.ok
        assert built.request.nvr == "image-0-1-2"


def test_a_build_whose_builder_lost_composer_is_taken_by_the_next_run(tmp_path: Path) -> None:
    """As its failure says: when it is complete."""
    request = a_request("x86_64")
    settings = HubSettings(duration=60)
    with a_scene(tmp_path, settings, faults=["composer-lost:times=1"]) as scene:
        time_passes(scene)
        (failed,) = scene.run([request], options()).outcomes
        assert not failed.ok
        assert "osbuild-composer goes on with %s" % NVR in (failed.reason or "")
        assert {orphan.describe() for orphan in failed.leftovers} == {
            "koji %s may appear" % NVR,
            "aws snap in us-east-1 may appear",
        }
        assert "run the same command again" in (failed.hint or "")
        scene.times.now += 120
        (taken,) = scene.run([request], options()).outcomes
        assert taken.ok
        assert scene.submitted == 1


def test_a_note_survives_the_record() -> None:
    """osbuild.json has it, for the report."""
    orphan = Leftover("koji", NVR, note="may stay reserved")
    assert from_json(Leftover, Struct(to_json(orphan), "orphans[0]", FILE)) == orphan
    old: Dict[str, Any] = {"place": "koji", "name": "x", "is_there": True}
    upgrade({"tasks": [{"orphans": [old]}]})
    assert from_json(Leftover, Struct(old, "", FILE)) == Leftover("koji", "x", is_there=True)

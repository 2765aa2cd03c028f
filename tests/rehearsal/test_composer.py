"""What composer does with a compose, as recorded from osbuild-composer 180, and older versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import koji
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koji_rehearsal import HubContent, HubSettings, OwnType
from koji_rehearsal.composer import checks, cloudapi
from koji_rehearsal.composer.table import Table
from pungi_osbuild.imagetypes import ExportedFile, ImageType
from tests.conformance.desk import DATA, DURATION, Desk, a_desk

SCHEMAS = json.loads(Path(cloudapi.__file__).with_name("cloudapi.json").read_text("utf-8"))
KOJI = {"server": "s", "task_id": 1, "name": "n", "version": "1", "release": "1"}
ERROR = "Failed to create the compose request: "
AWS = {"upload_options": {"region": "us-east-1", "share_with_accounts": ["1"]}, "release": "1"}


def recorded(name: str, note: str) -> Dict[str, Any]:
    """Return the call of a transcript whose note begins so."""
    path = DATA / "golden-composer" / (name + ".json")
    calls: List[Dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["calls"]
    (call,) = [call for call in calls if call["note"].startswith(note)]
    return call


def plain(reply: Dict[str, Any]) -> Dict[str, Any]:
    """Return an error without what differs each time."""
    return {**reply, "operation_id": len(reply["operation_id"]) > 0}


def refused_with(desk: Desk, task_id: int) -> Dict[str, Any]:
    """Return the body of composer's answer, which the task fails with word for word."""
    with pytest.raises(koji.GenericError) as caught:
        desk.session().getTaskResult(task_id)
    assert caught.value.faultCode == 1000
    assert str(caught.value).startswith(ERROR)
    assert desk.session().listTaskOutput(task_id) == ["compose-request.json"]
    body: Dict[str, Any] = json.loads(str(caught.value)[len(ERROR) :])
    return body


REFUSALS: Dict[str, Tuple[str, str]] = {
    "composer-refuses:code=4": ("04_distribution", "'fedora-rawhide'"),
    "composer-refuses:code=5": ("05_image_type_arch", "arch unknown"),
    "composer-refuses:code=6": ("05_image_type_arch", "known, but not on aarch64"),
    "composer-refuses:code=30": ("07_customizations", "hostname a number"),
    "composer-refuses:code=1005": ("06_ostree", "two arches, wrong for the second only"),
    "composer-full": ("14_queue_full", "the job queue cannot be written"),
}


@pytest.mark.parametrize("fault", sorted(REFUSALS))
def test_a_refusal_that_is_asked_for(fault: str, tmp_path: Path) -> None:
    """Each in composer's words; 1005 alone has queued koji-init, so its N-V-R stays reserved."""
    leaves_build = "1005" in fault
    with a_desk(tmp_path, fault + (",times=1" if ":" in fault else ":times=1")) as desk:
        task_id = desk.build(distro="rhel-8.10", arches=["aarch64"], opts={"release": "1"})
        golden = recorded(*REFUSALS[fault])["reply"]
        assert plain(refused_with(desk, task_id)) == plain(golden)
        build = desk.session().getBuild("rig-image-41-1")
        assert (build is not None) == leaves_build
        again = desk.build(distro="rhel-8.10", arches=["aarch64"], opts={"release": "1"})
        assert desk.state(again) == ("FAILED" if leaves_build else "CLOSED")
        if leaves_build:
            assert (build["state"], build["task_id"]) == (koji.BUILD_STATES["BUILDING"], None)
            (cause,) = desk.output(again)["image_statuses"][0]["error"]["details"]
            assert "Build is already reserved" in cause["reason"]
            desk.clock.turn(1000 * DURATION)
            assert desk.session().getBuild("rig-image-41-1")["state"] == build["state"]


def test_a_later_arch_that_is_refused_leaves_the_earlier_ones(tmp_path: Path) -> None:
    """They are built and uploaded, and never imported: their names are taken in the cloud."""
    upload = {"region": "us-east-1", "share_with_accounts": [], "snapshot_name": "fixed-41"}
    opts = {"upload_options": upload, "release": "1"}
    arches = ["x86_64", "aarch64"]
    with a_desk(tmp_path, "composer-refuses:arch=aarch64,times=1") as desk:
        task_id = desk.build(image_type="aws", arches=arches, opts=opts)
        assert refused_with(desk, task_id)["id"] == "1005"
        assert desk.session().getBuild("rig-image-41-1")["state"] == koji.BUILD_STATES["BUILDING"]
        again = desk.build(image_type="aws", opts={**opts, "release": "2"})
        (status,) = desk.output(again)["image_statuses"]
        assert "InvalidAMIName.Duplicate" in status["error"]["details"][0]["reason"]


def test_a_refusal_before_the_queue_leaves_no_arch(tmp_path: Path) -> None:
    """The same arches, refused by a check that comes before."""
    upload = {"region": "us-east-1", "share_with_accounts": [], "snapshot_name": "fixed-41"}
    opts = {"upload_options": upload, "release": "1"}
    with a_desk(tmp_path, "composer-refuses:arch=aarch64,code=6") as desk:
        desk.build(image_type="aws", arches=["x86_64", "aarch64"], opts=opts)
        assert desk.session().listBuilds() == []
        assert desk.state(desk.build(image_type="aws", opts=opts)) == "CLOSED"


def shape(value: Any) -> Any:
    """Return what a status says, without texts that are examples."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items() if key not in ("reason", "ami")}
    return [shape(one) for one in value] if isinstance(value, list) else value


def image_statuses(note: str) -> Any:
    """Return what composer said of images, with what koji-osbuild keeps of it."""
    images = recorded("13_life", note)["reply"]["image_statuses"]
    return [
        {key: value for key, value in image.items() if key != "upload_statuses"} for image in images
    ]


def test_a_failed_upload_is_told_as_recorded(tmp_path: Path) -> None:
    """Its ids are empty; the other arch's AMI is there, and both are called failures."""
    arches = ["x86_64", "aarch64"]
    with a_desk(tmp_path, "upload:arch=aarch64") as desk:
        task_id = desk.build(image_type="aws", arches=arches, opts=AWS)
        status = desk.output(task_id)
        assert shape(status["image_statuses"]) == shape(image_statuses("C: at the end"))
        amis = [one["upload_status"]["options"]["ami"] for one in status["image_statuses"]]
        assert (amis[0][:4], amis[1]) == ("ami-", "")
        golden = recorded("13_life", "logs: C")["reply"]["koji"]
        assert desk.output(task_id, "koji-import.log.json") == golden["import"]


def test_a_build_that_koji_refuses_is_told_as_recorded(tmp_path: Path) -> None:
    """The image names what it waited for; the recorded one lacked packages as well."""
    with a_desk(tmp_path, "taken") as desk:
        task_id = desk.build(opts={"release": "1"})
        (golden,) = image_statuses("A: at the end")
        golden["error"]["details"] = golden["error"]["details"][:1]
        (status,) = desk.output(task_id)["image_statuses"]
        assert shape(status) == shape(golden)
        logs = recorded("13_life", "logs: A")["reply"]["koji"]
        assert shape(desk.output(task_id, "koji-init.log.json")) == shape(logs["init"])
        assert desk.output(task_id, "koji-import.log.json") == logs["import"]


def test_an_import_that_fails_leaves_good_uploads(tmp_path: Path) -> None:
    """No image has an error, and both arches' AMIs are there."""
    with a_desk(tmp_path, "corrupt-upload:arch=aarch64") as desk:
        task_id = desk.build(image_type="aws", arches=["x86_64", "aarch64"], opts=AWS)
        (golden, _) = image_statuses("C: at the end")
        for status in desk.output(task_id)["image_statuses"]:
            assert shape(status) == shape(golden)
            assert status["upload_status"]["options"]["ami"].startswith("ami-")


# what a version knows


@pytest.mark.parametrize(
    "image_type, version, state",
    [
        ("guest-image", 58, "CLOSED"),
        ("wsl", 88, "FAILED"),
        ("wsl", 89, "CLOSED"),
        ("iot-bootable-container", 99, "FAILED"),
        ("iot-bootable-container", 100, "CLOSED"),
        ("iot-bootable-container", 178, "CLOSED"),
        ("iot-bootable-container", 179, "FAILED"),
        ("aws-cvm", 164, "FAILED"),
        ("aws-cvm", 165, "CLOSED"),
        ("aws-cvm", 999, "CLOSED"),
    ],
)
def test_a_composer_knows_the_image_types_of_its_time(
    image_type: str, version: int, state: str, tmp_path: Path
) -> None:
    """Another is no type of its API."""
    old = HubSettings(duration=DURATION, composer_version=version)
    distro = "rhel-9.6" if image_type == "aws-cvm" else "fedora-41"
    with a_desk(tmp_path, settings=old) as desk:
        task_id = desk.build(image_type=image_type, distro=distro)
        assert desk.state(task_id) == state
        if state == "FAILED":
            details = refused_with(desk, task_id)["details"]
            assert ('"%s"' % image_type) not in details.split("Value:")[0]
            assert details.endswith('Value:\n  "%s"\n' % image_type)


# a site's own composer


@pytest.mark.parametrize(
    ("own", "distro", "arch", "image_type", "builds"),
    [
        (OwnType("gcp"), "rhel-9.6", "aarch64", "gcp", False),
        (OwnType("gcp", arches=("aarch64",)), "rhel-9.6", "aarch64", "gcp", True),
        (OwnType("gcp", arches=("aarch64",)), "rhel-9.6", "ppc64le", "gcp", False),
        (OwnType("gcp", ("rhel-9.6",)), "rhel-9.6", "s390x", "gcp", True),
        (OwnType("gcp", ("rhel-9.6",)), "rhel-9.5", "aarch64", "gcp", False),
        (OwnType("guest-image", ("mylinux-3",)), "mylinux-3", "x86_64", "guest-image", True),
        (OwnType("guest-image", ("mylinux-3",)), "mylinux-3", "x86_64", "oci", False),
        (OwnType("oci", ("rhel-9.6",), ("riscv64",)), "rhel-9.6", "riscv64", "oci", True),
        (OwnType("tablet"), "fedora-41", "aarch64", "tablet", True),
        (OwnType("tablet", ("rhel-9.6",)), "fedora-41", "aarch64", "tablet", False),
    ],
)
def test_a_site_builds_what_it_says_besides(
    own: OwnType, distro: str, arch: str, image_type: str, builds: bool, tmp_path: Path
) -> None:
    """For the distributions that it names, on the arches that it names, and nothing more."""
    tablet = ImageType("tablet", "aws.s3", ExportedFile("disk.qcow2", "qcow2"))
    seeded = HubContent.seeded(["t"], [], ["aarch64", "ppc64le", "riscv64", "s390x", "x86_64"])
    content = replace(seeded, image_types=(tablet,), own_types=(own,))
    with a_desk(tmp_path, content=content) as desk:
        task_id = desk.build(distro=distro, arches=[arch], image_type=image_type, target="t")
        assert desk.state(task_id) == ("CLOSED" if builds else "FAILED")
        if not builds:
            assert refused_with(desk, task_id)["id"] == "6"


@pytest.mark.parametrize(
    ("version", "customizations", "said"),
    [
        (136, {"enabled_modules": []}, 'property "enabled_modules" is unsupported'),
        (137, {"enabled_modules": []}, ""),
        (153, {"dnf": {}}, 'property "dnf" is unsupported'),
        (154, {"dnf": {}}, ""),
        (128, {"cacerts": {"pem_certs": []}}, 'property "cacerts" is unsupported'),
        (115, {"rhsm": {}}, 'property "rhsm" is unsupported'),
    ],
)
def test_a_composer_knows_the_customizations_of_its_time(
    version: int, customizations: Dict[str, Any], said: str, tmp_path: Path
) -> None:
    """It refuses those of a later one."""
    old = HubSettings(duration=DURATION, composer_version=version)
    with a_desk(tmp_path, settings=old) as desk:
        task_id = desk.build(opts={"customizations": customizations})
        assert desk.state(task_id) == ("FAILED" if said else "CLOSED")
        if said:
            assert said in refused_with(desk, task_id)["details"]


@pytest.mark.parametrize(("version", "state"), [(99, "FAILED"), (100, "CLOSED"), (180, "CLOSED")])
def test_aliases_came_with_a_version(version: int, state: str, tmp_path: Path) -> None:
    """Before, there was no distribution rhel-9."""
    old = HubSettings(duration=DURATION, composer_version=version)
    with a_desk(tmp_path, settings=old) as desk:
        assert desk.state(desk.build(distro="rhel-9")) == state


# any request at all

TEXTS = st.sampled_from(["", "/", "/etc", "/usr/x/", "a b", "a/b", "2 GiB", "plain", "0" * 64])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=6,
)


@st.composite
def near(draw: st.DrawFn, name: str) -> Any:
    """Give what a schema of the API allows, most of the time."""
    return _drawn(draw, SCHEMAS[name])


def _drawn(draw: st.DrawFn, schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _drawn(draw, SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if draw(st.integers(0, 20)) == 0:
        return draw(JSON)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return _drawn(draw, draw(st.sampled_from(schema[word])))
    if schema.get("type") == "array":
        return [_drawn(draw, schema["items"]) for _ in range(draw(st.integers(0, 2)))]
    if "properties" in schema:
        # A key of another kind of partition, and one that nothing has.
        keys = {"logical_volumes": {}, "subvolumes": {}, "nope": {}, **schema["properties"]}
        chosen = draw(st.lists(st.sampled_from(sorted(keys)), max_size=3))
        names = dict.fromkeys((*schema.get("required", ()), *chosen))
        return {key: _drawn(draw, keys[key]) for key in names}
    return draw(TEXTS if schema.get("type") == "string" else JSON)


@given(near("ComposeRequest"), near("Customizations"))
@settings(max_examples=200, deadline=None)
def test_nothing_is_too_odd_to_be_answered(request: Any, customizations: Any) -> None:
    """It is taken or refused in words that JSON can hold."""
    image = {"architecture": "x86_64", "image_type": "guest-image", "repositories": []}
    whole = {"distribution": "rhel-8.9", "koji": KOJI, "image_requests": [image]}
    for one in (request, {**whole, "customizations": customizations}):
        refusal = checks.refusal(one, Table(180))
        assert refusal is None or json.loads(refusal.body("x"))["id"] == str(refusal.code)

"""What goes wrong when it is asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List

import koji
import pytest
import requests

from koji_rehearsal import Fault, FaultKind, HubSettings, ResultsIn, parse_fault
from koji_rehearsal.errors import RehearsalError
from tests.conformance.desk import DURATION, Desk, a_desk

EC2 = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
BOTH = ["x86_64", "aarch64"]


def build_ami(desk: Desk, **changes: Any) -> int:
    opts = {"upload_options": EC2, **changes.pop("opts", {})}
    return desk.build("rig-aws", image_type="aws", arches=BOTH, opts=opts, **changes)


def url_of(desk: Desk, archive: Dict[str, Any]) -> str:
    build = desk.session().getBuild(archive["build_id"])
    paths = koji.PathInfo(topdir=desk.hub.topurl)
    return "%s/%s" % (paths.imagebuild(build), archive["filename"])


def download(desk: Desk, archive: Dict[str, Any]) -> bytes:
    reply = requests.get(url_of(desk, archive), timeout=10)
    reply.raise_for_status()
    return reply.content


def statuses_of(desk: Desk, task_id: int) -> List[Dict[str, Any]]:
    statuses: List[Dict[str, Any]] = desk.output(task_id)["image_statuses"]
    return statuses


def test_a_failed_build_keeps_what_others_uploaded(tmp_path: Path) -> None:
    """The AMI of the other arch is in its cloud, and only compose-status.json says so."""
    with a_desk(tmp_path, "build:arch=aarch64") as desk:
        task_id = build_ami(desk)
        assert desk.state(task_id) == "FAILED"
        built, failed = statuses_of(desk, task_id)
        assert built["upload_status"]["options"]["ami"].startswith("ami-")
        assert failed == {
            "status": "failure",
            "error": {"id": 10, "reason": 'osbuild build failed in stage: "org.osbuild.rpm"'},
        }
        log = desk.output(task_id, "aarch64-aws.log.json")["osbuild_output"]
        assert log["error"]["details"]["stage"]["type"] == "org.osbuild.rpm"
        assert [stage["success"] for stage in log["log"]["os"]] == [True, False]
        assert "scriptlet failed, exit status 127" in log["log"]["os"][1]["output"]
        (build,) = desk.session().listBuilds(packageID="rig-aws")
        assert build["state"] == koji.BUILD_STATES["FAILED"]
        assert desk.session().listArchives(buildID=build["build_id"]) == []


def test_a_failed_upload_fails_the_build(tmp_path: Path) -> None:
    """Composer gives the cloud's reason as a detail of its own."""
    with a_desk(tmp_path, "upload:arch=x86_64") as desk:
        task_id = build_ami(desk)
        assert desk.state(task_id) == "FAILED"
        failed, uploaded = statuses_of(desk, task_id)
        ids = {"ami": "", "region": ""}
        assert failed["upload_status"] == {"status": "failure", "type": "aws", "options": ids}
        assert failed["error"]["reason"] == "at least one target failed"
        (detail,) = failed["error"]["details"]
        assert detail["id"] == 11
        assert "unable to register the image" in detail["reason"]
        assert detail["details"] == "org.osbuild.aws"
        # The status of an upload follows that of the compose; its ids tell the truth.
        assert uploaded["status"] == "success"
        assert uploaded["upload_status"]["status"] == "failure"
        assert uploaded["upload_status"]["options"]["ami"].startswith("ami-")
        without = desk.build("rig-image")
        assert desk.state(without) == "CLOSED"


def test_a_wrong_checksum_is_of_the_file_that_is_served(tmp_path: Path) -> None:
    """Koji's record is that of the file composer made; the size is right."""
    with a_desk(tmp_path, "checksum:arch=x86_64") as desk:
        good, bad = desk.image_archives(build_ami(desk))
        assert hashlib.md5(download(desk, good)).hexdigest() == good["checksum"]
        spoiled = download(desk, bad)
        assert hashlib.md5(spoiled).hexdigest() != bad["checksum"]
        assert len(spoiled) == bad["size"]


def test_a_cut_download_ends_early_every_time(tmp_path: Path) -> None:
    """The file on Koji's volume is whole."""
    with a_desk(tmp_path, "cut:arch=x86_64") as desk:
        good, bad = desk.image_archives(build_ami(desk))
        assert len(download(desk, good)) == good["size"]
        for _ in range(2):
            with pytest.raises(requests.RequestException):
                download(desk, bad)
        head = requests.head(url_of(desk, bad), timeout=10)
        assert head.headers["Content-Length"] == str(bad["size"])
        folder = desk.hub.topdir / "packages" / "rig-aws" / "41" / "1" / "images"
        content = (folder / bad["filename"]).read_bytes()
        assert hashlib.md5(content).hexdigest() == bad["checksum"]


def test_a_missing_image_is_listed_without_its_file(tmp_path: Path) -> None:
    """Its manifest is there."""
    with a_desk(tmp_path, "missing:arch=x86_64") as desk:
        task_id = build_ami(desk)
        good, bad = desk.image_archives(task_id)
        assert (good["metadata_only"], bad["metadata_only"]) == (False, True)
        assert requests.get(url_of(desk, bad), timeout=10).status_code == 404
        manifest = {**bad, "filename": bad["filename"] + ".manifest.json"}
        assert download(desk, manifest)


def test_a_lost_upload_is_told_nowhere(tmp_path: Path) -> None:
    """Although the build succeeded."""
    with a_desk(tmp_path, "lost-upload:arch=x86_64") as desk:
        task_id = build_ami(desk)
        assert desk.state(task_id) == "CLOSED"
        kept, lost = desk.image_archives(task_id)
        assert "upload_target_results" in kept["extra"]["image"]
        assert "upload_target_results" not in lost["extra"]["image"]
        typeinfo = desk.build_of(task_id)["extra"]["typeinfo"]["image"]
        assert "upload_target_results" not in typeinfo[lost["filename"]]
        first, second = statuses_of(desk, task_id)
        assert first == {"status": "success"}
        assert "upload_status" in second


def test_an_nvr_is_reserved_once(tmp_path: Path) -> None:
    """By a build of somebody else's that goes on; the next release is free."""
    with a_desk(tmp_path, "reserved:name=rig-aws") as desk:
        task_id = build_ami(desk, opts={"release": "1"})
        assert desk.state(task_id) == "FAILED"
        reasons = {one["error"]["details"][0]["reason"] for one in statuses_of(desk, task_id)}
        assert reasons == {'error: "Build is already reserved" code: 1000'}
        build = desk.session().getBuild("rig-aws-41-1")
        assert (build["state"], build["completion_ts"]) == (koji.BUILD_STATES["BUILDING"], None)
        assert desk.state(build_ami(desk, opts={"release": "2"})) == "CLOSED"


def test_an_nvr_is_taken_once(tmp_path: Path) -> None:
    """Between its allocation and its registration; the next release is free."""
    with a_desk(tmp_path, "taken:name=rig-aws") as desk:
        session = desk.session()
        release = session.getNextRelease({"name": "rig-aws", "version": "41"})
        task_id = build_ami(desk, opts={"release": release})
        assert desk.state(task_id) == "FAILED"
        reasons = {one["error"]["details"][0]["reason"] for one in statuses_of(desk, task_id)}
        (reason,) = reasons
        assert reason.startswith('error: "Build already exists (id=1, state=COMPLETE): ')
        other = session.getBuild("rig-aws-41-1")
        assert (other["state"], other["owner_name"], other["cg_name"]) == (1, "admin", None)
        release = session.getNextRelease({"name": "rig-aws", "version": "41"})
        assert release == "2"
        assert desk.state(build_ami(desk, opts={"release": release})) == "CLOSED"


def test_an_odd_upload_is_told_beside_the_one_that_was_asked_for(tmp_path: Path) -> None:
    """Under a name that no composer uses, and signed, as real ones are."""
    with a_desk(tmp_path, "odd-upload:arch=x86_64") as desk:
        plain, odd = desk.image_archives(build_ami(desk))
        results = odd["extra"]["image"]["upload_target_results"]
        assert [one["name"] for one in results] == ["org.osbuild.aws", "org.osbuild.rehearsal.odd"]
        assert "?signature=" in results[1]["options"]["url"]
        assert len(plain["extra"]["image"]["upload_target_results"]) == 1


def test_an_odd_archive_is_of_no_known_kind(tmp_path: Path) -> None:
    """An image archive, says Koji, with nothing of an image."""
    with a_desk(tmp_path, "odd-archive") as desk:
        build_id = desk.build_of(desk.build())["id"]
        archives = desk.session().listArchives(buildID=build_id, type="image")
        (odd,) = [one for one in archives if one["filename"].endswith(".qcow2.notes.txt")]
        assert (odd["btype"], odd["type_name"]) == ("image", "txt")
        assert odd["extra"] == {"image": {"arch": "x86_64"}}
        assert download(desk, odd)


@pytest.mark.parametrize(
    "spec, hit",
    [
        ("build", True),
        ("build:name=rig-image", True),
        ("build:name=rig", False),
        ("build:arch=aarch64", False),
        ("build:image_type=guest-image", True),
        ("build:image_type=qcow2,arch=x86_64,name=rig-image", True),
        ("build:image_type=qcow2,arch=aarch64,name=rig-image", False),
    ],
)
def test_all_keys_of_a_fault_must_fit(spec: str, hit: bool, tmp_path: Path) -> None:
    """Koji's own names of image types are as good as composer's."""
    with a_desk(tmp_path, spec) as desk:
        assert desk.state(desk.build()) == ("FAILED" if hit else "CLOSED")


@pytest.mark.parametrize(
    "results_in, in_archive, in_build",
    [
        (ResultsIn.ARCHIVE, True, True),
        (ResultsIn.BUILD, False, True),
        (ResultsIn.STATUS, False, False),
    ],
)
def test_results_are_where_the_settings_say(
    results_in: ResultsIn, in_archive: bool, in_build: bool, tmp_path: Path
) -> None:
    """Always in compose-status.json."""
    settings = HubSettings(duration=DURATION, results_in=results_in)
    with a_desk(tmp_path, settings=settings) as desk:
        task_id = build_ami(desk)
        archive = desk.image_archives(task_id)[0]
        info = desk.build_of(task_id)["extra"]["typeinfo"]["image"][archive["filename"]]
        assert ("upload_target_results" in archive["extra"]["image"]) is in_archive
        assert ("upload_target_results" in info) is in_build
        assert all("upload_status" in one for one in statuses_of(desk, task_id))


def test_a_fault_is_read() -> None:
    """A kind, and keys that narrow it."""
    assert parse_fault("build") == Fault(FaultKind.BUILD)
    assert parse_fault("lost-upload:name=a,arch=x86_64,image_type=aws") == Fault(
        FaultKind.LOST_UPLOAD, "a", "x86_64", "aws"
    )


@pytest.mark.parametrize(
    "spec, reason, solution",
    [
        ("biuld", "unknown fault 'biuld' in 'biuld'", "Did you mean 'build'? The kinds of fault"),
        ("", "unknown fault '' in ''", "The kinds of fault are: refused, drop, http-400,"),
        (
            "build:arhc=x86_64",
            "unknown key 'arhc'",
            "Did you mean 'arch'? The keys of build are",
        ),
        ("build:arch", "key 'arch' in fault 'build:arch' has no value", "Write it as arch=VALUE."),
        ("build:arch=a,arch=b", "key 'arch' is given twice", "Ask for two faults instead."),
        ("build:method=getTag", "unknown key 'method'", "The keys of build are: name, version,"),
        (
            "build:times=0",
            "invalid value '0' for key 'times' in fault 'build:times=0'",
            "Expected: a num",
        ),
        (
            "build:times=4..2",
            "invalid value '4..2' for key 'times' in fault 'build:times=4..2'",
            "Expected: a number, or",
        ),
        (
            "build:times=..",
            "invalid value '..' for key 'times'",
            "Expected: a number, or numbers like 2..4 or 3...",
        ),
        ("build:times=x", "invalid value 'x' for key 'times'", "Expected: a number"),
        (
            "late:seconds=nan",
            "invalid value 'nan' for key 'seconds'",
            "Expected: seconds, up to 3600.",
        ),
        (
            "late:seconds=1e9",
            "invalid value '1e9' for key 'seconds'",
            "Expected: seconds, up to 3600.",
        ),
        ("late:requests=1", "unknown key 'requests'", "The keys of late are: name, version, arch,"),
        (
            "outage:requests=0",
            "invalid value '0' for key 'requests'",
            "Expected: a number of requests, 1 or more.",
        ),
        ("build:reason=quota", "unknown reason 'quota'", "The reasons of build are: scriptlet,"),
        ("upload:reason=quote", "unknown reason 'quote'", "Did you mean 'quota'? The reasons of"),
        (
            "offline:method=download",
            "fault 'offline:method=download' cannot hit a download",
            "Faults that can: refused, drop, http",
        ),
    ],
)
def test_a_fault_that_cannot_be_read_is_explained(spec: str, reason: str, solution: str) -> None:
    """The near miss is named, and what there is."""
    with pytest.raises(RehearsalError) as caught:
        parse_fault(spec)
    assert caught.value.reason.startswith(reason)
    assert caught.value.solution.startswith(solution)

"""osbuild.json: the whole story of the images of a compose."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.checked import to_json
from pungi_osbuild.clouds import clouds
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.metadata import (
    ImageRecord,
    OsbuildImages,
    OsbuildRecord,
    TaskRecord,
    claims,
    describe_image,
    describe_outcome,
    load_osbuild,
    own_in,
    record_osbuild,
    record_run,
    recorded_images,
)
from pungi_osbuild.metadata.osbuild import FORMAT_VERSION
from pungi_osbuild.model import (
    Artifact,
    Checksum,
    CloudImage,
    EarlierTry,
    Leftover,
    Outcome,
    OutcomeKind,
    RunResult,
    Sbom,
    TaskTimes,
    UnknownUpload,
)
from tests.values import (
    MD5,
    SHA256,
    a_built_image,
    a_cloud_image,
    a_failed_outcome,
    a_placed_image,
    a_request,
    a_run_result,
    an_identity,
    an_image_config,
    an_outcome,
)

DATA = Path(__file__).parent / "data"


def run_recorded(folder: Path, result: RunResult) -> RunResult:
    """Record a run in both files as the phase does."""
    replaced = own_in(folder / "osbuild.json", claims(result.outcomes))
    return record_run(folder, result, replaced)


def record(folder: Path, *outcomes: Outcome) -> OsbuildRecord:
    """Record a run in both files, and return what osbuild.json says then."""
    run_recorded(folder, a_run_result(outcomes=outcomes))
    return load_osbuild(folder / "osbuild.json")


def an_outcome_of(
    name: str, arch: str = "x86_64", variant: str = "Server", task_id: int = 11, **changes: Any
) -> Outcome:
    """Return a built guest image of a subvariant of the same name."""
    nvr = "%s-1-5" % name
    filename = "%s.%s.qcow2" % (nvr, arch)
    built = a_built_image(arch=arch, nvr=nvr, filename=filename, task_id=task_id)
    request = a_request(
        config=an_image_config(name=name), arches=(arch,), variant=variant, subvariant=name
    )
    path = "%s/%s/images/%s" % (variant, arch, filename)
    image = a_placed_image(built=built, variant=variant, path=path, subvariant=name, **changes)
    return an_outcome(request=request, task_id=task_id, images=(image,))


def test_the_document_is_as_the_design_says(tmp_path: Path) -> None:
    """Key by key: later readers are written against this."""
    cloud = (a_cloud_image(),)
    image = a_placed_image(built=a_built_image(uploads=cloud))
    failed = a_failed_outcome(
        request=a_request(arches=("aarch64",), can_fail=True),
        task_id=None,
        times=TaskTimes(),
        earlier=(EarlierTry(9, 1, "a-1-1", "away"),),
        leftovers=(Leftover("koji", "a-1-1"),),
    )
    record(tmp_path, an_outcome(images=(image,)), failed)
    document = json.loads((tmp_path / "osbuild.json").read_text())
    assert document["header"]["type"] == "pungi_osbuild.images"
    assert document["payload"] == {
        "format_version": "1.3",
        "compose": {
            "id": "Example-1-20261123.t.0",
            "type": "test",
            "date": "20261123",
            "respin": 0,
        },
        "koji": {
            "profile": "example",
            "server": "https://koji.example.com/kojihub",
            "topurl": "https://koji.example.com/kojifiles",
            "weburl": "https://koji.example.com/koji",
        },
        "tasks": [
            {
                "method": "osbuildImage",
                "task_id": None,
                "variant": "Server",
                "arches": ["aarch64"],
                "nvr": "example-guest-1-5",
                "image_type": "guest-image",
                "attempt": 1,
                "outcome": "failed",
                "can_fail": True,
                "reason": "x86_64: depsolving failed",
                "created": None,
                "started": None,
                "ended": None,
                "placed": None,
                "earlier": [{"task_id": 9, "attempt": 1, "nvr": "a-1-1", "reason": "away"}],
                "orphans": [
                    {
                        "place": "koji",
                        "name": "a-1-1",
                        "is_there": False,
                        "region": None,
                        "note": None,
                    }
                ],
            },
            {
                "method": "osbuildImage",
                "task_id": 11,
                "variant": "Server",
                "arches": ["x86_64"],
                "nvr": "example-guest-1-5",
                "image_type": "guest-image",
                "attempt": 1,
                "outcome": "built",
                "can_fail": False,
                "reason": None,
                "created": "2026-11-23T07:13:20Z",
                "started": "2026-11-23T07:13:30Z",
                "ended": "2026-11-23T07:23:20Z",
                "placed": "2026-11-23T07:23:27Z",
                "earlier": [],
                "orphans": [],
            },
        ],
        "images": {
            "Server": {
                "x86_64": [
                    {
                        "method": "osbuildImage",
                        "path": "Server/x86_64/images/example-guest-1-5.x86_64.qcow2",
                        "size": 3,
                        "mtime": 1795418607,
                        "checksums": {"sha256": SHA256},
                        "type": "qcow2",
                        "format": "qcow2",
                        "subvariant": "Server",
                        "in_images_json": True,
                        "image_type": "guest-image",
                        "distro": "rhel-9.4",
                        "boot_mode": "hybrid",
                        "osbuild_version": "146",
                        "osbuild_artifact": {
                            "export_name": "qcow2",
                            "export_filename": "disk.qcow2",
                        },
                        "koji": {
                            "task_id": 11,
                            "build_id": 21,
                            "nvr": "example-guest-1-5",
                            "archive_id": 31,
                            "filename": "example-guest-1-5.x86_64.qcow2",
                            "checksum_type": "md5",
                            "checksum": MD5,
                        },
                        "composer": {
                            "id": "7b6b1c1e-6a2c-4a0e-9d6f-111111111111",
                            "server": "https://composer.example.com",
                        },
                        "cloud": [
                            {
                                "provider": "aws",
                                "id": "ami-0123456789abcdef0",
                                "region": "us-east-1",
                                "name": "example",
                            }
                        ],
                        "manifest": {
                            "filename": "example-guest-1-5.x86_64.qcow2.manifest.json",
                            "archive_id": 32,
                            "size": 3,
                            "checksum_type": "md5",
                            "checksum": MD5,
                            "osbuild_composer_version": "130",
                            "osbuild_composer_deps": [
                                {
                                    "path": "images",
                                    "version": "v0.150.0",
                                    "replace": {"path": "fork", "version": "v1", "replace": None},
                                }
                            ],
                        },
                        "sboms": [
                            {
                                "filename": "example-guest-1-5.x86_64.qcow2"
                                ".buildroot-build.spdx.json",
                                "archive_id": 33,
                                "size": 3,
                                "checksum_type": "md5",
                                "checksum": MD5,
                                "purpose": "buildroot-build",
                            }
                        ],
                    }
                ]
            }
        },
    }


def test_it_is_written_as_productmd_writes(tmp_path: Path) -> None:
    """Loading and dumping with the project's own class gives the same bytes."""
    record(tmp_path, an_outcome(), a_failed_outcome())
    text = (tmp_path / "osbuild.json").read_text()
    manifest = OsbuildImages()
    manifest.load(str(tmp_path / "osbuild.json"))
    assert manifest.dumps() == text
    assert json.dumps(json.loads(text), indent=4, sort_keys=True) == text


def test_a_label_is_kept(tmp_path: Path) -> None:
    """As in productmd's own files."""
    run_recorded(tmp_path, a_run_result(identity=an_identity(label="RC-1.0")))
    assert load_osbuild(tmp_path / "osbuild.json").compose_label == "RC-1.0"


def test_a_failed_run_is_recorded(tmp_path: Path) -> None:
    """There is a reason, and no image."""
    recorded = record(tmp_path, a_failed_outcome())
    (task,) = recorded.tasks
    assert (task.outcome, task.reason) == (OutcomeKind.FAILED, "x86_64: depsolving failed")
    assert recorded.images == ()
    assert recorded_images(tmp_path / "images.json") == ()


def test_an_image_without_words_is_recorded_here_alone(tmp_path: Path) -> None:
    """images.json has no entry for it, and this file says so."""
    image = a_placed_image(type=None, format=None, path="Server/x86_64/images/x.tar")
    (recorded,) = record(tmp_path, an_outcome(images=(image,))).images
    assert not recorded.in_images_json
    assert (recorded.type, recorded.path) == (None, "Server/x86_64/images/x.tar")


def test_order_does_not_depend_on_who_was_first(tmp_path: Path) -> None:
    """Threads end as they like."""
    outcomes = [an_outcome_of("b"), an_outcome_of("a"), an_outcome_of("a", "aarch64")]
    first = record(tmp_path / "1", *outcomes)
    second = record(tmp_path / "2", *reversed(outcomes))
    assert first == second
    assert [image.path for image in first.images] == sorted(image.path for image in first.images)
    texts = {(tmp_path / name / "osbuild.json").read_text() for name in "12"}
    assert len(texts) == 1


def test_what_others_recorded_stays(tmp_path: Path) -> None:
    """A second run for something else adds to it."""
    record(tmp_path, an_outcome_of("a", task_id=1), a_failed_outcome(task_id=3))
    recorded = record(tmp_path, an_outcome_of("b", task_id=2))
    assert [task.task_id for task in recorded.tasks] == [1, 2, 3]
    assert [image.subvariant for image in recorded.images] == ["a", "b"]
    assert len(recorded_images(tmp_path / "images.json")) == 2


def test_the_same_again_replaces_itself(tmp_path: Path) -> None:
    """In both files, with the task that made it."""
    record(tmp_path, an_outcome_of("a", task_id=1), an_outcome_of("b", task_id=2))
    recorded = record(tmp_path, an_outcome_of("a", task_id=7, size=4))
    assert [task.task_id for task in recorded.tasks] == [7, 2]
    assert [(image.subvariant, image.size) for image in recorded.images] == [("a", 4), ("b", 3)]
    assert len(recorded_images(tmp_path / "images.json")) == 2


def test_a_rebuild_under_another_release_replaces_the_old_one(tmp_path: Path) -> None:
    """It has the same identity, so images.json has room for one."""
    record(tmp_path, an_outcome_of("a", task_id=1))
    later = an_outcome_of("a", task_id=2)
    path = "Server/x86_64/images/a-1-6.x86_64.qcow2"
    later = replace(later, images=(replace(later.images[0], path=path),))
    recorded = record(tmp_path, later)
    assert [image.path for image in recorded.images] == [path]
    assert [task.task_id for task in recorded.tasks] == [2]
    assert [entry.path for entry in recorded_images(tmp_path / "images.json")] == [path]


def test_a_failed_rebuild_leaves_the_old_image_in(tmp_path: Path) -> None:
    """No finished image is lost, nor its cloud IDs; both tasks are on record."""
    built = an_outcome_of("a", task_id=1)
    record(tmp_path, built)
    recorded = record(tmp_path, a_failed_outcome(request=built.request, task_id=2))
    paths = [image.path for image in built.images]
    assert [image.path for image in recorded.images] == paths
    assert [task.task_id for task in recorded.tasks] == [1, 2]
    assert [image.path for image in recorded_images(tmp_path / "images.json")] == paths


def test_a_failure_is_replaced_by_the_next_attempt(tmp_path: Path) -> None:
    """Though the hub gave it another release."""
    built = an_outcome_of("a", task_id=2)
    before = replace(built.request, base_release="4")
    record(tmp_path, a_failed_outcome(request=before, task_id=1))
    assert [task.task_id for task in record(tmp_path, built).tasks] == [2]


def test_a_failure_of_more_arches_stays_until_all_are_asked_for(tmp_path: Path) -> None:
    """One arch does not say what became of the other."""
    request = an_outcome_of("a").request
    both = replace(request, arches=("aarch64", "x86_64"))
    record(tmp_path, a_failed_outcome(request=both, task_id=1))
    assert [task.task_id for task in record(tmp_path, an_outcome_of("a")).tasks] == [1, 11]
    arm = an_outcome_of("a", "aarch64", task_id=12)
    recorded = record(tmp_path, an_outcome_of("a"), arm)
    assert [task.task_id for task in recorded.tasks] == [12, 11]


def test_tasks_of_another_hub_are_told_by_their_nvr(tmp_path: Path) -> None:
    """A new hub begins at task 1 again; a rebuilt task must go though another has its number."""
    kept = an_outcome_of("a", task_id=1)
    record(tmp_path, kept)
    first = an_outcome_of("b", task_id=1)
    assert [task.nvr for task in record(tmp_path, first).tasks] == ["a-1-5", "b-1-5"]
    again = an_outcome_of("b", task_id=2)
    recorded = record(tmp_path, again)
    assert [(task.task_id, task.nvr) for task in recorded.tasks] == [(1, "a-1-5"), (2, "b-1-5")]


def test_an_entry_of_others_at_our_place_is_not_ours(tmp_path: Path) -> None:
    """What osbuild.json never recorded is kept, even under our own request's name."""
    outcome = an_outcome_of("a")
    record(tmp_path, outcome)
    (tmp_path / "osbuild.json").unlink()
    assert own_in(tmp_path / "osbuild.json", claims([outcome])) == frozenset()
    changed = replace(outcome, images=(replace(outcome.images[0], size=4),))
    result = run_recorded(tmp_path, a_run_result(outcomes=(changed,)))
    (failure,) = result.failures
    assert "share the file" in (failure.reason or "")
    (kept,) = json.loads((tmp_path / "images.json").read_text())["payload"]["images"]["Server"][
        "x86_64"
    ]
    assert kept["size"] == outcome.images[0].size


def test_a_clash_is_recorded_in_osbuild_json(tmp_path: Path) -> None:
    """The image is in its place, and only images.json has no room for it."""
    outcome = an_outcome_of("a")
    record(tmp_path, outcome)
    (tmp_path / "osbuild.json").unlink()
    image = outcome.images[0]
    other = an_outcome_of("b", task_id=12)
    clashing = replace(outcome, images=(replace(image, path="Server/x.qcow2"),))
    result = run_recorded(tmp_path, a_run_result(outcomes=(clashing, other)))
    assert [failure.task_id for failure in result.failures] == [clashing.task_id]
    recorded = load_osbuild(tmp_path / "osbuild.json")
    flags = {entry.path: entry.in_images_json for entry in recorded.images}
    assert flags == {"Server/x.qcow2": False, other.images[0].path: True}


def test_a_run_killed_between_the_files_goes_on(tmp_path: Path) -> None:
    """images.json was written, osbuild.json not: the same images come once more."""
    old = an_outcome_of("a", task_id=1)
    record(tmp_path, old)
    before = (tmp_path / "osbuild.json").read_text()
    new = an_outcome_of("a", task_id=2)
    path = "Server/x86_64/images/a-1-6.x86_64.qcow2"
    new = replace(new, images=(replace(new.images[0], path=path),))
    record(tmp_path, new)
    (tmp_path / "osbuild.json").write_text(before)
    recorded = record(tmp_path, new)
    assert [image.path for image in recorded.images] == [path]
    assert [entry.path for entry in recorded_images(tmp_path / "images.json")] == [path]


def test_entries_are_described_as_they_are_recorded(tmp_path: Path) -> None:
    """For machines that read a command's output and not the file."""
    outcome = an_outcome()
    record(tmp_path, outcome)
    payload = json.loads((tmp_path / "osbuild.json").read_text())["payload"]
    assert payload["tasks"] == [describe_outcome(outcome)]
    assert payload["images"]["Server"]["x86_64"] == [describe_image(outcome.images[0])]


@pytest.mark.parametrize("seconds", [None, -1.0, float("nan"), float("inf"), 1e12])
def test_a_time_that_is_none_is_null(tmp_path: Path, seconds: Optional[float]) -> None:
    """A hub's nonsense does not stop the record."""
    outcome = an_outcome(times=TaskTimes(created=seconds), placed=seconds)
    (task,) = record(tmp_path, outcome).tasks
    assert (task.created, task.placed) == (None, None)


def test_a_missing_file_is_the_wrong_use(tmp_path: Path) -> None:
    """Exit code 2: some other folder was meant."""
    with pytest.raises(InputError):
        load_osbuild(tmp_path / "osbuild.json")


def _set(*keys: Any, to: Any) -> Callable[[Dict[str, Any]], None]:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = to

    return change


def _drop(*keys: Any) -> Callable[[Dict[str, Any]], None]:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return change


IMAGE = ("payload", "images", "Server", "x86_64", 0)
TASK = ("payload", "tasks", 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("header", "type", to="productmd.images"), "it is a productmd.images file"),
        (_set("header", to=[]), "header is not an object"),
        (_drop("header"), "header is missing"),
        (_drop("payload"), "payload is missing"),
        (_set("payload", "format_version", to="2.0"), "format_version is 2.0, and this"),
        (_set("payload", "format_version", to="0.9"), "format_version is 0.9, and this"),
        (_set("payload", "format_version", to="x"), "format_version is x"),
        (_set("payload", "format_version", to=1.0), "format_version"),
        (_set("payload", "compose", "type", to="hourly"), "hourly"),
        (_drop("payload", "koji", "server"), "payload.koji.server is missing"),
        (_set("payload", "tasks", to={}), "payload.tasks is not a list"),
        (_set(*TASK, to=[]), "payload.tasks[0] is not an object"),
        (_set(*TASK, "task_id", to="11"), "payload.tasks[0].task_id"),
        (_set(*TASK, "task_id", to=True), "payload.tasks[0].task_id"),
        (_set(*TASK, "attempt", to=-1), "payload.tasks[0].attempt"),
        (_set(*TASK, "attempt", to=2**63), "payload.tasks[0].attempt"),
        (_set(*TASK, "outcome", to="lost"), "payload.tasks[0].outcome"),
        (_set(*TASK, "outcome", to=None), "payload.tasks[0].outcome is not one of built, failed"),
        (_set(*TASK, "created", to="yesterday"), "payload.tasks[0].created"),
        (_set(*TASK, "created", to="2026-13-23T07:03:27Z"), "payload.tasks[0].created"),
        (_set(*TASK, "created", to="2026-11-23T07:03:27+01:00"), "payload.tasks[0].created"),
        (_set(*TASK, "can_fail", to=0), "payload.tasks[0].can_fail"),
        (_set(*TASK, "arches", to=["x86_64", 1]), "payload.tasks[0].arches"),
        (_set(*IMAGE, "path", to="../../etc/passwd"), "images.Server.x86_64[0].path"),
        (_set(*IMAGE, "path", to="/etc/passwd"), "images.Server.x86_64[0].path"),
        (_set(*IMAGE, "path", to="a\0b"), "images.Server.x86_64[0].path"),
        (_set(*IMAGE, "size", to="3"), "images.Server.x86_64[0].size"),
        (_set(*IMAGE, "checksums", to={}), "images.Server.x86_64[0].checksums"),
        (_set(*IMAGE, "checksums", to={"sha256": "no"}), "images.Server.x86_64[0].checksums"),
        (_set(*IMAGE, "koji", "filename", to="../x"), "images.Server.x86_64[0].koji.filename"),
        (_set(*IMAGE, "cloud", to=[{"provider": "x", "options": []}]), "cloud[0].options is not"),
        (_set(*IMAGE, "cloud", to=[{"provider": "x", "options": {"a": 1}}]), "options.a is not"),
        (_set(*IMAGE, "cloud", to=[{"id": "y"}]), "cloud[0].provider is missing"),
        (_set(*IMAGE, "cloud", to=[{"provider": "aws"}]), "cloud[0].id is missing"),
        (_set(*IMAGE, "cloud", to=[{"provider": "aws", "id": "i", "name": 1}]), "cloud[0].name"),
        (_drop(*IMAGE, "boot_mode"), "boot_mode is missing"),
        (_set(*IMAGE, "sboms", to="x"), "sboms"),
    ],
)
def test_a_broken_file_is_refused_at_its_place(
    tmp_path: Path, change: Callable[[Dict[str, Any]], None], said: str
) -> None:
    """And left alone by a run."""
    record(tmp_path, an_outcome())
    path = tmp_path / "osbuild.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    broken = path.read_text()
    with pytest.raises(SourceError) as caught:
        load_osbuild(path)
    assert said in caught.value.reason
    assert str(path) in caught.value.reason
    images = (tmp_path / "images.json").read_text()
    with pytest.raises(SourceError):
        record(tmp_path, an_outcome_of("b"))
    assert path.read_text() == broken
    assert (tmp_path / "images.json").read_text() == images


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Expecting value"),
        (b"\x89PNG\r\n\xff", "codec can't decode"),
        (b"[1, 2]", "it is not an object"),
        (b"null", "it is not an object"),
        (b'{"a": 1}', "header is missing"),
        (b"[" * 100000, "nested too deeply"),
        (b'{"header": {"type": "pungi_osbuild.images", "version": "1.2"}}', "payload is missing"),
    ],
)
def test_a_foreign_file_is_refused_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    """Whatever somebody has put there, and what to do about it."""
    path = tmp_path / "osbuild.json"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_osbuild(path)
    assert said in caught.value.reason
    assert str(path) in caught.value.reason
    assert "Fix the file" in caught.value.solution


def test_an_older_file_is_read_and_written_anew(tmp_path: Path) -> None:
    """As a compose holds it that was built by the first version."""
    path = tmp_path / "osbuild.json"
    old = DATA / "osbuild-1.0.json"
    path.write_bytes(old.read_bytes())
    before = load_osbuild(path)
    assert before.compose_id == "RHEL-9.4-20261123.t.0"
    assert len(before.images) == 9
    assert [task.outcome.value for task in before.tasks].count("failed") == 1
    assert {cloud.provider for image in before.images for cloud in image.cloud} == {
        "aws",
        "aws.s3",
        "azure",
        "container",
        "gcp",
    }
    identity = an_identity(id=before.compose_id)
    run_recorded(tmp_path, a_run_result(identity=identity, outcomes=(an_outcome_of("a"),)))
    after = load_osbuild(path)
    assert set(before.images) < set(after.images)
    payload = json.loads(path.read_text())["payload"]
    assert payload["format_version"] == FORMAT_VERSION
    kept = json.loads(old.read_text())["payload"]["images"]
    for variant, arches in kept.items():
        for arch, images in arches.items():
            for old_entry, entry in zip(images, payload["images"][variant][arch]):
                same = old_entry.keys() - {"manifest", "sboms"}
                assert {key: entry[key] for key in same} == {key: old_entry[key] for key in same}
                assert entry["method"] == "osbuildImage"
                assert [sbom["filename"] for sbom in entry["sboms"]] == old_entry["sboms"]
                assert entry["manifest"]["checksum"] is None


def test_an_unknown_upload_is_recorded_in_both_files(tmp_path: Path) -> None:
    """Beside the one that is known, as composer returned it."""
    odd = UnknownUpload("org.osbuild.odd", (("image_id", "odd-1"),))
    outcome = an_outcome_of("a")
    built = replace(outcome.images[0].built, uploads=(a_cloud_image(), odd))
    outcome = replace(outcome, images=(replace(outcome.images[0], built=built),))
    (image,) = record(tmp_path, outcome).images
    assert image.unknown_uploads == (odd,)
    entry = {"provider": "org.osbuild.odd", "options": {"image_id": "odd-1"}}
    for name in ("osbuild.json", "images.json"):
        payload = json.loads((tmp_path / name).read_text())["payload"]
        assert payload["images"]["Server"]["x86_64"][0]["cloud"] == [
            to_json(a_cloud_image()),
            entry,
        ]


def test_a_cloud_of_a_later_version_is_read_as_it_is(tmp_path: Path) -> None:
    """It has an id there, and this version does not know what it means."""
    record(tmp_path, an_outcome())
    path = tmp_path / "osbuild.json"
    document = json.loads(path.read_text())
    entry = {"provider": "ibm", "id": "r006-1", "region": "us-south", "replicas": 2}
    document["payload"]["images"]["Server"]["x86_64"][0]["cloud"] = [entry]
    path.write_text(json.dumps(document))
    (image,) = load_osbuild(path).images
    assert image.unknown_uploads == (
        UnknownUpload("ibm", (("id", "r006-1"), ("region", "us-south"), ("replicas", "2"))),
    )


@pytest.mark.parametrize("version", ["1.4", "1.10", "2.0"])
def test_a_newer_version_is_refused_by_its_name(tmp_path: Path, version: str) -> None:
    """It is not called broken, and not written again with half of what it says."""
    record(tmp_path, an_outcome())
    path = tmp_path / "osbuild.json"
    document = json.loads(path.read_text())
    document["payload"]["format_version"] = version
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    for refused in (partial(load_osbuild, path), partial(record, tmp_path, an_outcome_of("a"))):
        with pytest.raises(SourceError, match="format_version is %s, and this" % version) as caught:
            refused()
        assert "broken" not in caught.value.reason
        assert "newer" in caught.value.solution
    assert path.read_bytes() == before


def test_what_others_wrote_into_the_file_stays(tmp_path: Path) -> None:
    """Keys that nobody here knows, of the file, its tasks and its images."""
    before = record(tmp_path, an_outcome_of("a"))
    path = tmp_path / "osbuild.json"
    document = json.loads(path.read_text())
    document["header"]["tool"] = "x"
    payload = document["payload"]
    payload["signed"] = {"by": "somebody"}
    payload["compose"]["note"] = "y"
    payload["tasks"][0]["mood"] = "fine"
    (entry,) = payload["images"]["Server"]["x86_64"]
    entry["tested"] = [1]
    entry["koji"]["volume"] = "DEFAULT"
    path.write_text(json.dumps(document))
    assert load_osbuild(path) == before
    record(tmp_path, an_outcome_of("b"))
    after = json.loads(path.read_text())
    assert (after["header"]["tool"], after["payload"]["compose"]["note"]) == ("x", "y")
    assert after["payload"]["signed"] == {"by": "somebody"}
    assert sum(task.get("mood") == "fine" for task in after["payload"]["tasks"]) == 1
    kept = [one for one in after["payload"]["images"]["Server"]["x86_64"] if "tested" in one]
    assert kept == [entry]


TEXT = st.text(max_size=8)
LINE = st.text(max_size=8, min_size=1).filter(str.isprintable)
SOME = st.none() | TEXT
CLOUDS = st.sampled_from(clouds()).flatmap(
    lambda cloud: st.builds(
        cloud.stored,
        id=LINE,
        presigned=st.none() | st.booleans(),
        **{
            field.name: SOME
            for field in fields(cloud.stored)
            if field.name not in {field.name for field in fields(CloudImage)}
        },
    )
)
SBOMS = st.builds(
    Sbom,
    filename=st.just("x.spdx.json"),
    archive_id=st.none() | st.integers(0, 9),
    size=st.none() | st.integers(0, 9),
    checksum=st.none() | st.just(Checksum("md5", MD5)),
    purpose=SOME,
)
KNOWN_NAMES = frozenset(cloud.id for cloud in clouds())
UNKNOWN = st.builds(
    UnknownUpload,
    provider=TEXT.filter(lambda name: name not in KNOWN_NAMES),
    options=st.dictionaries(TEXT, TEXT, max_size=3).map(lambda it: tuple(sorted(it.items()))),
)
CHECKSUMS = st.builds(
    Checksum,
    type=st.sampled_from(["md5", "sha1", "sha256"]),
    value=st.text("0123456789abcdef", min_size=1, max_size=64),
)


@st.composite
def outcomes(draw: st.DrawFn) -> List[Outcome]:
    """Return outcomes with all that a hub and composer may say."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        outcome = an_outcome_of("image%d" % number, task_id=number)
        built = replace(
            outcome.images[0].built,
            checksum=draw(CHECKSUMS),
            composer_id=draw(SOME),
            boot_mode=draw(SOME),
            artifact=draw(st.none() | st.builds(Artifact, TEXT, TEXT)),
            uploads=tuple(draw(st.lists(CLOUDS | UNKNOWN, max_size=4))),
            manifest=draw(st.none() | st.just(a_built_image().manifest)),
            sboms=tuple(draw(st.lists(SBOMS, max_size=2))),
        )
        image = replace(
            outcome.images[0],
            built=built,
            size=draw(st.integers(0, 2**63 - 1)),
            checksums=tuple(draw(st.lists(CHECKSUMS, min_size=1, max_size=1))),
        )
        times = TaskTimes(created=draw(st.none() | st.floats(0, 2**33)))
        found.append(replace(outcome, images=(image,), times=times, reason=draw(SOME)))
    return found


@settings(deadline=None)
@given(outcomes())
def test_everything_recorded_is_read_again(found: List[Outcome]) -> None:
    """The frozen records are the file: writing them again gives the same text."""
    manifest = OsbuildImages()
    result = RunResult(an_identity(), a_run_result().koji, tuple(found))
    manifest.compose.id = result.identity.id
    manifest.compose.type = result.identity.type
    manifest.compose.date = result.identity.date
    manifest.compose.respin = result.identity.respin
    manifest.koji = result.koji
    manifest.tasks = tuple(TaskRecord.of(outcome) for outcome in found)
    manifest.images = tuple(ImageRecord.of(image, True) for image in result.images)
    again = OsbuildImages()
    again.loads(manifest.dumps())
    assert again.tasks == manifest.tasks
    assert again.images == manifest.images
    assert again.koji == manifest.koji
    assert [image.cloud for image in again.images] == [image.built.cloud for image in result.images]


def test_what_is_left_out_of_images_json_is_marked(tmp_path: Path) -> None:
    """For whoever records the two files by himself."""
    path = tmp_path / "osbuild.json"
    result = a_run_result()
    record_osbuild(path, result, (), [result.images[0].path])
    assert [image.in_images_json for image in load_osbuild(path).images] == [False]

"""Whole runs over real HTTP with the real koji client: what fails, what arrives, what it costs."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, ResultsIn, write_profile
from pungi_osbuild.checked import to_json
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import HubError, InputError, RunInterruptedError
from pungi_osbuild.hub import Hub, read_profile
from pungi_osbuild.metadata import load_osbuild, productmd_types
from pungi_osbuild.model import Ostree, Outcome, OutcomeKind
from pungi_osbuild.problems import ConfigError
from pungi_osbuild.report import result_table
from pungi_osbuild.run import Job, Rebuild, RunOptions, run
from pungi_osbuild.run.collect import Collector, TaskResult
from pungi_osbuild.run.journal import Journal
from pungi_osbuild.stop import StopFlag
from tests.rehearsed import (
    DATE,
    EXAMPLES,
    HASTY,
    QUICK,
    Rehearsed,
    content_for,
    rehearse,
    run_against,
)
from tests.run.engines import an_engine

CLOUD = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
ANEW = RunOptions(polling=QUICK, rebuild=Rebuild.ALL)
MINIMAL = EXAMPLES / "minimal" / "minimal.conf"
VARIANTS = (EXAMPLES / "minimal" / "variants.xml").read_text(encoding="utf-8")


def a_config(folder: Path, *blocks: Dict[str, Any], **top: Any) -> Path:
    """Write a config for the variant Server, x86_64 and aarch64."""
    variants = VARIANTS.replace("<arch>x86_64</arch>", "<arch>x86_64</arch><arch>aarch64</arch>")
    (folder / "variants.xml").write_text(variants, encoding="utf-8")
    base = {"name": "image", "distro": "rhel-9.4", "image_types": "guest-image", "target": "t"}
    config = {
        "release_name": "N",
        "release_short": "N",
        "release_version": "1",
        "variants_file": "variants.xml",
        "osbuild": {"^Server$": [{**base, **block} for block in blocks]},
        **top,
    }
    path = folder / "compose.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def failures(done: Rehearsed) -> List[Outcome]:
    return list(done.result.failures)


@pytest.mark.parametrize("results_in", list(ResultsIn))
def test_cloud_ids_are_found_wherever_composer_left_them(
    results_in: ResultsIn, tmp_path: Path
) -> None:
    """In the archive, in the build, or in compose-status.json: the same IDs."""
    settings = HubSettings(duration=0, results_in=results_in)
    done = rehearse(CLOUD, tmp_path, settings=settings)
    assert failures(done) == []
    found = {
        (image.built.arch, cloud.provider): cloud.id
        for image in done.result.images
        for cloud in image.built.cloud
    }
    assert len(found) == 9
    assert found[("x86_64", "gcp")].startswith("projects/")
    for arch in ("aarch64", "x86_64"):
        assert found[(arch, "aws")].startswith("ami-")
        assert "?" not in found[(arch, "aws.s3")]
        assert found[(arch, "azure")].startswith("/subscriptions/00000000-")
        assert "@sha256:" in found[(arch, "container")]
    assert len(set(found.values())) == 9


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("build:arch=x86_64", "x86_64: osbuild build failed"),
        ("upload:arch=x86_64", "x86_64: "),
        ("missing:arch=x86_64", "no file"),
        ("missing:arch=x86_64", "x86_64 was uploaded all the same: https://"),
        ("lost-upload:arch=x86_64", "upload to aws.s3 did not arrive for x86_64"),
        ("checksum:arch=x86_64", "md5"),
    ],
)
def test_a_fault_fails_its_own_image_alone(fault: str, reason: str, tmp_path: Path) -> None:
    """With the reason, and without a file left behind; the other arch is built and recorded."""
    config = a_config(tmp_path, {"upload_options": {"region": "us-east-1"}, "release": "1"})
    done = rehearse(config, tmp_path / "out", faults=[fault])
    (failed,) = failures(done)
    assert failed.request.arches == ("x86_64",)
    assert failed.kind is OutcomeKind.FAILED
    assert reason in (failed.reason or "")
    assert "BUG" not in (failed.reason or "")
    (image,) = done.result.images
    assert image.built.arch == "aarch64"
    folder = tmp_path / "out/compose/Server/x86_64/images"
    assert not folder.exists() or list(folder.iterdir()) == []
    recorded = json.loads((tmp_path / "out/compose/metadata/osbuild.json").read_text("utf-8"))
    reasons = {task["arches"][0]: task["reason"] for task in recorded["payload"]["tasks"]}
    assert reasons == {"aarch64": None, "x86_64": failed.explanation}


@pytest.mark.parametrize("fault", ["cut:arch=x86_64", "checksum:arch=x86_64"])
def test_a_download_that_is_not_whole_fails_its_image(fault: str, tmp_path: Path) -> None:
    """Verified while it streams; nothing half stays."""
    config = a_config(tmp_path, {"release": "1"})
    options = RunOptions(polling=QUICK, over_http=True)
    done = rehearse(config, tmp_path / "out", faults=[fault], options=options, clock=HASTY)
    (failed,) = failures(done)
    assert failed.request.arches == ("x86_64",)
    assert list((tmp_path / "out/compose/Server/x86_64/images").iterdir()) == []


@pytest.mark.parametrize("fault", ["checksum", "missing", "foreign"])
def test_what_was_uploaded_and_cannot_be_placed_is_recorded(fault: str, tmp_path: Path) -> None:
    """The task has succeeded, so the image is in its cloud, and in no compose."""
    config = a_config(
        tmp_path,
        {
            "image_types": "aws",
            "upload_options": {"region": "us-east-1", "share_with_accounts": []},
            "arches": ["x86_64"],
            "release": "1",
        },
    )
    out = tmp_path / "out"
    if fault == "foreign":
        place = out / "compose/Server/x86_64/images/image-1-1.x86_64.raw"
        place.parent.mkdir(parents=True)
        place.write_text("another's", encoding="utf-8")
    done = rehearse(config, out, faults=[] if fault == "foreign" else [fault])
    (failed,) = failures(done)
    (task,) = load_osbuild(out / "compose/metadata/osbuild.json").tasks
    *builds, orphan = task.orphans
    # What is wrong in Koji stays so; what was in the way here can be taken by the next run.
    assert [one.name for one in builds] == (["image-1-1"] if fault == "missing" else [])
    assert (orphan.place, orphan.region, orphan.is_there) == ("aws", "us-east-1", True)
    assert orphan.name.startswith("ami-")
    assert "x86_64 was uploaded all the same: %s" % orphan.name in (failed.reason or "")
    told = "    aws %s in us-east-1 is there, of Server x86_64 image (aws)" % orphan.name
    assert told in result_table(done.result, None)


def test_an_upload_that_other_arches_did_is_told(tmp_path: Path) -> None:
    """One task for both arches: what was uploaded before it failed is named."""
    upload = {"region": "us-east-1", "share_with_accounts": []}
    config = a_config(
        tmp_path,
        {"image_types": "aws", "upload_options": upload, "split_arches": False, "release": "1"},
    )
    done = rehearse(config, tmp_path / "out", faults=["build:arch=x86_64"])
    (failed,) = failures(done)
    assert failed.request.arches == ("aarch64", "x86_64")
    assert "x86_64: osbuild build failed" in (failed.reason or "")
    assert "aarch64 was uploaded all the same: ami-" in (failed.reason or "")


def test_split_arches_false_is_one_build_with_all_images(tmp_path: Path) -> None:
    """As in-tree: one task, the plain release, an image for each arch."""
    done = rehearse(a_config(tmp_path, {"split_arches": False, "release": "1"}), tmp_path / "out")
    assert [outcome.request.nvr for outcome in done.result.outcomes] == ["image-1-1"]
    assert {image.path for image in done.result.images} == {
        "Server/aarch64/images/image-1-1.aarch64.qcow2",
        "Server/x86_64/images/image-1-1.x86_64.qcow2",
    }
    assert len({image.built.build_id for image in done.result.images}) == 1


def test_releases_from_the_hub_are_consecutive_and_sent(tmp_path: Path) -> None:
    """Two blocks of one name and version, two arches: no task is left to number itself."""
    other = {"subvariant": "Other", "image_types": "minimal-raw"}
    done = rehearse(a_config(tmp_path, {}, other), tmp_path / "out")
    assert failures(done) == []
    sent = [call.params[6]["release"] for call in done.calls if call.method == "osbuildImage"]
    assert sorted(sent) == ["1.aarch64", "1.x86_64", "2.aarch64", "2.x86_64"]
    assert [call.method for call in done.calls].count("getNextRelease") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1", ["2.aarch64", "2.x86_64"]),
        ("20240101.0", ["20240102.0.aarch64", "20240102.0.x86_64"]),
        ("1.2.3.4", ["20261123.0.aarch64", "20261123.0.x86_64"]),
        ("7.x", ["8.x.aarch64", "8.x.x86_64"]),
    ],
)
def test_what_the_hub_says_after_builds_of_other_releases(
    before: str, after: List[str], tmp_path: Path
) -> None:
    """The next by its rule, or the compose's own release where it has none."""
    first = prepare(a_config(tmp_path, {"release": before}), Origin(date=DATE), tmp_path / "out")
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji", content_for(first)) as hub:
        done = run_against(hub, first, tmp_path / "out")
        assert failures(done) == []
        then = prepare(a_config(tmp_path, {}), Origin(date=DATE), tmp_path / "out")
        done = run_against(hub, then, tmp_path / "out", ANEW)
    assert failures(done) == []
    assert [outcome.request.release for outcome in done.result.outcomes] == after
    recorded = json.loads((tmp_path / "out/compose/metadata/images.json").read_text("utf-8"))
    arches = recorded["payload"]["images"]["Server"]
    assert {arch: len(images) for arch, images in arches.items()} == {"aarch64": 1, "x86_64": 1}
    for arch, images in arches.items():
        folder = tmp_path / "out/compose/Server" / arch / "images"
        present = {path.name for path in folder.glob("*.qcow2")}
        assert present == {Path(image["path"]).name for image in images}


def test_a_number_taken_meanwhile_is_allocated_anew(tmp_path: Path) -> None:
    """Another compose was faster: another number, not a failure."""
    done = rehearse(a_config(tmp_path, {}), tmp_path / "out", faults=["taken:arch=x86_64"])
    assert failures(done) == []
    by_arch = {outcome.request.arches[0]: outcome for outcome in done.result.outcomes}
    assert by_arch["aarch64"].request.release == "1.aarch64"
    assert by_arch["x86_64"].request.release == "2.x86_64"
    assert (by_arch["aarch64"].attempt, by_arch["x86_64"].attempt) == (1, 2)


def test_another_attempt_has_another_name_in_the_cloud(tmp_path: Path) -> None:
    """Where the template says so; the first one's may be there already."""
    block = {
        "image_types": "aws",
        "upload_options": {
            "region": "us-east-1",
            "share_with_accounts": [],
            "snapshot_name": "x-{date}-{arch}-{attempt}",
        },
    }
    done = rehearse(a_config(tmp_path, block), tmp_path / "out", faults=["taken:arch=x86_64"])
    assert failures(done) == []
    names = {
        to_json(cloud)["name"]
        for outcome in done.result.outcomes
        for image in outcome.images
        for cloud in image.built.cloud
    }
    assert names == {"x-%s-aarch64-1" % DATE, "x-%s-x86_64-2" % DATE}


def test_a_configured_release_that_is_taken_fails(tmp_path: Path) -> None:
    """Nobody chose another one; the hub's words say why."""
    config = a_config(tmp_path, {"release": "7"})
    done = rehearse(config, tmp_path / "out", faults=["taken:arch=x86_64"])
    (failed,) = failures(done)
    assert failed.attempt == 1
    assert "already" in (failed.reason or "")


def test_tasks_cancelled_in_koji_are_cancelled_outcomes(tmp_path: Path) -> None:
    """Somebody says `koji cancel` while the run watches."""
    prepared = prepare(MINIMAL, Origin(date=DATE), tmp_path)
    with RehearsalHub(HubSettings(duration=600), tmp_path / "koji", content_for(prepared)) as hub:
        profile_file = tmp_path / "koji.conf"
        write_profile(profile_file, hub)
        cancelled: List[float] = []

        def cancel_once(seconds: float) -> None:
            if not cancelled:
                with Hub(read_profile("rehearsal", profile_file)) as session:
                    session.call("cancelTask", 1)
            cancelled.append(seconds)

        done = run_against(hub, prepared, tmp_path, clock=Clock(sleep=cancel_once))
    (outcome,) = done.result.outcomes
    assert outcome.kind is OutcomeKind.CANCELLED
    assert "cancelled in Koji" in (outcome.reason or "")


def twenty_blocks() -> List[Dict[str, Any]]:
    return [
        {"name": "image-%d" % number, "subvariant": "S%d" % number, "release": "1"}
        for number in range(20)
    ]


def test_a_run_costs_few_logins_connections_and_requests(tmp_path: Path) -> None:
    """Forty images: a submission each, two requests to collect them all, and little else."""
    done = rehearse(a_config(tmp_path, *twenty_blocks()), tmp_path / "out")
    assert failures(done) == []
    assert len(done.result.images) == 40
    collecting = [one.methods for one in done.requests if "getTaskResult" in one.methods]
    assert [len(methods) for methods in collecting] == [40]
    archives = [one.methods for one in done.requests if "listArchives" in one.methods]
    assert [len(methods) for methods in archives] == [80]
    polls = sum(1 for one in done.requests if {"listTasks", "getTaskInfo"} & set(one.methods))
    assert done.counters.connections <= 4
    assert done.counters.requests <= 40 + polls + 8
    assert done.counters.downloads == 0


def test_why_a_task_failed_takes_two_requests(tmp_path: Path) -> None:
    """Its fault and the names of its files, then the files; of each task by itself."""
    done = rehearse(a_config(tmp_path, *twenty_blocks()), tmp_path / "out", ["build:arch=aarch64"])
    assert len(failures(done)) == 20
    assert all("aarch64: " in (outcome.reason or "") for outcome in failures(done))
    asked = Counter(method for one in done.requests for method in set(one.methods))
    assert asked["listTaskOutput"] == asked["downloadTaskOutput"] == 20
    assert asked["getTaskResult"] == 21


def test_images_of_a_mounted_volume_are_hard_links(tmp_path: Path) -> None:
    """No byte is copied."""
    done = rehearse(a_config(tmp_path, {"release": "1"}), tmp_path / "out")
    for image in done.result.images:
        placed = tmp_path / "out/compose" / image.path
        in_koji = tmp_path / "out/koji" / image.built.path
        assert placed.stat().st_ino == in_koji.stat().st_ino


def test_over_http_every_byte_is_fetched_once(tmp_path: Path) -> None:
    """One download for each image and each SBOM, of exactly its size."""
    options = RunOptions(polling=QUICK, over_http=True)
    done = rehearse(a_config(tmp_path, {"release": "1"}), tmp_path / "out", options=options)
    assert failures(done) == []
    sboms = [sbom for image in done.result.images for sbom in image.built.sboms]
    assert (len(done.result.images), len(sboms)) == (2, 4)
    assert done.counters.downloads == 2 + 4
    sizes = [*(image.size for image in done.result.images), *(sbom.size or 0 for sbom in sboms)]
    assert done.counters.bytes_served == sum(sizes)


def test_downloads_share_few_connections(tmp_path: Path) -> None:
    """Forty images with their SBOMs: a connection for each thread, kept from one to the next."""
    options = RunOptions(polling=QUICK, over_http=True)
    done = rehearse(a_config(tmp_path, *twenty_blocks()), tmp_path / "out", options=options)
    assert failures(done) == []
    assert done.counters.downloads == 40 * 3
    assert done.counters.connections <= 8


def test_what_the_hub_refuses_at_submission_is_a_failed_outcome(tmp_path: Path) -> None:
    """A worker never raises: its siblings are built."""
    prepared = prepare(a_config(tmp_path, {"release": "1"}), Origin(date=DATE), tmp_path / "out")
    first, second = prepared.requests
    refused = replace(first, config=replace(first.config, ostree=Ostree(url=7)))  # type: ignore[arg-type]
    prepared = replace(prepared, requests=(refused, second))
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji", content_for(prepared)) as hub:
        done = run_against(hub, prepared, tmp_path / "out")
    (failed,) = failures(done)
    assert failed.task_id is None
    assert "7 is not of type 'string'" in (failed.reason or "")
    assert len(done.result.images) == 1


def test_a_stopped_run_records_what_it_has_and_names_what_goes_on(tmp_path: Path) -> None:
    """Ctrl-C: exit status 4, osbuild.json written, the open task named."""
    prepared = prepare(MINIMAL, Origin(date=DATE), tmp_path)

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    hub = RehearsalHub(HubSettings(duration=600), tmp_path / "koji", content_for(prepared))
    with hub, pytest.raises(RunInterruptedError, match="go on in Koji: 1"):
        run_against(hub, prepared, tmp_path, clock=Clock(sleep=interrupt))
    assert (tmp_path / "compose/metadata/osbuild.json").exists()


def recorded_tasks(out: Path) -> Dict[str, Dict[str, Any]]:
    """Return the tasks of osbuild.json by arch."""
    text = (out / "compose/metadata/osbuild.json").read_text(encoding="utf-8")
    return {task["arches"][0]: task for task in json.loads(text)["payload"]["tasks"]}


def test_what_is_finished_when_a_run_is_stopped_is_recorded(tmp_path: Path) -> None:
    """Also what ended just then; what goes on is on record, too, with its task."""
    config = a_config(tmp_path, {"release": "1"})
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out")
    times = [1000.0]

    def one_ends_then_interrupt(_seconds: float) -> None:
        if len(times) > 1:
            raise KeyboardInterrupt
        times.append(1015.0)

    settings = HubSettings(duration=10, capacity=1)
    hub = RehearsalHub(settings, tmp_path / "koji", content_for(prepared), lambda: times[-1])
    clock = Clock(monotonic=lambda: times[-1], sleep=one_ends_then_interrupt)
    with hub, pytest.raises(RunInterruptedError, match=r"go on in Koji: [12]$"):
        run_against(hub, prepared, tmp_path / "out", clock=clock)
    tasks = list(recorded_tasks(tmp_path / "out").values())
    assert sorted(task["outcome"] for task in tasks) == ["built", "failed"]
    (unfinished,) = [task for task in tasks if task["outcome"] == "failed"]
    assert "goes on in Koji" in unfinished["reason"]
    assert unfinished["task_id"] in (1, 2)


def test_a_hub_that_dies_leaves_a_record(tmp_path: Path) -> None:
    """Exit status 3; what was submitted is in osbuild.json, with its task."""
    config = a_config(tmp_path, {"release": "1"}, osbuild_outage_limit=0)
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out")
    hub = RehearsalHub(HubSettings(duration=600), tmp_path / "koji", content_for(prepared))
    with hub, pytest.raises(HubError, match="Connection refused"):
        run_against(
            hub,
            prepared,
            tmp_path / "out",
            clock=Clock(sleep=lambda _seconds: hub.stop()),
        )
    tasks = recorded_tasks(tmp_path / "out")
    assert {task["task_id"] for task in tasks.values()} == {1, 2}


def test_a_hub_that_is_lost_while_collecting_is_not_the_image_s_fault(tmp_path: Path) -> None:
    """The run ends with exit status 3; each task has its record, and says it was not collected."""

    class Lost(Collector):
        def read(self, jobs: Sequence[Job]) -> Tuple[TaskResult, ...]:
            lost = HubError("the hub is gone", "Wait for it.")
            return tuple(TaskResult(job, lost) for job in jobs)

    prepared = prepare(a_config(tmp_path, {"release": "1"}), Origin(date=DATE), tmp_path / "out")
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji", content_for(prepared)) as hub:
        path = tmp_path / "koji.conf"
        write_profile(path, hub)
        with (
            Journal(tmp_path, time.time) as journal,
            Hub(read_profile("rehearsal", path)) as session,
        ):
            engine, jobs = an_engine(session, tmp_path, journal, prepared.requests, collector=Lost)
            with pytest.raises(HubError, match="the hub is gone"):
                engine.run()
    outcomes = jobs.outcomes()
    assert len({outcome.task_id for outcome in outcomes} - {None}) == 2
    for outcome in outcomes:
        assert "ended, and what it built was not collected" in (outcome.reason or "")


def test_a_stop_whose_exception_was_swallowed_is_seen(tmp_path: Path) -> None:
    """Python drops an exception in a destructor; the flag remains."""
    stop = StopFlag()
    options = RunOptions(polling=QUICK, stop=stop)
    prepared = prepare(MINIMAL, Origin(date=DATE), tmp_path)
    hub = RehearsalHub(HubSettings(duration=600), tmp_path / "koji", content_for(prepared))
    clock = Clock(sleep=lambda _seconds: stop.ask())
    with hub, pytest.raises(RunInterruptedError, match="go on in Koji: 1"):
        run_against(hub, prepared, tmp_path, options, clock)


def test_a_compose_that_cannot_be_written_is_found_before_anything_is_submitted(
    tmp_path: Path,
) -> None:
    """Not when everything has been built."""
    prepared = prepare(MINIMAL, Origin(date=DATE), tmp_path / "out")
    (tmp_path / "out" / "compose").mkdir(parents=True)
    (tmp_path / "out" / "compose" / "metadata").write_text("a file", encoding="utf-8")
    config, compose = prepared.required()
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji") as hub:
        write_profile(tmp_path / "koji.conf", hub)
        profile = read_profile("rehearsal", tmp_path / "koji.conf")
        with pytest.raises(InputError, match="cannot be written"):
            run(prepared.requests, compose, config.settings, profile, productmd_types())
        assert hub.calls == ()


def test_an_nvr_that_koji_has_is_found_before_anything_is_submitted(tmp_path: Path) -> None:
    """A fixed release, run again: said at once. Where it may fail, only that image does."""
    block = {"release": "1", "failable": ["x86_64"]}
    prepared = prepare(a_config(tmp_path, block), Origin(date=DATE), tmp_path / "out")
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji", content_for(prepared)) as hub:
        run_against(hub, prepared, tmp_path / "out")
        submitted = [call.method for call in hub.calls].count("osbuildImage")
        with pytest.raises(ConfigError) as caught:
            run_against(hub, prepared, tmp_path / "out", ANEW)
        (aarch64, x86_64) = caught.value.problems
        assert (aarch64.code, aarch64.is_error) == ("nvr-taken", True)
        assert (x86_64.code, x86_64.is_error) == ("nvr-taken", False)
        optional = replace(prepared, requests=prepared.requests[1:])
        done = run_against(hub, optional, tmp_path / "out", ANEW)
        assert [call.method for call in hub.calls].count("osbuildImage") == submitted
    (failed,) = failures(done)
    assert failed.task_id is None
    assert len(json.loads((tmp_path / "out/compose/metadata/images.json").read_text("utf-8"))) == 2


def test_a_user_who_may_not_build_ends_the_run_whatever_may_fail(tmp_path: Path) -> None:
    """It is nothing of one image; and nothing was submitted."""
    block = {"release": "1", "failable": ["*"]}
    prepared = prepare(a_config(tmp_path, block), Origin(date=DATE), tmp_path / "out")
    assert all(request.can_fail for request in prepared.requests)
    content = replace(content_for(prepared), anonymous="nobody")
    with RehearsalHub(HubSettings(duration=0), tmp_path / "koji", content) as hub:
        with pytest.raises(ConfigError) as caught:
            run_against(hub, prepared, tmp_path / "out")
        assert "osbuildImage" not in [call.method for call in hub.calls]
    assert [problem.code for problem in caught.value.problems] == ["no-image-permission"]


def test_two_runs_on_one_compose_are_refused(tmp_path: Path) -> None:
    """Before anything is asked of the hub."""
    with Journal(tmp_path, now=lambda: 0.0), pytest.raises(InputError, match="another run"):
        rehearse(MINIMAL, tmp_path)


def test_checksum_options_that_cannot_be_used_stop_the_run_at_once(tmp_path: Path) -> None:
    """Nothing was submitted."""
    config = a_config(tmp_path, {"release": "1"}, media_checksum_base_filename="%(nope)s")
    with pytest.raises(ConfigError) as caught:
        rehearse(config, tmp_path / "out")
    assert [problem.code for problem in caught.value.problems] == ["media-checksums"]
    assert not (tmp_path / "out/compose").exists()


def test_a_password_login(tmp_path: Path) -> None:
    """By the profile's own method; the password shows nowhere."""
    with RehearsalHub(HubSettings(), tmp_path / "koji") as hub:
        path = tmp_path / "koji.conf"
        write_profile(path, hub)
        path.write_text(path.read_text("utf-8").replace("noauth", "password"), "utf-8")
        with Hub(read_profile("rehearsal", path, "pungi", "pungipw")) as session:
            assert session.user_id() > 0
        assert hub.counters.logins == 1
        with (
            pytest.raises(HubError) as caught,
            Hub(read_profile("rehearsal", path, "pungi", "hunter2")),
        ):
            pass
        assert "hunter2" not in caught.value.friendly()
        with (
            pytest.raises(InputError, match="user") as missing,
            Hub(read_profile("rehearsal", path)),
        ):
            pass
        assert "--password-file" in missing.value.solution


@pytest.mark.parametrize(
    ("authtype", "message"),
    [("kerberos", "Kerberos|logging in|gssapi"), ("ssl", "cert"), ("sslx", "nobody knows")],
)
def test_a_login_that_cannot_be_is_said(authtype: str, message: str, tmp_path: Path) -> None:
    """No ticket, no Kerberos library, or a method that nobody knows: exit status 3."""
    with RehearsalHub(HubSettings(), tmp_path / "koji") as hub:
        path = tmp_path / "koji.conf"
        write_profile(path, hub)
        path.write_text(path.read_text("utf-8").replace("noauth", authtype), "utf-8")
        with pytest.raises(HubError, match=message), Hub(read_profile("rehearsal", path)):
            pass


def test_an_upload_to_a_cloud_nobody_knows_is_recorded_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The image is not failed for it, the upload that was asked for is there, no secret is."""
    with caplog.at_level("WARNING"):
        done = rehearse(CLOUD, tmp_path, faults=["odd-upload:arch=x86_64,image_type=aws"])
    assert failures(done) == []
    (image,) = [image for image in done.result.images if image.built.unknown_uploads]
    assert (image.built.arch, image.image_type) == ("x86_64", "aws")
    (odd,) = image.built.unknown_uploads
    assert odd.provider == "org.osbuild.rehearsal.odd"
    assert dict(odd.options)["image_id"].startswith("odd-")
    (warning,) = [text for text in caplog.messages if odd.provider in text]
    assert "recorded as returned" in warning
    assert dict(odd.options)["image_id"] in warning
    folder = tmp_path / "compose" / "metadata"
    for text in [
        warning,
        *((folder / name).read_text() for name in ("osbuild.json", "images.json")),
    ]:
        assert odd.provider in text
        assert "?signature=(hidden)" in text
        assert text.lower().count("signature") == text.count("signature=(hidden)")
    recorded = load_osbuild(folder / "osbuild.json")
    assert [one.unknown_uploads for one in recorded.images if one.path == image.path] == [(odd,)]


def test_an_unknown_file_in_a_build_is_recorded_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is failed for it; it is not placed, and osbuild.json says what it is."""
    config = a_config(tmp_path, {"release": "1", "split_arches": False})
    done = rehearse(config, tmp_path / "out", faults=["odd-archive:arch=x86_64"])
    assert failures(done) == []
    (warning,) = [text for text in caplog.messages if "unrecognised archive" in text]
    assert "notes.txt" in warning
    compose = tmp_path / "out/compose"
    recorded = {
        image.arch: image for image in load_osbuild(compose / "metadata/osbuild.json").images
    }
    (file,) = recorded["x86_64"].unrecognised
    assert file.filename in warning and file.size
    assert file.checksum is not None and file.checksum.type == "md5"
    assert recorded["aarch64"].unrecognised == ()
    assert not list(compose.rglob("*.txt"))

"""What earlier versions have written is read by this one: see ``tests/run/kept/README.md``."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.inputs import Origin, Prepared, prepare
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import Hub, read_profile
from pungi_osbuild.metadata import OsbuildImages, load_osbuild
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import ImageRequest, OutcomeKind
from pungi_osbuild.run import Activity, RunOptions, Stage, read_journal, status, tasks_in_progress
from pungi_osbuild.run.events import Planned
from pungi_osbuild.run.history import History, replay
from pungi_osbuild.run.job import as_submitted
from pungi_osbuild.run.journal import FOLDER, NAME, Journal
from pungi_osbuild.run.journal_lines import VERSION
from tests.metadata.test_schema import VALIDATOR
from tests.rehearsed import QUICK, content_for, run_against

KEPT = Path(__file__).parent / "kept"
RUNS = sorted(path.parent.name for path in KEPT.glob("*/journal.jsonl"))


def version_of(name: str) -> int:
    """Return the version of a kept journal."""
    first = (KEPT / name / "journal.jsonl").read_bytes().split(b"\n")[0]
    return int(json.loads(first)["v"])


READ = [name for name in RUNS if version_of(name) == VERSION]
REFUSED = [name for name in RUNS if version_of(name) != VERSION]


def put(topdir: Path, content: bytes) -> None:
    """Have a compose folder with a journal."""
    path = topdir / FOLDER / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def kept(name: str) -> bytes:
    return (KEPT / name / "journal.jsonl").read_bytes()


def interrupted(name: str) -> bytes:
    """Return a kept journal as it was when its first run had ended."""
    lines = kept(name).splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines) if json.loads(line)["event"] == "end"]
    return b"".join(lines[: ends[0] + 1])


def the_plan(topdir: Path) -> Prepared:
    """Return what this version makes of the config of the kept runs, on a compose like theirs."""
    metadata = topdir / "compose" / "metadata"
    metadata.mkdir(parents=True)
    shutil.copy(KEPT / "composeinfo.json", metadata)
    return prepare(KEPT / "image.conf", Origin(compose=topdir), topdir)


def jobs_of(history: History) -> Dict[str, Any]:
    """Return what became of each request, by its name and arches."""
    return {
        "%s %s" % (job.planned.slot.name, ",".join(job.planned.slot.arches)): job.submission
        for job in history.jobs
    }


ENDED = {
    "example-guest aarch64": (OutcomeKind.BUILT, 1, 1),
    "example-guest x86_64": (OutcomeKind.BUILT, 1, 1),
    "example-ec2 x86_64": (OutcomeKind.BUILT, 2, 1),
    "example-minimal aarch64": (OutcomeKind.FAILED, 1, 0),
}
"""What became of the requests of a kept run: outcome, attempt, images."""


def test_every_version_of_the_journal_is_kept() -> None:
    """That of this version, too: `scripts/keep_run.py` makes it."""
    assert {version_of(name) for name in RUNS} == set(range(1, VERSION + 1))


@pytest.mark.parametrize("name", READ)
def test_a_kept_journal_replays(name: str) -> None:
    """Every line of it; two runs, the second of which went on with the tasks of the first."""
    history = replay(kept(name))
    assert (history.damage, history.foreign) == (None, None)
    assert [run.ending and run.ending.value for run in history.runs] == ["interrupted", "finished"]
    found = {
        key: (one.outcome, one.attempt, len(one.placed)) for key, one in jobs_of(history).items()
    }
    assert found == ENDED
    assert len(history.submissions) == len(history.tasks) == 5
    assert history.jobs_for(history.planned) == history.jobs


@pytest.mark.parametrize("name", READ)
def test_a_kept_journal_replays_however_far_its_run_came(name: str) -> None:
    """As of runs that were killed: no line says more than was known by then."""
    lines = kept(name).splitlines(keepends=True)
    known = 0
    for count in range(len(lines) + 1):
        history = replay(b"".join(lines[:count]))
        assert history.damage is None
        assert len(history.tasks) >= known
        known = len(history.tasks)


@pytest.mark.parametrize("name", READ)
def test_status_shows_a_kept_journal(name: str, tmp_path: Path) -> None:
    """While it was interrupted, and at the end."""
    put(tmp_path / "first", interrupted(name))
    first = status(tmp_path / "first")
    assert first.activity is Activity.INTERRUPTED
    assert [one.stage.is_running for one in first.statuses] == [True] * 4
    assert tasks_in_progress(first) == (1, 2, 3, 4)
    put(tmp_path / "second", kept(name))
    second = status(tmp_path / "second")
    assert second.activity is Activity.FINISHED
    stages = sorted(one.stage.value for one in second.statuses)
    assert stages == [Stage.BUILT.value] * 3 + [Stage.FAILED.value]
    (failed,) = (one for one in second.statuses if one.stage is Stage.FAILED)
    assert failed.reason is not None and "org.osbuild.rpm" in failed.reason
    assert failed.can_fail
    assert tasks_in_progress(second) == ()


@pytest.mark.parametrize("name", READ)
def test_the_config_asks_for_the_same_as_it_did(name: str, tmp_path: Path) -> None:
    """Or every block would count as changed, and no lost submission would be found."""
    history = replay(interrupted(name))
    requests = the_plan(tmp_path).requests
    jobs = history.jobs_for([Planned.of(request) for request in requests])
    assert [job.submission is not None for job in jobs] == [True] * 4
    assert not any(job.is_changed for job in jobs)


def turning(now: List[float]) -> Callable[[float], None]:
    """Return a sleep that turns the hub's clock."""

    def sleep(_seconds: float) -> None:
        now[0] += 2.0
        time.sleep(0.005)

    return sleep


def submitted_again(
    hub: Hub, before: History, whole: History, requests: Sequence[ImageRequest]
) -> List[int]:
    """Have a hub with the tasks that a journal intends; return their numbers, by intent."""
    jobs = whole.jobs_for([Planned.of(request) for request in requests])
    sent = {
        job.submission: as_submitted(request, job.submission)
        for job, request in zip(jobs, requests)
        if job.submission is not None and job.submission.intent < before.next_intent
    }
    found = {
        submission.intent: int(hub.call(submission.slot.method, *arguments(sent[submission])))
        for submission in sorted(sent, key=lambda one: one.task_id or 0)
    }
    return [found[intent] for intent in range(before.next_intent)]


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("answered", [True, False])
def test_a_run_resumes_from_a_kept_journal(name: str, answered: bool, tmp_path: Path) -> None:
    """Nothing is submitted twice, also where answers were lost, and the hub has moved."""
    content = interrupted(name)
    if not answered:
        # The answers before the last one prove that the hub is the same.
        lines = content.splitlines(keepends=True)
        events = [json.loads(line)["event"] for line in lines]
        last = len(events) - 1 - events[::-1].index("submitted")
        content = b"".join(lines[:last])
    before = replay(content)
    in_doubt = [one for one in before.submissions if one.in_doubt]
    assert bool(in_doubt) is not answered
    prepared = the_plan(tmp_path)
    put(tmp_path, content)
    now = [1000.0]
    with RehearsalHub(
        HubSettings(duration=5.0), tmp_path / "koji", content_for(prepared), lambda: now[0]
    ) as rehearsal:
        write_profile(tmp_path / "first.conf", rehearsal, "rehearsal")
        with Hub(read_profile("rehearsal", tmp_path / "first.conf")) as hub:
            whole = replay(interrupted(name))
            there = submitted_again(hub, before, whole, prepared.requests)
        now[0] += 5.0
        options = RunOptions(polling=QUICK)
        done = run_against(rehearsal, prepared, tmp_path, options, Clock(sleep=turning(now)))
    assert [outcome.kind for outcome in done.result.outcomes] == [OutcomeKind.BUILT] * 4
    after = read_journal(tmp_path)
    assert [one.task_id for one in after.submissions[: len(there)]] == there
    assert len(after.submissions) == 4
    assert len(load_osbuild(tmp_path / "compose/metadata/osbuild.json").images) == 4


@pytest.mark.parametrize("name", REFUSED)
def test_a_kept_journal_of_another_version_is_refused_by_its_name(
    name: str, tmp_path: Path
) -> None:
    """And set aside where everything is to be built again."""
    put(tmp_path, kept(name))
    for read in (read_journal, status):
        with pytest.raises(InputError, match="is of version %d, not 3" % version_of(name)) as said:
            read(tmp_path)
        assert "--rebuild-all" in said.value.solution
    with Journal(tmp_path, lambda: 1.0, rebuild_all=True):
        pass
    assert (tmp_path / FOLDER / "journal.damaged-1.jsonl").read_bytes() == kept(name)
    assert len(read_journal(tmp_path).runs) == 1


@pytest.mark.parametrize("name", RUNS)
def test_a_kept_osbuild_json_is_read_and_written_again(name: str, tmp_path: Path) -> None:
    """Of each version of it; what is written conforms to the present schema."""
    path = KEPT / name / "osbuild.json"
    recorded = load_osbuild(path)
    assert sorted(image.path for image in recorded.images) == [
        "Server/aarch64/images/example-guest-1.0-1.aarch64.qcow2",
        "Server/x86_64/images/example-ec2-1.0-7.x86_64.raw",
        "Server/x86_64/images/example-guest-1.0-1.x86_64.qcow2",
    ]
    outcomes = sorted(task.outcome.value for task in recorded.tasks)
    assert outcomes == ["built"] * 3 + ["failed"]
    (cloud,) = (cloud for image in recorded.images for cloud in image.cloud)
    assert (cloud.provider, cloud.id[:4]) == ("aws", "ami-")
    images = OsbuildImages()
    images.load(str(path))
    images.dump(str(tmp_path / "osbuild.json"))
    assert load_osbuild(tmp_path / "osbuild.json") == recorded
    document = json.loads((tmp_path / "osbuild.json").read_text("utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_every_version_of_osbuild_json_is_kept() -> None:
    """From 1.0 to the present one."""
    documents = [json.loads((KEPT / name / "osbuild.json").read_text("utf-8")) for name in RUNS]
    versions = {document["payload"]["format_version"] for document in documents}
    assert versions == {"1.0", "1.1", "1.2", "1.3"}

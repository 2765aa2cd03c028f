"""Resuming: what a run does with what earlier runs submitted, seen from the hub."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List, Optional, Sequence, Set

import pytest

from koji_rehearsal import HubSettings
from pungi_osbuild.clock import Clock
from pungi_osbuild.errors import InputError, RunInterruptedError
from pungi_osbuild.hub import Hub, TaskState, cancel
from pungi_osbuild.metadata import load_osbuild, productmd_types
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import ImageRequest, OutcomeKind, RunResult, Settings
from pungi_osbuild.run import ProgressTracker, Rebuild, RunOptions, Stage, read_journal, run, status
from pungi_osbuild.run.events import Bounds
from pungi_osbuild.run.jobs import Jobs
from pungi_osbuild.run.policy import RunPolicy
from pungi_osbuild.run.resume import check_hub, resume
from tests.phase.pungi_standin import params
from tests.rehearsed import QUICK
from tests.run.engines import WrittenJournal
from tests.run.test_cancel import Scene, a_scene, refused_at_once, wanted

QUICKLY = HubSettings(duration=0)
TWO = [wanted(0), wanted(1)]


def options(rebuild: Rebuild = Rebuild.NOTHING, cancel: bool = False) -> RunOptions:
    return RunOptions(polling=QUICK, rebuild=rebuild, cancel_on_stop=cancel)


def kinds(result: RunResult) -> List[str]:
    return [outcome.kind.value for outcome in result.outcomes]


def tasks(result: RunResult) -> List[Optional[int]]:
    return [outcome.task_id for outcome in result.outcomes]


def paths(result: RunResult) -> List[str]:
    return [image.path for image in result.images]


def interrupted(scene: Scene, requests: Sequence[ImageRequest], cancel: bool = False) -> str:
    """Have a run stopped at its first pause, by when everything has been submitted."""
    sleep = scene.times.sleep

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    scene.times.sleep = stop  # type: ignore[method-assign]
    try:
        with pytest.raises(RunInterruptedError) as caught:
            scene.run(requests, options(cancel=cancel))
    finally:
        scene.times.sleep = sleep  # type: ignore[method-assign]
    return caught.value.friendly()


def time_passes(scene: Scene) -> None:
    """Have the hub's clock go on whenever the run pauses."""

    def pass_time(_seconds: float) -> None:
        scene.times.now += 2.0
        time.sleep(0.005)

    scene.times.sleep = pass_time  # type: ignore[method-assign]


def submitted_by_hand(
    scene: Scene,
    request: ImageRequest,
    known: bool,
    after: int = 0,
    sends: bool = True,
    owner: Optional[int] = None,
    server: Optional[str] = None,
    task: Optional[ImageRequest] = None,
) -> Optional[int]:
    """Leave the journal of a run that was killed after it submitted, or before it did."""
    with WrittenJournal(scene.topdir, time.time) as journal:
        journal.plan([request], server=server or scene.profile.server)
        journal.intent(request, 1, Bounds(after, owner))
        if not sends:
            return None
        with Hub(scene.profile) as hub:
            task_id = int(hub.call("osbuildImage", *arguments(task or request)))
        if known:
            journal.submitted(request, 1, task_id)
    return task_id


def test_a_finished_run_again_submits_nothing(tmp_path: Path) -> None:
    """And leaves images, entries and times as they are."""
    with a_scene(tmp_path, QUICKLY) as scene:
        first = scene.run(TWO)
        metadata = scene.topdir / "compose/metadata"
        before = [(metadata / name).read_bytes() for name in ("images.json", "osbuild.json")]
        files = [(scene.topdir / "compose" / path).stat() for path in paths(first)]
        again = scene.run(TWO)
        assert scene.submitted == 2
        after = [(metadata / name).read_bytes() for name in ("images.json", "osbuild.json")]
        assert [(scene.topdir / "compose" / path).stat().st_ino for path in paths(again)] == [
            status.st_ino for status in files
        ]
    assert kinds(again) == ["built", "built"]
    assert (tasks(again), paths(again)) == (tasks(first), paths(first))
    assert before[0] == after[0]
    assert [image.checksums for image in again.images] == [one.checksums for one in first.images]


def test_what_runs_is_watched_again(tmp_path: Path) -> None:
    """Interrupted; the same tasks are collected, each once."""
    with a_scene(tmp_path, HubSettings(duration=100), turns=[200.0]) as scene:
        said = interrupted(scene, TWO)
        assert "Run the same command again" in said
        assert "tasks that go on in Koji: 1, 2" in said
        journal = read_journal(scene.topdir)
        assert [one.outcome for one in journal.submissions] == [None, None]
        again = scene.run(TWO)
        assert scene.submitted == 2
    assert kinds(again) == ["built", "built"]
    assert {1, 2} == set(tasks(again))
    recorded = load_osbuild(scene.topdir / "compose/metadata/osbuild.json")
    assert [task.outcome for task in recorded.tasks] == [OutcomeKind.BUILT] * 2


def test_a_file_that_is_gone_or_damaged_is_brought_again(tmp_path: Path) -> None:
    """Verified; nothing is built for it."""
    with a_scene(tmp_path, QUICKLY) as scene:
        first, _second = paths(scene.run(TWO))
        (scene.topdir / "compose" / first).unlink()
        again = scene.run(TWO)
        assert scene.submitted == 2
        assert kinds(again) == ["built", "built"]
        assert (scene.topdir / "compose" / first).is_file()


@pytest.mark.parametrize("known", [True, False])
def test_a_task_of_a_run_that_was_killed_is_found(known: bool, tmp_path: Path) -> None:
    """By its id, or by its arguments where the id was not written any more."""
    with a_scene(tmp_path, QUICKLY) as scene:
        task_id = submitted_by_hand(scene, TWO[0], known)
        result = scene.run(TWO)
        assert scene.submitted == 2
    assert kinds(result) == ["built", "built"]
    assert tasks(result)[0] == task_id
    assert [one.task_id for one in read_journal(scene.topdir).submissions] == tasks(result)


def test_an_intent_without_a_task_is_submitted(tmp_path: Path) -> None:
    """The run was killed before the hub heard of it; it counts as the first attempt."""
    with a_scene(tmp_path, QUICKLY) as scene:
        submitted_by_hand(scene, TWO[0], known=False, sends=False)
        result = scene.run(TWO[:1])
        assert scene.submitted == 1
    assert [(one.kind.value, one.attempt) for one in result.outcomes] == [("built", 1)]
    first, second = read_journal(scene.topdir).submissions
    assert (first.refused, second.refused) == (True, False)


def test_a_task_from_before_the_intent_is_nobody_s(tmp_path: Path) -> None:
    """It has the same arguments and is older: another's, or another run's."""
    with a_scene(tmp_path, QUICKLY) as scene:
        with Hub(scene.profile) as hub:
            older = int(hub.call("osbuildImage", *arguments(TWO[0])))
        submitted_by_hand(scene, TWO[0], known=False, after=older, sends=False)
        with pytest.raises(Exception, match="the config has 1 error"):
            scene.run(TWO[:1])  # its N-V-R is taken
        assert scene.submitted == 1


def slept_before_a_run(scene: Scene, at: Optional[float] = None) -> List[float]:
    """Have a request arrive at the hub when a run has slept so long; return all that it sleeps."""
    slept: List[float] = []

    def sleep(_seconds: float) -> None:
        before = sum(slept)
        slept.append(_seconds)
        if at is not None and before < at <= sum(slept):
            with Hub(scene.profile) as hub:
                hub.call("osbuildImage", *arguments(TWO[0]))
        time.sleep(0.002)

    scene.times.sleep = sleep  # type: ignore[method-assign]
    return slept


@pytest.mark.parametrize("at", [1, 12, 60, 119])
def test_a_submission_that_arrives_late_is_found(at: float, tmp_path: Path) -> None:
    """Its run was killed, and a proxy has held it for almost as long as a call may take."""
    with a_scene(tmp_path, QUICKLY) as scene:
        submitted_by_hand(scene, TWO[0], known=False, sends=False)
        slept_before_a_run(scene, at)
        result = scene.run(TWO[:1])
        assert scene.submitted == 1
    assert kinds(result) == ["built"]


@pytest.mark.parametrize("timeout", [None, 7])
def test_a_submission_is_looked_for_as_long_as_a_call_may_take(
    timeout: Optional[int], tmp_path: Path
) -> None:
    """Then it is submitted again; one that is there is waited for by nobody."""
    with a_scene(tmp_path, QUICKLY) as scene:
        if timeout is not None:
            options = {**dict(scene.profile.session_options), "timeout": timeout}
            scene.profile = replace(scene.profile, session_options=tuple(options.items()))
        submitted_by_hand(scene, TWO[0], known=False, sends=False)
        slept = slept_before_a_run(scene)
        submitted: List[int] = []
        sleep = scene.times.sleep

        def noted(_seconds: float) -> None:
            submitted.append(scene.submitted)
            sleep(_seconds)

        scene.times.sleep = noted  # type: ignore[method-assign]
        scene.run(TWO[:1])
        waited = [seconds for seconds, before in zip(slept, submitted) if before == 0]
        assert sum(waited) == (timeout or 120)
        assert scene.submitted == 1


@pytest.mark.parametrize("another", [False, True])
def test_a_submission_that_is_there_is_waited_for_by_nobody(another: bool, tmp_path: Path) -> None:
    """Also where another user goes on with it: it is looked for among the first one's tasks."""
    with a_scene(tmp_path, QUICKLY) as scene, Hub(scene.profile) as hub:
        user = hub.user_id()
        task_id = submitted_by_hand(scene, TWO[0], known=False, owner=user)
        slept = slept_before_a_run(scene)
        with WrittenJournal(scene.topdir, time.time) as journal:
            (job,) = journal.history.jobs
            jobs = Jobs([replace(job, request=TWO[0])], journal, (), time.time)
            clock = Clock(sleep=scene.times.sleep)
            assert resume(hub, user + another, jobs, RunPolicy(), set(), clock) == ()
        assert [job.task_id for job in jobs if job.is_watched] == [task_id]
        assert slept == []


def test_a_failed_image_is_built_again_and_the_others_are_kept(tmp_path: Path) -> None:
    """With the same N-V-R, which Koji gives back after a failure."""
    with a_scene(tmp_path, QUICKLY, ["build:name=image-0"]) as scene:
        first = scene.run(TWO)
        assert kinds(first) == ["failed", "built"]
        again = scene.run(TWO)
        assert scene.submitted == 3
    assert tasks(again)[0] not in tasks(first)
    assert tasks(again)[1] == tasks(first)[1]
    assert [outcome.attempt for outcome in again.outcomes] == [2, 1]
    assert kinds(again) == ["failed", "built"]  # the fault is still there


def test_a_failure_that_nobody_has_seen_is_told_before_it_is_tried_again(tmp_path: Path) -> None:
    """The run was killed while the task ran."""
    with a_scene(tmp_path, QUICKLY, ["build:name=image-0"]) as scene:
        submitted_by_hand(scene, TWO[0], known=True)
        result = scene.run(TWO[:1])
        assert scene.submitted == 1
        assert "osbuild build failed" in (result.outcomes[0].reason or "")
        scene.run(TWO[:1])
        assert scene.submitted == 2


def test_a_task_that_ended_while_nobody_looked_is_not_overdue(tmp_path: Path) -> None:
    """Its timeout has passed since; the image is there all the same."""
    late = wanted(0, timeout=0.001)
    with a_scene(tmp_path, QUICKLY) as scene:
        submitted_by_hand(scene, late, known=True)
        while set(scene.states().values()) != {TaskState.CLOSED}:
            time.sleep(0.01)
        assert kinds(scene.run([late])) == ["built"]
        assert scene.asked_to_cancel == []


def test_an_image_that_could_not_be_placed_is_not_built_again(tmp_path: Path) -> None:
    """A full disk, a file in the way: the task is CLOSED, and its image is brought."""
    with a_scene(tmp_path, QUICKLY) as scene:
        place = scene.topdir / "compose/Server/x86_64/images/image-0-1-1.x86_64.qcow2"
        place.mkdir(parents=True)
        first = scene.run(TWO)
        assert kinds(first) == ["failed", "built"]
        place.rmdir()
        again = scene.run(TWO)
        assert scene.submitted == 2
    assert kinds(again) == ["built", "built"]
    assert tasks(again) == tasks(first)


# What has changed


def changed(request: ImageRequest) -> ImageRequest:
    return replace(request, config=replace(request.config, distro="rhel-9.5"))


def test_a_changed_block_is_kept_and_said(tmp_path: Path, caplog: Any) -> None:
    """Unless it is to be built again; the others go on."""
    with a_scene(tmp_path, QUICKLY) as scene:
        first = scene.run(TWO)
        again = scene.run([changed(TWO[0]), TWO[1]])
        assert scene.submitted == 2
    assert (kinds(again), tasks(again)) == (["built", "built"], tasks(first))
    (said,) = [one.getMessage() for one in caplog.records if "has changed" in one.getMessage()]
    assert "--rebuild-changed" in said and TWO[0].config.place in said


def test_a_changed_block_is_built_anew_when_asked_for(tmp_path: Path) -> None:
    """It alone, with another release of the hub's, and its image takes the old one's place."""
    free = [replace(one, base_release=None, release_from_hub=True) for one in TWO]
    with a_scene(tmp_path, QUICKLY) as scene:
        scene.run(free)
        again = scene.run([changed(free[0]), free[1]], options(Rebuild.CHANGED))
        assert scene.submitted == 3
        assert [outcome.request.release for outcome in again.outcomes] == ["2", "1"]
        folder = scene.topdir / "compose/Server/x86_64/images"
        assert sorted(path.name for path in folder.glob("*.qcow2")) == [
            "image-0-1-2.x86_64.qcow2",
            "image-1-1-1.x86_64.qcow2",
        ]
        # From now on that is what is there.
        scene.run([changed(free[0]), free[1]])
        scene.run([changed(free[0]), free[1]], options(Rebuild.CHANGED))
        assert scene.submitted == 3


@pytest.mark.parametrize("rebuild", [Rebuild.CHANGED, Rebuild.ALL])
def test_a_task_that_runs_and_is_not_wanted_any_more_is_named(
    rebuild: Rebuild, tmp_path: Path, caplog: Any
) -> None:
    """Nobody else would find it."""
    free = [replace(one, base_release=None, release_from_hub=True) for one in TWO[:1]]
    with a_scene(tmp_path, HubSettings(duration=100)) as scene:
        interrupted(scene, free)
        time_passes(scene)
        scene.run([changed(free[0])], options(rebuild))
    said = [one.getMessage() for one in caplog.records]
    assert any("task 1 is left alone, `koji cancel 1`" in line for line in said)


def test_a_changed_block_that_had_failed_is_built(tmp_path: Path) -> None:
    """There is nothing to keep."""
    with a_scene(tmp_path, QUICKLY, ["build:name=image-0"]) as scene:
        scene.run(TWO[:1])
        scene.run([changed(TWO[0])])
        assert scene.submitted == 2


def test_everything_is_built_anew_when_asked_for(tmp_path: Path) -> None:
    """And that is what later runs go on with."""
    free = [replace(one, base_release=None, release_from_hub=True) for one in TWO]
    with a_scene(tmp_path, QUICKLY) as scene:
        scene.run(free)
        again = scene.run(free, options(Rebuild.ALL))
        assert scene.submitted == 4
        assert tasks(scene.run(free)) == tasks(again)
        assert scene.submitted == 4


def test_a_release_of_the_hub_s_is_kept(tmp_path: Path) -> None:
    """That of a running task; and that of one arch for another that failed."""

    def arch(number: int, name: str) -> ImageRequest:
        one = wanted(0)
        return replace(
            one,
            number=number,
            arches=(name,),
            split=True,
            base_release=None,
            release_from_hub=True,
        )

    both = [arch(0, "aarch64"), arch(1, "x86_64")]
    with a_scene(tmp_path, QUICKLY, ["build:arch=x86_64"]) as scene:
        first = scene.run(both)
        again = scene.run(both)
    for result in (first, again):
        assert [one.request.release for one in result.outcomes] == ["1.aarch64", "1.x86_64"]


# Tasks that were cancelled


@contextmanager
def cancelled_scene(
    folder: Path,
    duration: float,
    faults: Sequence[str] = (),
    requests: Sequence[ImageRequest] = TWO,
) -> Iterator[Scene]:
    """A compose whose tasks were at work when they were cancelled; from now on time passes."""
    with a_scene(folder, HubSettings(duration=duration), faults) as scene:
        interrupted(scene, requests)
        scene.times.now += 10
        assert set(scene.states().values()) == {TaskState.OPEN}
        with Hub(scene.profile) as hub:
            cancel(hub, sorted(scene.states()))
        assert set(scene.states().values()) == {TaskState.CANCELED}
        time_passes(scene)
        yield scene


def test_a_build_that_is_waited_for_is_shown_as_such(tmp_path: Path) -> None:
    """By whoever looks, from here or from elsewhere."""
    seen: Set[Stage] = set()
    with cancelled_scene(tmp_path, 100) as scene:
        tracker = ProgressTracker()
        sleep = scene.times.sleep

        def look(_seconds: float) -> None:
            statuses = (*status(scene.topdir).statuses, *tracker.snapshot().statuses)
            seen.update(one.stage for one in statuses)
            sleep(_seconds)

        scene.times.sleep = look  # type: ignore[method-assign]
        scene.run(TWO, replace(options(), tracker=tracker))
        assert {one.stage for one in tracker.snapshot().statuses} == {Stage.BUILT}
    assert Stage.WAITING in seen
    assert seen <= {Stage.WAITING, Stage.BUILT, Stage.COLLECTING}


def tags_of(scene: Scene, nvr: str) -> List[str]:
    with Hub(scene.profile) as hub:
        return [tag["name"] for tag in hub.call("listTags", nvr)]


def test_a_cancelled_task_s_build_is_waited_for_and_taken_over(tmp_path: Path) -> None:
    """Composer has gone on with it; it is tagged and collected, and nothing is submitted."""
    with cancelled_scene(tmp_path, 100) as scene:
        assert tags_of(scene, "image-0-1-1") == []
        again = scene.run(TWO)
        assert scene.submitted == 2
        assert len(tags_of(scene, "image-0-1-1")) == 1
        once_more = scene.run(TWO)
        assert scene.submitted == 2
        assert len(params(scene.hub, "tagBuild")) == 2
    for result in (again, once_more):
        assert kinds(result) == ["built", "built"]
        assert set(tasks(result)) == {1, 2}
        assert {image.built.task_id for image in result.images} == {1, 2}
    recorded = load_osbuild(scene.topdir / "compose/metadata/osbuild.json")
    assert [task.outcome for task in recorded.tasks] == [OutcomeKind.BUILT] * 2


def test_a_build_that_is_complete_by_then_is_taken_over_at_once(tmp_path: Path) -> None:
    """Without a tag where the block wants none."""
    untagged = [wanted(0, skip_tag=True), wanted(1)]
    with cancelled_scene(tmp_path, 100, requests=untagged) as scene:
        scene.times.now += 200
        again = scene.run(untagged)
        assert scene.submitted == 2
        assert tags_of(scene, "image-0-1-1") == []
        assert len(tags_of(scene, "image-1-1-1")) == 1
    assert kinds(again) == ["built", "built"]


def test_a_cancelled_task_without_a_build_is_submitted_again(tmp_path: Path) -> None:
    """Nobody had begun with it."""
    with a_scene(tmp_path, HubSettings(duration=100), turns=[200.0]) as scene:
        said = interrupted(scene, TWO, cancel=True)
        assert "tasks that go on in Koji: none" in said
        assert set(scene.states().values()) == {TaskState.CANCELED}
        again = scene.run(TWO)
        assert scene.submitted == 4
    assert kinds(again) == ["built", "built"]
    assert [outcome.attempt for outcome in again.outcomes] == [2, 2]


def test_a_build_that_comes_to_nothing_is_built_again(tmp_path: Path) -> None:
    """Its N-V-R can be had then."""
    with cancelled_scene(tmp_path, 100, ["build"]) as scene:
        again = scene.run(TWO)
        assert scene.submitted == 4
    assert kinds(again) == ["failed", "failed"]
    assert [outcome.attempt for outcome in again.outcomes] == [2, 2]
    assert all("osbuild build failed" in (one.reason or "") for one in again.outcomes)


def test_a_build_that_composer_has_lost_is_given_up(tmp_path: Path) -> None:
    """Saying what must be released."""
    with cancelled_scene(tmp_path, 10_000, requests=TWO[:1]) as scene:
        slept: List[float] = []
        clock = Clock(monotonic=lambda: 3600.0 * len(slept), sleep=slept.append)
        again = run(
            TWO[:1],
            scene.compose,
            Settings(),
            scene.profile,
            productmd_types(),
            options(),
            clock,
        )
        assert scene.submitted == 1
    (outcome,) = again.outcomes
    assert outcome.kind is OutcomeKind.CANCELLED
    assert "koji cancel image-0-1-1" in (outcome.reason or "")


def test_fail_fast_waits_for_no_build(tmp_path: Path) -> None:
    """What may not fail has failed: nobody wants the rest."""
    with cancelled_scene(tmp_path, 10_000, requests=TWO[:1]) as scene:
        other = refused_at_once()
        other = replace(other, number=1, config=replace(other.config, name="image-1"))
        again = scene.run([TWO[0], other], options(), fail_fast=True)
    first, second = again.outcomes
    assert (first.kind.value, second.kind.value) == ("cancelled", "failed")
    assert "is not waited for" in (first.reason or "")


def test_a_run_that_is_stopped_while_it_waits_says_so(tmp_path: Path) -> None:
    """The next one waits on."""
    with cancelled_scene(tmp_path, 100, requests=TWO[:1]) as scene:
        said = interrupted(scene, TWO[:1])
        assert "tasks that go on in Koji: none" in said
        scene.times.now += 200
        again = scene.run(TWO[:1])
        assert scene.submitted == 1
    assert kinds(again) == ["built"]


def test_a_compose_folder_that_is_removed_ends_the_run(tmp_path: Path) -> None:
    """No image is placed, and nothing recorded, in a new folder of that name."""
    with a_scene(tmp_path, HubSettings(duration=10)) as scene:

        def remove(_seconds: float) -> None:
            scene.times.now += 5
            if scene.submitted:
                shutil.rmtree(scene.topdir, ignore_errors=True)

        scene.times.sleep = remove  # type: ignore[method-assign]
        with pytest.raises(InputError, match="was removed or replaced"):
            scene.run(TWO)
        assert scene.submitted == 2
    assert not scene.topdir.exists()


ELSEWHERE = "https://koji.example.com/kojihub"


def test_the_same_hub_at_another_address_is_the_same(tmp_path: Path) -> None:
    """It has the task, with the arguments that were sent; then all goes on, in doubt or not."""
    with a_scene(tmp_path, QUICKLY) as scene:
        known = submitted_by_hand(scene, TWO[0], known=True, server=ELSEWHERE)
        in_doubt = submitted_by_hand(scene, TWO[1], known=False, server=ELSEWHERE)
        assert tasks(scene.run(TWO)) == [known, in_doubt]
        assert scene.submitted == 2


def test_a_slash_at_the_end_of_an_address_says_nothing(tmp_path: Path) -> None:
    """The hub is not even asked."""
    with a_scene(tmp_path, QUICKLY) as scene:
        server = scene.profile.server + "/"
        task_id = submitted_by_hand(scene, TWO[0], known=True, server=server)
        with Hub(scene.profile) as hub:
            before = read_journal(scene.topdir)
            asked = len(params(scene.hub, "getTaskInfo"))
            check_hub(hub, TWO[:1], before, Rebuild.NOTHING)
            assert len(params(scene.hub, "getTaskInfo")) == asked
        assert tasks(scene.run(TWO[:1])) == [task_id]


@pytest.mark.parametrize(
    ("known", "sends", "task"),
    [(True, True, TWO[1]), (False, True, TWO[0]), (False, False, None)],
    ids=["another task", "a task that nobody knows", "no task"],
)
def test_another_hub_is_refused(
    known: bool, sends: bool, task: Optional[ImageRequest], tmp_path: Path
) -> None:
    """Where its task of that number is another's, or where nothing proves that it is the same."""
    with a_scene(tmp_path, QUICKLY) as scene:
        submitted_by_hand(scene, TWO[0], known, sends=sends, server=ELSEWHERE, task=task)
        before = scene.submitted
        with pytest.raises(InputError, match="does not have its task") as caught:
            scene.run(TWO[:1])
        assert ELSEWHERE in caught.value.reason and scene.profile.server in caught.value.reason
        assert "--rebuild-all" in caught.value.solution
        assert scene.submitted == before
        if task == TWO[1]:
            assert kinds(scene.run(TWO[:1], options(Rebuild.ALL))) == ["built"]


def test_a_task_that_the_hub_does_not_have_is_another_hub_s(tmp_path: Path) -> None:
    """Its number is higher than any there."""
    with a_scene(tmp_path, QUICKLY) as scene:
        with WrittenJournal(scene.topdir, time.time) as journal:
            journal.plan(TWO[:1], server=ELSEWHERE)
            journal.intent(TWO[0], 1)
            journal.submitted(TWO[0], 1, 4711)
        with pytest.raises(InputError, match="does not have its task"):
            scene.run(TWO[:1])
        assert scene.submitted == 0

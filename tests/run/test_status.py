"""Where a run stands, as another process sees it."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple

import pytest

from koji_rehearsal import HubSettings, RehearsalHub, write_profile
from pungi_osbuild.errors import InputError
from pungi_osbuild.hub import read_profile
from pungi_osbuild.model import OutcomeKind
from pungi_osbuild.run.events import Ending
from pungi_osbuild.run.journal import FOLDER
from pungi_osbuild.run.lock import NAME
from pungi_osbuild.run.outcomes import refused
from pungi_osbuild.run.progress import IN_DOUBT, Activity, Progress, Stage
from pungi_osbuild.run.status import (
    anonymous_hub,
    last_run,
    refreshed,
    status,
    tasks_in_progress,
)
from tests.run.engines import WrittenJournal
from tests.values import (
    a_failed_outcome,
    a_koji_place,
    a_request,
    an_identity,
    an_image_config,
    an_outcome,
)

NAMES = ("built", "failed", "running", "doubtful", "refused", "planned", "untried")
REQUESTS = tuple(
    a_request(number=number, arches=("x86_64",), config=an_image_config(name=name))
    for number, name in enumerate(NAMES)
)


def a_run(journal: WrittenJournal, now: List[float]) -> None:
    """A run with a request at each stage."""
    built, failed, running, doubtful, turned_down, _, untried = REQUESTS
    journal.plan(REQUESTS)
    for number, request in enumerate((built, failed, running)):
        journal.intent(request, 1)
        journal.submitted(request, 1, 11 + number)
    journal.intent(doubtful, 1)
    journal.intent(turned_down, 1)
    journal.refused(turned_down, 1)
    journal.outcome(refused(untried, "not tried"))
    now[0] += 50
    journal.outcome(an_outcome(request=built, task_id=11))
    journal.outcome(a_failed_outcome(request=failed, task_id=12, reason="why"))


def stages(progress: Progress) -> Tuple[Tuple[str, Stage], ...]:
    return tuple((one.name, one.stage) for one in progress.statuses)


EXPECTED = (
    ("built", Stage.BUILT),
    ("failed", Stage.FAILED),
    ("running", Stage.FREE),
    ("doubtful", Stage.PLANNED),
    ("refused", Stage.FAILED),
    ("planned", Stage.PLANNED),
    ("untried", Stage.FAILED),
)


def test_a_run_that_is_at_work(tmp_path: Path) -> None:
    """Every request of its plan, wherever it is."""
    now = [1000.0]
    with WrittenJournal(tmp_path, lambda: now[0]) as journal:
        a_run(journal, now)
        progress = status(tmp_path)
    assert progress.activity is Activity.RUNNING
    assert progress.compose_id == an_identity().id
    assert stages(progress) == EXPECTED
    by_name = {one.name: one for one in progress.statuses}
    assert by_name["built"].elapsed(1100.0) == 50.0
    assert by_name["running"].elapsed(1100.0) == 100.0
    assert progress.now == 1050.0, "when the journal was last written to"
    assert by_name["failed"].reason == "why"
    assert by_name["doubtful"].reason == IN_DOUBT
    assert by_name["untried"].reason == "not tried"
    assert tasks_in_progress(progress) == (13,)
    assert last_run(tmp_path).profile == a_koji_place().profile


@pytest.mark.parametrize("outcome", [None, OutcomeKind.FAILED, OutcomeKind.CANCELLED])
@pytest.mark.parametrize(
    ("state", "waiting", "stage", "over"),
    [
        ("CANCELED", True, Stage.WAITING, Stage.ENDED),
        ("CLOSED", False, Stage.COLLECTING, Stage.ENDED),
        ("OPEN", False, Stage.OPEN, Stage.OPEN),
    ],
)
def test_what_the_present_run_goes_on_with_has_not_failed(
    outcome: Optional[OutcomeKind],
    state: str,
    waiting: bool,
    stage: Stage,
    over: Stage,
    tmp_path: Path,
) -> None:
    """Whatever an earlier run has said of it."""
    request = a_request()
    with WrittenJournal(tmp_path, lambda: 1.0) as journal:
        journal.plan([request])
        journal.intent(request, 1)
        journal.submitted(request, 1, 11)
        if outcome is not None:
            journal.outcome(a_failed_outcome(request=request, kind=outcome, reason="why"))
    with WrittenJournal(tmp_path, lambda: 2.0) as journal:
        journal.plan([request])
        journal.resume(request, journal.history.submissions[0])
        journal.resumed(request, 1, state, waiting)
        (shown,) = status(tmp_path).statuses
        assert (shown.stage, shown.reason, shown.until) == (stage, None, None)
    (shown,) = status(tmp_path).statuses
    assert shown.stage is over
    with WrittenJournal(tmp_path, lambda: 4.0) as journal:
        journal.resume(request, journal.history.submissions[0])
        journal.outcome(an_outcome(request=request))
    (shown,) = status(tmp_path).statuses
    assert shown.stage is Stage.BUILT


@pytest.mark.parametrize(
    ("ending", "activity"),
    [
        (Ending.FINISHED, Activity.FINISHED),
        (Ending.INTERRUPTED, Activity.INTERRUPTED),
        (Ending.BROKEN, Activity.BROKEN),
        (None, Activity.KILLED),
    ],
)
def test_a_run_that_is_over(ending: Ending, activity: Activity, tmp_path: Path) -> None:
    """One that said nothing at its end was killed, if nobody holds the lock."""
    now = [1000.0]
    with WrittenJournal(tmp_path, lambda: now[0]) as journal:
        a_run(journal, now)
        if ending is not None:
            journal.end(ending)
    progress = status(tmp_path)
    assert (progress.activity, stages(progress)) == (activity, EXPECTED)


def test_a_lock_of_another_machine(tmp_path: Path) -> None:
    """Nobody can tell from here whether that process is still there."""
    now = [1000.0]
    with WrittenJournal(tmp_path, lambda: now[0]) as journal:
        a_run(journal, now)
    lock = tmp_path / FOLDER / NAME
    lock.write_text('{"pid": 1, "host": "elsewhere", "boot": "", "namespace": "", "started": ""}')
    assert status(tmp_path).activity is Activity.ELSEWHERE
    lock.write_text("torn")
    assert status(tmp_path).activity is Activity.ELSEWHERE


def test_no_run(tmp_path: Path) -> None:
    """The folder is named, and what would be one."""
    with pytest.raises(InputError, match="no run has been on"):
        status(tmp_path)
    with pytest.raises(InputError, match="no run has been on"):
        last_run(tmp_path)


def test_looking_at_the_hub_needs_no_login(tmp_path: Path) -> None:
    """States of tasks and images are anybody's; a task that it does not know stays as it was."""
    with RehearsalHub(HubSettings(duration=60), tmp_path / "koji") as hub:
        profile_file = tmp_path / "profile.conf"
        write_profile(profile_file, hub, "rehearsal", "kerberos")
        profile = read_profile("rehearsal", profile_file)
        now = [1000.0]
        with WrittenJournal(tmp_path, lambda: now[0]) as journal:
            a_run(journal, now)
            progress = status(tmp_path)
            with anonymous_hub(profile) as session:
                seen = refreshed(session, progress)
        assert stages(seen) == EXPECTED
        assert {call.method for call in hub.calls} == {
            "getAPIVersion",
            "getTaskInfo",
            "downloadTaskOutput",
        }
        assert all(call.user is None for call in hub.calls)

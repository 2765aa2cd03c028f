"""Where a run stands, as people and machines read it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import List

import pytest
from rich.console import Console

from pungi_osbuild.report import (
    activity_line,
    expected_of,
    headline,
    live_view,
    progress_json,
    progress_table,
)
from pungi_osbuild.run import Activity, Progress, RequestStatus, Stage
from tests.report.records import a_failed_task, a_record, a_task

NOW = 10_000.0
GUEST = RequestStatus(
    variant="Server",
    arches=("x86_64",),
    name="example-guest",
    image_type="guest-image",
    can_fail=False,
    method="osbuildImage",
    nvr="example-guest-1-5",
    task_id=11,
    stage=Stage.OPEN,
    images=(("x86_64", "building"),),
    since=NOW - 130,
)
AZURE = replace(
    GUEST,
    name="example-azure",
    arches=("aarch64",),
    task_id=12,
    stage=Stage.FAILED,
    images=(),
    until=NOW - 60,
    reason="Compose failed (id: 5)\naarch64: osbuild build failed",
)
PROGRESS = Progress("Example-1-20261123.t.0", NOW, (GUEST, AZURE))


def texts(progress: Progress, rows: int) -> List[str]:
    return [line.text for line in progress_table(progress, rows=rows)]


def test_the_table() -> None:
    """Composer's word while it builds; why something failed, below it, if that is wanted."""
    lines = [line.text for line in progress_table(PROGRESS, reasons=True)]
    assert lines == [
        "STATE     VARIANT  ARCH     IMAGE          TASK  TIME",
        "building  Server   x86_64   example-guest  11    2 min 10 s",
        "failed    Server   aarch64  example-azure  12    1 min 10 s",
        "    Compose failed (id: 5)",
        "    aarch64: osbuild build failed",
    ]
    assert headline(PROGRESS) == ("Example-1-20261123.t.0, 2 tasks: 1 failed, 1 to go; 2 min 10 s")


def test_what_may_be_expected() -> None:
    """As long as it took in a compose before, where it was built there."""
    record = a_record(
        tasks=(
            a_task(created=100, started=160, ended=400, placed=430, image_type="guest-image"),
            a_failed_task(created=100, ended=110),
        )
    )
    expected = expected_of(record)
    lines = [line.text.split("  ")[-1].strip() for line in progress_table(PROGRESS, expected)]
    assert lines == ["EXPECTED", "5 min 30 s", "-"]
    assert headline(PROGRESS, expected).endswith("1 to go; 2 min 10 s, about 3 min 20 s left")
    late = replace(PROGRESS, now=NOW + 1000)
    assert progress_table(late, expected)[1].text.endswith("5 min 30 s, late")
    assert headline(late, expected).endswith("1 to go; 18 min 50 s")
    assert [task["expected"] for task in progress_json(PROGRESS, expected)["tasks"]] == [
        330.0,
        None,
    ]


def test_a_terminal_that_is_too_low() -> None:
    """What failed and what runs is shown; of what is built and what waits there is a count."""
    built = replace(GUEST, stage=Stage.BUILT, images=(), until=NOW)
    planned = replace(GUEST, stage=Stage.PLANNED, images=(), task_id=None, since=None)
    progress = replace(PROGRESS, statuses=(*[built] * 50, AZURE, *[planned] * 50, GUEST))
    _, *rows, last = texts(progress, 4)
    assert [row.split()[0] for row in rows] == ["failed", "planned", "building"]
    assert last == "and 99 more: 49 planned, 50 built"
    assert len(texts(progress, 102)) == 103, "there is room for all"


def drawn(progress: Progress, height: int, width: int = 100) -> List[str]:
    """Return the lines that a terminal shows."""
    console = Console(file=io.StringIO(), width=width, height=height)
    with console.capture() as shown:
        console.print(live_view(progress, height))
    return shown.get().splitlines()


@pytest.mark.parametrize("height", [1, 3, 10, 60])
def test_the_view_fits_the_terminal(height: int) -> None:
    """It is drawn anew in its place, so it must not be higher; a row is cut, and the end is not."""
    progress = replace(PROGRESS, statuses=(GUEST,) * 40)
    lines = drawn(progress, height)
    assert len(lines) <= max(height, 5)
    assert lines[-1] == headline(progress)
    narrow = drawn(progress, 60, width=30)
    assert all(len(line) <= 30 for line in narrow)
    assert " ".join(narrow[41:]).split() == headline(progress).split()


def test_nothing_is_planned_yet() -> None:
    """A view has nothing to show then; somebody who asks is told so."""
    assert drawn(Progress("", NOW), 24) == ["starting"]
    assert headline(Progress("", NOW)) == "0 tasks: nothing planned"


def test_for_machines() -> None:
    """Everything that is known, and Koji's own word beside composer's."""
    document = json.loads(json.dumps(progress_json(PROGRESS)))
    assert document["compose"] == "Example-1-20261123.t.0"
    assert document["run"] == "running"
    guest, azure = document["tasks"]
    assert guest["state"] == "open"
    assert guest["images"] == {"x86_64": "building"}
    assert guest["elapsed"] == 130.0
    assert azure["reason"].startswith("Compose failed")
    assert azure["submitted"] == "1970-01-01T02:44:30Z"


def test_what_a_run_does() -> None:
    """And, where it does nothing any more, what to do."""

    def said(activity: Activity, *statuses: RequestStatus) -> str:
        progress = replace(PROGRESS, activity=activity, who="pid 7 on a", statuses=statuses)
        return activity_line(progress)

    assert said(Activity.RUNNING, GUEST) == "Run in progress (pid 7 on a)."
    assert said(Activity.FINISHED, AZURE) == "Run finished."
    assert said(Activity.KILLED, GUEST, AZURE) == (
        "Run killed (pid 7 on a); tasks still in progress in Koji: 11."
        " Run the same command again to continue."
    )
    assert said(Activity.INTERRUPTED, AZURE) == (
        "Run interrupted. Run the same command again to continue."
    )
    rehearsed = replace(PROGRESS, activity=Activity.INTERRUPTED, is_hub_gone=True)
    assert activity_line(rehearsed) == (
        "Run interrupted. It was a rehearsal, so its hub is gone: rehearse again."
    )

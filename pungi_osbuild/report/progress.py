"""The state of a run: lines for people, the live view of a terminal, JSON for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from rich.console import Group
from rich.text import Text

from pungi_osbuild.clock import iso_time, whole_seconds
from pungi_osbuild.report.differences import NOTHING, Expected, expected_for
from pungi_osbuild.report.tables import columns
from pungi_osbuild.report.units import duration_text
from pungi_osbuild.run import Activity, Progress, RequestStatus, Stage, tasks_in_progress

HEADER = ("STATE", "VARIANT", "ARCH", "IMAGE", "TASK", "TIME")
EXPECTED = "EXPECTED"
LATE = 1.25
"""Times as long as expected: some nights are slower than others."""

_FIRST = (
    Stage.FAILED,
    Stage.CANCELLED,
    Stage.ENDED,
    Stage.COLLECTING,
    Stage.WAITING,
    Stage.OPEN,
    Stage.ASSIGNED,
    Stage.FREE,
    Stage.PLANNED,
    Stage.BUILT,
)
"""What is shown first where there is no room for all."""


@dataclass(frozen=True)
class ProgressLine:
    """
    A line of the table.

    :param state: what its first column says: for a colour
    :param stage: None for the header, and for what is below a row
    """

    text: str
    state: str = ""
    stage: Optional[Stage] = None


def headline(progress: Progress, expected: Expected = NOTHING) -> str:
    """Return in a line how far a run is, and how long it will still take where that is known."""
    total = len(progress.statuses)
    ends = (
        (progress.count(Stage.BUILT), "built"),
        (progress.count(Stage.FAILED), "failed"),
        (progress.count(Stage.CANCELLED), "cancelled"),
        (len(progress.unfinished), "to go"),
    )
    counts = ", ".join("%d %s" % one for one in ends if one[0]) or "nothing planned"
    text = "%d task%s: %s" % (total, "" if total == 1 else "s", counts)
    if progress.compose_id:
        text = "%s, %s" % (progress.compose_id, text)
    if progress.elapsed is not None:
        text += "; %s" % duration_text(progress.elapsed)
    left = _left(progress, expected)
    return text if left is None else "%s, about %s left" % (text, duration_text(left))


def _left(progress: Progress, expected: Expected) -> Optional[float]:
    """Return how many seconds the run will still take; None where unknown, or it is late."""
    left = []
    for status in progress.unfinished:
        usual = expected_for(status, expected)
        if usual is None:
            return None
        left.append(usual - (status.elapsed(progress.now) or 0.0))
    return max(left) if left and max(left) > 0 else None


def activity_line(progress: Progress) -> str:
    """Return whether the run is in progress or how it ended, and then what to do."""
    activity, who = progress.activity, progress.who
    if activity is Activity.RUNNING:
        return "Run in progress (%s)." % who
    if activity is Activity.ELSEWHERE:
        return "Run in progress, or killed (%s); check on that machine." % who
    if activity is Activity.FINISHED:
        return "Run finished."
    ended = {
        Activity.INTERRUPTED: "Run interrupted",
        Activity.BROKEN: "Run ended with an error",
        Activity.KILLED: "Run killed (%s)" % who,
    }[activity]
    if progress.is_hub_gone:
        return "%s. It was a rehearsal, so its hub is gone: rehearse again." % ended
    tasks = tasks_in_progress(progress)
    if not tasks:
        return "%s. Run the same command again to continue." % ended
    return "%s; tasks still in progress in Koji: %s. Run the same command again to continue." % (
        ended,
        ", ".join(map(str, tasks)),
    )


def progress_table(
    progress: Progress,
    expected: Expected = NOTHING,
    rows: Optional[int] = None,
    reasons: bool = False,
) -> List[ProgressLine]:
    """
    Return the table, a request a row.

    :param expected: see :func:`~pungi_osbuild.report.differences.expected_of`; with it there is one
        more column
    :param rows: how many there is room for; what has failed or runs comes before what waits, and
        that before what is built. None: for all
    :param reasons: below each row that failed, why
    """
    shown, left_out = _fitting(progress.statuses, rows)
    if not shown:
        return []
    header = (*HEADER, EXPECTED) if expected else HEADER
    cells = [_cells(status, progress.now, expected) for status in shown]
    first, *texts = columns(header, cells)
    lines = [ProgressLine(first)]
    for status, text in zip(shown, texts):
        lines.append(ProgressLine(text, status.state, status.stage))
        if reasons and status.reason:
            lines.extend(ProgressLine("    %s" % line) for line in status.reason.splitlines())
    if left_out:
        lines.append(ProgressLine("and %d more: %s" % (len(left_out), _counted(left_out))))
    return lines


def _cells(status: RequestStatus, now: float, expected: Expected) -> Tuple[str, ...]:
    elapsed = status.elapsed(now)
    cells = (
        status.state,
        status.variant,
        ",".join(status.arches),
        status.name,
        "-" if status.task_id is None else str(status.task_id),
        "-" if elapsed is None else duration_text(elapsed),
    )
    if not expected:
        return cells
    usual = expected_for(status, expected)
    if usual is None:
        return (*cells, "-")
    is_late = not status.stage.is_end and (elapsed or 0.0) > usual * LATE
    return (*cells, duration_text(usual) + (", late" if is_late else ""))


def _fitting(
    statuses: Sequence[RequestStatus], rows: Optional[int]
) -> Tuple[Sequence[RequestStatus], Sequence[RequestStatus]]:
    """Return those that there is room for, in their order, and the others."""
    if rows is None or len(statuses) <= rows:
        return statuses, ()
    places = {stage: place for place, stage in enumerate(_FIRST)}
    order = sorted(range(len(statuses)), key=lambda number: places[statuses[number].stage])
    # One row sums up the others.
    chosen = set(order[: max(1, rows - 1)])
    return (
        [one for number, one in enumerate(statuses) if number in chosen],
        [one for number, one in enumerate(statuses) if number not in chosen],
    )


def _counted(statuses: Sequence[RequestStatus]) -> str:
    stages = [one.stage for one in statuses]
    return ", ".join(
        "%d %s" % (stages.count(stage), stage.value) for stage in Stage if stage in stages
    )


def progress_json(progress: Progress, expected: Expected = NOTHING) -> Dict[str, Any]:
    """Return the same for machines; times are ISO 8601 in UTC, durations are seconds."""
    return {
        "compose": progress.compose_id,
        "run": progress.activity.value,
        "tasks": [_task_json(one, progress.now, expected) for one in progress.statuses],
    }


def _task_json(status: RequestStatus, now: float, expected: Expected) -> Dict[str, Any]:
    elapsed = status.elapsed(now)
    return {
        "variant": status.variant,
        "arches": list(status.arches),
        "name": status.name,
        "nvr": status.nvr,
        "image_type": status.image_type,
        "can_fail": status.can_fail,
        "task_id": status.task_id,
        "attempt": status.attempt,
        "state": status.stage.value,
        "images": dict(status.images),
        "submitted": iso_time(whole_seconds(status.since)),
        "elapsed": None if elapsed is None else round(elapsed, 1),
        "expected": expected_for(status, expected),
        "reason": status.reason,
    }


_STYLES: Dict[Stage, str] = {
    Stage.PLANNED: "dim",
    Stage.FREE: "yellow",
    Stage.ASSIGNED: "yellow",
    Stage.OPEN: "cyan",
    Stage.COLLECTING: "cyan",
    Stage.WAITING: "cyan",
    Stage.ENDED: "cyan",
    Stage.BUILT: "green",
    Stage.FAILED: "bold red",
    Stage.CANCELLED: "bold red",
}

_AROUND = 5
"""Lines of a terminal beside the rows: the header, two for the headline, two for what is above."""


def live_view(progress: Progress, height: int, expected: Expected = NOTHING) -> Group:
    """
    Return what a terminal shows; a row that is too long for it is cut.

    :param height: lines of the terminal
    """
    if not progress.statuses:
        return Group(Text("starting", style="bold"))
    lines = progress_table(progress, expected, max(1, height - _AROUND))
    rows = [styled(line) for line in lines]
    for row in rows:
        row.no_wrap, row.overflow = True, "ellipsis"
    return Group(*rows, Text(headline(progress, expected), style="bold"))


def styled(line: ProgressLine) -> Text:
    """Return a line whose state has its colour."""
    if line.stage is None:
        return Text(line.text, style="" if line.text.startswith(" ") else "bold")
    text = Text(line.text)
    text.stylize(_STYLES[line.stage], 0, len(line.state))
    return text

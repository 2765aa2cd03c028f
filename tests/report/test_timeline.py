"""The timeline: shares of the whole time, and round marks."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.metadata import TaskRecord
from pungi_osbuild.report.timeline import MOST_TICKS, timeline
from pungi_osbuild.report.units import duration_text
from tests.report.records import a_task

START = 1795418000


def timed(
    created: Optional[int],
    started: Optional[int] = None,
    ended: Optional[int] = None,
    placed: Optional[int] = None,
) -> TaskRecord:
    return replace(a_task(), created=created, started=started, ended=ended, placed=placed)


def test_the_parts_of_a_task() -> None:
    """Waiting, building, placing; in words, too."""
    line = timeline([timed(START, START + 10, START + 90, START + 100)])
    assert line is not None
    (lane,) = line.lanes
    assert [(span.kind, span.start, span.width) for span in lane.spans] == [
        ("waiting", 0.0, 10.0),
        ("building", 10.0, 80.0),
        ("placing", 90.0, 10.0),
    ]
    assert lane.took == "1 min 40 s"
    assert lane.text == (
        "waiting 10 s, 07:13:20 to 07:13:30; building 1 min 20 s, 07:13:30 to 07:14:50;"
        " placing 10 s, 07:14:50 to 07:15:00"
    )


def test_a_task_that_never_started() -> None:
    """Cancelled while it was free, or left."""
    line = timeline([timed(START, None, START + 60), timed(START)])
    assert line is not None
    assert line.lanes[1].spans[0].text.startswith("never started 1 min 00 s")
    assert line.lanes[0].spans == ()


def test_another_clock_may_be_behind() -> None:
    """Placing never ends before building has."""
    line = timeline([timed(START, START, START + 60, START + 30)])
    assert line is not None
    assert [span.width for span in line.lanes[0].spans] == [0.0, 100.0, 0.0]


def test_tasks_without_times_are_counted() -> None:
    """They were never submitted."""
    line = timeline([timed(None), timed(START, START, START + 60)])
    assert line is not None
    assert (line.untimed, [lane.number for lane in line.lanes]) == (1, [1])
    assert timeline([timed(None)]) is None
    assert timeline([]) is None


def test_marks_are_at_round_times() -> None:
    """Hours of a night, days of a week."""
    night = timeline([timed(START, START + 60, START + 5 * 3600)])
    assert night is not None
    assert [tick.text for tick in night.ticks] == ["08:00", "09:00", "10:00", "11:00", "12:00"]
    week = timeline([timed(START, START + 60, START + 7 * 86400)])
    assert week is not None
    assert [tick.text for tick in week.ticks] == [
        "2026-11-25",
        "2026-11-27",
        "2026-11-29",
    ]


TIMES = st.none() | st.integers(0, 2**32)


@given(st.lists(st.tuples(TIMES, TIMES, TIMES, TIMES), max_size=8))
def test_any_times_give_a_timeline(times: list[tuple[Optional[int], ...]]) -> None:
    """Every part is within the whole, and the marks are few."""
    line = timeline([timed(*moments) for moments in times])
    if line is None:
        return
    for lane in line.lanes:
        for span in lane.spans:
            assert span.start >= 0
            assert span.start + span.width <= 100.01
    assert len(line.ticks) <= MOST_TICKS + 1
    assert all(0 <= tick.at <= 100 for tick in line.ticks)


def test_durations() -> None:
    """As people say them."""
    assert [duration_text(seconds) for seconds in (0, 59.4, 60, 3599, 3600, 90061)] == [
        "0 s",
        "59 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
        "25 h 01 min",
    ]

"""A timeline of tasks: when each waited, was built and was placed, as shares of the whole time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from pungi_osbuild.metadata import TaskRecord
from pungi_osbuild.report.units import day, duration_text, time_of_day

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
MOST_TICKS = 6


@dataclass(frozen=True)
class Span:
    """
    A part of a task's time.

    :param kind: waiting, building or placing
    :param start: per cent of the whole time, from its beginning
    :param width: per cent; never so small that it cannot be seen
    :param text: what it was, from when to when, and how long
    """

    kind: str
    start: float
    width: float
    text: str


@dataclass(frozen=True)
class Tick:
    """
    A mark on the time axis.

    :param at: per cent of the whole time
    """

    at: float
    text: str


@dataclass(frozen=True)
class Lane:
    """
    The time of a task.

    :param number: of the task among those that the timeline was made of
    :param seconds: from its submission to its last image in its place
    """

    number: int
    spans: Tuple[Span, ...]
    seconds: float

    @property
    def took(self) -> str:
        """How long it took, for people."""
        return duration_text(self.seconds)

    @property
    def text(self) -> str:
        """The same in words."""
        return "; ".join(span.text for span in self.spans)


@dataclass(frozen=True)
class Timeline:
    """
    When what happened, by the hub's clock.

    :param start: seconds since the epoch
    :param end: seconds since the epoch
    :param untimed: how many tasks have no times
    """

    start: int
    end: int
    lanes: Tuple[Lane, ...]
    ticks: Tuple[Tick, ...]
    untimed: int


_SMALLEST = 0.4
"""Per cent: some three pixels of a page."""


def timeline(tasks: Sequence[TaskRecord]) -> Optional[Timeline]:
    """Return the timeline of tasks, those first that began first; None when none has times."""
    timed = [(number, task) for number, task in enumerate(tasks) if _edges(task)]
    if not timed:
        return None
    edges = [moment for _, task in timed for moment in _edges(task)]
    start, end = min(edges), max(edges)
    whole = max(1, end - start)
    ordered = sorted(timed, key=lambda item: (_edges(item[1]), item[0]))
    lanes = tuple(_lane(number, task, start, whole) for number, task in ordered)
    return Timeline(start, end, lanes, _ticks(start, whole), len(tasks) - len(timed))


def _edges(task: TaskRecord) -> List[int]:
    """Return the times of a task from the first to the last."""
    if task.created is None:
        return []
    return [task.created, *(moment for _, moment in _parts(task))]


def _parts(task: TaskRecord) -> List[Tuple[str, int]]:
    """Return the parts of a task's time, each with its end; none goes back."""
    ends = (
        ("waiting", task.started),
        ("never started" if task.started is None else "building", task.ended),
        ("placing", task.placed),
    )
    parts: List[Tuple[str, int]] = []
    latest = task.created or 0
    for kind, moment in ends:
        if moment is not None:
            # The hub's clock may have been set back.
            latest = max(latest, moment)
            parts.append((kind, latest))
    return parts


def _lane(number: int, task: TaskRecord, start: int, whole: int) -> Lane:
    edges = _edges(task)
    spans = tuple(
        _span(kind, first, last, start, whole) for first, (kind, last) in zip(edges, _parts(task))
    )
    return Lane(number, spans, edges[-1] - edges[0])


def _span(kind: str, first: int, last: int, start: int, whole: int) -> Span:
    at = 100.0 * (first - start) / whole
    width = max(_SMALLEST, 100.0 * (last - first) / whole) if last > first else 0.0
    at = min(at, 100.0 - width)
    text = "%s %s, %s to %s" % (
        kind,
        duration_text(last - first),
        time_of_day(first),
        time_of_day(last),
    )
    return Span(kind.split(" ")[0], round(at, 3), round(width, 3), text)


def _ticks(start: int, whole: int) -> Tuple[Tick, ...]:
    """Return marks at round times of the day."""
    step = next((step for step in _STEPS if whole / step <= MOST_TICKS), None)
    if step is None:
        step = _STEPS[-1] * math.ceil(whole / _STEPS[-1] / MOST_TICKS)
    first = -(-start // step) * step
    return tuple(
        Tick(round(100.0 * (moment - start) / whole, 3), _mark(moment, step))
        for moment in range(first, start + whole + 1, step)
    )


def _mark(moment: int, step: int) -> str:
    if step >= _STEPS[-1]:
        return day(moment)
    return time_of_day(moment, with_seconds=step < 60)

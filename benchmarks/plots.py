"""Curves as SVG: a few lines over the number of images, on logarithmic axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Callable, List, Mapping, Sequence, Tuple

from benchmarks.results import Results
from benchmarks.watching import Run

MIB = 1024 * 1024
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
COLOURS = {"ours": "#1f5fa8", "in-tree": "#b3401f"}
NAMES = {"ours": "pungi-osbuild", "in-tree": "in-tree way"}


@dataclass(frozen=True)
class Plot:
    """
    What a plot shows.

    :param name: of its file
    :param unit: what stands at the upright axis
    """

    name: str
    title: str
    unit: str
    number: Callable[[Run], float]


PLOTS = (
    Plot("memory", "Peak memory of the process tree", "MiB (PSS)", lambda run: run.pss / MIB),
    Plot("cpu", "Processor time", "seconds", lambda run: run.cpu),
    Plot("polls", "Hub requests while waiting", "a second", lambda run: run.waiting),
    Plot("processes", "Processes at the same time", "processes", lambda run: run.processes),
)


def drawn(plot: Plot, results: Results) -> str:
    """Return a plot as SVG."""
    lines = {
        way: [(float(run.images), plot.number(run)) for run in results.of(way)]
        for way in ("in-tree", "ours")
    }
    return _svg(plot, {way: points for way, points in lines.items() if points})


Points = Sequence[Tuple[float, float]]


def _svg(plot: Plot, lines: Mapping[str, Points]) -> str:
    everything = [point for points in lines.values() for point in points]
    across = _Axis([x for x, _ in everything], LEFT, WIDTH - RIGHT)
    upright = _Axis([y for _, y in everything], HEIGHT - BOTTOM, TOP)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" '
        'font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
        "<title>%s</title>" % escape(plot.title),
        '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, HEIGHT),
        '<text x="%d" y="22" font-size="14">%s, %s</text>'
        % (LEFT, escape(plot.title), escape(plot.unit)),
    ]
    for value in across.ticks:
        x = across.at(value)
        parts.append(_line(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, _plain(value), "middle"))
    for value in upright.ticks:
        y = upright.at(value)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text(LEFT - 8, y + 4, _plain(value), "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "images", "middle"))
    for way, points in lines.items():
        places = [(across.at(x), upright.at(y)) for x, y in points]
        path = " ".join("%.1f,%.1f" % place for place in places)
        colour = COLOURS[way]
        parts.append(
            '<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, colour)
        )
        parts += ['<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>' % (*p, colour) for p in places]
        last = places[-1]
        parts.append(_text(last[0] + 8, last[1] + 4, NAMES[way], "start", colour))
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """A logarithmic axis over whole powers of ten."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        least = min(value for value in values if value > 0)
        self._low = math.floor(math.log10(least))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._begin, self._end = begin, end

    @property
    def ticks(self) -> List[float]:
        """Where there are lines."""
        return [10.0**power for power in range(self._low, self._high + 1)]

    def at(self, value: float) -> float:
        """Return where a value is."""
        part = (math.log10(max(value, 10.0**self._low)) - self._low) / (self._high - self._low)
        return self._begin + part * (self._end - self._begin)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return '<path d="M%.1f %.1fL%.1f %.1f" stroke="#ddd" fill="none"/>' % (x1, y1, x2, y2)


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    form = '<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>'
    return form % (x, y, anchor, colour, escape(text))


def _plain(value: float) -> str:
    return format(value, ",.0f") if value >= 1 else "%g" % value

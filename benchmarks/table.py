"""The bar and what was measured: each row with its bar, the in-tree way, ours and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Tuple

from benchmarks.results import Results
from benchmarks.watching import Run

MIB = 1024 * 1024
GIB = 1024 * MIB
Number = Callable[[Run], float]


@dataclass(frozen=True)
class Row:
    """
    A row of the table.

    :param fine: whether it is at or past its bar
    """

    work: str
    bar: str
    in_tree: str
    ours: str
    ratio: str
    fine: bool

    @property
    def cells(self) -> Tuple[str, ...]:
        """All of it as text."""
        verdict = "yes" if self.fine else "NO"
        return (self.work, self.bar, self.in_tree, self.ours, self.ratio, verdict)


HEAD = ("work", "bar", "in-tree way", "ours", "in-tree : ours", "met")


def rows(results: Results) -> List[Row]:
    """Return the whole table."""
    found: List[Row] = []
    for run in _judged(results):
        found += _of_run(results, run)
    return [*found, *_of_the_rest(results)]


def _judged(results: Results) -> List[Run]:
    """Return the runs that have a bar of their own; where there are none of them, the largest."""
    own = [run for run in results.of("ours") if run.tasks in (200, 2000)]
    return own or results.of("ours")[-1:]


def _of_run(results: Results, run: Run) -> List[Row]:
    name = "%s tasks of %g s: " % (_thousands(run.tasks), run.duration)
    tree = _InTree(results, run)
    most = 150 if run.tasks > 200 else 100
    return [
        Row(
            name + "polls while waiting",
            "at most 1 a second",
            tree.of(lambda one: one.waiting, "%.1f a second"),
            "%.2f a second" % run.waiting,
            tree.ratio(lambda one: one.waiting),
            # A second has room for one more when the window begins within a pause.
            run.waiting <= 1.0 + 1.0 / _window(run),
        ),
        Row(
            name + "share of a hub worker for them",
            "below 2 %",
            tree.of(lambda one: 100 * one.share, "%.2f %%"),
            "%.2f %%" % (100 * run.share),
            tree.ratio(lambda one: one.share),
            run.share < 0.02,
        ),
        Row(
            name + "peak memory (PSS)",
            "below %d MiB" % most,
            tree.of(lambda one: one.pss / MIB, "%.0f MiB"),
            "%.0f MiB" % (run.pss / MIB),
            tree.ratio(lambda one: one.pss),
            run.pss < most * MIB,
        ),
        Row(
            name + "processes, threads",
            "1, at most 20",
            "%s, %s"
            % (
                tree.of(lambda one: one.processes, "%.0f"),
                tree.of(lambda one: one.threads, "%.0f"),
            ),
            "%d, %d" % (run.processes, run.threads),
            tree.ratio(lambda one: one.processes),
            run.processes == 1 and run.threads <= 20,
        ),
        Row(
            name + "CPU",
            "below 0.02 s a task",
            tree.of(lambda one: one.cpu, "%.1f s"),
            "%.1f s, %.4f s a task" % (run.cpu, run.cpu / run.tasks),
            tree.ratio(lambda one: one.cpu),
            run.cpu / run.tasks < 0.02,
        ),
        Row(
            name + "end after the last task's",
            "below 2 s",
            tree.measured(lambda one: one.late, "%.1f s"),
            "%.1f s" % run.late,
            "-",
            run.late < 2.0,
        ),
        Row(
            name + "worst second: submissions and polls",
            "below 50",
            tree.of(lambda one: one.worst, "%.0f"),
            "%d (%d with collecting)" % (run.worst, run.worst_of_all),
            tree.ratio(lambda one: one.worst),
            run.worst < 50,
        ),
        Row(
            name + "logins, TCP connections",
            "at most 4, 8",
            "%s, %s"
            % (
                tree.of(lambda one: one.logins, "%.0f"),
                tree.of(lambda one: one.connections, "%.0f"),
            ),
            "%d, %d" % (run.logins, run.connections),
            tree.ratio(lambda one: one.connections),
            run.logins <= 4 and run.connections <= 8,
        ),
    ]


class _InTree:
    """The in-tree way for as many images as a run of ours has: measured, or in proportion."""

    def __init__(self, results: Results, ours: Run) -> None:
        self._runs = results.of("in-tree")
        self._ours = ours
        self._same = results.run("in-tree", ours.images)

    def measured(self, number: Number, form: str) -> str:
        """Return a number that does not grow with the images: of the largest run."""
        return form % number(self._same or self._runs[-1]) if self._runs else "-"

    def of(self, number: Number, form: str) -> str:
        """Return a number as text, and whether it was extrapolated."""
        if not self._runs:
            return "-"
        text = form % self._value(number)
        return text if self._same is not None else "%s (extrapolated)" % text

    def ratio(self, number: Number) -> str:
        """Return how many times ours it is."""
        own = number(self._ours)
        return "-" if not self._runs or not own else _times(self._value(number) / own)

    def _value(self, number: Number) -> float:
        if self._same is not None:
            return number(self._same)
        largest = self._runs[-1]
        return number(largest) * self._ours.images / largest.images


def _of_the_rest(results: Results) -> List[Row]:
    one = results.placing
    reflink = "cannot here" if one.reflinked is None else "%.2f" % one.reflinked
    return [
        Row(
            "CPU of planning 1,000 blocks",
            "below 1 s",
            "-",
            "%.2f s" % results.planning,
            "-",
            results.planning < 1.0,
        ),
        Row(
            "bytes read of each byte linked",
            "1 verified, else 0",
            "hard link",
            "%.2f, %.2f (reflink: %s)" % (one.linked, one.unverified, reflink),
            "-",
            one.linked < 1.02 and one.unverified < 0.02 and (one.reflinked or 0) < 1.02,
        ),
        Row(
            "copy of %.3g GiB with md5 and sha256" % (one.copy_size / GIB),
            "at most 1.3 x openssl md5 (%.2f s)" % one.copy_md5,
            "%.2f s" % one.copy_in_tree,
            "%.2f s, %.2f x" % (one.copy, one.copy / one.copy_md5),
            _times(one.copy_in_tree / one.copy),
            one.copy <= 1.3 * one.copy_md5,
        ),
        Row(
            "download of %.3g GiB, verified" % (one.load_size / GIB),
            "at most 1.3 x curl, then openssl md5 (%.2f s)" % one.load_plain,
            "-",
            "%.2f s, %.2f x" % (one.load, one.load / one.load_plain),
            "-",
            one.load <= 1.3 * one.load_plain,
        ),
        Row(
            "memory of that process",
            "flat",
            "-",
            "%.0f MiB; of an eighth: %.0f MiB" % (one.load_peak / MIB, one.load_peak_small / MIB),
            "-",
            one.load_peak < one.load_peak_small + 8 * MIB,
        ),
    ]


def _window(run: Run) -> float:
    return max(run.duration - run.tasks / 30.0, 1.0)


def _times(ratio: float) -> str:
    return "%.0f" % ratio if ratio >= 10 else "%.1f" % ratio


def _thousands(number: int) -> str:
    return format(number, ",")

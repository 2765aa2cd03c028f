"""Pace and time."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from simulation import causes
from simulation.invariants.checking import invariant
from simulation.record import (
    Ended,
    Record,
)

POLLS_APART = 0.999
"""Seconds between two polls of a run, at least: it says one; a clock may round."""

MOST_A_SECOND = 30 + 12 + 1 + 2
"""Requests of a run in any second: rate, burst and one, and two that were on their way."""


@invariant
def polls_are_a_second_apart(record: Record) -> Iterator[str]:
    """One run sends at most one poll a second."""
    last: Dict[str, Tuple[float, bool]] = {}
    for exchange in record.exchanges:
        if not any(_is_poll(method, arguments) for method, arguments in exchange.calls):
            continue
        at, was_answered = last.get(exchange.run, (-1e9, True))
        # A poll that was not answered is sent once more at once.
        if was_answered and exchange.at - at < POLLS_APART:
            yield "%s polled at %.3f and at %.3f" % (exchange.run, at, exchange.at)
        last[exchange.run] = (exchange.at, exchange.is_answered)


@invariant
def the_rate_limit_holds(record: Record) -> Iterator[str]:
    """In no second one run sends more requests than rate and burst allow."""
    sent: Dict[str, List[float]] = {}
    for exchange in record.exchanges:
        sent.setdefault(exchange.run, []).append(exchange.at)
    for run, times in sent.items():
        for first, last in zip(times, times[MOST_A_SECOND:]):
            if last - first < 1.0:
                yield "%s sent more than %d requests after %.3f" % (run, MOST_A_SECOND, first)
                break


@invariant
def every_run_ends_in_time(record: Record) -> Iterator[str]:
    """Every run ends within its bounds of virtual time."""
    for run in record.runs:
        if run.how is Ended.HUNG:
            yield "%s had not ended %.0f s after it began" % (run.name, run.bound - run.began)


@invariant
def the_night_ends_well(record: Record) -> Iterator[str]:
    """When nothing goes wrong any more, each compose is built, but for what cannot be built."""
    for compose in sorted(record.composes) if record.over else ():
        run = record.last_run(compose)
        if run is not None and causes.of_refusal(record, run) is not None:
            continue
        if run is None or run.how is not Ended.RESULT:
            yield "%s ended with %s" % (compose, "no run" if run is None else run.said or run.how)
            continue
        for outcome in run.outcomes:
            if outcome.kind != "built" and causes.of_lasting(record, run, outcome) is None:
                yield "%s is %s in the end, and need not be: %s" % (
                    *(outcome.slot, outcome.kind, outcome.reason),
                )


def _is_poll(method: str, arguments: Tuple[Any, ...]) -> bool:
    options = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    return method == "listTasks" and "completeAfter" in options

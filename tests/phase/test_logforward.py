"""What the package and koji log goes into Pungi's log of the phase."""

from __future__ import annotations

import logging
from typing import Iterator

import pytest

from pungi_osbuild.phase.logforward import forward
from tests.phase.pungi_standin import a_log

SOURCES = ("pungi_osbuild", "koji")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in SOURCES]
    before = [(one.handlers, one.propagate, one.level) for one in loggers]
    yield
    for one, (handlers, propagate, level) in zip(loggers, before):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.mark.parametrize("name", ["pungi_osbuild", "pungi_osbuild.run.engine"])
def test_what_is_logged_arrives_with_its_level(name: str) -> None:
    """Once; its percent signs are no formats any more."""
    target, kept = a_log()
    forward(target)
    logging.getLogger(name).warning("%d%% of %s", 50, "%s")
    logging.getLogger(name).info("told")
    logging.getLogger(name).debug("not told")
    assert kept.records == [("WARNING", "50% of %s"), ("INFO", "told")]


def test_what_koji_warns_of_arrives_under_its_name() -> None:
    """Other phases use koji, too, and may have handlers of their own, which stay."""
    target, kept = a_log()
    _, others = a_log()
    koji = logging.getLogger("koji")
    koji.addHandler(others)
    forward(target)
    forward(target)
    koji.warning("no answer of %s, 5%% done", "the hub")
    assert kept.records == [("WARNING", "koji: no answer of the hub, 5% done")]
    assert others.records == [("WARNING", "no answer of the hub, 5% done")]


def test_what_the_package_logs_goes_nowhere_else() -> None:
    """Not to the root as well: Pungi's own handlers are there, too. koji's is left as it was."""
    target, _ = a_log()
    _, elsewhere = a_log()
    root, koji = logging.getLogger(), logging.getLogger("koji")
    before = (koji.propagate, koji.level)
    root.addHandler(elsewhere)
    try:
        forward(target)
        logging.getLogger("pungi_osbuild.phase").warning("once")
    finally:
        root.removeHandler(elsewhere)
    assert elsewhere.records == []
    assert (koji.propagate, koji.level) == before


def test_the_last_target_is_the_only_one() -> None:
    """A second compose in one process."""
    first, before = a_log()
    second, after = a_log()
    forward(first)
    forward(second)
    logging.getLogger("pungi_osbuild").warning("once")
    logging.getLogger("koji").warning("too")
    assert before.records == []
    assert after.records == [("WARNING", "once"), ("WARNING", "koji: too")]


@pytest.mark.parametrize("name", ["pungi_osbuild", "pungi_osbuild.phase.adapter"])
def test_a_target_among_the_sources_does_not_go_round_in_circles(name: str) -> None:
    """Where Pungi has no log, the package's own is the target."""
    target = logging.getLogger(name)
    _, kept = a_log()
    handlers = list(target.handlers)
    target.addHandler(kept)
    try:
        forward(target)
        if kept not in target.handlers:
            target.addHandler(kept)
        logging.getLogger("pungi_osbuild.run.engine").warning("from the engine")
        target.warning("from the target")
    finally:
        target.handlers = handlers
    assert kept.lines("WARNING") == ["from the engine", "from the target"]

"""What reading, planning, checking and a whole run cost: counted, never timed."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Dict, List

import pytest

from koji_rehearsal import REHEARSAL_USER, HubSettings, RehearsalHub
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.config import Source, read_config
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.planning import checked_plan
from pungi_osbuild.report import junit_lines
from tests.rehearsed import DATE, content_for, run_against
from tests.run.test_run import a_config
from tests.values import a_compose, a_variant

WORDS = productmd_types()
GOOD: Dict[str, Any] = {
    "distro": "rhel-9.4",
    "image_types": "aws",
    "target": "image-target",
    "release": "1",
    "repo": ["Server", "https://example.com/$arch"],
    "upload_options": {
        "region": "us-east-1",
        "share_with_accounts": ["123456789012"],
        "snapshot_name": "{nvr}",
    },
}


def fine(count: int) -> Dict[str, Any]:
    return {"^Server$": [named(number, {}) for number in range(count)]}


def with_two_mistakes(count: int) -> Dict[str, Any]:
    return {"^Server$": [named(number, {"scratch": 1, "arches": 2}) for number in range(count)]}


def with_a_word_that_nobody_knows(count: int) -> Dict[str, Any]:
    return {"^Server$": [named(number, {"manifest_type": "qcow3"}) for number in range(count)]}


def with_a_pattern_each(count: int) -> Dict[str, Any]:
    return {"^Server$|%d" % number: [named(number, {})] for number in range(count)}


def without_tasks(count: int) -> Dict[str, Any]:
    return {"^Server$": [named(number, {"arches": ["riscv64"]}) for number in range(count)]}


def all_alike(count: int) -> Dict[str, Any]:
    return {"^Server$": [named(0, {}) for _ in range(count)]}


def named(number: int, changes: Dict[str, Any]) -> Dict[str, Any]:
    return {"name": "image-%d" % number, "subvariant": "S%d" % number, **GOOD, **changes}


def validated(section: Dict[str, Any]) -> None:
    reading = read_config(Source("/somewhere/main.conf", {"osbuild": section}))
    assert reading.config is not None
    variants = (a_variant(), a_variant(uid="Client", id="Client"))
    compose = a_compose(variants=variants)
    found = checked_plan(reading.config, compose, WORDS, reading.problems, False)
    assert junit_lines(reading.config, found.problems)


def profiled(section: Dict[str, Any], look: Callable[[FrameType, str], None]) -> None:
    """
    Validate a section.

    :param look: is called with the frame of each function that is called, and the kind of event
    """

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        look(frame, event)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        validated(section)
    finally:
        sys.setprofile(before)


def calls_of(section: Dict[str, Any]) -> int:
    """Return how many functions are called, Python's own and those written in C."""
    events: Counter[str] = Counter()

    def count(_frame: FrameType, event: str) -> None:
        events[event] += 1

    profiled(section, count)
    return events["call"] + events["c_call"]


@pytest.mark.parametrize(
    "section",
    [
        fine,
        with_two_mistakes,
        with_a_word_that_nobody_knows,
        with_a_pattern_each,
        without_tasks,
        all_alike,
    ],
)
def test_twice_the_blocks_cost_twice_as_much(section: Callable[[int], Dict[str, Any]]) -> None:
    """Whatever is wrong with them: nothing is looked at once for every other."""
    validated(section(3))  # what is remembered from one config to the next
    once, twice = calls_of(section(60)), calls_of(section(120))
    assert twice < 2.2 * once, (once, twice)


def test_a_pattern_is_not_compiled_for_each_variant() -> None:
    """Also where there are more of them than re remembers: when it is read, and to be used."""
    compiled: Counter[str] = Counter()

    def look(frame: FrameType, event: str) -> None:
        # The one door to the compiler: re/_compiler.py, sre_compile.py before Python 3.11.
        code = frame.f_code
        is_compiler = code.co_filename.endswith(("sre_compile.py", "_compiler.py"))
        if event == "call" and code.co_name == "compile" and is_compiler:
            compiled[frame.f_locals["p"]] += 1

    section = {"^(Server|Client|%d)$" % number: [named(number, {})] for number in range(1000)}
    profiled(section, look)
    assert set(section) <= set(compiled)
    assert max(compiled[pattern] for pattern in section) <= 3


def test_a_run_of_many_tasks_is_a_quiet_one(tmp_path: Path) -> None:
    """Few logins, connections and threads; submissions, polls and all else keep one pace."""
    config = a_config(tmp_path, *(named(number, {"repo": []}) for number in range(60)))
    prepared = prepare(config, Origin(date=DATE), tmp_path / "out", rehearsal=True)
    content = replace(content_for(prepared), anonymous=None)
    before = set(threading.enumerate())
    threads: List[int] = []

    def now() -> float:
        others = set(threading.enumerate()) - before
        threads.append(sum(not one.name.startswith("rehearsal") for one in others))
        return time.time()

    login = (REHEARSAL_USER, REHEARSAL_USER + "pw")
    with RehearsalHub(HubSettings(duration=0.0), tmp_path / "koji", content, now) as hub:
        done = run_against(hub, prepared, tmp_path / "out", login=login)
    assert len(done.result.images) == 120
    assert done.counters.logins <= 4
    assert done.counters.connections <= 8
    assert 0 < max(threads) <= 20
    times = sorted(request.at for request in done.requests)
    assert max(sum(start <= at < start + 1 for at in times) for start in times) < 50
    asked = Counter(method for one in done.requests for method in set(one.methods))
    assert asked["osbuildImage"] == 120
    assert not asked["getTaskChildren"]

"""What reading, planning and checking cost: counted in calls, never timed."""

from __future__ import annotations

import re
import sys
from types import FrameType
from typing import Any, Callable, Dict, List

import pytest

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.metadata import vocabulary
from pungi_osbuild.phase import planned_and_checked
from pungi_osbuild.report import junit_lines
from tests.values import a_compose, a_variant

WORDS = vocabulary()
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
    found = planned_and_checked(reading.config, compose, WORDS, reading.problems, False)
    assert junit_lines(reading.config, found.problems)


def calls_of(section: Dict[str, Any]) -> int:
    """Return how many functions are called, Python's own and those written in C."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        validated(section)
    finally:
        sys.setprofile(before)
    return calls


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


def test_a_pattern_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each block, variant and arch; and re's own memory is a small one."""
    compiled: List[Any] = []
    real = re.compile

    def counted(pattern: Any, *flags: Any) -> Any:
        compiled.append(pattern)
        return real(pattern, *flags)

    monkeypatch.setattr(re, "compile", counted)
    section = {"^(Server|Client|%d)$" % number: [named(number, {})] for number in range(1000)}
    validated(section)
    # When it is read: to be told of where it is no expression, and to be kept; then to be used.
    assert max(compiled.count(pattern) for pattern in section) <= 3

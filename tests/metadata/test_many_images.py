"""images.json and osbuild.json of many images: what they cost to make, counted, never timed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from pungi_osbuild.metadata import claims, own_in, record_run
from pungi_osbuild.model import Outcome
from tests.values import (
    a_built_image,
    a_placed_image,
    a_request,
    a_run_result,
    an_image_config,
    an_outcome,
)


def outcome(number: int) -> Outcome:
    config = an_image_config(name="image-%d" % number, release="1")
    built = a_built_image(nvr="image-%d-1-1" % number, task_id=number)
    image = a_placed_image(
        built=built, path="Server/x86_64/images/%d" % number, subvariant=str(number)
    )
    request = a_request(number=number, config=config, base_release="1", subvariant=str(number))
    return an_outcome(request=request, task_id=number, images=(image,))


def calls_of(folder: Path, count: int) -> int:
    """Return how many functions are called to record some images, others beside them, all anew."""
    calls = 0
    outcomes = [outcome(number) for number in range(count)]

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        for some in (outcomes[::2], outcomes[1::2], outcomes):
            result = a_run_result(outcomes=tuple(some))
            record_run(folder, result, own_in(folder / "osbuild.json", claims(some)))
    finally:
        sys.setprofile(before)
    return calls


def test_twice_the_images_cost_twice_as_much(tmp_path: Path) -> None:
    """None of them is compared with every other one, as productmd does."""
    for name in ("first", "once", "twice"):
        (tmp_path / name).mkdir()
    calls_of(tmp_path / "first", 4)  # what is imported or remembered at first
    once = calls_of(tmp_path / "once", 100)
    twice = calls_of(tmp_path / "twice", 200)
    assert twice < 2.2 * once, (once, twice)

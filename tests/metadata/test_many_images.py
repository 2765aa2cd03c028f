"""images.json with many images: what it costs to make, counted and never timed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, List

from pungi_osbuild.metadata.images import record_images
from pungi_osbuild.model import PlacedImage
from tests.values import a_placed_image, an_identity


def placed(count: int) -> List[PlacedImage]:
    return [
        replace(a_placed_image(), path="Server/x86_64/images/%d" % number, subvariant=str(number))
        for number in range(count)
    ]


def calls_of(folder: Path, count: int) -> int:
    """Return how many functions recording some images calls, twice: new, and beside others."""
    calls = 0
    images = placed(count)

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        record_images(folder / "images.json", an_identity(), images[::2], ())
        record_images(folder / "images.json", an_identity(), images[1::2], ())
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

"""An image and its reproduction, side by side."""

from __future__ import annotations

from typing import List, Sequence

from pungi_osbuild.report.columns import columns
from pungi_osbuild.reproduce import Compared

HEADER = ("", "RECORDED", "REPRODUCED", "")
NOT_IDENTICAL = "Image builds are not bit-identical: that checksums differ proves nothing."


def comparison_lines(compared: Sequence[Compared]) -> List[str]:
    """Return a line for each property, whole values in it."""
    rows = [
        (one.what, one.recorded or "-", one.reproduced, "same" if one.same else "differs")
        for one in compared
    ]
    lines = columns(HEADER, rows)
    return lines if all(one.same for one in compared) else [*lines, NOT_IDENTICAL]

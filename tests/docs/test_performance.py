"""docs/performance.md and the plots are what the stored results say."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.plots import PLOTS, drawn
from benchmarks.results import FOLDER, Results

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"


def test_the_generated_parts_are_as_the_script_writes_them() -> None:
    """Run scripts/performance_page.py after ``make bench``, and read the difference."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from performance_page import written
    finally:
        sys.path.pop(0)
    page = PAGE.read_text(encoding="utf-8")
    results = Results.load(FOLDER / "results.json")
    assert written(page, results) == page, "run scripts/performance_page.py"


def test_the_plots_are_those_of_the_results() -> None:
    """``make bench`` draws them."""
    results = Results.load(FOLDER / "results.json")
    for plot in PLOTS:
        assert drawn(plot, results) == (FOLDER / ("%s.svg" % plot.name)).read_text(encoding="utf-8")
        assert "](../benchmarks/results/%s.svg)" % plot.name in PAGE.read_text(encoding="utf-8")


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Nothing is lost between a measurement and the page."""
    results = Results.load(FOLDER / "results.json")
    results.save(tmp_path / "again.json")
    assert Results.load(tmp_path / "again.json") == results

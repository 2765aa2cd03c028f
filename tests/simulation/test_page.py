"""docs/reliability.md says what the code says."""

from __future__ import annotations

from simulation.figures import Figures
from simulation.page import PAGE, written


def test_the_page_is_up_to_date() -> None:
    """Invariants and what happens; ``python -m simulation --page`` writes it with new figures."""
    page = PAGE.read_text("utf-8")
    assert written(page) == page


def test_figures_are_put_into_their_place() -> None:
    """And nothing else changes."""
    page = PAGE.read_text("utf-8")
    again = written(page, Figures(nights=7))
    assert "\n7 nights, 0 runs: " in again
    assert again.partition("## Figures")[0] == page.partition("## Figures")[0]

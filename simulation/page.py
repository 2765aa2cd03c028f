"""The parts of docs/reliability.md that follow from the code and from what was played."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Optional

from simulation.actors import ACTS
from simulation.figures import Figures
from simulation.injection import KINDS
from simulation.invariants import INVARIANTS
from simulation.mutations import MUTATIONS
from simulation.scenario import BUILD_FAULTS

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"


def written(page: str, figures: Optional[Figures] = None) -> str:
    """
    Return the page with its parts written again.

    :param figures: None: those that are there stay
    """
    page = _with(page, "invariants", _invariants())
    page = _with(page, "happenings", _happenings())
    page = _with(page, "mutations", _mutations())
    return page if figures is None else _with(page, "figures", _figures(figures))


def _with(page: str, part: str, lines: Iterator[str]) -> str:
    """Put lines between the two comments that mark a part."""
    marks = re.compile(r"(<!-- %s -->\n).*?(\n<!-- end of %s -->)" % (part, part), re.DOTALL)
    assert marks.search(page), "the page has no part %s" % part
    text = "\n".join(lines)
    return marks.sub(lambda found: found.group(1) + text + found.group(2), page)


def _invariants() -> Iterator[str]:
    yield "| what must hold | in words |"
    yield "| --- | --- |"
    for one in INVARIANTS:
        yield "| %s | %s |" % (one.name.replace("_", " "), one.words)


def _happenings() -> Iterator[str]:
    yield "| kind | what it is |"
    yield "| --- | --- |"
    for kind, words in KINDS.items():
        yield "| `%s` | %s |" % (kind, words)
    for kind, doing in ACTS.items():
        words = " ".join((doing.__doc__ or "").split())
        yield "| `%s` | %s |" % (kind, words.rstrip(".")[:1].lower() + words.rstrip(".")[1:])
    known = ", ".join("`%s`" % fault.partition(":")[0] for fault in BUILD_FAULTS)
    yield "| faults of builds and files | [the rehearsal's](rehearsal.md): %s |" % known


def _mutations() -> Iterator[str]:
    yield "| mutation | what does not hold with it | a seed that shows it |"
    yield "| --- | --- | --- |"
    for one in MUTATIONS:
        yield "| `%s` | %s | %s |" % (one.name, one.breaks, one.seed)


def _figures(figures: Figures) -> Iterator[str]:
    yield "```text"
    yield from figures.lines()
    yield "```"

"""The same on a terminal, drawn anew in its place while a run goes on."""

from __future__ import annotations

from typing import Dict

from rich.console import Group
from rich.text import Text

from pungi_osbuild.report.expected import NOTHING, Expected
from pungi_osbuild.report.progress import ProgressLine, headline, progress_table
from pungi_osbuild.run import Progress, Stage

_STYLES: Dict[Stage, str] = {
    Stage.PLANNED: "dim",
    Stage.FREE: "yellow",
    Stage.ASSIGNED: "yellow",
    Stage.OPEN: "cyan",
    Stage.COLLECTING: "cyan",
    Stage.WAITING: "cyan",
    Stage.ENDED: "cyan",
    Stage.BUILT: "green",
    Stage.FAILED: "bold red",
    Stage.CANCELLED: "bold red",
}

_AROUND = 5
"""Lines of a terminal beside the rows: the header, two for the headline, two for what is above."""


def live_view(progress: Progress, height: int, expected: Expected = NOTHING) -> Group:
    """
    Return what a terminal shows; a row that is too long for it is cut.

    :param height: lines of the terminal
    """
    if not progress.standings:
        return Group(Text("starting", style="bold"))
    lines = progress_table(progress, expected, max(1, height - _AROUND))
    rows = [styled(line) for line in lines]
    for row in rows:
        row.no_wrap, row.overflow = True, "ellipsis"
    return Group(*rows, Text(headline(progress, expected), style="bold"))


def styled(line: ProgressLine) -> Text:
    """Return a line whose state has its colour."""
    if line.stage is None:
        return Text(line.text, style="" if line.text.startswith(" ") else "bold")
    text = Text(line.text)
    text.stylize(_STYLES[line.stage], 0, len(line.state))
    return text

"""
Plain columns. Nothing is ever cut or wrapped: an ID must survive copying.

What cannot be printed is written out: cells hold what others have written, and a line is a line.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from pungi_osbuild.checked import one_line


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> List[str]:
    """Return the lines of a table, each column as wide as its widest cell."""
    table = [[one_line(cell) for cell in cells] for cells in (header, *rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table)]
    return [_line(cells, widths) for cells in table]


def with_notes(
    header: Sequence[str], rows: Sequence[Tuple[Sequence[str], Sequence[str]]], indent: str
) -> List[str]:
    """Return the lines of a table in which a row may be followed by lines of its own."""
    table = columns(header, [cells for cells, _ in rows])
    lines = table[:1]
    for line, (_, notes) in zip(table[1:], rows):
        lines.append(line)
        lines.extend(indent + one_line(note) for note in notes)
    return lines


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()

"""Plain columns. Nothing is ever cut or wrapped: an ID must survive copying."""

from __future__ import annotations

from typing import List, Sequence, Tuple


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> List[str]:
    """Return the lines of a table, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows)]
    return [_line(cells, widths) for cells in (header, *rows)]


def with_notes(
    header: Sequence[str], rows: Sequence[Tuple[Sequence[str], Sequence[str]]], indent: str
) -> List[str]:
    """Return the lines of a table in which a row may be followed by lines of its own."""
    table = columns(header, [cells for cells, _ in rows])
    lines = table[:1]
    for line, (_, notes) in zip(table[1:], rows):
        lines.append(line)
        lines.extend(indent + note for note in notes)
    return lines


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()

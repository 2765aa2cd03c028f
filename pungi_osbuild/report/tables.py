"""
Plain columns. Nothing is ever cut or wrapped: an ID must survive copying.

What cannot be printed is written out: cells hold what others have written, and a line is a line.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from pungi_osbuild.checked import one_line
from pungi_osbuild.model import CloudImage, Uploaded
from pungi_osbuild.reproduce import Compared


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


def upload_id(upload: Uploaded) -> str:
    """Return what stands in a table's column of cloud IDs."""
    if isinstance(upload, CloudImage):
        return upload.id
    return "(%s: %s)" % (upload.provider, upload.describe())


def upload_note(upload: Uploaded) -> str:
    """Return an upload on a line of its own: the cloud, the ID, the region."""
    if not isinstance(upload, CloudImage):
        return "%s  (%s)" % (upload.provider, upload.describe())
    note = "%s  %s" % (upload.provider, upload.id)
    return "%s  (%s)" % (note, upload.where) if upload.where else note


_COMPARISON = ("", "RECORDED", "REPRODUCED", "")
_NOT_IDENTICAL = "Image builds are not bit-identical: different checksums prove nothing."


def comparison_lines(compared: Sequence[Compared]) -> List[str]:
    """Return a line for each property, whole values in it."""
    rows = [
        (one.what, one.recorded or "-", one.reproduced, "same" if one.same else "differs")
        for one in compared
    ]
    lines = columns(_COMPARISON, rows)
    return lines if all(one.same for one in compared) else [*lines, _NOT_IDENTICAL]

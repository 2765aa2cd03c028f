"""What composer builds: a table for people, JSON for machines."""

from __future__ import annotations

from textwrap import wrap
from typing import List, Optional, Sequence

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.imagetypes import COMPOSER_VERSION, KOJI_ALIASES, SINCE, UNTIL, TableRow
from pungi_osbuild.report.tables import with_notes

_HEADER = ("IMAGE TYPE", "ARCHES", "UPLOADED TO", "FILE", "REMARKS")
_SHOWN = ((0, 1, 2, 3, 4), (0, 1, 2, 3), (0, 2, 3))
"""Which columns there are, first choice first: what is in none stands below its row."""

_INDENT = "    "


def types_table(
    rows: Sequence[TableRow], distribution: str, width: Optional[int] = None
) -> List[str]:
    """
    Return the lines of a table.

    :param distribution: the one that all rows are for; empty: each row names its own below it
    :param width: columns of the terminal, or None where there is none
    """
    if not rows:
        return ["composer %d builds nothing of that kind." % COMPOSER_VERSION]
    forms = (_table(rows, shown, not distribution, width) for shown in _SHOWN)
    # The last form is for terminals of 80 columns, and for narrower ones, too.
    fitting = [lines for lines in forms if width is None or max(map(len, lines)) <= width]
    lines = fitting[0] if fitting else _table(rows, _SHOWN[-1], not distribution, width)
    where = "composer %d builds these" % COMPOSER_VERSION
    if distribution:
        return [*lines, "", "%s for %s." % (where, distribution)]
    former = ("%s (until composer %d)" % one for one in UNTIL.items())
    return [*lines, "", where + ".", "It no longer builds %s." % ", ".join(former)]


def _table(
    rows: Sequence[TableRow], shown: Sequence[int], with_distributions: bool, width: Optional[int]
) -> List[str]:
    written = []
    for row in rows:
        cells = _cells(row)
        below = [cell for i, cell in enumerate(cells) if i not in shown and cell != "-"]
        if with_distributions:
            below.append(" ".join(row.distributions))
        room = None if width is None else max(width - len(_INDENT), 1)
        lines = [line for note in below for line in (wrap(note, room) if room else [note])]
        written.append(([cells[i] for i in shown], lines))
    return with_notes([_HEADER[i] for i in shown], written, _INDENT)


def _cells(row: TableRow) -> List[str]:
    first = row.builds[0]
    return [
        first.image_type,
        " ".join(built.arch for built in row.builds),
        first.upload,
        "<nvr>.<arch>.%s" % first.suffix,
        "; ".join(_remarks(row)) or "-",
    ]


def _remarks(row: TableRow) -> List[str]:
    first = row.builds[0]
    names = _koji_names(first.image_type)
    remarks = ["Koji also calls it %s" % ", ".join(names)] if names else []
    if first.ostree != "no":
        remarks.append("ostree url required" if "url" in first.ostree else "takes ostree options")
    if first.needs is not None:
        remarks.append("needs customizations.%s" % first.needs)
    if first.image_type in SINCE:
        remarks.append("since composer %d" % SINCE[first.image_type])
    return remarks


def _koji_names(image_type: str) -> List[str]:
    return sorted(alias for alias, name in KOJI_ALIASES.items() if name == image_type)


def types_json(rows: Sequence[TableRow]) -> JsonDict:
    """Return the same for machines: all that is known of each row."""
    former = [
        {"image_type": name, "since": SINCE.get(name), "until": last}
        for name, last in UNTIL.items()
    ]
    return {
        "composer": COMPOSER_VERSION,
        "types": [_row_json(row) for row in rows],
        "former": former,
    }


def _row_json(row: TableRow) -> JsonDict:
    first = row.builds[0]
    return {
        "image_type": first.image_type,
        "koji_names": _koji_names(first.image_type),
        "distributions": list(row.distributions),
        "arches": [built.arch for built in row.builds],
        "upload": first.upload,
        "file": first.file,
        "suffix": first.suffix,
        "export": first.export,
        "boot_modes": {built.arch: built.boot_mode for built in row.builds},
        "ostree": first.ostree,
        "needs": first.needs,
        "since": SINCE.get(first.image_type),
    }

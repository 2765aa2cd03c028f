"""What composer builds: a table for people, JSON for machines."""

from __future__ import annotations

from typing import List, Sequence

from pungi_osbuild.checked import JsonDict
from pungi_osbuild.imagetypes import COMPOSER_VERSION, KOJI_ALIASES, SINCE, TableRow
from pungi_osbuild.report.tables import with_notes

_HEADER = ("IMAGE TYPE", "ARCHES", "UPLOADED TO", "FILE", "REMARKS")


def types_table(rows: Sequence[TableRow], distribution: str) -> List[str]:
    """
    Return the lines of a table.

    :param distribution: the one that all rows are for; empty: each row names its own below it
    """
    if not rows:
        return ["composer %d builds nothing of that kind." % COMPOSER_VERSION]
    lines = with_notes(
        _HEADER,
        [(_cells(row), [] if distribution else [" ".join(row.distributions)]) for row in rows],
        "    ",
    )
    where = "composer %d builds these" % COMPOSER_VERSION
    return [*lines, "", "%s%s." % (where, " for " + distribution if distribution else "")]


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
    return {"composer": COMPOSER_VERSION, "types": [_row_json(row) for row in rows]}


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

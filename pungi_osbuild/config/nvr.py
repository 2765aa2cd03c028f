"""
What a hub refuses of a name, a version and a release, and what cannot be placed.

Source: Koji 1.35 and 1.36 (``RegexNameInternal``; ``CGInitBuild`` refuses ``-``, the upload ``/``
and the import ``..``), seen on a real hub. What is written literally is judged when it is read; a
``!`` generator has its value when there is a compose.
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping, Optional, Sequence, Tuple

from pungi_osbuild.checked import name_flaw
from pungi_osbuild.config.fallbacks import Found, is_generator
from pungi_osbuild.problems import Problem, ProblemCode

LONGEST_NVR = 255 - len(".x86_64.iso.manifest.json")
"""Bytes: a file name has 255, and the build's shortest manifest is called that."""

_CODES: Mapping[str, ProblemCode] = {"version": "bad-version", "release": "bad-release"}

_NAME = re.compile(r"[A-Za-z0-9_.+-]+")


def nvr_problems(
    name: Optional[str], version: Optional[Found], release: Optional[Found], place: str
) -> Iterator[Problem]:
    """
    Yield what the hub would refuse.

    :param name: of the build; None when it is not a string
    :param place: of the block
    """
    parts = [name or ""]
    if name:
        yield from _name_problems(name, "%s.name" % place)
    for field, found in (("version", version), ("release", release)):
        if found is not None and isinstance(found.value, str) and not is_generator(found.value):
            yield from _part_problems(field, found)
            parts.append(found.value)
    yield from _length_problems(parts, place)


def resolved_nvr_problems(
    name: Optional[str], parts: Sequence[Tuple[str, Optional[str], Optional[str]]], place: str
) -> Iterator[Problem]:
    """
    Yield what the hub would refuse of what generators gave, and of what splitting added.

    :param name: of the build; None when it is wrong, so that nobody knows how long all will be
    :param parts: ``version`` or ``release``, what is configured, and what it is in the compose;
        None: not there, or not known yet
    :param place: of the block
    """
    for field, written, value in parts:
        if value is not None and (written is None or is_generator(written) or not written):
            yield from _part_problems(field, Found(value, place), written or "the compose")
    if name is not None:
        known = [value for _field, _written, value in parts if value is not None]
        yield from _length_problems([name, *known], place)


def _length_problems(parts: Sequence[str], place: str) -> Iterator[Problem]:
    nvr = "-".join(parts)
    if len(nvr.encode("utf-8", "surrogatepass")) > LONGEST_NVR:
        yield Problem(
            "too-long",
            "%s.name" % place,
            "name, version and release together are longer than %d bytes" % LONGEST_NVR,
            "Shorten them: Koji cannot store a file with such a name.",
        )


def _name_problems(name: str, place: str) -> Iterator[Problem]:
    if not _NAME.fullmatch(name) or ".." in name or name == ".":
        yield Problem(
            "bad-name",
            place,
            "%r is not a valid name of a Koji package" % name,
            "Use letters, digits and _ . + - only, and no two dots in a row.",
        )
    elif name_flaw(name) is not None:
        yield Problem(
            "bad-name",
            place,
            "%r is not a valid name for an image: %s" % (name, name_flaw(name)),
            "Start it with a letter or a digit.",
        )


def subvariant_problems(subvariant: object, place: str) -> Iterator[Problem]:
    """
    Yield what is wrong with a subvariant; nothing of what is not a string.

    :param place: of the block
    """
    flaw = name_flaw(subvariant) if isinstance(subvariant, str) and subvariant else None
    if flaw is not None:
        yield Problem(
            "bad-name",
            "%s.subvariant" % place,
            "%r is not a valid subvariant: %s" % (subvariant, flaw),
            "Use letters, digits, blanks and _ . + - only, and start with a letter or a digit.",
        )


def _part_problems(field: str, found: Found, giver: str = "") -> Iterator[Problem]:
    """
    Say what is wrong with a version or a release.

    :param giver: what it comes from, where it is not written so
    """
    refused = [mark for mark in ("-", "/", "..") if mark in found.value]
    flaw = name_flaw(found.value) if found.value else None
    if not refused and flaw is None:
        return
    marks = " and ".join('"%s"' % mark for mark in refused)
    said = "a Koji %s cannot contain %s: %r" % (field, marks, found.value)
    hint = "Use dots or underscores instead." if refused == ["-"] else "Remove %s." % marks
    if not refused:
        said = "%r is not a valid %s: %s" % (found.value, field, flaw)
        hint = "Start it with a letter or a digit, and use printable characters only."
    if giver:
        said += " (from %s)" % giver
        hint = "Set %s in the block, without a generator." % field
    yield Problem(_CODES[field], found.place, said, hint)

"""The pictures of docs/architecture.md: drawn from their text, and true of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Set, Tuple
from xml.etree import ElementTree

import pytest

from tests.test_architecture import ORDER, PACKAGE, imports, room_of

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


def arrows(text: str) -> Set[Tuple[str, str, str]]:
    """Give the arrows of a picture's text: from, to, and how each is drawn."""
    plain = re.sub(r"//.*", "", text)
    found = re.findall(r"(\w+) -> (\w+)(?: \[([^\]]*)\])?", plain)
    return set(found)


@pytest.mark.parametrize("name", ["engine", "packages", "request"])
def test_the_picture_was_drawn_from_its_text(name: str) -> None:
    """`make pictures` draws it again."""
    drawn = ElementTree.parse(PICTURES / (name + ".svg"))
    titles = {group.findtext(SVG + "title") for group in drawn.iter(SVG + "g")}
    wanted = {
        "%s->%s" % (one, other)
        for one, other, _ in arrows((PICTURES / (name + ".dot")).read_text())
    }
    assert {title for title in titles if title and "->" in title} == wanted


def test_the_picture_shows_the_packages() -> None:
    """Each package once, and each arrow between two is an import."""
    shown = {
        (one, other)
        for one, other, how in arrows((PICTURES / "packages.dot").read_text())
        if "dashed" not in how
    }
    inside = {pair for pair in shown if "koji_rehearsal" not in pair}
    assert {name for pair in inside for name in pair} == set(ORDER)
    used = {
        (room_of(path), name.split(".")[1])
        for path in PACKAGE.rglob("*.py")
        for name in imports(path)
        if name.startswith("pungi_osbuild.")
    }
    assert inside <= used


def test_the_picture_shows_the_modules_of_a_run() -> None:
    """Each arrow between two is an import, but for what comes back."""
    drawn = arrows((PICTURES / "engine.dot").read_text())
    shown = {(one, other) for one, other, how in drawn if "dashed" not in how}
    package = "pungi_osbuild.run."
    used = {
        (path.stem, name[len(package) :].split(".")[0])
        for path in (PACKAGE / "run").glob("*.py")
        for name in imports(path)
        if name.startswith(package)
    }
    assert shown <= used
    modules = {path.stem for path in (PACKAGE / "run").glob("*.py")}
    assert {name for one, other, _ in drawn for name in (one, other)} <= modules

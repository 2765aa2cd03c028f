"""The pages of the documentation, as far as tests look at them: headings, links, code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
"""What people read; decisions and examples have links alone."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w{}.-]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
_COMMENT = re.compile(r"<!-- (?P<key>[a-z ]+): (?P<value>[^>]*?) -->\n\Z")
_FILE = re.compile(r"(?:^|\n)`(?P<name>[\w./-]+)`:\n\n\Z")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """
    A fenced block of code.

    :param line: of its fence, from 1
    :param note: key and value of a comment ``<!-- key: value -->`` on the line before
    :param file: that it is the content of, where a paragraph before has that name alone
    """

    page: Path
    line: int
    language: str
    text: str
    note: Optional[Tuple[str, str]] = None
    file: Optional[str] = None

    @property
    def place(self) -> str:
        """Where it stands, for people and as the name of a test."""
        return "%s:%d" % (self.page.relative_to(ROOT), self.line)

    def noted(self, key: str) -> Optional[str]:
        """Return what a comment before it says, or None where none says such a thing."""
        return self.note[1] if self.note is not None and self.note[0] == key else None


def blocks(page: Path) -> Tuple[Block, ...]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()]
        comment = _COMMENT.search(before)
        file = _FILE.search(before[: comment.start()] if comment else before)
        found.append(
            Block(
                page,
                before.count("\n") + 1,
                fence["language"],
                re.sub("^%s" % fence["indent"], "", fence["text"], flags=re.M),
                (comment["key"], comment["value"]) if comment else None,
                file["name"] if file else None,
            )
        )
    return tuple(found)


def code_lines(page: Path) -> Iterator[Tuple[int, str]]:
    """Give the lines of code, fenced or indented, each with its number; continued ones joined."""
    fenced = False
    begun, start = "", 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            start = start if begun else number
            begun += line.strip()
            if begun.endswith("\\"):
                begun = begun[:-1]
                continue
            yield start, begun
            begun = ""


def links(page: Path) -> Iterator[str]:
    """Give the targets of links, but not those in code or to other sites."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"^ {4}.*$|`[^`\n]*`", "", text, flags=re.M)
    for link in _LINK.finditer(text):
        if not re.match(r"[a-z]+:", link["target"]):
            yield link["target"]


def anchors(page: Path) -> List[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for included in re.findall(r"^```\{include\} (.*)$", page.read_text(encoding="utf-8"), re.M):
        if (page.parent / included).exists():  # else `make docs` makes it
            text += (page.parent / included).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.*?)\s*$", text, re.M)
    return [_slug(heading) for heading in headings]


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().replace(" ", "-")
    return re.sub(r"[^\w-]", "", words)

"""Every link of the documentation leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links

LINKED = (
    *PAGES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(ROOT.glob("docs/decisions/*.md")),
    *sorted(ROOT.glob("examples/**/*.md")),
)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Of this repository; other sites are nobody's business here."""
    for target in links(page):
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), target
        assert ROOT in other.parents, target
        if anchor:
            assert anchor in anchors(other), target


def test_every_page_is_in_the_table_of_contents() -> None:
    """Sphinx would warn of it, but `make docs` is run less often than the tests."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    for page in ROOT.glob("docs/*.md"):
        assert page.name == "index.md" or page.stem in index, page.name

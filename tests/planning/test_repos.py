"""Repositories get the addresses that Pungi would give them."""

from __future__ import annotations

import pytest

from pungi_osbuild.model import Repo
from pungi_osbuild.planning.repos import resolve_repo, translate_path
from tests.values import a_compose, a_variant

MAPPING = (("/mnt/koji/", "https://koji.example.com/files/"), ("/mnt", "https://example.com"))


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("/mnt/koji/repos/x", "https://koji.example.com/files/repos/x"),
        ("/mnt/koji", "https://koji.example.com/files"),
        ("/mnt/kojib/x", "https://koji.example.com/filesb/x"),  # letter by letter, as in Pungi
        ("/mnt/../mnt/a//b/", "https://example.com/a/b"),
        ("/srv/x", "/srv/x"),
    ],
)
def test_the_first_prefix_that_fits_is_replaced(path: str, result: str) -> None:
    """And only at the beginning of the path."""
    assert translate_path(path, MAPPING) == result


def test_a_url_stays_as_it_is() -> None:
    """Also with $arch in it."""
    repo = Repo("https://example.com/$arch//os/", ("build",), as_dict=True)
    assert resolve_repo(repo, a_compose(), MAPPING) == repo


def test_a_path_is_translated_and_keeps_its_package_sets() -> None:
    """A repo dict stays one."""
    resolved = resolve_repo(Repo("/mnt/x", ("build",), as_dict=True), a_compose(), MAPPING)
    assert resolved == Repo("https://example.com/x", ("build",), as_dict=True)


def test_a_variant_gives_its_own_repository() -> None:
    """Below the compose, translated, $arch left for koji-osbuild."""
    compose = a_compose(topdir="/mnt/composes/Example-1")
    resolved = resolve_repo(Repo("Server"), compose, MAPPING)
    url = "https://example.com/composes/Example-1/compose/Server/$arch/os"
    assert resolved == Repo(url)


def test_a_variant_that_is_not_there_or_empty_has_none() -> None:
    """What is said of it is a matter of the plan."""
    compose = a_compose(variants=(a_variant(uid="Empty", repositories=()),))
    for name in ("Server", "Empty"):
        assert resolve_repo(Repo(name), compose, ()) is None

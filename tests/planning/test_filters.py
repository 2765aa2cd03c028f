"""Names in lists that only filter: a misspelt one selects nothing, and is told."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.config.arches import ARCHES, meant_arch
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning import plan
from pungi_osbuild.problems import Problem, Severity, has_errors
from tests.values import a_compose, a_variant

BOTH = ("aarch64", "x86_64")


def planned(
    pattern: str = "^Server$", top: Any = None, **block: Any
) -> Tuple[List[Problem], Tuple[ImageRequest, ...]]:
    """Return what is told of one block, and its requests, for Server and Client."""
    written = {"name": "n", "distro": "rhel-9.4", "image_types": "guest-image", **block}
    config: Dict[str, Any] = {"osbuild_target": "t", "osbuild": {pattern: [written]}, **(top or {})}
    reading = read_config(Source("/x.conf", config))
    assert reading.config is not None
    variants = tuple(a_variant(uid=uid, id=uid, repositories=()) for uid in ("Client", "Server"))
    found = plan(reading.config, a_compose(variants=variants), builders_see_topdir=False)
    return [*reading.problems, *found.problems], found.requests


def told(**options: Any) -> List[Tuple[str, str, str]]:
    """Return code, place and hint of each warning; there is nothing else."""
    problems, _ = planned(**options)
    assert not has_errors(problems)
    return [
        (one.code, one.place.replace('osbuild["^Server$"][0].', ""), one.hint)
        for one in problems
        if one.severity is Severity.WARNING
    ]


@pytest.mark.parametrize(
    ("arch", "hint"),
    [
        ("x86-64", "Did you mean x86_64?"),
        ("amd64", "Did you mean x86_64?"),
        ("arm64", "Did you mean aarch64?"),
        ("AARCH64", "Did you mean aarch64?"),
        ("ppc64", "Did you mean ppc64le?"),
        ("s390", "Did you mean s390x?"),
        ("nonsense", "Remove it: it selects nothing."),
        ("ppc64le", None),
        ("i386", None),
        ("riscv64", None),
        ("x86_64", None),
    ],
)
def test_an_arch_of_tree_arches_that_is_none(arch: str, hint: Optional[str]) -> None:
    """One that another compose may have is fine."""
    expected = [] if hint is None else [("unknown-arch", "tree_arches[1]", hint)]
    assert told(top={"tree_arches": ["aarch64", arch]}) == expected


def test_a_variant_of_tree_variants_that_is_none() -> None:
    """With the one that it is like."""
    assert told(top={"tree_variants": ["Server", "Cleint"]}) == [
        ("unknown-variant", "tree_variants[1]", "Did you mean Client?")
    ]
    assert told(top={"tree_variants": ["Server", "Client"]}) == []


@pytest.mark.parametrize(
    ("pattern", "near"),
    [
        ("^(Server|client)$", "Client"),
        ("^(Server|Cleint)$", "Client"),
        ("^Server$|^CLIENT$", "Client"),
        ("^(Server|Client)$", None),
        ("^(Server|Workstation)$", None),
        ("^Serv.*$", None),
        (".*", None),
        ("^(?!Client).*$", None),
    ],
)
def test_a_name_in_a_pattern_that_leaves_a_variant_out(pattern: str, near: Optional[str]) -> None:
    """A pattern that matches nothing at all is told anyway."""
    found = [one for one in planned(pattern=pattern)[0] if one.code == "unmatched-pattern"]
    assert [one.hint for one in found] == ([] if near is None else ["Did you mean %s?" % near])


@pytest.mark.parametrize("pattern", ["^server$", "^SERVER$", "^Sever$"])
def test_a_pattern_that_matches_nothing_is_like_a_variant(pattern: str) -> None:
    """Whatever its case."""
    (problem,) = [one for one in planned(pattern=pattern)[0] if one.code == "unmatched-pattern"]
    assert problem.hint == "Did you mean Server?"


@pytest.mark.parametrize(
    ("failable", "can_fail", "is_told"),
    [
        ([], [False, False], False),
        (["aarch64"], [True, False], False),
        (["*"], [True, True], False),
        (["x86_65"], [True, True], True),
        (["arm64"], [True, True], True),
        (["aarch64", "x86_65"], [True, True], True),
        (["s390x"], [False, False], False),
    ],
)
@pytest.mark.parametrize("arches", [None, list(BOTH)])
def test_an_entry_of_failable_that_is_no_arch(
    failable: List[str], can_fail: List[bool], is_told: bool, arches: Optional[List[str]]
) -> None:
    """In-tree any entry makes the block failable: one that is no arch can mean nothing else."""
    block: Dict[str, Any] = {"failable": failable, **({"arches": arches} if arches else {})}
    problems, requests = planned(**block)
    assert [request.can_fail for request in requests] == can_fail
    codes = [one.code for one in problems]
    # A block that names its arches is told of every other one.
    assert ("failable-arch" in codes) == (is_told or (arches is not None and "s390x" in failable))


@pytest.mark.parametrize(
    ("option", "written", "is_told"),
    [
        ("repo", ["https://e.example/x86_64/os"], True),
        ("repo", ["https://a.example", {"baseurl": "https://e.example/os-aarch64"}], True),
        ("repo", ["https://e.example/$arch/os"], False),
        ("repo", ["https://e.example/my_x86_64_tree/os"], False),
        ("ostree_ref", "fedora/41/x86_64/iot", True),
        ("ostree_parent", "fedora/41/x86_64/iot", True),
        ("ostree_ref", "fedora/41/$arch/iot", False),
    ],
)
def test_an_arch_that_is_written_where_several_are_built(
    option: str, written: Any, is_told: bool
) -> None:
    """The other arches would get its packages; a block for that arch alone may say so."""
    block = {option: written, "image_types": "edge-commit", "ostree_url": "https://o.example"}
    found = [one for one in told(**block) if one[0] == "fixed-arch"]
    assert bool(found) == is_told
    alone = "aarch64" if "aarch64" in str(written) else "x86_64"
    assert not [one for one in told(**block, arches=[alone]) if one[0] == "fixed-arch"]


def test_arches_of_other_worlds_are_translated() -> None:
    """Where they leave nothing to build, and where they only leave something out."""
    for arches, code in ((["amd64", "arm64"], "no-task"), (["x86_64", "arm64"], "missing-arch")):
        ((problem,), _) = planned(arches=arches)
        assert problem.code == code
        assert problem.hint.startswith("Did you mean ")
        assert "aarch64" in problem.hint


@given(st.sampled_from(sorted(ARCHES)))
def test_an_arch_is_meant_by_its_own_name(arch: str) -> None:
    """And no arch is taken for another one that there is."""
    assert meant_arch(arch, ARCHES) == arch
    assert meant_arch(arch, ["x86_64", "aarch64"]) in {
        None,
        arch if arch in ("x86_64", "aarch64") else None,
    }

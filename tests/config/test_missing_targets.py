"""What many blocks lack for one reason is one problem; what is only unknown is no error."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.problems import Problem, Severity

BLOCK = {"name": "n", "distro": "rhel-9.4", "image_types": "guest-image"}


def problems(blocks: int, **top: Any) -> Tuple[Problem, ...]:
    section = {"^Server$": [dict(BLOCK, name="n%d" % number) for number in range(blocks)]}
    return read_config(Source("/x.conf", {**top, "osbuild": section})).problems


def told(blocks: int, **top: Any) -> List[Tuple[str, str, Severity]]:
    return [(found.code, found.place, found.severity) for found in problems(blocks, **top)]


@pytest.mark.parametrize("blocks", [1, 2, 12, 75])
def test_blocks_without_a_target_are_one_error(blocks: int) -> None:
    """With their number, and the first of them."""
    (problem,) = problems(blocks)
    assert (problem.code, problem.severity) == ("missing-target", Severity.ERROR)
    assert problem.place == 'osbuild["^Server$"][0]'
    assert ("%d blocks" % blocks in problem.message) == (blocks > 1)


@pytest.mark.parametrize("typo", ["osbuild_targt", "osbuild_tarket", "global_targt"])
@pytest.mark.parametrize("blocks", [1, 40])
def test_a_misspelt_target_is_the_cause(typo: str, blocks: int) -> None:
    """And so the one error; where there is a target all the same, it is a warning."""
    other: Dict[str, Any] = {typo: "t"}
    assert told(blocks, **other) == [("unknown-key", typo, Severity.ERROR)]
    assert "_target?" in problems(blocks, **other)[0].hint
    right = "global_target" if typo.startswith("osbuild") else "osbuild_target"
    assert told(blocks, **other, **{right: "t"}) == [("unknown-key", typo, Severity.WARNING)]


def test_some_blocks_lack_a_target() -> None:
    """Those that have one are not counted."""
    blocks = [dict(BLOCK, target="t"), BLOCK, dict(BLOCK, target="")]
    (problem,) = read_config(Source("/x.conf", {"osbuild": {"^Server$": blocks}})).problems
    assert problem.place == 'osbuild["^Server$"][1]'
    assert "2 blocks" in problem.message


@pytest.mark.parametrize(
    "key", ["osbuild_repos", "osbuild_common", "osbuild_x", "osbuild_realease", "osbuild_verfy"]
)
def test_an_unknown_option_at_the_top_is_a_warning(key: str) -> None:
    """As in Pungi: it may be a variable of the config itself, which has no others."""
    assert told(1, osbuild_target="t", **{key: ["AppStream"]}) == [
        ("unknown-key", key, Severity.WARNING)
    ]


@pytest.mark.parametrize(
    ("key", "is_told"),
    [
        ("translate_path", True),
        ("koji_profil", True),
        ("variant_file", True),
        ("media_checksum", True),
        ("global_ksurl", False),
        ("gather_method", False),
        ("release_is_layered", False),
        ("koji_event", False),
    ],
)
def test_a_near_miss_of_an_option_of_pungis(key: str, is_told: bool) -> None:
    """Of those that are read here; Pungi has many more, of which nothing is said."""
    assert bool(told(1, osbuild_target="t", **{key: "x"})) == is_told

"""Allocating releases: the N-V-R rule (docs/decisions/0001), in all its cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Set, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.errors import HubError
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.phase.releases import LIMIT, allocate
from tests.values import a_request, an_identity, an_image_config


class Registry:
    """A hub's memory of N-V-Rs."""

    def __init__(self, number: Optional[int], taken: Iterable[str] = ()) -> None:
        self.number = number
        self.in_use = set(taken)
        self.asked: List[Tuple[str, str]] = []

    def next_number(self, name: str, version: str) -> Optional[int]:
        self.asked.append((name, version))
        return self.number

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        return self.in_use & set(nvrs)


def unreleased(number: int, arch: str = "x86_64", **changes: object) -> ImageRequest:
    """A request that waits for a release."""
    block = an_image_config(release=None, place='osbuild["^Server$"][%d]' % number)
    request = a_request(
        number=number, config=block, base_release=None, release_from_hub=True, arches=(arch,)
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def releases(requests: Iterable[ImageRequest], registry: Registry) -> List[Optional[str]]:
    return [request.release for request in allocate(requests, registry, an_identity())]


def test_a_configured_release_is_kept_and_the_hub_not_asked() -> None:
    """Only what has no release gets one."""
    registry = Registry(7)
    assert releases([a_request()], registry) == ["5"]
    assert registry.asked == []


def test_the_hub_is_asked_once_for_each_name_and_version() -> None:
    """Blocks of one name and version get consecutive numbers."""
    registry = Registry(2)
    assert releases([unreleased(0), unreleased(1), unreleased(2)], registry) == ["2", "3", "4"]
    assert registry.asked == [("example-guest", "1")]


def test_the_arches_of_one_block_share_their_number() -> None:
    """A split block: the release ends in the arch, and counts up past both arches' N-V-Rs."""
    one = unreleased(0, "aarch64", split=True)
    other = replace(unreleased(1, "x86_64", split=True), config=one.config)
    registry = Registry(1, ["example-guest-1-1.x86_64", "example-guest-1-2.aarch64"])
    assert releases([one, other], registry) == ["3.aarch64", "3.x86_64"]


def test_numbers_that_are_taken_are_passed_over() -> None:
    """``getNextRelease`` follows the newest build, not the highest number."""
    registry = Registry(1, ["example-guest-1-%d" % number for number in range(1, 21)])
    assert releases([unreleased(0), unreleased(1)], registry) == ["21", "22"]


def test_a_number_that_the_config_uses_is_passed_over() -> None:
    """A configured release of the same name and version is not given twice."""
    configured = a_request(number=0, base_release="3")
    assert releases([configured, unreleased(1)], Registry(3)) == ["3", "4"]


def test_where_the_hub_cannot_say_the_compose_does() -> None:
    """ "Unable to increment": ``date.respin``, its last part counted up."""
    registry = Registry(None, ["example-guest-1-20261123.0"])
    assert releases([unreleased(0), unreleased(1)], registry) == ["20261123.1", "20261123.2"]


def test_what_the_run_has_in_flight_is_passed_over() -> None:
    """The hub does not know a build whose task has not started; the run does."""
    in_flight = unreleased(1).with_release("2")
    waiting = unreleased(0)
    registry = Registry(2)
    (request,) = allocate([waiting], registry, an_identity(), others=[in_flight])
    assert request.release == "3"


def test_a_release_whose_file_is_another_block_s_is_passed_over() -> None:
    """A split block's file is called like that of one that is not split."""
    configured = a_request(number=0, base_release="3", split=True)
    assert releases([configured, unreleased(1)], Registry(3)) == ["3.x86_64", "4"]


def test_giving_up_is_an_error() -> None:
    """A hub on which everything is taken does not make the run count for ever."""

    class Full(Registry):
        def taken(self, nvrs: Iterable[str]) -> Set[str]:
            return set(nvrs)

    with pytest.raises(HubError, match=str(LIMIT)):
        releases([unreleased(0)], Full(1))


@given(
    first=st.one_of(st.none(), st.integers(min_value=0, max_value=30)),
    blocks=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]), st.sets(st.sampled_from(["aarch64", "x86_64"]), min_size=1)
        ),
        max_size=6,
    ),
    taken=st.sets(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 40), st.sampled_from(["", ".x86_64"]))
    ),
)
def test_no_two_requests_get_one_nvr_and_none_gets_a_taken_one(
    first: Optional[int],
    blocks: List[Tuple[str, Set[str]]],
    taken: Set[Tuple[str, int, str]],
) -> None:
    """Whatever the hub holds: all get a release, and all N-V-Rs are free and different."""
    requests: List[ImageRequest] = []
    for name, arches in blocks:
        block = an_image_config(
            name=name, release=None, place='osbuild["^Server$"][%d]' % len(requests)
        )
        for arch in sorted(arches):
            requests.append(
                replace(unreleased(len(requests), arch), config=block, split=len(arches) > 1)
            )
    registry = Registry(first, ["%s-1-%d%s" % item for item in taken])
    allocated = allocate(requests, registry, an_identity())
    nvrs = [request.nvr for request in allocated]
    assert None not in nvrs
    assert len(set(nvrs)) == len(nvrs) == len(requests)
    assert not registry.in_use & set(filter(None, nvrs))
    shared: Dict[str, Set[Optional[str]]] = {}
    for request in allocated:
        shared.setdefault(request.config.place, set()).add(request.base_release)
    assert all(len(bases) == 1 for bases in shared.values())

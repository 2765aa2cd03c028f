"""Allocating releases: the N-V-R rule (docs/decisions/0001), in all its cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Set, Tuple, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koji_rehearsal import HubSettings
from pungi_osbuild.errors import HubError
from pungi_osbuild.hub import NextRelease
from pungi_osbuild.model import ImageRequest
from pungi_osbuild.planning.releases import LIMIT, allocate
from tests.run.test_cancel import a_scene
from tests.run.test_cancel import wanted as wanted_image
from tests.values import a_request, an_identity, an_image_config


class NvrRegistry:
    """A hub's memory of N-V-Rs."""

    def __init__(
        self,
        release: Union[int, str, None],
        taken: Iterable[str] = (),
        newest: Optional[str] = None,
    ) -> None:
        self.answer = NextRelease(None if release is None else str(release), newest)
        self.in_use = set(taken)
        self.asked: List[Tuple[str, str]] = []

    def next_release(self, name: str, version: str) -> NextRelease:
        self.asked.append((name, version))
        return self.answer

    def taken(self, nvrs: Iterable[str]) -> Set[str]:
        return self.in_use & set(nvrs)


def unreleased(number: int, arch: str = "x86_64", **changes: object) -> ImageRequest:
    """A request that waits for a release."""
    block = an_image_config(release=None, place='osbuild["^Server$"][%d]' % number)
    request = a_request(
        number=number, config=block, base_release=None, release_from_hub=True, arches=(arch,)
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def releases(requests: Iterable[ImageRequest], registry: NvrRegistry) -> List[Optional[str]]:
    return [request.release for request in allocate(requests, registry, an_identity())]


def test_a_configured_release_is_kept_and_the_hub_not_asked() -> None:
    """Only what has no release gets one."""
    registry = NvrRegistry(7)
    assert releases([a_request()], registry) == ["5"]
    assert registry.asked == []


def test_the_hub_is_asked_once_for_each_name_and_version() -> None:
    """Blocks of one name and version get consecutive numbers."""
    registry = NvrRegistry(2)
    assert releases([unreleased(0), unreleased(1), unreleased(2)], registry) == ["2", "3", "4"]
    assert registry.asked == [("example-guest", "1")]


def test_the_arches_of_one_block_share_their_number() -> None:
    """A split block: the release ends in the arch, and counts up past both arches' N-V-Rs."""
    one = unreleased(0, "aarch64", split=True)
    other = replace(unreleased(1, "x86_64", split=True), config=one.config)
    registry = NvrRegistry(1, ["example-guest-1-1.x86_64", "example-guest-1-2.aarch64"])
    assert releases([one, other], registry) == ["3.aarch64", "3.x86_64"]


def test_numbers_that_are_taken_are_passed_over() -> None:
    """``getNextRelease`` follows the newest build, not the highest number."""
    registry = NvrRegistry(1, ["example-guest-1-%d" % number for number in range(1, 21)])
    assert releases([unreleased(0), unreleased(1)], registry) == ["21", "22"]


def test_a_number_that_the_config_uses_is_passed_over() -> None:
    """A configured release of the same name and version is not given twice."""
    configured = a_request(number=0, base_release="3")
    assert releases([configured, unreleased(1)], NvrRegistry(3)) == ["3", "4"]


def test_where_the_hub_cannot_say_the_compose_does() -> None:
    """ "Unable to increment": ``date.respin``, its last part counted up."""
    registry = NvrRegistry(None, ["example-guest-1-20261123.0"])
    assert releases([unreleased(0), unreleased(1)], registry) == ["20261123.1", "20261123.2"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("20240101.n.1", ["20240101.n.1", "20240101.n.2"]),
        ("20240102.0", ["20240102.0", "20240103.0"]),
        ("41.1.5", ["41.1.5", "41.1.6"]),
        ("7.fc41", ["7.fc41", "8.fc41"]),
        ("20240102", ["20240102", "20240103"]),
        ("2.x86_64", ["2", "3"]),
        ("3.s390x.x86_64", ["3", "4"]),
    ],
)
def test_the_hubs_own_answer_is_used_and_counted_up_as_it_counts(
    answer: str, wanted: List[str], caplog: pytest.LogCaptureFixture
) -> None:
    """But for an arch at its end, which another arch could not have."""
    assert releases([unreleased(0), unreleased(1)], NvrRegistry(answer)) == wanted
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("newest", "wanted"),
    [
        ("20240101.n.0.x86_64", "20240101.n.1"),
        ("41.1.4.aarch64", "41.1.5"),
        ("0.1.fc41", "20261123.0"),
        ("1.2.3.4", "20261123.0"),
        ("abc", "20261123.0"),
        ("20261123.1.2.3", "20261124.0"),
        ("30000101.a.b", "30000102.0"),
        (None, "20261123.0"),
    ],
)
def test_what_the_hub_cannot_count_up(
    newest: Optional[str], wanted: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its arch it can be counted; else the compose's own, never lower, and it is said."""
    assert releases([unreleased(0)], NvrRegistry(None, newest=newest)) == [wanted]
    assert ("cannot increment the release" in caplog.text) == wanted.endswith(".0")


def test_an_answer_of_another_form_is_not_guessed_at(caplog: pytest.LogCaptureFixture) -> None:
    """A hub may have a rule of its own."""
    assert releases([unreleased(0)], NvrRegistry("1~rc2")) == ["20261123.0"]
    assert "the compose's own, 20261123.0" in caplog.text


def test_what_the_run_has_in_flight_is_passed_over() -> None:
    """The hub does not know a build whose task has not started; the run does."""
    in_flight = unreleased(1).with_release("2")
    waiting = unreleased(0)
    registry = NvrRegistry(2)
    (request,) = allocate([waiting], registry, an_identity(), others=[in_flight])
    assert request.release == "3"


def test_a_release_whose_file_is_another_block_s_is_passed_over() -> None:
    """A split block's file is called like that of one that is not split."""
    configured = a_request(number=0, base_release="3", split=True)
    assert releases([configured, unreleased(1)], NvrRegistry(3)) == ["3.x86_64", "4"]


def test_giving_up_is_an_error() -> None:
    """A hub on which everything is taken does not make the run count for ever."""

    class Full(NvrRegistry):
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
    registry = NvrRegistry(first, ["%s-1-%d%s" % item for item in taken])
    allocated = allocate(requests, registry, an_identity())
    nvrs = [request.nvr for request in allocated]
    assert None not in nvrs
    assert len(set(nvrs)) == len(nvrs) == len(requests)
    assert not registry.in_use & set(filter(None, nvrs))
    shared: Dict[str, Set[Optional[str]]] = {}
    for request in allocated:
        shared.setdefault(request.config.place, set()).add(request.base_release)
    assert all(len(bases) == 1 for bases in shared.values())


@pytest.mark.parametrize(
    ("there", "wanted"),
    [("20240101.n.0", "20240101.n.1"), ("0.1.fc41", "20261123.0"), ("5.x86_64", "6"), ("5", "6")],
)
def test_the_release_after_one_that_is_there(there: str, wanted: str, tmp_path: Path) -> None:
    """Two composes against one hub: the second has no release of its own."""
    with a_scene(tmp_path, HubSettings(duration=0)) as scene:
        first = replace(wanted_image(0), base_release=there)
        assert scene.run([first]).outcomes[0].ok
        second = replace(wanted_image(0), base_release=None, release_from_hub=True)
        scene.compose = replace(scene.compose, topdir=str(tmp_path / "another"))
        (outcome,) = scene.run([second]).outcomes
        assert outcome.ok
        assert outcome.request.base_release == wanted

"""What would fail for certain is found before anything is submitted, in two requests."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Optional, Sequence, Tuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pungi_osbuild.errors import ReplyError
from pungi_osbuild.hub import Call, Hub, HubFaultError, Profile, Reply, read_profile
from pungi_osbuild.model import ImageRequest, Problem, Severity
from pungi_osbuild.phase.preflight import preflight
from pungi_osbuild.rehearsal import HubContent, HubTag, HubTarget, write_profile
from tests.rehearsal.desk import Desk, a_desk
from tests.values import a_request, an_image_config

STRICT = replace(HubContent.golden(), strict=True)
"""The real hub's content; what it does not hold does not exist."""

TAKEN = "rig-image-41-1"
Found = Dict[int, Tuple[Problem, ...]]


class Scene:
    """A rehearsal hub with a build of :data:`TAKEN`, and the phase's own session with it."""

    def __init__(self, desk: Desk, hub: Hub) -> None:
        self.desk = desk
        self.hub = hub

    def look(self, *requests: ImageRequest, own: FrozenSet[str] = frozenset()) -> Found:
        return preflight(self.hub, requests, own)

    def codes(self, *requests: ImageRequest, own: FrozenSet[str] = frozenset()) -> Dict[int, Any]:
        found = self.look(*requests, own=own)
        return {number: [one.code for one in found[number]] for number in found}

    def asked(self, *requests: ImageRequest) -> Tuple[int, List[str]]:
        """Return how many HTTP requests looking makes, and the methods that it calls."""
        before, calls = self.desk.hub.counters.requests, len(self.desk.hub.calls)
        self.look(*requests)
        after = self.desk.hub.counters.requests
        return after - before, [call.method for call in self.desk.hub.calls[calls:]]


@contextmanager
def connected(desk: Desk, folder: Path) -> Iterator[Scene]:
    profile = folder / "profile.conf"
    write_profile(profile, desk.hub, "practice")
    with Hub(read_profile("practice", profile)) as hub:
        yield Scene(desk, hub)


@contextmanager
def a_scene(folder: Path, content: HubContent = STRICT, *faults: str) -> Iterator[Scene]:
    with a_desk(folder / "top", *faults, content=content) as desk:
        desk.build("rig-image", "41", opts={"release": "1"})
        with connected(desk, folder) as scene:
            yield scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Looking changes nothing, so one hub is enough for all who only look."""
    with a_scene(tmp_path_factory.mktemp("strict")) as one:
        yield one


def wanted(
    target: str = "f41-images",
    name: str = "rig-image",
    number: int = 0,
    release: Optional[str] = None,
    can_fail: bool = False,
    skip_tag: bool = False,
) -> ImageRequest:
    """A request as the plan makes them, of version 41."""
    config = an_image_config(
        place='osbuild["^Server$"][%d]' % number,
        name=name,
        target=target,
        release=release,
        skip_tag=skip_tag,
    )
    return a_request(
        number=number,
        config=config,
        version="41",
        base_release=release,
        release_from_hub=release is None,
        can_fail=can_fail,
    )


def only(found: Found) -> Problem:
    """Return the one problem of the one request that has any."""
    ((problem,),) = found.values()
    return problem


@pytest.mark.parametrize("target", ["f41-images", "f41-images-child"])
def test_what_can_be_built_has_no_problem(scene: Scene, target: str) -> None:
    """A tag takes what is in its own list or in an inherited one; a free N-V-R is free."""
    assert scene.look(wanted(target), wanted(target, number=1, release="2")) == {}


def test_a_target_that_does_not_exist(scene: Scene) -> None:
    """With the command that shows those that do."""
    assert only(scene.look(wanted("f41-nope"))) == Problem(
        "unknown-target",
        Severity.ERROR,
        'osbuild["^Server$"][0]',
        'the Koji target "f41-nope" does not exist',
        "Choose one that `koji --profile=practice list-targets` shows.",
    )


def test_a_tag_that_is_locked(scene: Scene) -> None:
    """Its list is inherited, so this is all that is wrong."""
    problem = only(scene.look(wanted("f41-images-locked")))
    assert (problem.code, problem.severity) == ("tag-locked", Severity.ERROR)
    assert problem.message == (
        'builds of the Koji target "f41-images-locked" go to the tag "f41-images-locked",'
        " which is locked"
    )
    assert "`koji --profile=practice edit-tag --unlock f41-images-locked`" in problem.hint
    assert "another target" in problem.hint
    assert "skip_tag" in problem.hint


@pytest.mark.parametrize(
    "target, tag, name",
    [
        ("f41-images-empty", "f41-images-empty", "rig-image"),
        ("f41-images", "f41-images-candidate", "no-such-package"),
        ("f41-images", "f41-images-candidate", "blocked-image"),
        ("f41-images-child", "f41-images-child", "blocked-image"),
    ],
    ids=["empty", "unknown", "blocked", "blocked in the parent"],
)
def test_a_package_that_the_tag_does_not_take(
    scene: Scene, target: str, tag: str, name: str
) -> None:
    """With the command that mends it."""
    problem = only(scene.look(wanted(target, name)))
    assert (problem.code, problem.severity) == ("package-not-listed", Severity.ERROR)
    assert problem.place == 'osbuild["^Server$"][0]'
    for word in (target, tag, name):
        assert '"%s"' % word in problem.message
    assert "`koji --profile=practice add-pkg --owner=OWNER %s %s`" % (tag, name) in problem.hint
    assert "`koji --profile=practice unblock-pkg %s %s`" % (tag, name) in problem.hint
    assert "skip_tag" in problem.hint


def test_an_nvr_that_is_taken(scene: Scene) -> None:
    """As the hub would say after the build; a request without a release gets a free one."""
    problem = only(scene.look(wanted(release="1"), wanted(number=1)))
    assert (problem.code, problem.severity) == ("nvr-taken", Severity.ERROR)
    assert TAKEN in problem.message
    assert problem.hint


def test_an_nvr_of_a_build_that_failed_is_free(tmp_path: Path) -> None:
    """Koji uses it again."""
    with a_scene(tmp_path, STRICT, "build:arch=x86_64") as scene:
        assert scene.desk.session().getBuild(TAKEN)["state"] == 3
        assert scene.look(wanted(release="1")) == {}


def test_an_nvr_of_this_very_compose_is_not_taken(scene: Scene) -> None:
    """What an earlier run has built is not in the way of the next; another's is."""
    assert scene.look(wanted(release="1"), own=frozenset({TAKEN})) == {}
    assert scene.codes(wanted(release="1"), own=frozenset({"rig-image-41-2"})) == {0: ["nvr-taken"]}


def test_without_tagging_neither_lock_nor_list_matters(scene: Scene) -> None:
    """``skip_tag``: the target must exist all the same, and the N-V-R be free."""
    requests = (
        wanted("f41-images-locked", skip_tag=True),
        wanted("f41-images-empty", number=1, skip_tag=True),
        wanted("f41-images", "blocked-image", number=2, skip_tag=True),
        wanted("f41-nope", number=3, skip_tag=True),
        wanted("f41-images-empty", number=4, release="1", skip_tag=True),
    )
    assert scene.codes(*requests) == {3: ["unknown-target"], 4: ["nvr-taken"]}
    assert scene.asked(*requests) == (1, [*["getBuildTarget"] * 4, "getBuild"])


def test_skip_tag_of_one_block_says_nothing_of_another(scene: Scene) -> None:
    """Even where target and package are the same."""
    skipping = wanted("f41-images-locked", skip_tag=True)
    assert scene.codes(skipping, wanted("f41-images-locked", number=1)) == {1: ["tag-locked"]}


@pytest.mark.parametrize(
    "wrong",
    [
        wanted("f41-nope"),
        wanted("f41-images-locked"),
        wanted("f41-images-empty"),
        wanted(release="1"),
    ],
    ids=["unknown-target", "tag-locked", "package-not-listed", "nvr-taken"],
)
def test_of_what_may_fail_it_is_a_warning(scene: Scene, wrong: ImageRequest) -> None:
    """The same problem, and that request fails by itself."""
    error = only(scene.look(wrong))
    warning = only(scene.look(replace(wrong, can_fail=True)))
    assert error.severity is Severity.ERROR
    assert warning == replace(error, severity=Severity.WARNING)


def test_everything_is_found_at_once(tmp_path: Path) -> None:
    """All problems of all requests, and several of one."""
    content = replace(
        STRICT,
        tags=(*STRICT.tags, HubTag("sealed", locked=True)),
        targets=(*STRICT.targets, HubTarget("sealed", "f41-images-build", "sealed")),
    )
    with a_scene(tmp_path, content) as scene:
        requests = (
            wanted(),
            wanted("f41-nope", number=1, release="1"),
            wanted("f41-images-locked", number=2),
            wanted("f41-images-empty", number=3, release="1"),
            wanted("f41-images-child", number=4),
            wanted("f41-images", "blocked-image", number=5, can_fail=True),
            wanted("sealed", number=6, release="1"),
        )
        found = scene.look(*requests)
        assert {number: [one.code for one in found[number]] for number in found} == {
            1: ["unknown-target", "nvr-taken"],
            2: ["tag-locked"],
            3: ["package-not-listed", "nvr-taken"],
            5: ["package-not-listed"],
            6: ["tag-locked", "package-not-listed", "nvr-taken"],
        }
        for number, problems in found.items():
            assert {one.place for one in problems} == {requests[number].config.place}
            assert {one.is_error for one in problems} == {number != 5}
            assert all(one.hint for one in problems)


def test_a_blocks_requests_have_equal_problems(scene: Scene) -> None:
    """So whoever shows them shows each once."""
    one = replace(wanted("f41-images-locked"), arches=("x86_64",))
    found = scene.look(one, replace(one, number=1, arches=("aarch64",)))
    assert found[0] == found[1]


def test_fifty_requests_cost_two(scene: Scene) -> None:
    """Whatever is asked is asked once."""
    targets = ("f41-images", "f41-images-child", "f41-images-locked", "f41-nope")
    requests = [
        wanted(targets[number % 4], "img-%03d" % (number % 5 + 1), number, str(number))
        for number in range(50)
    ]
    made, methods = scene.asked(*requests)
    assert made == 2
    assert Counter(methods) == {
        "getBuildTarget": 4,
        "getBuild": 50,
        "getTag": 3,
        "checkTagPackage": 3 * 5,
    }


@pytest.mark.parametrize(
    "requests, methods",
    [
        ([], []),
        ([wanted("f41-nope"), wanted("no-such", number=1)], ["getBuildTarget"] * 2),
        ([wanted(skip_tag=True)], ["getBuildTarget"]),
    ],
    ids=["no request", "no target", "all skip_tag"],
)
def test_where_nothing_is_to_be_tagged_no_tag_is_asked_for(
    scene: Scene, requests: List[ImageRequest], methods: List[str]
) -> None:
    """One request is enough then, or none."""
    assert scene.asked(*requests) == (min(len(methods), 1), methods)


def test_a_hub_that_is_not_strict_takes_everything(tmp_path: Path) -> None:
    """A rehearsal adds targets and packages on first use."""
    with a_scene(tmp_path, HubContent.golden()) as scene:
        requests = [
            wanted("any-target", "any-package"),
            wanted("any-target", "rig-image", number=1),
            wanted("another", "Fedora-IoT", number=2, release="9"),
            wanted("f41-images", "any-package", number=3),
        ]
        assert scene.look(*requests) == {}


def test_a_rehearsals_own_hub_has_what_the_plan_wants(tmp_path: Path) -> None:
    """As ``rehearse`` seeds it, and even if it were strict."""
    requests = [wanted("t", "p"), wanted("u", "p", number=1), wanted("t", "q", number=2)]
    content = replace(HubContent.wanted_by(requests), strict=True)
    with a_desk(tmp_path / "top", content=content) as desk, connected(desk, tmp_path) as scene:
        assert scene.look(*requests) == {}


REQUESTS = st.builds(
    wanted,
    target=st.sampled_from(
        ["f41-images", "f41-images-child", "f41-images-locked", "f41-images-empty", "f41-nope"]
    ),
    name=st.sampled_from(["rig-image", "blocked-image", "Fedora-IoT"]),
    release=st.sampled_from([None, "1", "2"]),
    can_fail=st.booleans(),
    skip_tag=st.booleans(),
)


@settings(max_examples=50)
@given(requests=st.lists(REQUESTS, max_size=6), order=st.randoms(use_true_random=False))
def test_each_request_is_judged_by_itself(
    scene: Scene, requests: List[ImageRequest], order: random.Random
) -> None:
    """Neither the order nor the others matter, and equal requests have equal problems."""
    numbered = [replace(request, number=number) for number, request in enumerate(requests)]
    found = scene.look(*numbered)
    shuffled = list(numbered)
    order.shuffle(shuffled)
    assert scene.look(*shuffled) == found
    for request in numbered:
        problems = found.get(request.number, ())
        assert scene.look(request).get(request.number, ()) == problems
        assert tuple(one.code for one in problems) == expected(request)


def expected(request: ImageRequest) -> Tuple[str, ...]:
    """Return what is wrong with a request, as the strict content and its one build have it."""
    config = request.config
    tagged = not config.skip_tag
    locked = config.target == "f41-images-locked"
    listed = config.target != "f41-images-empty" and config.name != "blocked-image"
    exists = config.target != "f41-nope"
    wrong = {
        "unknown-target": not exists,
        "tag-locked": exists and tagged and locked,
        "package-not-listed": exists and tagged and not listed,
        "nvr-taken": request.nvr == TAKEN,
    }
    return tuple(code for code, is_so in wrong.items() if is_so)


class StandIn:
    """Answers as it is told: what no rehearsal hub would say."""

    def __init__(self, **replies: Reply) -> None:
        self._replies: Dict[str, Reply] = {
            "getBuildTarget": Reply({"name": "f41-images", "dest_tag_name": "candidate"}),
            "getBuild": Reply(None),
            "getTag": Reply({"name": "candidate", "locked": False}),
            "checkTagPackage": Reply(True),
            **replies,
        }
        self.profile = Profile("practice", "https://hub.example.com", "", "", "")

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        return tuple(self._replies[call.method] for call in calls)


METHODS = ["getBuildTarget", "getBuild", "getTag", "checkTagPackage"]


def answered(**replies: Reply) -> Found:
    return preflight(cast(Hub, StandIn(**replies)), [wanted(release="1")])


@pytest.mark.parametrize("method", METHODS)
def test_a_fault_of_any_call_is_raised(method: str) -> None:
    """A hub that cannot say whether something is there has not said that it is not."""
    assert answered() == {}
    fault = HubFaultError(1014, "database outage")
    with pytest.raises(HubFaultError) as caught:
        answered(**{method: Reply(fault=fault)})
    assert caught.value is fault


@pytest.mark.parametrize("method", METHODS)
def test_an_odd_reply_to_any_call_is_our_error(method: str) -> None:
    """And names the call."""
    with pytest.raises(ReplyError, match=method):
        answered(**{method: Reply("odd")})


def test_a_tags_name_cannot_slip_a_command_into_a_hint() -> None:
    """Hints are pasted into shells and shown on terminals, and the name is the hub's word."""
    target = {"name": "f41-images", "dest_tag_name": "x; rm -rf ~ \x1b[2J"}
    tag = {"name": "x", "locked": True}
    found = answered(getBuildTarget=Reply(target), getTag=Reply(tag), checkTagPackage=Reply(False))
    assert len(found[0]) == 2
    for problem in found[0]:
        assert "'x; rm -rf ~ " in problem.hint
        assert problem.hint.isprintable()
        assert problem.message.isprintable()

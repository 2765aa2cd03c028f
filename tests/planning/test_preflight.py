"""What would fail for certain is found before anything is submitted, in two requests."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Sequence, Tuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koji_rehearsal import HubContent, HubTag, HubTarget, HubUser, write_profile
from koji_rehearsal.archivetypes import ARCHIVE_TYPES
from pungi_osbuild.cli.hubsettings import content_for
from pungi_osbuild.errors import HubError, ReplyError
from pungi_osbuild.hub import Call, Hub, HubFaultError, Profile, Reply, read_profile
from pungi_osbuild.model import ImageRequest, ListedImageType
from pungi_osbuild.planning.preflight import Preflight, preflight
from pungi_osbuild.problems import Problem, Severity
from pungi_osbuild.timing import RateLimiter
from tests.conformance.desk import Desk, a_desk
from tests.values import a_request, an_image_config

STRICT = replace(HubContent.golden(), strict=True)
"""The real hub's content; what it does not hold does not exist."""

TAKEN = "rig-image-41-1"
Found = Mapping[int, Tuple[Problem, ...]]
ALWAYS = ["getLoggedInUser", "getPerms", "getArchiveTypes"]
"""What is asked whatever is requested."""


class Scene:
    """A rehearsal hub with a build of :data:`TAKEN`, and the phase's own session with it."""

    def __init__(self, desk: Desk, hub: Hub) -> None:
        self.desk = desk
        self.hub = hub

    def look(self, *requests: ImageRequest, own: FrozenSet[str] = frozenset()) -> Found:
        """Return what is wrong with requests of a user who may build images."""
        found = preflight(self.hub, requests, own)
        assert found.general == ()
        return found.by_request

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
def connected(desk: Desk, folder: Path, user: Optional[str] = None) -> Iterator[Scene]:
    """Connect without a login, or as a user."""
    profile = folder / ("%s.conf" % user)
    write_profile(profile, desk.hub, "practice")
    if user is not None:
        text = profile.read_text(encoding="utf-8").replace("noauth", "password")
        profile.write_text(text, encoding="utf-8")
    limiter = RateLimiter(rate=10000.0)
    with Hub(read_profile("practice", profile, user, "%spw" % user), limiter=limiter) as hub:
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
    arches: Tuple[str, ...] = ("x86_64",),
    image_type: str = "guest-image",
) -> ImageRequest:
    """A request as the plan makes them, of version 41."""
    config = an_image_config(
        place='osbuild["^Server$"][%d]' % number,
        name=name,
        target=target,
        release=release,
        skip_tag=skip_tag,
        image_type=image_type,
    )
    return a_request(
        number=number,
        config=config,
        version="41",
        base_release=release,
        release_from_hub=release is None,
        can_fail=can_fail,
        arches=arches,
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
    assert problem.message == (
        "%s was built already by task 1 (COMPLETE), and Koji never builds an N-V-R twice" % TAKEN
    )
    assert "`koji --profile=practice buildinfo %s`" % TAKEN in problem.hint


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
    first = [*ALWAYS, *["getBuildTarget"] * 4, "getBuild"]
    assert scene.asked(*requests) == (2, [*first, "getBuildConfig"])


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
        wanted("f41-images-perm"),
        wanted("f41-images-noarches"),
        wanted(release="1"),
    ],
    ids=[
        "unknown-target",
        "tag-locked",
        "package-not-listed",
        "tag-permission",
        "arch-not-built",
        "nvr-taken",
    ],
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
        tags=(*STRICT.tags, HubTag("sealed", locked=True, perm="sign")),
        targets=(*STRICT.targets, HubTarget("sealed", "f41-images-build-noarches", "sealed")),
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
            6: [
                "arch-not-built",
                "tag-locked",
                "tag-permission",
                "package-not-listed",
                "nvr-taken",
            ],
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
        **dict.fromkeys(ALWAYS, 1),
        "getBuildTarget": 4,
        "getBuild": 50,
        "getBuildConfig": 1,
        "getTag": 3,
        "checkTagPackage": 3 * 5,
    }


@pytest.mark.parametrize(
    "requests, methods",
    [
        ([], ALWAYS),
        ([wanted("f41-nope"), wanted("no-such", number=1)], [*ALWAYS, *["getBuildTarget"] * 2]),
    ],
    ids=["no request", "no target"],
)
def test_where_there_is_no_target_one_request_is_enough(
    scene: Scene, requests: List[ImageRequest], methods: List[str]
) -> None:
    """Who asks is asked for all the same."""
    assert scene.asked(*requests) == (1, methods)


def test_only_reading_methods_are_called(scene: Scene) -> None:
    """Looking changes nothing on the hub."""
    _, methods = scene.asked(*[wanted(release=str(number), number=number) for number in range(9)])
    assert set(methods) == {*ALWAYS, *METHODS}
    assert all(method.startswith(("get", "check")) for method in methods)


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
    content = replace(content_for(requests), strict=True)
    with a_desk(tmp_path / "top", content=content) as desk, connected(desk, tmp_path) as scene:
        assert scene.look(*requests) == {}


REQUESTS = st.builds(
    wanted,
    target=st.sampled_from(
        [
            "f41-images",
            "f41-images-child",
            "f41-images-empty",
            "f41-images-locked",
            "f41-images-noarches",
            "f41-images-perm",
            "f41-nope",
        ]
    ),
    name=st.sampled_from(["rig-image", "blocked-image", "Fedora-IoT"]),
    release=st.sampled_from([None, "1", "2"]),
    can_fail=st.booleans(),
    skip_tag=st.booleans(),
    arches=st.sampled_from([("x86_64",), ("aarch64", "x86_64"), ("riscv64",), ("i386", "x86_64")]),
    image_type=st.sampled_from(["guest-image", "wsl", "nobody-knows"]),
)
BUILT_ON = {"x86_64", "aarch64", "ppc64le", "s390x"}


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
        "arch-not-built": exists
        and (config.target == "f41-images-noarches" or not set(request.arches) <= BUILT_ON),
        "tag-locked": exists and tagged and locked,
        "tag-permission": exists and tagged and config.target == "f41-images-perm",
        "package-not-listed": exists and tagged and not listed,
        "nvr-taken": request.nvr == TAKEN,
    }
    return tuple(code for code, is_so in wrong.items() if is_so)


def test_a_user_who_may_not_build_images(tmp_path: Path) -> None:
    """One problem, however many requests there are, and an error whatever may fail."""
    with a_desk(tmp_path / "top", content=STRICT) as desk, connected(desk, tmp_path, "nobody") as s:
        requests = [wanted(number=number, can_fail=True) for number in range(3)]
        assert preflight(s.hub, requests) == Preflight(
            (
                Problem(
                    "no-image-permission",
                    "koji_profile",
                    'the user "nobody" is not allowed to build images at %s' % desk.hub.server,
                    "Ask an administrator of the hub for the permission (`koji --profile=practice"
                    " grant-permission image nobody`), or use another login.",
                ),
            )
        )
        (general,) = preflight(s.hub, ()).general
        assert general.code == "no-image-permission", "said though nothing can be requested"
        block = wanted("f41-nope")
        found = preflight(s.hub, [block, replace(block, number=1)])
        assert [one.code for one in found.problems] == ["no-image-permission", "unknown-target"]


@pytest.mark.parametrize("user", ["pungi", "admin"])
def test_an_admin_may_build_images_as_well(user: str, tmp_path: Path) -> None:
    """Although ``hasPerm("image")`` is false for him; the hub takes his task."""
    with a_desk(tmp_path / "top", content=STRICT) as desk, connected(desk, tmp_path, user) as scene:
        assert scene.look(wanted()) == {}
        arguments = ["rig-image", "41", "fedora-41", "guest-image", "f41-images", ["x86_64"]]
        assert desk.session(user).osbuildImage(*arguments, {"repo": []}) == 1


def test_nobody_is_logged_in(tmp_path: Path) -> None:
    """Tasks cannot be submitted anonymously."""
    content = replace(STRICT, anonymous=None)
    with (
        a_desk(tmp_path / "top", content=content) as desk,
        connected(desk, tmp_path) as scene,
        pytest.raises(HubError, match="nobody is logged in"),
    ):
        scene.look(wanted())


def test_a_tag_that_wants_a_permission(scene: Scene) -> None:
    """With the command that gives it."""
    problem = only(scene.look(wanted("f41-images-perm")))
    assert (problem.code, problem.severity) == ("tag-permission", Severity.ERROR)
    assert problem.message == (
        'builds of the Koji target "f41-images-perm" go to the tag "f41-images-perm", which accepts'
        ' them only from users with the permission "admin", and "pungi" does not have it'
    )
    assert "`koji --profile=practice grant-permission admin pungi`" in problem.hint
    assert "skip_tag" in problem.hint
    assert scene.look(wanted("f41-images-perm", skip_tag=True)) == {}


@pytest.mark.parametrize(
    "user, passes", [("signer", True), ("admin", False), ("pungi", False), ("both", True)]
)
def test_of_a_tags_permission_preflight_says_what_the_hub_does(
    user: str, passes: bool, tmp_path: Path
) -> None:
    """Whoever has that very permission may tag, and an admin without it may not.

    What the hub does is what becomes of the task.
    """
    content = replace(
        STRICT,
        users=(
            *STRICT.users,
            HubUser("signer", ("image", "sign")),
            HubUser("both", ("admin", "sign")),
        ),
        tags=(*STRICT.tags, HubTag("signed", perm="sign", parent="f41-images-candidate")),
        targets=(*STRICT.targets, HubTarget("signed", "f41-images-build", "signed")),
    )
    with a_desk(tmp_path / "top", content=content) as desk, connected(desk, tmp_path, user) as s:
        found = s.look(wanted("signed"))
        session = desk.session(user)
        arguments = ["rig-image", "41", "fedora-41", "guest-image", "signed", ["x86_64"]]
        task_id = session.osbuildImage(*arguments, {"repo": []})
        desk.end_all()
        assert desk.state(task_id) == ("CLOSED" if passes else "FAILED")
        if passes:
            assert found == {}
        else:
            problem = only(found)
            assert problem.code == "tag-permission"
            assert ("admin permission is not enough" in problem.message) == (user == "admin")


@pytest.mark.parametrize(
    "target, arches, lacks",
    [
        ("f41-images", ("riscv64",), "riscv64"),
        ("f41-images", ("aarch64", "riscv64", "x86_64"), "riscv64"),
        ("f41-images", ("armhfp", "riscv64"), "armhfp, riscv64"),
        ("f41-images-noarches", ("x86_64",), "x86_64"),
        ("f41-images-noarches", ("aarch64", "x86_64"), "aarch64, x86_64"),
    ],
)
def test_an_arch_that_the_build_tag_has_not(
    scene: Scene, target: str, arches: Tuple[str, ...], lacks: str
) -> None:
    """All arches of a task are looked at; the builder refuses it for one that is missing."""
    problem = only(scene.look(wanted(target, arches=arches)))
    assert (problem.code, problem.severity) == ("arch-not-built", Severity.ERROR)
    assert "which has no %s (" % lacks in problem.message
    tag = {"f41-images": "f41-images-build"}.get(target, "f41-images-build-noarches")
    has = ["x86_64", "aarch64", "ppc64le", "s390x"] if target == "f41-images" else []
    assert '"%s"' % tag in problem.message
    wants = " ".join([*has, *lacks.split(", ")])
    option = "--arches=%s" % wants
    quoted = option if " " not in wants else "'%s'" % option
    assert "`koji --profile=practice edit-tag %s %s`" % (quoted, tag) in problem.hint
    task_id = scene.desk.build("rig-image", "42", target=target, arches=list(arches))
    assert scene.desk.state(task_id) == "FAILED", "the hub agrees"


def test_an_nvr_that_is_being_built(tmp_path: Path) -> None:
    """It is reserved."""
    with a_desk(tmp_path / "top", content=STRICT) as desk, connected(desk, tmp_path) as scene:
        desk.submit("rig-image", "41", opts={"release": "1"})
        desk.clock.turn(1.5)
        problem = only(scene.look(wanted(release="1")))
        assert problem.code == "nvr-taken"
        assert problem.message.startswith("%s is being built now (BUILDING), and" % TAKEN)


class StandIn:
    """Answers as it is told: what no rehearsal hub would say."""

    def __init__(self, **replies: Reply) -> None:
        self._replies: Dict[str, Reply] = {
            "getLoggedInUser": Reply({"id": 2, "name": "pungi"}),
            "getPerms": Reply(["image"]),
            "getArchiveTypes": Reply([kind.to_wire() for kind in ARCHIVE_TYPES]),
            "getBuildTarget": Reply(
                {"name": "f41-images", "build_tag_name": "build", "dest_tag_name": "candidate"}
            ),
            "getBuild": Reply(None),
            "getBuildConfig": Reply({"name": "build", "arches": "x86_64 aarch64"}),
            "getTag": Reply({"name": "candidate", "locked": False}),
            "checkTagPackage": Reply(True),
            **replies,
        }
        self.profile = Profile("practice", "https://hub.example.com", "", "", "")

    def multicall(self, calls: Sequence[Call]) -> Tuple[Reply, ...]:
        return tuple(self._replies[call.method] for call in calls)


METHODS = ["getBuildTarget", "getBuild", "getBuildConfig", "getTag", "checkTagPackage"]


def answered(request: Optional[ImageRequest] = None, **replies: Reply) -> Found:
    found = preflight(cast(Hub, StandIn(**replies)), [request or wanted(release="1")])
    assert found.general == ()
    return found.by_request


@pytest.mark.parametrize(
    "state, task_id, said",
    [
        (0, None, "is being built now (BUILDING)"),
        (0, 7, "is being built now by task 7 (BUILDING)"),
        (1, None, "was built already (COMPLETE)"),
        (1, 7, "was built already by task 7 (COMPLETE)"),
        (2, 7, "was built by task 7 and is deleted (DELETED)"),
        (3, 7, None),
        (4, None, None),
    ],
)
def test_the_state_of_a_taken_nvr_is_named(
    state: int, task_id: Optional[int], said: Optional[str]
) -> None:
    """What it means for the user differs; of FAILED and CANCELED builds it is free."""
    found = answered(getBuild=Reply({"nvr": TAKEN, "state": state, "task_id": task_id}))
    if said is None:
        assert found == {}
    else:
        assert only(found).message.startswith("%s %s, and " % (TAKEN, said))


@pytest.mark.parametrize("written", ["", None])
def test_a_build_tag_without_arches(written: Optional[str]) -> None:
    """Empty or null: the builder refuses every task."""
    found = answered(getBuildConfig=Reply({"name": "build", "arches": written}))
    assert "it has no arches at all" in only(found).message


def without(*suffixes: str) -> Reply:
    """The archive types of a hub that knows none of some suffixes."""
    kinds = [kind for kind in ARCHIVE_TYPES if not set(kind.extensions) & set(suffixes)]
    assert len(kinds) < len(ARCHIVE_TYPES)
    return Reply([kind.to_wire() for kind in kinds])


def test_a_file_that_the_hub_does_not_import() -> None:
    """An older hub has no archive type for ``.wsl``; what nobody knows is not judged."""
    older = without("wsl")
    problem = only(answered(wanted(image_type="wsl"), getArchiveTypes=older))
    assert (problem.code, problem.severity) == ("file-not-imported", Severity.ERROR)
    assert problem.message.startswith(
        "an image of type wsl is a .wsl file, which the hub cannot import"
    )
    assert "`koji --profile=practice call addArchiveType wsl DESCRIPTION wsl`" in problem.hint
    warning = only(answered(wanted(image_type="wsl", can_fail=True), getArchiveTypes=older))
    assert warning == replace(problem, severity=Severity.WARNING)
    assert answered(wanted(image_type="guest-image"), getArchiveTypes=older) == {}
    assert answered(wanted(image_type="nobody-knows"), getArchiveTypes=Reply([])) == {}


def test_a_file_that_the_config_tells_of_is_asked_for() -> None:
    """``osbuild_image_types`` add a type with its file, or correct that of a known one."""
    types = without("vhdx")
    for name in ("nobody-knows", "guest-image"):
        request = wanted(image_type=name)
        listed = ListedImageType(name, format="vhdx")
        told = replace(request, config=replace(request.config, listed=listed))
        assert only(answered(told, getArchiveTypes=types)).code == "file-not-imported"
        assert answered(request, getArchiveTypes=types) == {}
        assert answered(told) == {}


@pytest.mark.parametrize(
    "image_type, suffix", [("ec2", "raw.xz"), ("azure-rhui", "vhd.xz"), ("gcp", "tar.gz")]
)
def test_a_compressed_file_is_of_its_own_kind(image_type: str, suffix: str) -> None:
    """A hub that imports ``raw`` need not import ``raw.xz``; koji-osbuild's names count."""
    types = without(suffix)
    assert only(answered(wanted(image_type=image_type), getArchiveTypes=types)).code == (
        "file-not-imported"
    )
    assert answered(wanted(image_type=image_type)) == {}


@pytest.mark.parametrize("method", [*ALWAYS, *METHODS])
def test_a_fault_of_any_call_is_raised(method: str) -> None:
    """A hub that cannot say whether something is there has not said that it is not."""
    assert answered() == {}
    fault = HubFaultError(1014, "database outage")
    with pytest.raises(HubFaultError) as caught:
        answered(None, **{method: Reply(fault=fault)})
    assert caught.value is fault


@pytest.mark.parametrize("method", [*ALWAYS, *METHODS])
def test_an_odd_reply_to_any_call_is_our_error(method: str) -> None:
    """And names the call."""
    with pytest.raises(ReplyError, match=method):
        answered(None, **{method: Reply("odd")})


def test_a_tags_name_cannot_slip_a_command_into_a_hint() -> None:
    """Hints are pasted into shells and shown on terminals, and the name is the hub's word."""
    odd = "x; rm -rf ~ \x1b[2J"
    target = {"name": "f41-images", "build_tag_name": odd, "dest_tag_name": odd}
    found = answered(
        getLoggedInUser=Reply({"name": odd}),
        getBuildTarget=Reply(target),
        getBuildConfig=Reply({"name": odd, "arches": "$(reboot)"}),
        getTag=Reply({"name": odd, "locked": True, "perm": odd}),
        checkTagPackage=Reply(False),
    )
    assert len(found[0]) == 4
    for problem in found[0]:
        assert "'x; rm -rf ~ " in problem.hint
        assert "$(reboot)" not in problem.hint.replace("'--arches=$(reboot) x86_64'", "")
        assert problem.hint.isprintable()
        assert problem.message.isprintable()

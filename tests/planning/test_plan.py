"""Planning: which tasks a config means for a compose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Optional, Set, Tuple

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clouds.aws_s3 import AwsS3Upload
from pungi_osbuild.metadata import ProductmdTypes, productmd_types
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import (
    ComposeConfig,
    ImageConfig,
    ImageRequest,
    JsonObject,
    Ostree,
    Repo,
    Settings,
    Variant,
)
from pungi_osbuild.planning import check, check_settings, plan
from pungi_osbuild.problems import Severity
from tests.values import a_compose, a_variant, an_identity, an_image_config


def config_of(*blocks: ImageConfig, **settings: Any) -> ComposeConfig:
    placed = [
        replace(block, place='osbuild["%s"][%d]' % (block.pattern, index))
        for index, block in enumerate(blocks)
    ]
    return ComposeConfig(settings=Settings(**settings), blocks=tuple(placed))


def requests_of(*blocks: ImageConfig, **changes: Any) -> Tuple[ImageRequest, ...]:
    planned = plan(config_of(*blocks), a_compose(**changes))
    assert not [problem for problem in planned.problems if problem.is_error]
    return planned.requests


def codes(*blocks: ImageConfig, **changes: Any) -> List[Tuple[str, Severity]]:
    planned = plan(config_of(*blocks), a_compose(**changes), builders_see_topdir=False)
    return [(problem.code, problem.severity) for problem in planned.problems]


def test_one_task_for_each_variant_and_arch() -> None:
    """The default: each arch its own task, its release ending in the arch."""
    requests = requests_of(an_image_config())
    assert [(request.variant, request.arches) for request in requests] == [
        ("Server", ("aarch64",)),
        ("Server", ("x86_64",)),
    ]
    assert [request.release for request in requests] == ["5.aarch64", "5.x86_64"]
    assert [request.nvr for request in requests] == [
        "example-guest-1-5.aarch64",
        "example-guest-1-5.x86_64",
    ]


def test_a_block_with_one_arch_keeps_the_plain_release() -> None:
    """Nothing to tell apart, so nothing is added."""
    (request,) = requests_of(an_image_config(arches=("x86_64",)))
    assert request.release == "5"
    (request,) = requests_of(an_image_config(), variants=(a_variant(arches=("x86_64",)),))
    assert request.release == "5"


def test_split_arches_false_is_one_task_as_in_tree() -> None:
    """One task for all arches, with the plain release, failable all or nothing."""
    (request,) = requests_of(an_image_config(split_arches=False, failable=("aarch64",)))
    assert request.arches == ("aarch64", "x86_64")
    assert request.release == "5"
    assert request.can_fail


def test_failable_is_per_arch() -> None:
    """A listed arch may fail, others may not; ``*`` is all of them."""
    requests = requests_of(an_image_config(failable=("aarch64",)))
    assert [request.can_fail for request in requests] == [True, False]
    requests = requests_of(an_image_config(failable=("*",)))
    assert [request.can_fail for request in requests] == [True, True]


def test_a_placed_file_is_called_as_if_it_had_not_been_split() -> None:
    """The arch that splitting put into the release is taken out again."""
    request = requests_of(an_image_config())[0]
    koji = "example-guest-1-5.aarch64.aarch64.qcow2"
    assert request.placed_name(koji) == "example-guest-1-5.aarch64.qcow2"
    whole = requests_of(an_image_config(split_arches=False))[0]
    assert whole.placed_name("example-guest-1-5.x86_64.qcow2") == "example-guest-1-5.x86_64.qcow2"


def test_versions_and_releases_come_from_the_compose() -> None:
    """Generators, and what is there without any."""
    block = an_image_config(
        version="!VERSION_FROM_VERSION_DATE_RESPIN", release="!RELEASE_FROM_DATE_RESPIN"
    )
    request = requests_of(block, identity=an_identity(respin=3))[0]
    assert (request.version, request.base_release) == ("1.20261123.3", "20261123.3")
    labelled = requests_of(an_image_config(version=None), identity=an_identity(label="Beta-1.2"))[0]
    assert labelled.version == "1_Beta"
    unreleased = requests_of(an_image_config(release=None))[0]
    assert unreleased.release is None
    assert unreleased.release_from_hub


def test_the_arguments_are_those_of_the_in_tree_phase() -> None:
    """``opts`` always has ``repo``; other keys only when they have a value."""
    block = an_image_config(arches=("x86_64",), repos=(Repo("https://example.com/$arch/"),))
    (request,) = requests_of(block)
    assert arguments(request) == [
        "example-guest",
        "1",
        "rhel-9.4",
        "guest-image",
        "example-target",
        ["x86_64"],
        {
            "repo": ["https://example.com/$arch/", "/compose/compose/Server/$arch/os"],
            "release": "5",
        },
    ]


def test_everything_a_block_can_say_is_passed_on() -> None:
    """In the shapes that the hub's schema takes."""
    block = an_image_config(
        arches=("x86_64",),
        image_type_as_list=True,
        release=None,
        repos=(Repo("https://example.com/", ("os", "build"), as_dict=True),),
        ostree=Ostree(url="https://o", ref="r/$arch", parent=""),
        upload=AwsS3Upload("us-east-1"),
        customizations=JsonObject.from_conf({"packages": ["vim"]}),
        skip_tag=True,
    )
    (request,) = requests_of(block, variants=(a_variant(repositories=()),))
    assert arguments(request)[3] == ["guest-image"]
    assert arguments(request)[6] == {
        "repo": [{"baseurl": "https://example.com/", "package_sets": ["os", "build"]}],
        "ostree": {"url": "https://o", "ref": "r/$arch"},
        "upload_options": {"region": "us-east-1"},
        "customizations": {"packages": ["vim"]},
        "skip_tag": True,
    }


def test_the_own_repository_comes_last_and_once() -> None:
    """Appended unless the variant has none for the arch, or it is listed already."""
    server = a_variant()
    other = a_variant(uid="Client", id="Client", repositories=(("x86_64", "Client/$arch/os"),))
    block = an_image_config(repos=(Repo("Server"), Repo("Client")), arches=("x86_64",))
    (request,) = requests_of(block, variants=(other, server))
    assert [repo.baseurl for repo in request.repos] == [
        "/compose/compose/Server/$arch/os",
        "/compose/compose/Client/$arch/os",
    ]
    everywhere = an_image_config(pattern=".*", split_arches=False)
    client = requests_of(everywhere, variants=(other,))[0]
    assert client.repos == ()


def test_paths_are_translated() -> None:
    """What Koji's builders cannot see becomes an address they can."""
    config = config_of(an_image_config(), translate_paths=(("/compose", "https://c.example"),))
    planned = plan(config, a_compose())
    assert [repo.baseurl for repo in planned.requests[0].repos] == [
        "https://c.example/compose/Server/$arch/os"
    ]


def test_two_variants_of_one_pattern_do_not_disturb_each_other() -> None:
    """In-tree the first one's repository and failable leak into, or are taken from, the second."""
    client = a_variant(uid="Client", repositories=(("x86_64", "Client/$arch/os"),))
    block = an_image_config(pattern=".*", arches=("x86_64",), failable=("*",), release=None)
    requests = requests_of(block, variants=(client, a_variant()))
    assert [request.can_fail for request in requests] == [True, True]
    assert [len(request.repos) for request in requests] == [1, 1]


def test_what_comes_to_nothing_is_said() -> None:
    """A pattern without variants is a warning while others remain; a block without arches not."""
    lost = an_image_config(pattern="^Sever$")
    assert codes(an_image_config(), lost) == [("unmatched-pattern", Severity.WARNING)]
    assert codes(lost) == [("unmatched-pattern", Severity.ERROR)]
    assert codes(an_image_config(arches=("s390x",))) == [("no-task", Severity.ERROR)]
    partly = an_image_config(arches=("s390x", "x86_64"))
    assert codes(partly) == [("missing-arch", Severity.WARNING)]
    unknown = an_image_config(repos=(Repo("Sever"),))
    planned = plan(config_of(unknown), a_compose(), builders_see_topdir=False)
    (problem,) = planned.problems
    assert (problem.code, problem.place) == ("unknown-variant", 'osbuild["^Server$"][0].repo[0]')
    assert "Server" in problem.hint
    empty = an_image_config(repos=(Repo("Empty"),))
    variants = (a_variant(uid="Empty", repositories=()), a_variant())
    (problem,) = plan(config_of(empty), a_compose(variants=variants), False).problems
    assert "Empty is empty" in problem.message


def test_a_repository_that_stays_a_local_path_is_told() -> None:
    """One that is written, and, where the compose is known, the compose's own."""
    local = an_image_config(repos=(Repo("/mnt/x"),))
    assert codes(local) == [("local-repo", Severity.WARNING)]
    config = config_of(an_image_config())
    (problem,) = plan(config, a_compose()).problems
    assert (problem.code, problem.place) == ("local-repo", "translate_paths")
    seen = config_of(an_image_config(), translate_paths=(("/compose", "https://c.example"),))
    assert plan(seen, a_compose()).problems == ()


def problem_codes(*blocks: ImageConfig, words: Optional[ProductmdTypes] = None) -> List[str]:
    planned = plan(config_of(*blocks), a_compose())
    return [problem.code for problem in check(planned.requests, words or productmd_types())]


def test_requests_are_checked_against_each_other() -> None:
    """One N-V-R, or one identity in images.json, for two images is an error."""
    one, other = an_image_config(), an_image_config()
    assert problem_codes(one, other) == ["duplicate-nvr", "duplicate-identity"]
    renamed = an_image_config(name="other")
    assert problem_codes(one, renamed) == ["duplicate-identity"]
    assert problem_codes(one, replace(renamed, subvariant="Other")) == []


def test_every_n_v_r_that_clashes_is_in_the_one_problem_of_its_blocks() -> None:
    """Also where both are one block, for as many variants as it is for."""
    uids = ("Client", "Server", "Workstation")
    variants = tuple(a_variant(uid=uid, id=uid, repositories=()) for uid in uids)
    block = an_image_config(pattern=".*")
    planned = plan(config_of(block), a_compose(variants=variants), builders_see_topdir=False)
    found = [
        one for one in check(planned.requests, productmd_types()) if one.code == "duplicate-nvr"
    ]
    (problem,) = found
    for text in ("example-guest-1-5.aarch64", "example-guest-1-5.x86_64", *uids):
        assert text in problem.message
    assert len({request.nvr for request in planned.requests}) == 2


def test_two_files_of_one_name_are_found() -> None:
    """A split block and one that is not make different N-V-Rs, and the same file."""
    split = an_image_config()
    single = an_image_config(arches=("x86_64",), subvariant="Other")
    assert problem_codes(split, single) == ["duplicate-file"]


def test_the_options_of_checksum_files_are_checked() -> None:
    """Before a night is spent, not when the files are written."""
    several = Settings(media_checksums=("md5", "sha256"), media_checksum_one_file=True)
    assert [problem.code for problem in check_settings(several, an_identity())] == [
        "media-checksums"
    ]
    assert check_settings(Settings(), an_identity()) == ()


def test_words_that_productmd_has_not_are_found() -> None:
    """An error when images.json could not be written, a warning when it says nothing."""
    few = ProductmdTypes(frozenset({"raw"}), frozenset({"raw"}), frozenset({"aarch64", "x86_64"}))
    assert problem_codes(an_image_config(), words=few) == ["unknown-productmd-type"]
    assert problem_codes(an_image_config(image_type="edge-container")) == ["not-in-images-json"]
    assert problem_codes(an_image_config(image_type="iot-installer")) == ["iso-type"]
    told = an_image_config(image_type="iot-installer", manifest_type="dvd-ostree-osbuild")
    assert problem_codes(told) == []


ARCHES = ("aarch64", "ppc64le", "s390x", "x86_64")
arches = st.sets(st.sampled_from(ARCHES), min_size=1).map(lambda found: tuple(sorted(found)))
blocks = st.builds(
    an_image_config,
    pattern=st.sampled_from(["^Server$", "Client", ".*", "^No$"]),
    arches=st.none() | arches,
    split_arches=st.booleans(),
    release=st.none() | st.just("1"),
)


@given(
    st.lists(blocks, max_size=5),
    st.lists(arches, min_size=1, max_size=3),
)
def test_planning_loses_and_doubles_no_request(
    written: List[ImageConfig], of_variants: List[Tuple[str, ...]]
) -> None:
    """Each block, for each variant it matches, for each arch both have: in exactly one task."""
    variants: List[Variant] = [
        a_variant(uid=uid, arches=found)
        for uid, found in zip(["Client", "Server", "X"], of_variants)
    ]
    config = config_of(*written)
    planned = plan(config, a_compose(variants=tuple(variants)))
    seen: List[Tuple[str, str, str]] = [
        (request.config.place, request.variant, arch)
        for request in planned.requests
        for arch in request.arches
    ]
    wanted: Set[Tuple[str, str, str]] = {
        (block.place, variant.uid, arch)
        for block in config.blocks
        for variant in variants
        if block.pattern in (".*", "^%s$" % variant.uid, variant.uid)
        for arch in variant.arches
        if block.arches is None or arch in block.arches
    }
    assert len(seen) == len(set(seen))
    assert set(seen) == wanted
    assert [request.number for request in planned.requests] == list(range(len(planned.requests)))

"""Names in the clouds: who wants the same one, and what is the same in every compose."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import plan
from pungi_osbuild.planning.cloudnames import name_problems
from pungi_osbuild.problems import Problem, Severity, has_errors
from tests.values import a_compose, a_variant, an_identity, whatever_composer_builds

EC2 = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}
AZURE = {
    "tenant_id": "5c7ef5b6-1c3f-4da0-a622-0b060239d7d7",
    "subscription_id": "4e5d8b2c-ab24-4413-90c5-612306e809e2",
    "resource_group": "images",
}
ERROR, WARNING = Severity.ERROR, Severity.WARNING
COLLISION = ("duplicate-cloud-name", ERROR)
MOVES = ("container-tag-moves", WARNING)


def a_block(image_type: str, options: Dict[str, Any], **changes: Any) -> Dict[str, Any]:
    block = {
        "name": "n",
        "distro": "rhel-9.4",
        "image_types": image_type,
        "target": "t",
        "release": "7",
        "arches": ["x86_64"],
        "upload_options": options,
    }
    block.update(changes)
    return block


def problems(*blocks: Dict[str, Any], pattern: str = "^Server$", **identity: Any) -> List[Problem]:
    """Return what is told of the names of some blocks, for two variants with two arches."""
    reading = read_config(Source("/x.conf", {"osbuild": {pattern: list(blocks)}}))
    assert reading.config is not None
    assert not has_errors(reading.problems), reading.problems
    variants = (a_variant(uid="Client", repositories=()), a_variant())
    compose = a_compose(variants=variants, identity=an_identity(**identity))
    planned = plan(reading.config, compose, builders_see_topdir=False)
    assert not has_errors(planned.problems), planned.problems
    told = [*whatever_composer_builds(planned.problems), *name_problems(planned.requests)]
    for problem in told:
        assert problem.place.startswith("osbuild[")
        assert problem.hint
    return told


def found(*blocks: Dict[str, Any], pattern: str = "^Server$") -> List[Tuple[str, Severity]]:
    """Return what is told of uploads of one compose that want one name."""
    told = problems(*blocks, pattern=pattern)
    return [(one.code, one.severity) for one in told if one.code != "fixed-cloud-name"]


def ami(name: str, region: str = "us-east-1", **changes: Any) -> Dict[str, Any]:
    options = {**EC2, "region": region, "snapshot_name": name}
    return a_block("aws", options, **changes)


def test_two_amis_of_one_name_in_one_region() -> None:
    """In another region, or under another name, there is room."""
    assert found(ami("x-{date}"), ami("x-{date}", image_types="ec2")) == [COLLISION]
    assert found(ami("x-{date}"), ami("x-{date}", "eu-west-1")) == []
    assert found(ami("x-{date}"), ami("y-{date}")) == []


def test_two_arches_of_one_block() -> None:
    """As two tasks and as one: composer gives every arch of a task the same options."""
    both = ["aarch64", "x86_64"]
    assert found(ami("x-{date}", arches=both)) == [COLLISION]
    assert found(ami("x-{date}", arches=both, split_arches=False)) == [COLLISION]
    assert found(ami("x-{date}-{arch}", arches=both)) == []
    assert found(ami("x-{nvr}", arches=both)) == []


def test_two_variants_of_one_block() -> None:
    """One pattern, two tasks."""
    assert found(ami("x-{date}"), pattern=".*") == [COLLISION]
    assert found(ami("x-{date}-{variant}"), pattern=".*") == []


def test_names_of_gcp_are_of_a_project() -> None:
    """Which is composer's own, wherever the image lies."""
    first = a_block("gcp", {"region": "us", "image_name": "x-{date}"})
    other = a_block("gcp-rhui", {"region": "eu", "image_name": "x-{date}"})
    assert found(first, other) == [COLLISION]


def test_names_of_azure_are_of_a_resource_group() -> None:
    """Case does not count."""
    first = a_block("azure", {**AZURE, "image_name": "x-{date}"})
    same = a_block("azure", {**AZURE, "resource_group": "Images", "image_name": "X-{date}"})
    other = a_block("azure", {**AZURE, "resource_group": "other", "image_name": "x-{date}"})
    assert found(first, same) == [COLLISION]
    assert found(first, other) == []


def test_one_tag_for_two_arches_moves() -> None:
    """It works, so it is a warning; without a tag, or a name, composer makes new ones."""
    both = ["aarch64", "x86_64"]
    assert found(a_block("edge-container", {"name": "n", "tag": "t"}, arches=both)) == [MOVES]
    assert found(a_block("edge-container", {"name": "n", "tag": "{arch}"}, arches=both)) == []
    assert found(a_block("edge-container", {"name": "n"}, arches=both)) == []
    assert found(a_block("edge-container", {"tag": "t"}, arches=both)) == []


def test_without_a_name_nothing_clashes() -> None:
    """Composer gives each image a name of its own."""
    both = ["aarch64", "x86_64"]
    assert found(a_block("aws", EC2, arches=both), a_block("aws", EC2, arches=both)) == []
    assert found(a_block("gcp", {"region": "us"}, arches=both)) == []
    assert found(a_block("azure", AZURE, arches=both)) == []
    assert found(a_block("guest-image", {"region": "us-east-1"}, arches=both)) == []


NEXT = "date, type or respin"
LABELLED = {"label": "RC-1.2", "type": "production"}


@pytest.mark.parametrize(
    ("name", "changes", "shared"),
    [
        ("image", {}, NEXT),
        ("image-{arch}-{variant}-{name}-{image_type}-{subvariant}-{attempt}", {}, NEXT),
        ("image-{type}", {}, "date or respin"),
        ("image-{respin}", {}, "date or type"),
        ("image-{date}", {}, "type or respin"),
        ("image-{date}-{respin}", {}, "type"),
        ("image-{date}-{type}", {}, "respin"),
        ("image-{respin}-{type}", {}, "date"),
        ("image-{date}-{type}-{respin}", {}, None),
        ("image-{version}", {"version": "9.4"}, NEXT),
        ("image-{version}", {"version": "!VERSION_FROM_VERSION"}, NEXT),
        ("image-{version}", {"version": "!VERSION_FROM_VERSION_DATE_RESPIN"}, "type"),
        ("image-{version}-{type}", {"version": "!VERSION_FROM_VERSION_DATE_RESPIN"}, None),
        ("image-{release}", {"release": "!RELEASE_FROM_LABEL_DATE_TYPE_RESPIN"}, None),
        ("image-{compose_id}", {}, None),
        ("image-{nvr}", {}, None),
        ("image-{release}", {}, None),  # Koji refuses the N-V-R before
        ("image-20261123.0", {}, None),
    ],
)
def test_a_name_that_other_composes_want(
    name: str, changes: Dict[str, Any], shared: Optional[str]
) -> None:
    """One that differs in a single thing from this one, and comes to the same name."""
    told = problems(ami(name, **changes))
    assert [problem.code for problem in told] == ([] if shared is None else ["fixed-cloud-name"])
    if shared is not None:
        assert told[0].message.endswith("differ only in %s" % shared)
        for word in shared.replace(",", "").replace(" or", "").split():
            assert "{%s}" % word in told[0].hint


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("image-{label}", True), ("image-{date}-{label}", True), ("image-{compose_id}", False)],
)
def test_a_label_is_no_compose_of_its_own(name: str, is_told: bool) -> None:
    """Another compose of the label has another date or respin."""
    assert bool(problems(ami(name), **LABELLED)) == is_told


IDENTITIES = st.fixed_dictionaries(
    {
        "date": st.sampled_from(["20261123", "20261124"]),
        "type": st.sampled_from(["test", "nightly", "production"]),
        "respin": st.integers(0, 2),
    }
)
PARTS = st.lists(st.sampled_from(["{date}", "{type}", "{respin}", "{version}", "{arch}", "x"]))


@given(PARTS, IDENTITIES, IDENTITIES)
def test_no_two_composes_fight_over_a_name_that_is_not_told(
    parts: List[str], one: Dict[str, Any], other: Dict[str, Any]
) -> None:
    """Whatever they differ in."""
    name = "-".join(["image", *parts])
    names = []
    for identity in (one, other):
        reading = read_config(Source("/x.conf", {"osbuild": {"^Server$": [ami(name)]}}))
        assert reading.config is not None
        planned = plan(reading.config, a_compose(identity=an_identity(**identity)), False)
        (request,) = planned.requests
        if whatever_composer_builds(planned.problems):
            return
        names.append(arguments(request)[6]["upload_options"]["snapshot_name"])
    assert (names[0] == names[1]) == (one == other)


def test_a_tag_may_be_fixed() -> None:
    """latest is there to be moved."""
    assert found(a_block("edge-container", {"name": "n", "tag": "latest"})) == []


NAMES = st.sampled_from(["a-{date}", "b-{date}", "a-{date}-{arch}", "c-{nvr}"])
REGIONS = st.sampled_from(["us-east-1", "eu-west-1"])


@given(st.lists(st.tuples(NAMES, REGIONS), max_size=5))
def test_a_plan_without_problems_has_no_name_twice(written: List[Tuple[str, str]]) -> None:
    """And one with a name twice has a problem."""
    blocks = [
        ami(name, region, arches=["aarch64", "x86_64"], release=str(index))
        for index, (name, region) in enumerate(written)
    ]
    if not blocks:
        return
    reading = read_config(Source("/x.conf", {"osbuild": {"^Server$": blocks}}))
    assert reading.config is not None
    planned = plan(reading.config, a_compose(), builders_see_topdir=False)
    names = [
        (options["region"], options["snapshot_name"])
        for options in (arguments(request)[6]["upload_options"] for request in planned.requests)
    ]
    assert bool(list(name_problems(planned.requests))) == (len(set(names)) < len(names))

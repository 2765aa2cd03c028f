"""What each request uploads: templates filled in, options by arch."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.methods import arguments
from pungi_osbuild.model import TEMPLATE_FIELDS, ComposeIdentity, ImageRequest
from pungi_osbuild.planning import Plan, plan
from pungi_osbuild.problems import Problem, has_errors
from tests.values import a_compose, a_variant, an_identity, whatever_composer_builds

EC2 = {"region": "us-east-1", "share_with_accounts": ["123456789012"]}


def planned(
    options: Optional[Dict[str, Any]],
    arch_options: Optional[Dict[str, Any]] = None,
    identity: Optional[ComposeIdentity] = None,
    **block: Any,
) -> Plan:
    """Return the plan of one block for Server, with two arches; what other composes want aside."""
    written = {
        "name": "test-image",
        "distro": "rhel-9.4",
        "image_types": "aws",
        "version": "9.4",
        "release": "7",
        "target": "t",
        **block,
    }
    if options is not None:
        written["upload_options"] = options
    if arch_options is not None:
        written["arch_upload_options"] = arch_options
    reading = read_config(Source("/x.conf", {"osbuild": {"^Server$": [written]}}))
    assert reading.config is not None
    assert not has_errors(reading.problems), reading.problems
    compose = a_compose(identity=identity or an_identity())
    found = plan(reading.config, compose, builders_see_topdir=False)
    own = tuple(
        problem
        for problem in whatever_composer_builds(found.problems)
        if problem.code != "fixed-cloud-name"
    )
    return replace(found, problems=own)


def uploads(found: Plan) -> List[Any]:
    return [arguments(request)[6].get("upload_options") for request in found.requests]


def told(problems: Tuple[Problem, ...]) -> List[Tuple[str, str]]:
    return [
        (problem.code, problem.place.replace('osbuild["^Server$"][0].', "")) for problem in problems
    ]


def named(text: str, **changes: Any) -> Plan:
    return planned({**EC2, "snapshot_name": text}, **changes)


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("arch", "aarch64"),
        ("variant", "Server"),
        ("subvariant", "Cloud"),
        ("name", "test-image"),
        ("version", "9.4"),
        ("release", "7.aarch64"),
        ("nvr", "test-image-9.4-7.aarch64"),
        ("image_type", "ec2"),
        ("compose_id", "Example-1-20261123.t.0"),
        ("date", "20261123"),
        ("respin", "0"),
        ("type", "test"),
        ("label", "RC-1.2"),
        ("attempt", "1"),
    ],
)
def test_every_field_stands_for_something(field: str, word: str) -> None:
    """N-V-R and release are those that Koji gets, the arch of a split block in them."""
    found = named(
        "x-{%s}-x" % field,
        identity=an_identity(label="RC-1.2"),
        subvariant="Cloud",
        image_types="ec2",
    )
    assert found.problems == ()
    assert uploads(found)[0] == {**EC2, "snapshot_name": "x-%s-x" % word}


def test_every_field_is_covered() -> None:
    """By the cases above."""
    (mark,) = test_every_field_stands_for_something.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == set(TEMPLATE_FIELDS)


def test_generators_are_resolved_before_they_are_filled_in() -> None:
    """The version and release of the build, not what is written."""
    found = named(
        "{version}_{release}",
        version="!VERSION_FROM_VERSION_DATE_RESPIN",
        release="!RELEASE_FROM_DATE_RESPIN",
    )
    assert [upload["snapshot_name"] for upload in uploads(found)] == [
        "1.20261123.0_20261123.0.aarch64",
        "1.20261123.0_20261123.0.x86_64",
    ]


def test_a_label_must_be_there() -> None:
    """Nothing would stand in its place, and that is a name, too."""
    found = named("x-{label}")
    assert told(found.problems) == [("template-needs-label", "upload_options.snapshot_name")]
    assert found.problems[0].is_error
    assert "--label" in found.problems[0].hint


def test_an_arch_must_be_the_only_one() -> None:
    """Composer gets one set of options for all arches of a task."""
    found = named("x-{arch}", split_arches=False)
    assert told(found.problems) == [("template-needs-one-arch", "upload_options.snapshot_name")]
    assert named("x-{arch}", split_arches=False, arches=["x86_64"]).problems == ()


def test_what_is_filled_in_is_judged() -> None:
    """GCP takes no underscore, and one arch has one."""
    found = planned({"region": "us", "image_name": "rhel-{arch}-{date}"}, image_types="gcp")
    assert told(found.problems) == [("bad-cloud-name", "upload_options.image_name")]
    assert "x86_64" in found.problems[0].message
    found = planned({**EC2, "share_with_accounts": ["123456789012", "{date}"]})
    assert told(found.problems) == [("bad-account", "upload_options.share_with_accounts[1]")]


def test_options_of_an_arch_are_laid_over_the_others() -> None:
    """Key by key; an arch that has none gets those for every arch."""
    found = planned(
        {**EC2, "snapshot_name": "x-{date}-{arch}"},
        {"x86_64": {"region": "eu-west-1", "snapshot_name": "intel-{date}"}},
    )
    assert found.problems == ()
    assert uploads(found) == [
        {**EC2, "snapshot_name": "x-20261123-aarch64"},
        {**EC2, "region": "eu-west-1", "snapshot_name": "intel-20261123"},
    ]


def test_options_of_arches_alone() -> None:
    """The other arches have no upload."""
    found = planned(None, {"x86_64": EC2})
    assert found.problems == ()
    assert uploads(found) == [None, EC2]


def test_options_of_an_arch_are_judged_at_their_place() -> None:
    """Once for each arch that they are filled in for."""
    found = planned(
        {"region": "us"},
        {"x86_64": {"image_name": "x-{type}-{label}"}, "aarch64": {"image_name": "A-{date}"}},
        image_types="gcp",
    )
    assert told(found.problems) == [
        ("bad-cloud-name", "arch_upload_options.aarch64.image_name"),
        ("template-needs-label", "arch_upload_options.x86_64.image_name"),
    ]


def test_options_that_only_arches_complete_are_missing_elsewhere() -> None:
    """A variant may have an arch that nobody thought of."""
    found = planned({"share_with_accounts": []}, {"x86_64": {"region": "us-east-1"}})
    assert told(found.problems) == [("missing-key", "upload_options.region")]
    assert found.problems[0].is_error
    assert "aarch64" in found.problems[0].message


def test_one_task_cannot_have_two_sets_of_options() -> None:
    """But one set, written twice, it can."""
    other = {"x86_64": {"region": "eu-west-1"}}
    found = planned(EC2, other, split_arches=False)
    assert told(found.problems) == [("arch-options-in-one-task", "arch_upload_options")]
    assert found.problems[0].is_error
    same = {"x86_64": {"region": "us-east-1"}}
    assert uploads(planned(EC2, same, split_arches=False)) == [EC2]
    assert uploads(planned(EC2, other, split_arches=False, arches=["x86_64"])) == [
        {**EC2, "region": "eu-west-1"}
    ]


def test_an_arch_that_no_variant_has_is_told() -> None:
    """A typing error would silently leave the arch with the options for every arch."""
    found = planned(EC2, {"x86-64": {"region": "eu-west-1"}})
    assert told(found.problems) == [("upload-arch", "arch_upload_options.x86-64")]
    assert not has_errors(found.problems)
    assert found.problems[0].hint == "Did you mean x86_64?"
    (problem,) = planned(EC2, {"s390x": {"region": "eu-west-1"}}).problems
    assert "aarch64, x86_64" in problem.hint


FIELDS = st.sampled_from([field for field in TEMPLATE_FIELDS if field != "label"])
TEXTS = st.lists(
    FIELDS.map("{{{}}}".format) | st.sampled_from(["a", "-", ".", "image"]), max_size=6
).map("".join)


@given(TEXTS, st.booleans())
def test_nothing_is_left_to_fill_in(text: str, split: bool) -> None:
    """What is sent has no field any more, or there is an error and nothing is sent at all."""
    found = named("abc" + text, split_arches=split)
    for request in found.requests:
        name = arguments(request)[6].get("upload_options", {}).get("snapshot_name")
        assert name is not None or has_errors(found.problems)
        assert not re.search(r"[{}]", name or "")


@given(
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=20).filter(
        lambda text: "{" not in text and "}" not in text
    ),
    st.booleans(),
)
def test_options_without_templates_are_sent_as_they_are(text: str, split: bool) -> None:
    """Letter by letter, for every arch."""
    options = {"region": "us", "bucket": text, "share_with_accounts": []}
    found = planned(options, image_types="gcp", split_arches=split)
    assert uploads(found) == [options] * (2 if split else 1)


def test_a_variant_of_one_arch_has_the_plain_release() -> None:
    """Its N-V-R has no arch in it, and so the template has none."""
    reading = read_config(
        Source(
            "/x.conf",
            {
                "osbuild": {
                    "S": [
                        {
                            "name": "n",
                            "distro": "d-1",
                            "image_types": "aws",
                            "target": "t",
                            "release": "7",
                            "upload_options": {**EC2, "snapshot_name": "{nvr}"},
                        }
                    ]
                }
            },
        )
    )
    assert reading.config is not None
    compose = a_compose(variants=(a_variant(arches=("x86_64",)),))
    request: ImageRequest
    (request,) = plan(reading.config, compose, builders_see_topdir=False).requests
    assert arguments(request)[6]["upload_options"]["snapshot_name"] == request.nvr == "n-1-7"

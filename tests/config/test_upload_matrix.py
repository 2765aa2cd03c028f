"""Upload options against image types: an error where the upload would fail, and nowhere else."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Mapping, Set, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from koji_rehearsal.schema import refusal
from pungi_osbuild.config import Source, read_config
from pungi_osbuild.imagetypes import NAMES, find
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import plan
from pungi_osbuild.problems import Problem, has_errors
from tests.values import a_compose, a_variant

GUID = "5c7ef5b6-1c3f-4da0-a622-0b060239d7d7"
AZURE = ("tenant_id", "subscription_id", "resource_group")

FIELDS: Mapping[str, Tuple[FrozenSet[str], FrozenSet[str]]] = {
    "aws": (frozenset({"region"}), frozenset({"share_with_accounts", "snapshot_name"})),
    "aws.s3": (frozenset({"region"}), frozenset()),
    "gcp": (
        frozenset({"region"}),
        frozenset({"bucket", "image_name", "share_with_accounts"}),
    ),
    "azure": (frozenset(AZURE), frozenset({"location", "image_name"})),
    "container": (frozenset(), frozenset({"name", "tag"})),
    "oci.objectstorage": (frozenset(), frozenset()),
}
"""What composer 180 took for each target, as its job queue showed: needed, and used."""

OPTIONS = sorted({name for needed, used in FIELDS.values() for name in needed | used})
SHAPES: Mapping[str, Tuple[str, ...]] = {
    "region alone": ("region",),
    "EC2": ("region", "share_with_accounts"),
    "EC2 with a name": ("region", "share_with_accounts", "snapshot_name"),
    "EC2 without accounts": ("region", "snapshot_name"),
    "GCP": ("region", "bucket", "image_name"),
    "GCP with accounts": ("region", "image_name", "share_with_accounts"),
    "GCP without region": ("image_name",),
    "Azure": AZURE,
    "Azure with a name": (*AZURE, "location", "image_name"),
    "Azure without tenant": ("subscription_id", "resource_group"),
    "container": ("name", "tag"),
    "container without name": ("tag",),
    "of two clouds": ("region", "name"),
}


def options_of(names: Tuple[str, ...], image_type: str) -> Dict[str, Any]:
    """Return options whose values the image type's own cloud takes."""
    to_gcp = provider(image_type) == "gcp"
    values: Dict[str, Any] = {
        **dict.fromkeys(AZURE, GUID),
        "region": "us-east1" if to_gcp else "us-east-1",
        "share_with_accounts": ["user:a@example.com" if to_gcp else "123456789012"],
        "location": "eastus",
    }
    return {name: values.get(name, "x-{date}") for name in names}


def provider(image_type: str) -> str:
    entry = find(image_type)
    assert entry is not None
    return entry.provider


def read(image_type: str, options: Dict[str, Any]) -> Tuple[Tuple[Problem, ...], List[Any]]:
    """Return the problems of the options, and those that would be sent."""
    block = {
        "name": "n",
        "distro": "rhel-9.6",
        "image_types": image_type,
        "target": "t",
        "release": "1",
        "upload_options": options,
    }
    reading = read_config(Source("/x.conf", {"osbuild": {".*": [block]}}))
    assert reading.config is not None
    problems = tuple(found for found in reading.problems if "upload_options" in found.place)
    if has_errors(problems):
        return problems, []
    planned = plan(reading.config, a_compose(variants=(a_variant(arches=("x86_64",)),)))
    return problems, [arguments(request) for request in planned.requests]


def would_work(image_type: str, names: Tuple[str, ...]) -> bool:
    """Whether the hub takes the options, and composer finds in them what its target needs."""
    arguments = ["n", "1", "rhel-9.6", image_type, "t", ["x86_64"]]
    taken = refusal([*arguments, {"upload_options": options_of(names, image_type)}]) is None
    needed, _used = FIELDS[provider(image_type)]
    return taken and needed <= set(names)


@pytest.mark.parametrize("image_type", NAMES)
def test_what_works_is_sent_and_what_does_not_is_an_error(image_type: str) -> None:
    """Each image type with each kind of options."""
    for shape, names in SHAPES.items():
        check(image_type, names, shape)


def check(image_type: str, names: Tuple[str, ...], shape: str) -> None:
    options = options_of(names, image_type)
    problems, sent = read(image_type, options)
    assert has_errors(problems) != would_work(image_type, names), (shape, problems)
    if has_errors(problems):
        return
    (arguments,) = sent
    filled = {
        name: value if isinstance(value, list) else value.replace("{date}", "20261123")
        for name, value in options.items()
    }
    needed, used = FIELDS[provider(image_type)]
    foreign = set(names) - needed - used
    wanted = {**filled, **{name: options[name] for name in foreign}}
    assert arguments[6]["upload_options"] == wanted, shape
    told: Set[str] = {
        problem.place.rpartition(".")[2]
        for problem in problems
        if problem.code == "ignored-upload-option"
    }
    assert told == foreign, shape
    for_nobody = provider(image_type) == "aws" and "share_with_accounts" not in names
    assert ("shared-with-nobody" in {problem.code for problem in problems}) == for_nobody, shape


@given(
    image_type=st.sampled_from(NAMES),
    names=st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True).map(tuple),
)
@example("vsphere", ("region", "share_with_accounts", "snapshot_name"))
@example("oci", ("name",))
def test_any_options_of_any_clouds(image_type: str, names: Tuple[str, ...]) -> None:
    """Whatever is mixed with whatever."""
    check(image_type, names, "mixed")


def test_how_many_work_is_counted() -> None:
    """So that a rule that got stricter or laxer shows."""
    works = [(name, shape) for name in NAMES for shape in SHAPES if would_work(name, SHAPES[shape])]
    by_cloud = {
        cloud: len({shape for name, shape in works if provider(name) == cloud}) for cloud in FIELDS
    }
    assert by_cloud == {
        "aws": 5,
        "aws.s3": 5,
        "gcp": 5,
        "azure": 2,
        "container": 9,
        "oci.objectstorage": 9,
    }


def test_an_unknown_image_type_is_judged_by_no_clouds_rules() -> None:
    """Its options may be for any cloud: a region of GCP is none of AWS."""
    problems, sent = read("hologram", {"region": "us-east1"})
    assert [problem.code for problem in problems] == ["bad-region"]
    assert not has_errors(problems)
    assert sent[0][6]["upload_options"] == {"region": "us-east1"}


def test_options_that_the_hub_refuses_stay_an_error() -> None:
    """A wrong type, in an option that composer ignores, too."""
    problems, _ = read("guest-image", {"region": "us-east-1", "share_with_accounts": "1"})
    assert [problem.code for problem in problems if problem.is_error] == ["wrong-type"]

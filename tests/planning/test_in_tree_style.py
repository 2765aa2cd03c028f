"""No false alarm: whatever works with the in-tree phase has no error here, and the same tasks."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.imagetypes import CATALOGUE, KOJI_ALIASES, UNIMPORTABLE_TYPES, api_name
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import checked_plan
from tests.values import a_compose, a_variant, an_identity

WORDS = productmd_types()
ARCHES = ("aarch64", "x86_64")
GUID = "4e5d8b2c-ab24-4413-90c5-612306e809e2"
IMAGE_TYPES = st.sampled_from(sorted({*CATALOGUE, *KOJI_ALIASES} - set(UNIMPORTABLE_TYPES)))
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,12}", fullmatch=True)
VERSIONS = st.sampled_from(
    [
        "9.4",
        "Rawhide",
        "41.20261123.0",
        "!VERSION_FROM_VERSION",
        "!OSTREE_VERSION_FROM_LABEL_DATE_TYPE_RESPIN",
    ]
)
RELEASES = st.sampled_from([None, "", "1", "20261123.n.0", "!RELEASE_FROM_DATE_RESPIN"])
REPOS = st.lists(
    st.sampled_from(
        [
            "Server",
            "Everything",
            "/mnt/koji/repos/f41/latest/$arch",
            "https://repos.example.com/$arch/os/",
            {"baseurl": "Everything"},
            {"baseurl": "https://repos.example.com/more/", "package_sets": ["build"]},
        ]
    ),
    max_size=3,
)
JSON = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.text("abc{}$", max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=5,
)


def uploads(provider: str, number: int, one_arch: bool) -> st.SearchStrategy[Dict[str, Any]]:
    """What in-tree takes for a cloud; a name only where nothing else wants it."""
    name = "image-%d-20261123" % number
    accounts = st.sampled_from([[], ["123456789012"]])
    required: Dict[str, Any] = {}
    optional: Dict[str, Any] = {}
    if provider == "aws":
        required = {"region": st.just("us-gov-west-1"), "share_with_accounts": accounts}
        optional = {"snapshot_name": st.just(name)}
    elif provider == "aws.s3":
        required = {"region": st.just("eu-central-1")}
    elif provider == "gcp":
        required = {"region": st.just("us")}
        optional = {
            "bucket": st.just("images"),
            "image_name": st.just(name),
            "share_with_accounts": st.just(["group:images@example.com"]),
        }
    elif provider == "azure":
        required = {
            "tenant_id": st.just(GUID),
            "subscription_id": st.just(GUID),
            "resource_group": st.just("Images_(test)"),
        }
        optional = {"location": st.just("West Europe"), "image_name": st.just(name)}
    elif provider == "container":
        optional = {"name": st.just("quay.io/org/image"), "tag": st.just(name)}
    if not one_arch:
        optional.pop("snapshot_name", None)
        optional.pop("image_name", None)
    return st.just({}) | st.fixed_dictionaries(required, optional=optional)


@st.composite
def a_block(draw: st.DrawFn, number: int) -> Dict[str, Any]:
    """A block with any of in-tree's options; its N-V-R and subvariant are its own."""
    image_type = draw(IMAGE_TYPES)
    arches = draw(st.sampled_from([None, ["x86_64"], ["x86_64", "aarch64"], ["s390x", "x86_64"]]))
    block: Dict[str, Any] = {
        "name": "%s.%d" % (draw(NAMES), number),
        "distro": draw(st.sampled_from(["rhel-9.4", "fedora-41", "centos-9"])),
        "image_types": draw(st.sampled_from([image_type, [image_type]])),
        "subvariant": "S%d" % number,
    }
    one_arch = arches is not None and len(arches) == 1
    options: Dict[str, st.SearchStrategy[Any]] = {
        "version": VERSIONS,
        "release": RELEASES,
        "target": st.just("f41-images"),
        "repo": REPOS,
        "failable": st.sampled_from([[], ["*"], ["x86_64"]]),
        "ostree_url": st.just("https://ostree.example.com/repo/"),
        "ostree_ref": st.just("fedora/devel/$arch/iot"),
        "ostree_parent": st.just("fedora/stable/$arch/iot"),
        "upload_options": uploads(CATALOGUE[api_name(image_type)].provider, number, one_arch),
        "customizations": st.dictionaries(st.text("ab"), JSON, max_size=2),
    }
    for option, values in options.items():
        if draw(st.booleans()):
            block[option] = draw(values)
    if arches is not None:
        block["arches"] = arches
    return block


@st.composite
def configs(draw: st.DrawFn) -> Dict[str, Any]:
    """A section with some of the fall-backs beside it."""
    count = draw(st.integers(1, 4))
    written: List[Dict[str, Any]] = [draw(a_block(number)) for number in range(count)]
    config: Dict[str, Any] = {
        draw(st.sampled_from(["osbuild_target", "global_target"])): "f41-images",
        "translate_paths": [["/", "https://composes.example.com/"]],
        "osbuild": {"^Server$": written},
    }
    for key in ("osbuild_version", "global_version"):
        if draw(st.booleans()):
            config[key] = draw(VERSIONS)
    for key in ("osbuild_release", "global_release"):
        if draw(st.booleans()):
            config[key] = draw(RELEASES)
    return config


@given(configs(), st.sampled_from([None, "RC-1.2"]))
def test_what_works_in_tree_has_no_error(config: Dict[str, Any], label: Optional[str]) -> None:
    """Every block is planned for every arch that it has in the variant, with its own options."""
    variants = (
        a_variant(),
        a_variant(
            uid="Everything",
            id="Everything",
            repositories=tuple((arch, "Everything/$arch/os") for arch in ARCHES),
        ),
    )
    compose = a_compose(identity=an_identity(label=label), variants=variants)
    reading = read_config(Source("/somewhere/main.conf", config))
    assert reading.config is not None
    found = checked_plan(reading.config, compose, WORDS, reading.problems)
    assert [problem for problem in found.problems if problem.is_error] == []
    planned: List[Tuple[str, str]] = [
        (request.config.name, arch) for request in found.requests for arch in request.arches
    ]
    assert sorted(planned) == sorted(
        (block["name"], arch)
        for block in config["osbuild"]["^Server$"]
        for arch in ARCHES
        if arch in block.get("arches", ARCHES)
    )
    by_name = {block["name"]: block for block in config["osbuild"]["^Server$"]}
    for request in found.requests:
        sent = arguments(request)
        written = by_name[request.config.name]
        assert sent[3] == written["image_types"]
        assert sent[-1].get("upload_options", {}) == written.get("upload_options", {})
        assert sent[-1].get("customizations", {}) == written.get("customizations", {})

"""What composer would refuse is a warning, and nothing that it builds is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.planning import plan
from pungi_osbuild.problems import Problem, Severity
from tests.imagetypes.test_composer import ARCHES, DISTRIBUTIONS, measured, rows
from tests.values import a_compose, a_variant

RECORDED = Path(__file__).parent.parent / "conformance" / "data" / "golden-composer"
MEASURED = measured()
TYPES = sorted({row["image_type"] for row in rows()})
SAMPLE = ("fedora-43", "rhel-7.9", "rhel-8.10", "rhel-9.6", "rhel-10.1", "centos-9", "ol-9.6")

JsonDict = Dict[str, Any]


def problems_of(
    blocks: Sequence[JsonDict], arches: Sequence[str] = ARCHES, **options: Any
) -> Tuple[Problem, ...]:
    """
    Return the errors and warnings of blocks that are fine but for what they say.

    :param options: of the whole run
    """
    common = {"version": "1", "release": "1", "target": "t", "repo": ["https://example.com/"]}
    config = {
        **options,
        "translate_paths": [("/", "https://example.com/")],
        "osbuild": {".*": [{**common, **block} for block in blocks]},
    }
    reading = read_config(Source("/x.conf", config))
    assert reading.config is not None
    compose = a_compose(variants=(a_variant(arches=tuple(arches), repositories=()),))
    found = (*reading.problems, *plan(reading.config, compose).problems)
    return tuple(problem for problem in found if problem.severity is not Severity.NOTE)


def block_of(distro: str, arch: str, image_type: str, **more: Any) -> JsonDict:
    """Return a block with all that its image type needs, as composer measured it."""
    found = [MEASURED.get((distro, other, image_type)) for other in ARCHES]
    row = next(filter(None, found), {"ostree": "no", "needs": "-"})
    block: JsonDict = {
        "name": "n-%s-%s" % (image_type, arch),
        "distro": distro,
        "image_types": image_type,
        "arches": [arch],
        **more,
    }
    if row["ostree"] == "url required":
        block["ostree_url"] = "https://example.com/repo"
    if row["needs"] != "-":
        block["customizations"] = {row["needs"].rpartition(".")[2]: "/dev/vda"}
    return block


def judge(distro: str) -> None:
    """Compare every cell of a distribution with what was measured."""
    cells = [(arch, image_type) for arch in ARCHES for image_type in TYPES]
    found = problems_of([block_of(distro, *cell) for cell in cells])
    told: Dict[int, Problem] = {}
    for problem in found:
        number = int(problem.place.partition("[")[2].partition("[")[2].partition("]")[0])
        assert number not in told, "one warning a block: %s" % problem
        told[number] = problem
    for number, (arch, image_type) in enumerate(cells):
        is_built = (distro, arch, image_type) in MEASURED
        anywhere = any((distro, other, image_type) in MEASURED for other in ARCHES)
        expected = "type-not-on-arch" if anywhere else "type-not-in-distro"
        if is_built:
            assert number not in told, told[number]
            continue
        problem = told[number]
        assert (problem.code, problem.severity) == (expected, Severity.WARNING)
        assert "composer 180" in problem.message
        assert image_type in problem.message
        assert distro in problem.message
        assert arch in problem.message or not anywhere


@pytest.mark.parametrize("distro", SAMPLE)
def test_each_cell_is_judged_as_composer_does(distro: str) -> None:
    judge(distro)


@pytest.mark.long
@pytest.mark.parametrize("distro", DISTRIBUTIONS)
def test_every_cell_is_judged_as_composer_does(distro: str) -> None:
    """The whole table."""
    judge(distro)


def test_a_misspelt_distribution_hides_no_other_mistake() -> None:
    """The rest is judged for the one that was meant."""
    found = problems_of([block_of("rhel9.6", "aarch64", "gcp", ostree_url="https://example.com/")])
    assert [problem.code for problem in found] == [
        "unknown-distro",
        "type-not-on-arch",
        "ostree-option",
    ]


OSTREE = {
    "ostree_ref": st.sampled_from(["fedora/43/$arch/iot", "a", "a-b/c.d_e", "rhel/9/${arch}/edge"]),
    "ostree_parent": st.sampled_from(["fedora/43/$arch/iot", "a" * 64]),
    "ostree_url": st.sampled_from(["https://example.com/repo", "http://example.com/r?x=1"]),
}
CUSTOMIZATIONS = st.fixed_dictionaries(
    {},
    optional={
        "packages": st.just(["vim-enhanced"]),
        "hostname": st.just("guest"),
        "users": st.just([{"name": "admin", "groups": ["wheel"], "key": "ssh-rsa A a"}]),
        "groups": st.just([{"name": "images", "gid": 1000}]),
        "kernel": st.just({"append": "quiet"}),
        "services": st.just({"enabled": ["sshd"], "masked": ["x"]}),
        "firewall": st.just({"ports": ["22:tcp"], "services": {"enabled": ["ssh"]}}),
        "timezone": st.just({"timezone": "UTC", "ntpservers": ["ntp.example.com"]}),
        "locale": st.just({"languages": ["en_US.UTF-8"], "keyboard": "us"}),
        "files": st.just([{"path": "/etc/motd", "data": "x"}]),
        "fips": st.just({"enabled": True}),
    },
)


@st.composite
def built_blocks(draw: st.DrawFn) -> JsonDict:
    """A block that composer builds, with options that it takes."""
    distro, arch, image_type = draw(st.sampled_from(sorted(MEASURED)))
    block = block_of(distro, arch, image_type)
    others = [one for one in ARCHES if (distro, one, image_type) in MEASURED]
    block["arches"] = draw(st.lists(st.sampled_from(others), min_size=1, unique=True))
    if MEASURED[distro, arch, image_type]["ostree"] != "no":
        wanted = draw(st.sets(st.sampled_from(sorted(OSTREE))))
        if "ostree_parent" in wanted:
            wanted.add("ostree_url")
        block.update({name: draw(OSTREE[name]) for name in sorted(wanted)})
    customizations = {**block.get("customizations", {}), **draw(CUSTOMIZATIONS)}
    if customizations:
        block["customizations"] = customizations
    return block


@given(st.lists(built_blocks(), min_size=1, max_size=3, unique_by=lambda block: block["name"]))
def test_what_composer_builds_raises_no_alarm(blocks: List[JsonDict]) -> None:
    """Drawn from composer's own table."""
    for number, block in enumerate(blocks):
        block["subvariant"] = "S%d" % number
    assert problems_of(blocks) == ()


NOT_FORESEEN = ("cannot write job",)
"""Refusals that are not the request's fault."""


def recorded() -> Iterator[Tuple[str, JsonDict]]:
    """Give what koji-osbuild's builder asked of a real composer, with its answer."""
    for path in sorted(RECORDED.glob("*.json")):
        for number, call in enumerate(json.loads(path.read_text(encoding="utf-8"))["calls"]):
            if call.get("by") == "builder" and isinstance(call.get("body"), dict):
                yield "%s-%d" % (path.stem[:2], number), call


def as_block(body: Mapping[str, Any]) -> JsonDict:
    """Return the block for which koji-osbuild's builder asks this."""
    asked = body["image_requests"][0]
    block = {
        "name": body["koji"]["name"],
        "distro": body["distribution"],
        "image_types": asked["image_type"],
        "arches": [one["architecture"] for one in body["image_requests"]],
        **{"ostree_" + name: value for name, value in asked.get("ostree", {}).items()},
    }
    for name, value in (
        ("customizations", body.get("customizations")),
        ("upload_options", asked.get("upload_options")),
    ):
        if value is not None:
            block[name] = value
    return block


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in recorded()])
def test_what_was_recorded_is_foreseen(call: JsonDict) -> None:
    """A refusal of composer is a problem here; what it took raises no alarm, but for an alias."""
    if call["status"] == 405 or not call["body"].get("image_requests"):
        return
    if call["body"]["image_requests"][0].get("ostree") == {}:
        # The builder makes it of an empty ref, which is left out here: composer is not asked so.
        return
    block = as_block(call["body"])
    found = problems_of([block], block["arches"])
    details = call["reply"].get("details", "")
    if call["status"] >= 400 and not any(text in str(details) for text in NOT_FORESEEN):
        assert found, details
    elif call["status"] < 300:
        about_composer = {problem.code for problem in found if "composer 180" in problem.message}
        assert about_composer <= {"distro-alias", "ignored-customization"}

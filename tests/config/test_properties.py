"""Whatever stands in a config, reading it ends in values and problems, and changes nothing."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Dict, Iterable, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.clouds import hub_clouds, refused_options
from pungi_osbuild.config import Reading, Source, read_config
from pungi_osbuild.config.options import pungi_options, top_options
from pungi_osbuild.errors import SourceError
from pungi_osbuild.methods.osbuild_image import OSBUILD_IMAGE
from pungi_osbuild.model import Template, option_texts
from pungi_osbuild.problems import Problem, Severity, has_errors

# A user's regular expression may make Python warn; here warnings are errors.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

GOOD_BLOCK: Dict[str, Any] = {
    "name": "test-image",
    "distro": "rhel-9.4",
    "image_types": "aws",
    "version": "9.4",
    "release": "!RELEASE_FROM_DATE_RESPIN",
    "target": "image-target",
    "arches": ["x86_64", "aarch64"],
    "repo": ["Server", {"baseurl": "https://example.com/$arch", "package_sets": ["os"]}],
    "failable": ["*"],
    "subvariant": "Cloud",
    "ostree_ref": "rhel/$arch",
    "upload_options": {"region": "us-east-1", "share_with_accounts": ["123456789012"]},
    "customizations": {"users": [{"name": "root"}]},
    "split_arches": True,
    "skip_tag": False,
}

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["aws", "ami", "guest-imag", "!NOPE", "$", "$arch", "a-b", "../..", "x86_64"])
    | st.binary(max_size=3)
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
TOP_KEYS = st.sampled_from([*top_options(), *pungi_options(), "osbuild_nonsense"])
BLOCK_OPTIONS = tuple(OSBUILD_IMAGE.block_options())
BLOCK_KEYS = st.sampled_from([*BLOCK_OPTIONS, "nonsense", 5, "\ud800", "a\x00b"])
UPLOAD_KEYS = st.sampled_from(sorted({field for cloud in hub_clouds() for field in cloud.options}))
PATTERNS = st.sampled_from(["^Server$", "(", "", "[[", "*", "\x00"]) | st.text(max_size=5)


ARCHES = st.sampled_from(["x86_64", "aarch64", "", "x86-64", "a\x00b"])
TEMPLATES = st.sampled_from(
    ["us-{arch}-1", "{nvr}", "{", "{{}}", "{date!r}", "{0}", "us-east-1", "123456789012", "user:x"]
)
OPTIONS = st.dictionaries(
    UPLOAD_KEYS
    | st.sampled_from(sorted([*refused_options(), "type", "upload_options", "upload_targets"])),
    JUNK | TEMPLATES | st.lists(TEMPLATES, max_size=2),
    max_size=4,
)
LISTED = st.dictionaries(
    st.sampled_from(["aws", "ami", "hologram", "minimal-raw-zst", "qcow2"]) | st.text(max_size=3),
    st.dictionaries(
        st.sampled_from(["upload", "type", "format", "nonsense"]),
        JUNK | st.sampled_from(["aws", "gcp", "oci.objectstorage", "qcow2", "xz", "raw.xz"]),
        max_size=3,
    )
    | JUNK,
    max_size=3,
)


@st.composite
def blocks(draw: st.DrawFn) -> Dict[Any, Any]:
    """A good block with a few of its keys gone, odd or new."""
    block: Dict[Any, Any] = copy.deepcopy(GOOD_BLOCK)
    for key in draw(st.lists(BLOCK_KEYS, max_size=3)):
        if draw(st.booleans()):
            block.pop(key, None)
        else:
            block[key] = draw(JUNK)
    if draw(st.booleans()):
        block["upload_options"] = draw(OPTIONS)
    if draw(st.booleans()):
        block["arch_upload_options"] = draw(st.dictionaries(ARCHES, OPTIONS | JUNK, max_size=3))
    if draw(st.booleans()):
        block["image_types"] = draw(
            st.sampled_from(["gcp", "azure", "edge-container", "hologram", "ami", "oci"])
        )
    return block


CONFIGS = st.dictionaries(TOP_KEYS, JUNK, max_size=3) | st.builds(
    lambda top, listed, section: {**top, "osbuild_image_types": listed, "osbuild": section},
    st.dictionaries(TOP_KEYS, JUNK, max_size=3),
    LISTED,
    st.dictionaries(PATTERNS, st.lists(blocks() | JUNK, max_size=2) | JUNK, max_size=3),
)


def _check(problem: Problem) -> None:
    assert problem.code
    assert problem.place
    assert problem.message.strip()
    assert problem.hint.strip()
    assert problem.severity in Severity
    json.dumps(problem.to_json()).encode("utf-8")
    "".join(str(value) for value in problem.to_json().values()).encode("utf-8")


def _read(config: Dict[str, Any]) -> Reading:
    return read_config(Source("/somewhere/main.conf", config))


def _is_of_uploads(place: str, block: str) -> bool:
    return place.startswith((block + ".upload_options", block + ".arch_upload_options"))


@given(CONFIGS)
def test_any_config_gives_values_and_problems(config: Dict[str, Any]) -> None:
    """No exception; each problem has all its parts; what is read can be sent to a hub."""
    before = repr(config)
    reading = _read(config)
    assert repr(config) == before
    for problem in reading.problems:
        _check(problem)
    assert len(set(reading.problems)) == len(reading.problems)
    if reading.config is None:
        assert has_errors(reading.problems)
        return
    hash(reading)
    for block in reading.config.blocks:
        values = (block.name, block.distro, block.image_type, block.target)
        assert all(isinstance(value, str) for value in values)
        assert all(values) or block.invalid_options
        errors = [problem.place for problem in reading.problems if problem.is_error]
        in_uploads = [place for place in errors if _is_of_uploads(place, block.place)]
        assert not in_uploads or (block.upload is None and not block.arch_uploads)
        for arch in ("x86_64", "aarch64", "s390x"):
            upload = block.upload_for(arch)
            json.dumps(upload.to_wire() if upload else None)
            for _option, _index, text in option_texts(upload) if upload else ():
                Template.parse(text)


@given(st.lists(blocks(), max_size=3))
def test_a_block_never_vanishes_without_a_word(written: List[Dict[Any, Any]]) -> None:
    """Whatever is wrong in it: the options that are, are its invalid ones, and nothing else is."""
    reading = _read({"osbuild": {"^Server$": written}})
    assert reading.config is not None
    assert len(reading.config.blocks) == len(written)
    for block in reading.config.blocks:
        errors = [
            problem
            for problem in reading.problems
            if problem.is_error and problem.place.startswith(block.place)
        ]
        wrong = {_option_of(error.place, block.place) for error in errors}
        # The type that was meant is judged in the place of one that is misspelt.
        assert wrong & set(BLOCK_OPTIONS) - {"image_types"} <= set(block.invalid_options)
        # One error stands for all blocks that have no target.
        lacking = {"target"} if _lacks_target(reading) else set()
        assert errors or not set(block.invalid_options) - lacking


def _lacks_target(reading: Reading) -> bool:
    return any(problem.code == "missing-target" for problem in reading.problems)


def _option_of(place: str, block: str) -> str:
    return re.split(r"[.\[]", place[len(block) + 1 :])[0]


@given(blocks(), blocks())
def test_a_block_is_read_the_same_whatever_stands_beside_it(
    first: Dict[Any, Any], second: Dict[Any, Any]
) -> None:
    """Its own problems and its own values, no more and no less."""
    alone = _read({"osbuild": {"^Server$": [first]}})
    beside = _read({"osbuild": {"^Server$": [first, second]}})
    place = 'osbuild["^Server$"][0]'
    own = [problem for problem in beside.problems if problem.place.startswith(place)]
    # How many blocks have no target is not of one block; that this one has none shows in it.
    assert _but_targets(own) == _but_targets(alone.problems)
    assert alone.config is not None
    assert beside.config is not None
    assert alone.config.blocks == tuple(
        block for block in beside.config.blocks if block.place == place
    )


def _but_targets(problems: Iterable[Problem]) -> List[Problem]:
    return [problem for problem in problems if problem.code != "missing-target"]


def test_the_good_block_is_good() -> None:
    """What the others are derived from."""
    reading = _read({"osbuild": {"^Server$": [GOOD_BLOCK]}})
    assert reading.problems == ()
    assert reading.config is not None
    assert len(reading.config.blocks) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [(float("nan"), "not a number"), (float("inf"), "at most 86400"), (-1, "more than 0")],
)
def test_a_poll_interval_is_a_number_of_seconds(value: float, words: str) -> None:
    """JSON can say NaN and Infinity."""
    reading = _read({"osbuild": {"^A$": []}, "osbuild_poll_interval": value})
    (problem,) = [problem for problem in reading.problems if problem.is_error]
    assert problem.place == "osbuild_poll_interval"
    assert words in problem.message
    assert reading.config is not None
    assert reading.config.settings.poll_interval is None


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"distro": "rhel\x01"}, "bad-character", ".distro"),
        ({"customizations": {"a": ["\ud800"]}}, "bad-character", ".customizations.a[0]"),
        ({"customizations": {"a": {1, 2}}}, "bad-value", ".customizations"),
    ],
)
def test_what_cannot_be_sent_is_an_error(changes: Dict[str, Any], code: str, place: str) -> None:
    """A dict that Pungi hands over may hold more than a file can."""
    reading = _read({"osbuild": {"^Server$": [{**GOOD_BLOCK, **changes}]}})
    (problem,) = reading.problems
    _check(problem)
    assert (problem.code, problem.place) == (code, 'osbuild["^Server$"][0]%s' % place)


def test_a_dict_without_end_is_refused() -> None:
    """Freezing it would not end."""
    endless: Dict[str, Any] = {}
    endless["osbuild"] = endless
    with pytest.raises(SourceError, match="nested too deeply"):
        _read(endless)


def test_a_complex_number_is_no_number() -> None:
    """It cannot be compared with a limit; no traceback, a problem."""
    reading = _read({"osbuild_poll_interval": 1j, "osbuild": {"^Server$": [GOOD_BLOCK]}})
    assert [(one.code, one.place) for one in reading.problems] == [
        ("wrong-type", "osbuild_poll_interval")
    ]


def test_a_pattern_that_cannot_be_printed_hides_no_invalid_option() -> None:
    block = {
        "name": None,
        "distro": "rhel-9.4",
        "image_types": "aws",
        "version": "1",
        "target": "t",
    }
    reading = _read({"osbuild": {"\x00": [block]}})
    assert reading.config is not None
    assert [block.invalid_options for block in reading.config.blocks] == [("name",)]

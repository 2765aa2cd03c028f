"""Whatever a config holds, it is planned, checked and shown to the end, and stays as it was."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from typing import Any, Dict, List, Optional, Tuple
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.metadata import productmd_types
from pungi_osbuild.methods import arguments
from pungi_osbuild.planning import checked_plan
from pungi_osbuild.problems import Problem, has_errors
from pungi_osbuild.report import junit_lines, plan_json, plan_table, problem_lines
from tests.config.test_properties import CONFIGS, blocks
from tests.values import a_compose, a_variant, an_identity

# A user's regular expression may make Python warn; here warnings are errors.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
WORDS = productmd_types()
LABELS = st.sampled_from([None, "RC-1.2", "Beta-1.1"])


@given(CONFIGS, LABELS)
def test_any_config_is_planned(config: Dict[str, Any], label: Optional[str]) -> None:
    """No exception; each problem has all its parts, and the dict stays as it was."""
    before, shown_before = copy.deepcopy(config), repr(config)
    reading = read_config(Source("/somewhere/main.conf", config))
    if reading.config is None:
        assert has_errors(reading.problems)
        ElementTree.fromstring("\n".join(junit_lines(None, reading.problems)))
        return
    compose = a_compose(identity=an_identity(label=label))
    found = checked_plan(reading.config, compose, WORDS, reading.problems, False)
    assert (config, repr(config)) == (before, shown_before)
    for problem in found.problems:
        assert problem.code
        assert problem.place
        assert problem.message.strip()
        assert problem.hint.strip()
        assert all(text.isprintable() for text in problem.to_json().values())
        json.dumps(problem.to_json()).encode("utf-8")
        "".join(problem.lines()).encode("utf-8")
    assert len(set(found.problems)) == len(found.problems)
    for request in found.requests:
        json.dumps(arguments(request))
        asked = request.config.upload_for(request.arches[0]) is not None
        assert (request.upload is not None) == asked or has_errors(found.problems)
    assert len(json.loads(json.dumps(plan_json(found.requests)))) == len(found.requests)
    assert plan_table(found.requests)
    assert len(problem_lines(found.problems)) == 2 * len(found.problems)
    root = ElementTree.fromstring("\n".join(junit_lines(reading.config, found.problems)))
    assert (root.get("failures") == "0") != has_errors(found.problems)


MISTAKES: List[Tuple[str, Any]] = [
    ("colour", "red"),
    ("customizations", 5),
    ("ostree_ref", "$nope"),
    ("ostree_url", 5),
    ("skip_tag", "no"),
    ("upload_targets", []),
]
"""Nothing of what the compose makes of a block follows from these options."""


@given(st.lists(blocks(), min_size=1, max_size=3), st.data())
def test_a_mistake_hides_no_other(written: List[Dict[Any, Any]], data: st.DataObject) -> None:
    """Whatever was said of the config before it was made is said again."""
    option, value = data.draw(st.sampled_from(MISTAKES))
    spoiled = copy.deepcopy(written)
    for block in (*written, *spoiled):
        block.pop(option, None)
    data.draw(st.sampled_from(spoiled))[option] = value
    before, after = _problems(written), _problems(spoiled)
    assert set(before) <= set(after)
    assert has_errors(set(after) - set(before))


def _problems(written: List[Dict[Any, Any]]) -> Tuple[Problem, ...]:
    reading = read_config(Source("/somewhere/main.conf", {"osbuild": {"^Server$": written}}))
    assert reading.config is not None
    return checked_plan(reading.config, a_compose(), WORDS, reading.problems, False).problems


PATTERNS = ["^Server$", "Server", "^(Client|Server)", ".*", "^Nothing$"]
VARIANTS = (
    a_variant(uid="Client", id="Client", arches=("x86_64",)),
    a_variant(),
    a_variant(uid="Server-optional", id="optional", type="optional", arches=("s390x", "x86_64")),
)


@given(
    st.dictionaries(
        st.sampled_from(PATTERNS),
        st.lists(blocks() | st.sampled_from([None, 5, {}, {"name": "x"}, "junk"]), max_size=3),
        min_size=1,
        max_size=3,
    )
)
def test_no_request_is_lost_or_doubled_beside_junk(section: Dict[str, Any]) -> None:
    """Each block that was read, for each variant it matches, for each arch both have: once."""
    reading = read_config(Source("/somewhere/main.conf", {"osbuild": section}))
    assert reading.config is not None
    found = checked_plan(
        reading.config, a_compose(variants=VARIANTS), WORDS, reading.problems, False
    )
    planned = Counter(
        (request.config.place, request.variant, arch)
        for request in found.requests
        for arch in request.arches
    )
    wanted = Counter(
        (block.place, variant.uid, arch)
        for block in reading.config.blocks
        for variant in VARIANTS
        if re.match(block.pattern, variant.uid)
        for arch in variant.arches
        if block.arches is None or arch in block.arches
    )
    assert planned == wanted

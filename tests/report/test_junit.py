"""Problems as JUnit XML: what CI shows, and valid whatever the config holds."""

from __future__ import annotations

from typing import Any, Dict, List, Optional
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pungi_osbuild.config import Source, read_config
from pungi_osbuild.model import ComposeConfig
from pungi_osbuild.problems import Problem, ProblemCode, Severity
from pungi_osbuild.report import junit_lines

GOOD: Dict[str, Any] = {
    "name": "guest",
    "distro": "rhel-9.4",
    "image_types": "guest-image",
    "target": "t",
}
TOLD = ("failure", "system-out")
COUNTS = ("tests", "failures", "errors", "time")


def config_of(section: Any) -> ComposeConfig:
    config = read_config(Source("a config", {"osbuild": section})).config
    assert config is not None
    return config


def document(config: Optional[ComposeConfig], problems: List[Problem]) -> ElementTree.Element:
    """Return the document, read again, and checked for what every reader relies on."""
    lines = junit_lines(config, problems)
    text = "\n".join(lines)
    assert text.isascii()
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    assert_counts(root)
    for suite in root:
        assert suite.tag == "testsuite"
        assert_counts(suite)
        assert len(suite) > 0
        for case in suite:
            assert case.tag == "testcase"
            assert set(case.attrib) == {"classname", "name", "time"}
            assert case.get("classname") == suite.get("name")
            # In this order, and at most one of each: all that every reader understands.
            tags = [child.tag for child in case]
            assert tags in ([], ["failure"], ["system-out"], ["failure", "system-out"])
            for failure in case.iter("failure"):
                assert set(failure.attrib) == {"message", "type"}
    return root


def assert_counts(element: ElementTree.Element) -> None:
    """The counts are those of testcases, and nothing took any time."""
    cases = list(element.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None]
    found = [element.get(key) for key in COUNTS]
    assert found == [str(len(cases)), str(len(failed)), "0", "0"]
    assert element.get("name")


def names(root: ElementTree.Element) -> List[str]:
    return [str(case.get("name")) for case in root.iter("testcase")]


def text_of(root: ElementTree.Element, name: str, tag: str) -> str:
    (case,) = (case for case in root.iter("testcase") if case.get("name") == name)
    found = case.find(tag)
    assert found is not None, name
    return found.text or ""


def an_error(place: str, message: str = "is wrong", code: ProblemCode = "wrong-type") -> Problem:
    return Problem(code, place, message, "Mend it.")


def a_warning(place: str) -> Problem:
    return Problem("iso-type", place, "looks odd", "Look at it.", Severity.WARNING)


TWO = {"^Server$": [GOOD, {**GOOD, "name": "other"}], "^.*$": [{**GOOD, "name": "everywhere"}]}
GENERAL = "everything but the image blocks"
FIRST = 'guest (guest-image) osbuild["^Server$"][0]'
SECOND = 'other (guest-image) osbuild["^Server$"][1]'


def test_without_problems_all_have_passed() -> None:
    """A suite for each pattern, a testcase for each block, and one for the rest."""
    root = document(config_of(TWO), [])
    assert [suite.get("name") for suite in root] == ["config", "^Server$", "^.*$"]
    third = 'everywhere (guest-image) osbuild["^.*$"][0]'
    assert names(root) == [GENERAL, FIRST, SECOND, third]
    assert (root.get("tests"), root.get("failures")) == ("4", "0")
    assert all(len(case) == 0 for case in root.iter("testcase"))


def test_a_block_fails_with_all_its_errors() -> None:
    """One failure, since CI shows no other: its text has place, message, code and hint of each."""
    place = 'osbuild["^Server$"][1]'
    problems = [
        an_error("%s.name" % place, "is no text", "wrong-type"),
        an_error("%s.repo[0]" % place, "is unknown", "unknown-variant"),
        a_warning(place),
    ]
    root = document(config_of(TWO), problems)
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    (failure,) = root.iter("failure")
    assert failure.get("message") == "is no text [wrong-type] (and 1 more)"
    assert failure.get("type") == "wrong-type"
    assert text_of(root, SECOND, "failure").splitlines() == [
        'error: osbuild["^Server$"][1].name: is no text [wrong-type]',
        "    Mend it.",
        'error: osbuild["^Server$"][1].repo[0]: is unknown [unknown-variant]',
        "    Mend it.",
    ]
    assert text_of(root, SECOND, "system-out").startswith(
        "warning: %s: looks odd [iso-type]" % place
    )


def test_a_warning_fails_nothing() -> None:
    """It is what the testcase printed."""
    root = document(config_of(TWO), [a_warning('osbuild["^Server$"][0].arches')])
    assert root.get("failures") == "0"
    assert "looks odd" in text_of(root, FIRST, "system-out")


def test_problems_of_no_block_have_a_testcase_of_their_own() -> None:
    """Of the whole config, of the hub, and of a pattern."""
    problems = [
        an_error("koji_profile", "may not build", "no-image-permission"),
        an_error("osbuild", "no task"),
        a_warning('osbuild["^Server$"]'),
        an_error('osbuild["^(.*$"]', "is no regular expression"),
    ]
    root = document(config_of(TWO), problems)
    assert names(root)[:3] == [GENERAL, 'the pattern osbuild["^Server$"]', FIRST]
    assert "no-image-permission" in text_of(root, GENERAL, "failure")
    assert "no task" in text_of(root, GENERAL, "failure")
    assert "regular" in text_of(root, 'the pattern osbuild["^(.*$"]', "failure")


@pytest.mark.parametrize("pattern", ["^Server$", '^[^"]$', 'a"][0]', "a.b[0]", "", "\n\x00"])
def test_a_block_that_could_not_be_read_has_its_testcase(pattern: str) -> None:
    """At its position among those that could; whatever its pattern looks like."""
    section = {pattern: [GOOD, {"name": 5}, {**GOOD, "name": "last"}, 7]}
    reading = read_config(Source("a config", {"osbuild": section}))
    root = document(reading.config, list(reading.problems))
    assert len(root) == 2
    found = names(root)
    assert [name.split(" ")[0] for name in found[1:4:2]] == ["guest", "last"]
    for position, index in ((2, 1), (4, 3)):
        assert found[position].startswith("osbuild[")
        assert found[position].endswith("[%d]" % index)
    assert "name: " in text_of(root, found[2], "failure")


def test_a_block_with_errors_is_called_as_far_as_it_has_a_name() -> None:
    """And by the image type that was meant, so that it keeps its name when it is fixed."""
    blocks = [{"name": "guest", "image_types": ["oci", "wsl"]}, {"image_types": "guest_image"}]
    section = {"^Server$": blocks}
    reading = read_config(Source("a config", {"osbuild": section}))
    assert names(document(reading.config, list(reading.problems)))[1:] == [
        'guest osbuild["^Server$"][0]',
        '(guest-image) osbuild["^Server$"][1]',
    ]


def test_without_a_config_there_is_one_testcase() -> None:
    """The section could not be read at all."""
    root = document(None, [an_error("osbuild", "is missing")])
    assert names(root) == [GENERAL]
    assert root.get("failures") == "1"


def test_the_testcases_stay_the_same_when_a_problem_comes() -> None:
    """So CI shows what is new and what is fixed."""
    config = config_of(TWO)
    problem = an_error('osbuild["^Server$"][0].upload_options["a b"]')
    assert names(document(config, [problem])) == names(document(config, []))


odd = st.text(
    st.characters() | st.sampled_from("\x00\x1b\ud800\ufffe\ufeff\x85\u2028\r\n\t<>&\"']]>."),
    max_size=12,
)


# re warns of some patterns, as [[, before it takes them
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@given(
    pattern=odd,
    name=odd,
    parts=st.lists(st.tuples(odd, odd, odd, st.booleans()), max_size=4),
)
def test_it_is_valid_and_complete_whatever_the_config_holds(
    pattern: str, name: str, parts: List[Any]
) -> None:
    """Also of problems that nobody has made printable; and each is told of once."""
    reading = read_config(Source("a config", {"osbuild": {pattern: [{**GOOD, "name": name}]}}))
    of_ours = [
        Problem(
            "bad-value",
            'osbuild["%s"][0].%s' % (pattern, place) if place else rest,
            message,
            "Mend it: %s" % rest,
            Severity.ERROR if is_error else Severity.WARNING,
        )
        for place, message, rest, is_error in parts
    ]
    problems = [*reading.problems, *of_ours]
    root = document(reading.config, problems)
    texts = [element.text or "" for element in root.iter() if element.tag in TOLD]
    told = sum(text.count("\n    Mend it: ") for text in texts)
    assert told >= len(of_ours)
    errors = sum(1 for problem in problems if problem.is_error)
    assert (root.get("failures") == "0") == (errors == 0)

"""
Problems as a JUnit XML document, for CI.

What CI systems show of one decides its shape. Jenkins and Azure show only the first failure of a
testcase, so there is one, and its text holds all errors. GitLab shows neither the class name nor
the failure's ``message``, so the testcase's name says which block it is and the text says all.
Both tell testcases apart by name, and want those that passed, too: a problem that is gone shows as
fixed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from xml.etree import ElementTree

from pungi_osbuild.checked import one_line
from pungi_osbuild.config import pattern_of, pattern_place
from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.methods import task_methods
from pungi_osbuild.model import ComposeConfig, ImageConfig, SectionPattern
from pungi_osbuild.problems import Problem, Severity, within
from pungi_osbuild.report.problems import problem_lines
from pungi_osbuild.secrets import hide

NAME = "pungi-osbuild validate"
GENERAL = "config"
ELSE = "everything but the image blocks"

_PLACE = r'(?P<section>%s)\["(?P<pattern>.*?)"\](?:\[(?P<index>[0-9]+)\])?(?=$|[.\[])'


def junit_lines(config: Optional[ComposeConfig], problems: Sequence[Problem]) -> List[str]:
    """
    Return the lines of the document: a testsuite for each pattern, a testcase for each block.

    A testcase has a failure where there is an error, and lists its warnings in ``system-out``.
    Problems of no block are in a testcase of their pattern, or in the one for everything else.
    The document is plain ASCII and valid whatever the config holds.

    :param config: as far as it could be read; blocks that could not be have their problems
    """
    document = ElementTree.Element("testsuites", {"name": NAME})
    suites = _suites(config, problems)
    for name, cases in suites:
        # A pattern may be empty, and readers want a name.
        called = _shown(name) or '""'
        suite = ElementTree.SubElement(document, "testsuite", {"name": called})
        for case in cases:
            _add(suite, called, case)
        _count(suite, cases)
    _count(document, [case for _, cases in suites for case in cases])
    ElementTree.indent(document)
    text = ElementTree.tostring(document, "us-ascii").decode("ascii")
    return ['<?xml version="1.0" encoding="UTF-8"?>', *text.split("\n")]


def failed_junit_lines(error: PungiOsbuildError) -> List[str]:
    """Return the lines of the document where the config could not be judged at all."""
    problem = Problem("unreadable", GENERAL, error.reason, error.solution)
    return junit_lines(None, (problem,))


@dataclass(frozen=True)
class _Home:
    """
    What a problem is about.

    :param pattern: None: no pattern
    :param index: of the block under the pattern; None: no block, but the pattern itself
    """

    pattern: Optional[SectionPattern] = None
    index: Optional[int] = None


@dataclass(frozen=True)
class _Case:
    name: str
    problems: Tuple[Problem, ...]

    @property
    def errors(self) -> Tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> Tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.WARNING)


def _suites(
    config: Optional[ComposeConfig], problems: Sequence[Problem]
) -> List[Tuple[str, List[_Case]]]:
    """Return the testcases: what is no block first, then by pattern in the order of the config."""
    blocks = _blocks(config)
    patterns = () if config is None else config.patterns
    known = _known_places(blocks, patterns)
    found: Dict[_Home, List[Problem]] = {_Home(): []}
    for block_home in blocks:
        found[block_home] = []
    for problem in problems:
        found.setdefault(_home(problem.place, known), []).append(problem)
    suites: List[Tuple[str, List[_Case]]] = []
    general = [_Case(ELSE, tuple(found.pop(_Home())))]
    written = [*patterns, *(home.pattern for home in found if home.pattern is not None)]
    is_one_section = len({one.section for one in written}) < 2
    for pattern in dict.fromkeys(written):
        homes = sorted(
            (home for home in found if home.pattern == pattern),
            key=lambda home: -1 if home.index is None else home.index,
        )
        cases = [_Case(_title(home, blocks.get(home)), tuple(found[home])) for home in homes]
        if cases:
            name = pattern.pattern if is_one_section else pattern_place(*pattern)
            suites.append((name, cases))
    return [(GENERAL, general), *suites]


def _blocks(config: Optional[ComposeConfig]) -> Dict[_Home, ImageConfig]:
    found = {}
    for block in () if config is None else config.blocks:
        pattern = pattern_of(block)
        index = block.place[len(pattern_place(*pattern)) + 1 : -1]
        found[_Home(pattern, int(index))] = block
    return found


def _known_places(
    blocks: Mapping[_Home, ImageConfig], patterns: Sequence[SectionPattern]
) -> Mapping[str, _Home]:
    """Return what is known to stand where."""
    known = {_shown(pattern_place(*pattern)): _Home(pattern) for pattern in patterns}
    known.update((_shown(block.place), home) for home, block in blocks.items())
    return known


def _home(place: str, known: Mapping[str, _Home]) -> _Home:
    """Return what a place belongs to; what is known of the config is better than its looks."""
    place = _shown(place)
    for end in _ends(place):
        home = known.get(place[:end])
        if home is not None and home.index is None:
            index = re.match(r"\[([0-9]+)\]", place[end:])
            return _Home(home.pattern, int(index.group(1)) if index else None)
        if home is not None:
            return home
    sections = "|".join(re.escape(method.section) for method in task_methods())
    written = re.match(_PLACE % sections, place, re.S)
    if written is None:
        return _Home()
    number = written.group("index")
    pattern = SectionPattern(written.group("section"), written.group("pattern"))
    return _Home(pattern, None if number is None else int(number))


def _ends(place: str) -> Iterator[int]:
    """Give where a place, and each that it is within, may end: the longest first."""
    yield len(place)
    for position in range(len(place) - 1, 0, -1):
        if place[position] in ".[":
            yield position


def _title(home: _Home, block: Optional[ImageConfig]) -> str:
    assert home.pattern is not None, "what belongs to no pattern has a name of its own"
    if home.index is None:
        return "the pattern %s" % pattern_place(*home.pattern)
    place = within(pattern_place(*home.pattern), home.index)
    # Of what is no block, or has errors, there may be neither.
    name = block.name if block is not None else ""
    image_type = block.image_type if block is not None else ""
    return " ".join([*filter(None, [name, image_type and "(%s)" % image_type]), place])


def _add(suite: ElementTree.Element, classname: str, case: _Case) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        {"classname": classname, "name": _shown(case.name), "time": "0"},
    )
    if case.errors:
        first = case.errors[0]
        more = "" if len(case.errors) == 1 else " (and %d more)" % (len(case.errors) - 1)
        failure = ElementTree.SubElement(
            element,
            "failure",
            {
                "message": _shown("%s [%s]%s" % (first.message, first.code, more)),
                "type": _shown(first.code),
            },
        )
        failure.text = _text(case.errors)
    if case.warnings:
        ElementTree.SubElement(element, "system-out").text = _text(case.warnings)


def _text(problems: Sequence[Problem]) -> str:
    lines = (line for text in problem_lines(problems) for line in text.split("\n"))
    return "\n".join(map(_shown, lines))


def _count(element: ElementTree.Element, cases: Sequence[_Case]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(1 for case in cases if case.errors)))
    element.set("errors", "0")
    element.set("time", "0")


def _shown(text: str) -> str:
    """Return a text as a problem shows it: in one line, without secrets."""
    return one_line(hide(text))

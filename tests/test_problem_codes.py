"""The codes of problems: what the package gives, what the docs tell, what the cases expect."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Set, Tuple

import pytest

from pungi_osbuild.problems import PROBLEM_CODES, Problem, Severity
from pungi_osbuild.report import problem_lines
from tests.cases import CASES, Case, stored_codes, stored_problems
from tests.values import OF_COMPOSER

HERE = Path(__file__)
PACKAGE = HERE.parent.parent / "pungi_osbuild"
DOCS = HERE.parent.parent / "docs" / "problems.md"
REGISTRY = PACKAGE / "problems" / "codes.py"

MAKERS: Mapping[str, int] = {
    "Problem": 0,
    "error": 0,
    "warn": 0,
    "_warn": 0,
    "failed_check": 0,
    "InvalidValue": 0,
    "shaped": 1,
    "_warning": 0,
    "_problem": 1,
    "_clashes": 3,
}
"""What makes a problem, and which of its arguments is the code."""


@dataclass(frozen=True)
class Section:
    """What docs/problems.md tells of a code."""

    code: str
    head: str
    text: str
    example: Tuple[str, str]
    todo: str

    @property
    def severities(self) -> Set[str]:
        words = {word.lower() for word in re.findall(r"\*\*(\w+)\*\*", self.head)}
        assert words <= {severity.value for severity in Severity}
        return words

    @property
    def is_offline(self) -> bool:
        return self.head.endswith("found offline.")


def sections() -> List[Section]:
    found = []
    for part in re.split(r"^## ", DOCS.read_text(encoding="utf-8"), flags=re.M)[1:]:
        match = re.fullmatch(
            r"(?P<code>\S+)\n\n(?P<head>\*\*.*?)\n\n(?P<text>\S.*?)\n\n"
            r" {4}(?P<first>\S.*)\n {8}(?P<hint>\S.*)\n\nTo do: (?P<todo>\S.*?)\s*",
            part,
            re.S,
        )
        assert match, "this section of docs/problems.md has another form: %s" % part[:60]
        example = (match["first"], match["hint"])
        assert "\n" not in "".join(example), match["code"]
        head = match["head"].replace("\n", " ")
        found.append(Section(match["code"], head, match["text"], example, match["todo"]))
    return found


SECTIONS: Dict[str, Section] = {section.code: section for section in sections()}


def trees() -> Iterator[Tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path != REGISTRY:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def given() -> Iterator[Tuple[str, str]]:
    """Give place and text of each literal that a problem is made with as its code."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            position = MAKERS.get(name)
            if position is None or len(node.args) <= position:
                continue
            code = node.args[position]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                if name in ("error", "warn") and len(node.args) != 4:
                    continue  # of a log
                yield "%s:%d" % (path.relative_to(PACKAGE), node.lineno), code.value


def test_the_codes_are_sorted_and_none_is_there_twice() -> None:
    """Also in the docs."""
    assert list(PROBLEM_CODES) == sorted(set(PROBLEM_CODES))
    assert [section.code for section in sections()] == list(PROBLEM_CODES)


def test_every_code_that_is_given_is_known() -> None:
    """As mypy says, too; and what makes problems is found at all."""
    found = list(given())
    assert [one for one in found if one[1] not in PROBLEM_CODES] == []
    assert len({code for _place, code in found}) > 0.9 * len(PROBLEM_CODES)


def test_every_code_is_given() -> None:
    """Somewhere in the package it stands as a text of its own."""
    texts = {
        node.value
        for _path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(PROBLEM_CODES) - texts == set()


@pytest.mark.parametrize("code", PROBLEM_CODES)
def test_the_docs_tell_of_each(code: str) -> None:
    """How bad it is, what it means, an example as printed, and what to do."""
    section = SECTIONS[code]
    first, hint = section.example
    severity, place, _rest = first.split(": ", 2)
    assert severity in section.severities
    assert place
    assert first.endswith(" [%s]" % code)
    assert hint.strip()
    assert section.text.endswith(".")
    assert section.todo.endswith(".")


ACCEPTING = "warn-composer-of-a-site"
"""The case with ``osbuild_ignore``, which makes a note of any warning."""


def test_offline_codes_have_cases_and_true_examples() -> None:
    """Each is in a stored case, with every severity the docs tell of, and is quoted from one."""
    offline = {code for code, section in SECTIONS.items() if section.is_offline}
    assert offline == stored_codes()
    severities: Dict[str, Set[str]] = {}
    accepted = [case for case in CASES if case.path.stem == ACCEPTING]
    for problem in stored_problems(*(case for case in CASES if case not in accepted)):
        severities.setdefault(problem["code"], set()).add(problem["severity"])
    assert severities == {code: SECTIONS[code].severities for code in offline}
    printed = {tuple(problem_lines([stored(problem)])) for problem in stored_problems()}
    for code in sorted(offline):
        first, hint = SECTIONS[code].example
        assert (first, "    " + hint) in printed, code


def stored(problem: Dict[str, str]) -> Problem:
    return Problem(**{**problem, "severity": Severity(problem["severity"])})  # type: ignore[arg-type]


def test_every_code_is_expected_by_a_test() -> None:
    """In a stored case or in the text of a test."""
    texts = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(HERE.parent.rglob("*.py"))
        if path != HERE
    )
    quoted = set(re.findall(r"[\"\[]([a-z-]+)[\"\]]", texts))
    assert set(PROBLEM_CODES) - stored_codes() - quoted == set()


DESIGNED: Mapping[str, Tuple[str, str]] = {
    # errors
    "an unknown key, with the nearest": ("unknown-keys", "unknown-key"),
    "a wrong type": ("wrong-types", "wrong-type"),
    "no target anywhere": ("missing-target", "missing-target"),
    "no target in many blocks": ("missing-targets", "missing-target"),
    "a target that is misspelt": ("target-misspelt", "unknown-key"),
    "more than one image type": ("two-image-types", "not-one-image-type"),
    "no task in any variant": ("arches-of-no-variant", "no-task"),
    "options of another cloud": ("wrong-cloud-aws-as-azure", "wrong-cloud"),
    "the same of a koji alias": ("wrong-cloud-azure-as-ec2-alias", "wrong-cloud"),
    "hyper_v_generation": ("hub-refuses-hyper-v-generation", "hub-refuses-field"),
    "public": ("hub-refuses-public", "hub-refuses-field"),
    "pulp": ("hub-refuses-pulp", "hub-refuses-field"),
    "a substitution": ("substitution", "bad-substitution"),
    "$ in an ostree url": ("substitution", "dollar-in-ostree-url"),
    "one N-V-R": ("nvr-twice", "duplicate-nvr"),
    "one N-V-R in two variants": ("nvr-twice-in-two-variants", "duplicate-nvr"),
    "one placed file": ("file-twice", "duplicate-file"),
    "one AMI name": ("ami-twice", "duplicate-cloud-name"),
    "one GCP image name": ("gcp-name-twice", "duplicate-cloud-name"),
    "one Azure image name": ("azure-name-twice", "duplicate-cloud-name"),
    "one identity": ("identity-twice", "duplicate-identity"),
    "one identity in two variants": ("identity-twice-in-two-variants", "duplicate-identity"),
    "no word of productmd": ("productmd-type-unknown", "unknown-productmd-type"),
    "a file that Koji refuses": ("koji-cannot-import", "koji-cannot-import"),
    "a type that Koji's builders cannot have": ("not-through-koji", "unbuildable-image-type"),
    "an inner name": ("image-type-of-the-distribution", "inner-image-type"),
    "a near miss": ("image-type-near-miss", "unknown-image-type"),
    "a name that the hub refuses": ("nvr-refused-by-the-hub", "bad-name"),
    "a version that the hub refuses": ("nvr-refused-by-the-hub", "bad-version"),
    "a release that the hub refuses": ("nvr-refused-by-the-hub", "bad-release"),
    "an N-V-R that is too long": ("nvr-too-long", "too-long"),
    "an unknown field of a template": ("template-faults", "bad-template"),
    "a release that a template needs": ("template-needs-release", "template-needs-release"),
    # warnings
    "a phase that is skipped": ("warn-phase-skipped", "phase-skipped"),
    "names that select nothing": ("warn-names-that-select-nothing", "unknown-arch"),
    "an unknown option at the top": ("warn-unknown-top-key", "unknown-key"),
    "an AMI for nobody": ("warn-aws-without-accounts", "shared-with-nobody"),
    "options that OCI ignores": ("warn-upload-to-oci", "ignored-upload-option"),
    "EC2's options for S3": ("warn-ec2-options-for-s3", "ignored-upload-option"),
    "a pattern without a variant": ("warn-unmatched-pattern", "unmatched-pattern"),
    "arches that a variant lacks": ("warn-missing-arch", "missing-arch"),
    "an image type nobody has heard of": ("warn-unlisted-image-type", "unlisted-image-type"),
    "a tag without a name": ("warn-container-tag", "tag-without-name"),
    "an image without words": ("image-without-words", "not-in-images-json"),
    "an ISO filed by its name": ("warn-iso-type", "iso-type"),
    "a fixed cloud name": ("warn-fixed-cloud-names", "fixed-cloud-name"),
    "one tag for several arches": ("warn-container-tag-moves", "container-tag-moves"),
    "a repo that stays a path": ("warn-local-repo", "local-repo"),
    "a repo that is a path in an address": ("warn-addresses", "local-repo"),
    "an address that is none": ("warn-addresses", "odd-address"),
    "braces where nothing is replaced": ("warn-braces", "not-a-template"),
    "a section that is None": ("section-none", "no-section"),
    "the form of other phases": ("section-in-the-form-of-other-phases", "wrong-type"),
}
"""What is designed to be found, and the case and the code that show it."""


@pytest.mark.parametrize("what", DESIGNED)
def test_what_is_designed_has_a_case(what: str) -> None:
    """A code can stand for several mistakes: each has its own case."""
    name, code = DESIGNED[what]
    (case,) = [case for case in CASES if case.path.stem == name]
    assert code in {problem["code"] for problem in case.expected()["problems"]}


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.path.stem.startswith("in-tree-")],
    ids=lambda case: case.path.stem,
)
def test_what_works_in_tree_raises_no_alarm(case: Case) -> None:
    """No error, and a warning only of what composer refuses, or of what works only once."""
    problems = case.expected()["problems"]
    assert {problem["severity"] for problem in problems} <= {"warning"}
    assert {problem["code"] for problem in problems} <= {"fixed-cloud-name", *OF_COMPOSER}


def test_a_config_with_many_mistakes_tells_them_all() -> None:
    """At least twenty kinds of them, at as many places."""
    (case,) = [case for case in CASES if case.path.stem == "twenty-mistakes"]
    problems = case.expected()["problems"]
    assert len({problem["code"] for problem in problems}) >= 20
    assert len({problem["place"] for problem in problems}) >= 20

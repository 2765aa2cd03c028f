"""Stored configs are read, planned and checked: a case without its expectation fails."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Dict

import pytest

from pungi_osbuild.cli.inputs import Prepared
from pungi_osbuild.config import Source, read_config, read_source
from pungi_osbuild.problems import has_errors
from pungi_osbuild.report import plan_json
from tests.cases import CASES, FOLDER, Case

UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def _plain(value: Any) -> Any:
    """Return a value as JSON; of a dataclass only the fields that differ from their default."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        shown: Dict[str, Any] = {"": type(value).__name__}
        for field in fields(value):
            item = getattr(value, field.name)
            if item != field.default:
                shown[field.name] = _plain(item)
        return shown
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _shown(prepared: Prepared) -> Dict[str, Any]:
    shown: Dict[str, Any] = {
        "problems": [problem.to_json() for problem in prepared.problems],
        "config": _plain(prepared.config),
    }
    if not has_errors(prepared.problems):
        shown["plan"] = plan_json(prepared.requests)
    text = json.dumps(shown, indent=1, ensure_ascii=False)
    loaded: Dict[str, Any] = json.loads(text.replace(str(FOLDER), "CASES"))
    return loaded


@every_case
def test_a_stored_config_means_what_is_expected(case: Case) -> None:
    """Blocks, settings, problems with every word of them, and the plan where it is fine."""
    shown = _shown(case.prepared())
    if UPDATE:
        text = json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
        case.expectation.write_text(text, encoding="utf-8")
    assert case.expectation.exists(), (
        "no expectation: run with UPDATE_GOLDEN=1 and look at the result"
    )
    assert shown == case.expected()


@every_case
def test_a_case_lies_in_the_folder_of_its_outcome(case: Case) -> None:
    """A valid config has no error and a task if it wants any, an invalid one has an error."""
    prepared = case.prepared()
    assert has_errors(prepared.problems) != case.is_valid, prepared.problems
    is_skipped = prepared.config is not None and bool(prepared.config.skipped)
    assert prepared.requests or is_skipped or not case.is_valid


@every_case
def test_the_same_config_in_json_reads_the_same(case: Case, tmp_path: Path) -> None:
    """Pungi takes a config in JSON, too; only keys that are no text have no JSON form."""
    source = read_source(case.path)
    if case.path.stem == "keys-that-are-no-text":
        with pytest.raises(TypeError):
            json.dumps(_thawed(source.data), sort_keys=True)
        return
    as_json = tmp_path / "config.json"
    as_json.write_text(json.dumps(_thawed(source.data)))
    moved = Source(str(case.path), read_source(as_json).data)
    assert read_config(moved) == read_config(source)


def _thawed(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def test_nothing_is_left_without_its_config() -> None:
    """A renamed case takes its expectation and its options along."""
    written = {
        path for path in FOLDER.glob("*valid/*") if path.suffix == ".json" and path.is_file()
    }
    allowed = {case.path.with_suffix(".options.json") for case in CASES}
    assert written - allowed == {case.expectation for case in CASES}
    assert len(CASES) >= 60


def test_a_problem_is_told_once() -> None:
    """Whoever finds it first."""
    for case in CASES:
        problems = [json.dumps(problem) for problem in case.expected()["problems"]]
        assert len(problems) == len(set(problems)), case.name

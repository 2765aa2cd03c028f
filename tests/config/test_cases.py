"""Stored configs and what is read of them: a case without its expectation fails."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Dict

import pytest

from pungi_osbuild.config import Reading, Source, read_config, read_source
from pungi_osbuild.model import has_errors

DATA = Path(__file__).parent / "data"
CASES = sorted(DATA.glob("*valid/*.conf"))
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"


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


def _shown(reading: Reading, folder: Path) -> Dict[str, Any]:
    shown = {
        "problems": [problem.to_json() for problem in reading.problems],
        "config": _plain(reading.config),
    }
    if reading.scm_variants is not None:
        shown["scm_variants"] = reading.scm_variants.to_json()
    text = json.dumps(shown, indent=1, ensure_ascii=False)
    loaded: Dict[str, Any] = json.loads(text.replace(str(folder), "FOLDER"))
    return loaded


def _name(path: Path) -> str:
    return "%s/%s" % (path.parent.name, path.stem)


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_a_stored_config_is_read_as_expected(path: Path) -> None:
    """Blocks, settings and problems, with every word of them."""
    shown = _shown(read_config(read_source(path)), path.parent)
    expectation = path.with_suffix(".expected.json")
    if UPDATE:
        expectation.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n")
    assert expectation.exists(), "no expectation: run with UPDATE_GOLDEN=1 and look at the result"
    assert shown == json.loads(expectation.read_text())


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_a_case_lies_in_the_folder_of_its_outcome(path: Path) -> None:
    """A valid config has no error, an invalid one has at least one."""
    reading = read_config(read_source(path))
    assert has_errors(reading.problems) == (path.parent.name == "invalid")


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_the_same_config_in_json_reads_the_same(path: Path, tmp_path: Path) -> None:
    """Pungi takes a config in JSON, too; only keys that are no text have no JSON form."""
    source = read_source(path)
    if path.stem == "keys-that-are-no-text":
        with pytest.raises(TypeError):
            json.dumps(_thawed(source.data), sort_keys=True)
        return
    as_json = tmp_path / "config.json"
    as_json.write_text(json.dumps(_thawed(source.data)))
    moved = Source(str(path), read_source(as_json).data)
    assert read_config(moved) == read_config(source)


def _thawed(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def test_no_expectation_is_left_without_its_config() -> None:
    """A renamed case takes its expectation along."""
    expected = {path.name for path in DATA.glob("*valid/*.expected.json")}
    assert expected == {"%s.expected.json" % path.stem for path in CASES}


def test_there_are_cases() -> None:
    """The glob finds what it should."""
    assert len(CASES) >= 30

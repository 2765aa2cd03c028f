"""The schema is a sound document that says the same as the reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from jsonschema import Draft4Validator

from pungi_osbuild.clouds import hub_clouds
from pungi_osbuild.config import read_config, read_source, section_schema
from pungi_osbuild.config.source import thaw
from pungi_osbuild.problems import has_errors, wrong_type

DATA = Path(__file__).parent / "data"

IN_TREE = {
    "name",
    "distro",
    "image_types",
    "version",
    "release",
    "target",
    "arches",
    "repo",
    "failable",
    "subvariant",
    "ostree_url",
    "ostree_ref",
    "ostree_parent",
    "upload_options",
    "manifest_type",
    "customizations",
}


def _dicts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _dicts(item)


def _block() -> Any:
    return section_schema()["properties"]["osbuild"]["patternProperties"][".+"]["items"]


def test_the_document_is_a_draft_4_schema() -> None:
    """The dialect of Pungi's own."""
    Draft4Validator.check_schema(section_schema())


def test_the_document_can_be_merged_into_pungis() -> None:
    """No default (Pungi would share it among blocks), no reference, a fresh object each time."""
    for part in _dicts(section_schema()):
        assert "default" not in part
        assert "$ref" not in part
    first, second = section_schema(), section_schema()
    assert first == second
    first["properties"]["osbuild"]["patternProperties"].clear()
    assert section_schema() == second


def test_every_option_of_the_in_tree_phase_is_there_and_described() -> None:
    """And some more, which are new."""
    options = _block()["properties"]
    new = {"split_arches", "skip_tag", "arch_upload_options", "timeout", "retries"}
    assert set(options) == IN_TREE | new
    assert all(option.get("description") for option in options.values())
    assert all(option.get("description") for option in section_schema()["properties"].values())


def test_every_type_has_a_name_for_people() -> None:
    for part in _dicts(section_schema()):
        if isinstance(part.get("type"), str):
            assert wrong_type([part], object(), "somewhere").message.startswith("must be ")


def test_every_upload_is_one_of_the_alternatives() -> None:
    """In the order in which the hub tries them."""
    alternatives = _block()["properties"]["upload_options"]["anyOf"]
    assert [tuple(schema["properties"]) for schema in alternatives] == [
        tuple(cloud.options) for cloud in hub_clouds()
    ]


@pytest.mark.parametrize("path", sorted(DATA.glob("valid/*.conf")), ids=lambda path: path.stem)
def test_what_the_reader_takes_the_schema_takes(path: Path) -> None:
    """So Pungi's own check, which uses it, refuses nothing that is fine."""
    Draft4Validator(section_schema()).validate(thaw(read_source(path).data))


@pytest.mark.parametrize("path", sorted(DATA.glob("invalid/*.conf")), ids=lambda path: path.stem)
def test_what_the_schema_refuses_the_reader_refuses(path: Path) -> None:
    """And in more words."""
    source = read_source(path)
    refused = not Draft4Validator(section_schema()).is_valid(thaw(source.data))
    assert has_errors(read_config(source).problems) or not refused

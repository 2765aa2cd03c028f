"""The JSON Schema of osbuild.json: what is written conforms, and what is not read does not."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Tuple

import jsonschema
import pytest

from pungi_osbuild.metadata import FORMAT_VERSION, record_osbuild
from tests.rehearsed import EXAMPLES, rehearse
from tests.values import (
    a_built_image,
    a_cloud_image,
    a_placed_image,
    a_run_result,
    an_outcome,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: Dict[str, Any] = json.loads((ROOT / "docs/osbuild-json.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def test_the_schema_is_that_of_the_records() -> None:
    """Run scripts/osbuild_json_schema.py after a change of a record, and read the difference."""
    script = runpy.run_path(str(ROOT / "scripts" / "osbuild_json_schema.py"))
    assert script["schema"]() == SCHEMA, "run scripts/osbuild_json_schema.py"


def test_every_key_is_in_the_reference() -> None:
    """A key that is new in a record must be new in the page."""
    page = re.findall(r"\w+", (ROOT / "docs" / "osbuild-json.md").read_text(encoding="utf-8"))
    for name, definition in SCHEMA["definitions"].items():
        for key in definition["properties"]:
            assert key in page, "%s.%s" % (name, key)


def the_document(tmp_path: Path) -> Dict[str, Any]:
    image = a_placed_image(built=a_built_image(uploads=(a_cloud_image(),)))
    path = tmp_path / "osbuild.json"
    record_osbuild(path, a_run_result(outcomes=(an_outcome(images=(image,)),)), ())
    document: Dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def test_what_a_run_records_conforms(tmp_path: Path) -> None:
    """A whole run of an example, with uploads to all clouds and a failure."""
    config = EXAMPLES / "rhel-cloud" / "rhel-cloud.conf"
    done = rehearse(config, tmp_path / "out", ["build:name=rhel-azure,arch=aarch64"])
    document = json.loads((done.out / "compose/metadata/osbuild.json").read_text("utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert len(document["payload"]["tasks"]) == 9


def test_a_record_conforms_and_every_key_is_listed(tmp_path: Path) -> None:
    """A key that is new in the code must be new in the schema."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    document = the_document(tmp_path)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    payload = document["payload"]
    assert payload["format_version"] == FORMAT_VERSION
    (image,) = payload["images"]["Server"]["x86_64"]
    definitions = SCHEMA["definitions"]
    assert set(image) == set(definitions["ImageRecord"]["required"])
    assert set(payload["tasks"][0]) == set(definitions["TaskRecord"]["required"])
    assert set(image["koji"]) == set(definitions["KojiOrigin"]["required"])
    assert set(image["cloud"][0]) <= set(definitions["AwsEc2Image"]["properties"])
    files = set(definitions["BuildFile"]["required"])
    assert set(image["manifest"]) == files | {"osbuild_composer_version", "osbuild_composer_deps"}
    assert set(image["sboms"][0]) == files | {"purpose"}


def places(value: Any, place: Tuple[Any, ...] = ()) -> Iterator[Tuple[Any, ...]]:
    """Give every place in a document that holds a single value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*place, key))
        else:
            yield (*place, key)


def test_no_value_of_another_type_conforms(tmp_path: Path) -> None:
    """A number where a text stands, and a text where anything else does."""
    for place in places(the_document(tmp_path)):
        document = the_document(tmp_path)
        holder: Any = document
        for key in place[:-1]:
            holder = holder[key]
        was = holder[place[-1]]
        holder[place[-1]] = 7.5 if isinstance(was, str) or was is None else "x"
        assert not VALIDATOR.is_valid(document), place


def drop_sboms(image: Dict[str, Any]) -> None:
    del image["sboms"]


def lead_out(image: Dict[str, Any]) -> None:
    image["path"] = "Server/../../etc/passwd"


def older_sboms(image: Dict[str, Any]) -> None:
    image["sboms"] = ["x.spdx.json"]


def no_id(image: Dict[str, Any]) -> None:
    image["cloud"] = [{"provider": "aws"}]


@pytest.mark.parametrize("change", [drop_sboms, lead_out, older_sboms, no_id])
def test_what_is_refused(tmp_path: Path, change: Callable[[Dict[str, Any]], None]) -> None:
    """A missing key, a path that leads out, an older form, an upload without its id."""
    document = the_document(tmp_path)
    change(document["payload"]["images"]["Server"]["x86_64"][0])
    assert not VALIDATOR.is_valid(document)

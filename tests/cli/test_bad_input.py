"""Bad input gets a clear message and an exit status, never a traceback."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Tuple

import pytest
from click.testing import CliRunner, Result

from pungi_osbuild.cli.main import main
from tests.cli.commands import pungi_osbuild
from tests.rehearsed import EXAMPLES

MINIMAL = EXAMPLES / "minimal" / "minimal.conf"
BLOCK = '{"name": "n", "distro": "rhel-9.4", "image_types": "guest-image", "target": "t"}'
RELEASE = 'release_name = "N"\nrelease_short = "N"\nrelease_version = "1"\n'
VARIANTS = """<?xml version="1.0"?>
<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch></arches></variant></variants>
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    return tmp_path


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def config(here: Path, section: str, more: str = 'variants_file = "variants.xml"\n') -> Path:
    path = here / "compose.conf"
    path.write_text(RELEASE + more + "osbuild = " + section + "\n", encoding="utf-8")
    return path


def refused(result: Result, code: int, *parts: str) -> None:
    text = result.output
    assert result.exit_code == code, text
    for part in parts:
        assert part in text, text


def test_a_config_that_is_not_there(here: Path) -> None:
    refused(invoke("validate", here / "no.conf"), 2, "no.conf")


def test_a_config_that_does_not_parse_names_file_and_line(here: Path) -> None:
    path = here / "broken.conf"
    path.write_text('a = "x"\nosbuild = {\n  "^Server$": [1 2],\n  )\n', encoding="utf-8")
    refused(invoke("validate", path), 1, "broken.conf:4:")


def test_a_json_config_that_does_not_parse(here: Path) -> None:
    path = here / "broken.json"
    path.write_text('{"osbuild": \n oops}', encoding="utf-8")
    refused(invoke("validate", path), 1, "broken.json:2:")


def test_a_json_config_is_taken(here: Path) -> None:
    """As Pungi takes one."""
    block = {"name": "n", "distro": "d-1", "image_types": "guest-image", "target": "t"}
    path = here / "compose.json"
    release = {"release_name": "N", "release_short": "N", "release_version": "1"}
    path.write_text(
        json.dumps({**release, "variants_file": "variants.xml", "osbuild": {"Server": [block]}}),
        encoding="utf-8",
    )
    done = pungi_osbuild("plan", path, "--format", "json", "--date", "20261123", home=here)
    assert done.exit == 0, done.err
    (task,) = json.loads(done.out)
    assert task["args"][0] == "n"
    assert task["release"] is None


def test_no_osbuild_section(here: Path) -> None:
    path = here / "empty.conf"
    path.write_text(RELEASE + 'variants_file = "variants.xml"\n', encoding="utf-8")
    refused(invoke("validate", path), 1, "no-section")


def test_a_variants_file_that_is_not_there(here: Path) -> None:
    path = config(here, '{"Server": [%s]}' % BLOCK, 'variants_file = "no.xml"\n')
    refused(invoke("validate", path), 2, "no.xml")


def test_a_file_that_is_not_there_hides_no_other_problem(here: Path) -> None:
    """All problems at once, for machines too."""
    block = BLOCK.replace('"target"', '"colour": 1, "target"')
    path = config(here, '{"Server": [%s]}' % block, 'variants_file = "no.xml"\n')
    done = pungi_osbuild("validate", path, "--format", "json", home=here)
    assert done.exit == 2
    problems = json.loads(done.out)["problems"]
    assert [problem["code"] for problem in problems] == ["unknown-key", "unreadable"]
    assert problems[1]["place"] == "variants_file"
    refused(invoke("rehearse", path, "--out", here / "out"), 2, "unknown-key", "no.xml")


def test_a_broken_block_hides_no_pattern_and_invents_no_problem(here: Path) -> None:
    """What is right in the block is planned: there is something to build, and a repository."""
    block = BLOCK.replace('"target"', '"colour": 1, "target"')
    path = config(here, '{"^Server$": [%s], "^Sever$": [%s]}' % (block, block))
    problems = json.loads(pungi_osbuild("validate", path, "--format", "json", home=here).out)[
        "problems"
    ]
    assert [(problem["code"], problem["severity"]) for problem in problems] == [
        ("unknown-key", "error"),
        ("unknown-key", "error"),
        ("local-repo", "warning"),
        ("unmatched-pattern", "warning"),
    ]


def test_a_config_without_any_image_block(here: Path) -> None:
    """Nothing to do is not fine."""
    refused(invoke("plan", config(here, '{"Server": []}')), 1, "no-task")


def test_a_variants_file_that_is_broken(here: Path) -> None:
    (here / "variants.xml").write_text("<variants>\n<variant", encoding="utf-8")
    path = config(here, '{"Server": [%s]}' % BLOCK)
    refused(invoke("validate", path), 1, "variants.xml:2:")


def test_a_variants_file_in_source_control(here: Path) -> None:
    more = 'variants_file = {"scm": "git", "repo": "https://x", "file": "v.xml"}\n'
    path = config(here, '{"Server": [%s]}' % BLOCK, more)
    refused(invoke("validate", path), 1, "variants_file", "--variants")
    assert invoke("validate", path, "--variants", here / "variants.xml").exit_code == 0


def test_no_variants_file_at_all(here: Path) -> None:
    refused(invoke("plan", config(here, '{"Server": [%s]}' % BLOCK, "")), 1, "no-variants")


def test_a_compose_that_cannot_be_named(here: Path) -> None:
    path = here / "short.conf"
    path.write_text('variants_file = "variants.xml"\nosbuild = {"S": [%s]}' % BLOCK, "utf-8")
    refused(invoke("plan", path), 1, "no-release", "release_short")


def test_an_unknown_variant(here: Path) -> None:
    result = invoke("validate", config(here, '{"^Sever$": [%s]}' % BLOCK))
    refused(result, 1, "unmatched-pattern", 'osbuild["^Sever$"]', "Server")


def test_arches_that_fit_no_variant(here: Path) -> None:
    block = BLOCK.replace("}", ', "arches": ["s390x"]}')
    refused(invoke("validate", config(here, '{"Server": [%s]}' % block)), 1, "no-task", "x86_64")


@pytest.mark.parametrize(
    ("written", "hint"), [("guest_image", "guest-image"), ("ami", "aws"), ("gce", "gcp")]
)
def test_an_image_type_that_was_meant_otherwise(here: Path, written: str, hint: str) -> None:
    block = BLOCK.replace("guest-image", written)
    refused(invoke("validate", config(here, '{"Server": [%s]}' % block)), 1, "image_types", hint)


def test_every_problem_is_shown_at_once_and_nothing_submitted(here: Path) -> None:
    """Each with place, code, severity and hint; rehearse stops before it makes anything."""
    section = """{"^Server$": [
        {"name": "a", "distro": "rhel-9.6", "image_types": "aws", "target": "t", "colour": 1,
         "upload_options": {"tenant_id": "t", "subscription_id": "s", "resource_group": "g"}},
        {"name": 5, "distro": "rhel-9.6", "image_types": "guest-image"}]}"""
    path = config(here, section)
    out = here / "out"
    result = invoke("rehearse", path, "--out", out)
    assert result.exit_code == 1
    assert not out.exists()
    found = json.loads(pungi_osbuild("validate", path, "--format", "json", home=here).out)[
        "problems"
    ]
    errors = {
        (problem["code"], problem["place"]) for problem in found if problem["severity"] == "error"
    }
    places = {place for _, place in errors}
    assert 'osbuild["^Server$"][0].colour' in places
    assert 'osbuild["^Server$"][1].name' in places
    assert any(code == "missing-target" for code, _ in errors)
    assert any(code == "wrong-cloud" for code, _ in errors)
    assert all(problem["hint"] and problem["message"] for problem in found)
    # Which a rehearsal does not mind.
    assert len(found) == len(errors) + 1
    assert "local-repo" in [problem["code"] for problem in found]
    for code, place in errors:
        assert "%s: " % place in result.output
        assert "[%s]" % code in result.output


def test_an_output_folder_that_is_not_empty(here: Path) -> None:
    """Refused; nothing in it is touched."""
    out = here / "out"
    out.mkdir()
    (out / "precious").write_text("x", encoding="utf-8")
    refused(invoke("rehearse", MINIMAL, "--out", out), 2, "not empty", "--out")
    assert [path.name for path in out.iterdir()] == ["precious"]


def test_an_output_folder_that_is_a_file(here: Path) -> None:
    refused(invoke("rehearse", MINIMAL, "--out", here / "variants.xml"), 2, "variants.xml")


def test_a_port_that_is_taken(here: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(invoke("hub", "--port", port), 2, str(port), "--port")


def test_a_fault_that_nobody_knows(here: Path) -> None:
    result = invoke("rehearse", MINIMAL, "--out", here / "out", "--fault", "bild:arch=x86_64")
    refused(result, 2, "bild", "build")
    assert not (here / "out").exists()


def test_a_fault_that_meets_nothing(here: Path) -> None:
    """It would rehearse nothing, and look as if it had."""
    result = invoke("rehearse", MINIMAL, "--out", here / "out", "--fault", "build:arch=s390x")
    refused(result, 2, "build:arch=s390x", "matches no image")
    assert not (here / "out").exists()


def test_an_output_folder_in_the_compose_that_is_only_read(here: Path) -> None:
    compose = here / "compose"
    done = invoke("rehearse", MINIMAL, "--out", compose, "--duration", 0)
    assert done.exit_code == 0, done.output
    out = compose / "compose" / "Server" / "new"
    refused(invoke("rehearse", MINIMAL, "--compose", compose, "--out", out), 2, "only read")
    assert not out.exists()
    refused(invoke("plan", MINIMAL, "--compose", compose, "--date", "20261123"), 2, "--date")


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_compose_without_composeinfo(here: Path, command: str) -> None:
    refused(invoke(command, MINIMAL, "--compose", here), 2, "composeinfo.json")


def test_variants_and_compose_exclude_each_other(here: Path) -> None:
    refused(invoke("plan", MINIMAL, "--variants", here / "v", "--compose", here), 2, "exclude")


@pytest.mark.parametrize(
    "options",
    [("--label", "Gold-1"), ("--date", "2026-11-23"), ("--date", "20261340"), ("--type", "weekly")],
)
def test_a_compose_name_that_cannot_be(options: Any) -> None:
    refused(invoke("plan", MINIMAL, *options), 2, options[1])


def test_a_profile_that_is_not_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is touched before the profile is read."""
    monkeypatch.setenv("HOME", str(here))
    out = here / "out"
    assert invoke("rehearse", MINIMAL, "--out", out, "--duration", 0).exit_code == 0
    refused(
        invoke("run", MINIMAL, "--compose", out, "--profile", "nope"), 2, "nope", "--koji-config"
    )


def test_a_hub_that_does_not_answer(here: Path) -> None:
    """Said within seconds, with exit status 3."""
    out = here / "out"
    assert invoke("rehearse", MINIMAL, "--out", out, "--duration", 0).exit_code == 0
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    profile = here / "koji.conf"
    profile.write_text(
        "[dead]\nserver = http://127.0.0.1:%d/kojihub\nauthtype = noauth\n" % port, "utf-8"
    )
    result = invoke("run", MINIMAL, "--compose", out, "--koji-config", profile, "--profile", "dead")
    refused(result, 3, "127.0.0.1:%d" % port, "hello")


@pytest.mark.parametrize(
    "words",
    [
        ("images", "{}"),
        ("report", "{}"),
        ("status", "{}"),
        ("reproduce", "{}", "image"),
        ("validate", "{}"),
        ("plan", MINIMAL, "--compose", "{}"),
        ("plan", MINIMAL, "--variants", "{}"),
        ("run", MINIMAL, "--compose", "{}"),
        ("rehearse", MINIMAL, "--out", "{}"),
        ("report", "here", "--previous", "{}"),
    ],
    ids=lambda words: str(words[0]),
)
def test_an_address_is_not_a_folder(words: Tuple[object, ...]) -> None:
    """It is named whole: a path would have lost a slash."""
    address = "https://compose.example.org/9/EXL-9.4-20261123.0/"
    given = [address if word == "{}" else word for word in words]
    refused(invoke(*given), 2, address, "is an address", "folder")


def test_a_compose_config_in_another_syntax_is_named(here: Path) -> None:
    """The first line of each is no mistake that could be fixed."""
    for text, parts in (
        ('{"osbuild": {}}', ("JSON", ".json")),
        ("\n# a comment\n[general]\nstart = 1\n", ("INI", "pungi-orchestrate")),
        ('<?xml version="1.0"?>\n<variants/>', ("XML", "--variants")),
        ("---\nosbuild: {}\n", ("YAML",)),
    ):
        path = here / "compose.conf"
        path.write_text(text, encoding="utf-8")
        refused(invoke("validate", path), 1, "compose.conf:", *parts)


@pytest.mark.parametrize("suffix", ["conf", "json"])
def test_a_byte_order_mark_is_read(suffix: str, here: Path) -> None:
    """And line ends of Windows; nobody can see either."""
    block = {"name": "n", "distro": "rhel-9.4", "image_types": "guest-image", "target": "t"}
    options = {
        "release_name": "N",
        "release_short": "N",
        "release_version": "1",
        "variants_file": "variants.xml",
        "translate_paths": [["/", "https://example.com/"]],
        "osbuild": {"^Server$": [block]},
    }
    lines = ["%s = %s" % (name, json.dumps(value)) for name, value in options.items()]
    text = json.dumps(options, indent=1) if suffix == "json" else "\n".join(lines) + "\n"
    path = here / ("compose." + suffix)
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    refused(invoke("validate", path), 0, "No problems found.")

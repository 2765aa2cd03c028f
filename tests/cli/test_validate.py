"""``validate`` with and without a hub, as people and CI run it."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from koji_rehearsal import HubContent, HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.main import main
from tests.cli.commands import in_process

STRICT = replace(HubContent.golden(), strict=True, anonymous=None)
READING = {
    "getAPIVersion",
    "getArchiveTypes",
    "getBuild",
    "getBuildConfig",
    "getBuildTarget",
    "getLoggedInUser",
    "getPerms",
    "getTag",
    "checkTagPackage",
    "login",
    "logout",
}
VARIANTS = """<?xml version="1.0"?>
<variants><variant id="Server" name="Server" type="variant">
<arches><arch>x86_64</arch><arch>aarch64</arch></arches></variant></variants>
"""
BLOCK: Dict[str, Any] = {
    "name": "rig-image",
    "distro": "fedora-41",
    "image_types": "guest-image",
    "target": "f41-images",
    "version": "41",
    "release": "1",
}


def a_config(folder: Path, *blocks: Dict[str, Any], variants: str = "variants.xml") -> Path:
    (folder / "variants.xml").write_text(VARIANTS, encoding="utf-8")
    names = {"release_name": "N", "release_short": "N", "release_version": "1"}
    named = [{"subvariant": "S%d" % number, **block} for number, block in enumerate(blocks)]
    section = {
        **names,
        "variants_file": variants,
        "translate_paths": [["/", "https://composes.example.com/"]],
        "osbuild": {"^Server$": named},
    }
    path = folder / "compose.json"
    path.write_text(json.dumps(section), encoding="utf-8")
    return path


class Practice:
    """A strict hub whose users log in by password."""

    def __init__(self, hub: RehearsalHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.profile = folder / "koji.conf"
        write_profile(self.profile, hub, "practice")
        text = self.profile.read_text(encoding="utf-8").replace("noauth", "password")
        self.profile.write_text(text, encoding="utf-8")

    def login(self, user: str = "pungi", password: Optional[str] = None) -> List[object]:
        secret = self.folder / "password"
        secret.write_text((password or user + "pw") + "\n", encoding="utf-8")
        files = ["--koji-config", self.profile, "--password-file", secret]
        return ["--hub", "practice", "--user", user, *files]


@contextmanager
def a_practice(folder: Path, content: HubContent = STRICT) -> Iterator[Practice]:
    with RehearsalHub(HubSettings(duration=0), folder / "koji", content) as hub:
        yield Practice(hub, folder)


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    with a_practice(tmp_path) as one:
        yield one


def validate(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def problems(result: Result) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(result.stdout)["problems"]
    return found


def test_what_is_fine_is_fine_on_the_hub_too(practice: Practice) -> None:
    """Nothing is submitted, and nothing else is changed: only what reads is called."""
    result = validate(a_config(practice.folder, BLOCK), *practice.login())
    assert (result.exit_code, result.stdout) == (0, "No problems found.\n")
    methods = {call.method for call in practice.hub.calls}
    assert {"getBuildTarget", "getBuild", "getTag", "checkTagPackage"} <= methods <= READING


def test_all_problems_come_at_once(practice: Practice) -> None:
    """Of the config first, then of the hub: also of blocks beside a broken one."""
    config = a_config(
        practice.folder,
        {**BLOCK, "colour": "red"},
        {**BLOCK, "target": "f41-nope", "name": "b"},
        {**BLOCK, "target": "f41-images-locked", "name": "rig-gce", "failable": ["*"]},
        {**BLOCK, "target": "f41-images-noarches", "name": "rig-aws"},
        {**BLOCK, "name": "no-such-package"},
    )
    result = validate(config, *practice.login("nobody"), "--format", "json")
    assert result.exit_code == 1
    place = 'osbuild["^Server$"][%d]'
    assert [(one["code"], one["severity"], one["place"]) for one in problems(result)] == [
        ("unknown-key", "error", place % 0 + ".colour"),
        ("no-image-permission", "error", "koji_profile"),
        ("unknown-target", "error", place % 1),
        ("tag-locked", "warning", place % 2),
        ("arch-not-built", "error", place % 3),
        ("arch-not-built", "error", place % 3),
        ("package-not-listed", "error", place % 4),
    ]
    text = validate(config, *practice.login("nobody"))
    assert text.exit_code == 1
    shown = [line for line in text.stdout.splitlines() if line.startswith(("error:", "warning:"))]
    assert ["[%s]" % one["code"] for one in problems(result)] == [
        line.split(" ")[-1] for line in shown
    ]
    assert "koji --profile=practice grant-permission image nobody" in text.stdout
    assert text.stdout.endswith("6 errors, 1 warning.\n")
    assert {call.method for call in practice.hub.calls} <= READING


def test_a_hub_is_asked_of_a_wrong_block_what_can_be_asked(practice: Practice) -> None:
    """Nothing of a name or target that is wrong: but where something else is, it is."""
    config = a_config(
        practice.folder,
        {**BLOCK, "name": "no such package"},
        {**BLOCK, "target": 5},
        {**BLOCK, "image_types": "guest_image", "name": "no-such-package", "repo": "Nowhere"},
    )
    result = validate(config, *practice.login(), "--format", "json")
    place = 'osbuild["^Server$"][%d]'
    assert [(one["code"], one["place"]) for one in problems(result)] == [
        ("bad-name", place % 0 + ".name"),
        ("wrong-type", place % 1 + ".target"),
        ("wrong-type", place % 2 + ".repo"),
        ("unknown-image-type", place % 2 + ".image_types"),
        ("unknown-variant", place % 2 + ".repo[0]"),
        ("package-not-listed", place % 2),
    ]


def test_a_warning_of_the_hub_is_no_error(practice: Practice) -> None:
    """Exit status 0."""
    block = {**BLOCK, "target": "f41-images-locked", "failable": ["*"]}
    result = validate(a_config(practice.folder, block), *practice.login())
    assert result.exit_code == 0, result.output
    assert "tag-locked" in result.stdout


def test_the_number_of_images_does_not_matter(practice: Practice) -> None:
    """Login, version, two multicalls and logout."""
    few = a_config(practice.folder, BLOCK)
    before = practice.hub.counters.requests
    assert validate(few, *practice.login()).exit_code == 0
    cost = practice.hub.counters.requests - before
    many = a_config(
        practice.folder, *({**BLOCK, "name": "img-%03d" % number} for number in range(1, 41))
    )
    assert validate(many, *practice.login()).exit_code == 0
    assert practice.hub.counters.requests - before == 2 * cost == 10


@pytest.mark.parametrize("output", ["text", "json", "junit"])
def test_a_hub_that_does_not_answer(tmp_path: Path, output: str) -> None:
    """Exit status 3; the config's own problems are told all the same, and first."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    profile = tmp_path / "koji.conf"
    server = "http://127.0.0.1:%d/kojihub" % port
    profile.write_text("[dead]\nserver = %s\nauthtype = noauth\n" % server, encoding="utf-8")
    config = a_config(tmp_path, {**BLOCK, "colour": "red"})
    login = ("--hub", "dead", "--koji-config", profile)
    result = validate(config, *login, "--format", output)
    assert result.exit_code == 3, result.output
    assert result.stdout.index("unknown-key") > 0
    assert server in result.stdout
    if output == "text":
        assert result.stdout.index("unknown-key") < result.stdout.index(server)
    if output == "json":
        assert [one["code"] for one in problems(result)] == ["unknown-key", "hub"]
    if output == "junit":
        root = ElementTree.fromstring(result.stdout)
        assert root.get("failures") == "2"


def test_a_login_that_is_refused(practice: Practice) -> None:
    """Exit status 3, and the password is not shown."""
    result = validate(a_config(practice.folder, BLOCK), *practice.login(password="hunter2"))
    assert result.exit_code == 3
    assert "[hub]" in result.stdout
    assert "invalid username or password" in result.stdout
    assert "hunter2" not in result.output


def test_nobody_is_not_a_user(tmp_path: Path) -> None:
    """A profile that does not log in, at a hub that wants to know who asks."""
    with a_practice(tmp_path) as practice:
        write_profile(tmp_path / "anonymous.conf", practice.hub, "anonymous")
        config = a_config(tmp_path, BLOCK)
        login = ("--hub", "anonymous", "--koji-config", tmp_path / "anonymous.conf")
        result = validate(config, *login)
    assert result.exit_code == 3
    assert "nobody is logged in" in result.stdout


@pytest.mark.parametrize(
    "change, said",
    [
        ({"--hub": "nowhere"}, "nowhere"),
        ({"--password-file": "no-such-file"}, "no-such-file"),
        ({"--user": None}, "--user"),
    ],
    ids=["profile", "password file", "user"],
)
def test_a_login_that_was_named_wrongly(
    practice: Practice, change: Dict[str, Optional[str]], said: str
) -> None:
    """Exit status 2, beside the problems of the config."""
    given = practice.login()
    options: Dict[object, object] = dict(zip(given[::2], given[1::2]))
    options.update(change)
    login = [word for pair in options.items() if pair[1] is not None for word in pair]
    result = validate(a_config(practice.folder, {**BLOCK, "colour": "red"}), *login)
    assert result.exit_code == 2, result.output
    assert "unknown-key" in result.stdout
    assert said in result.stdout
    assert practice.hub.calls == ()


def test_a_login_is_for_a_hub(tmp_path: Path) -> None:
    """Without --hub none is asked, and saying how to log in is a mistake."""
    result = validate(a_config(tmp_path, BLOCK), "--user", "pungi")
    assert result.exit_code == 2
    assert "--hub" in result.output


def test_what_cannot_be_planned_keeps_its_exit_status(practice: Practice) -> None:
    """The hub says what it can: who asks may not build."""
    config = a_config(practice.folder, BLOCK, variants="no.xml")
    result = validate(config, *practice.login("nobody"), "--format", "json")
    assert result.exit_code == 2
    assert [one["code"] for one in problems(result)] == ["unreadable", "no-image-permission"]


def test_junit_is_one_document_on_stdout(tmp_path: Path) -> None:
    """Offline and of the hub, whatever the names are; run as CI does."""
    odd = {**BLOCK, "name": "rig-gce", "subvariant": "\x1b<&>", "target": "f41-nope-\u00fc"}
    with a_practice(tmp_path) as practice:
        config = a_config(tmp_path, BLOCK, {**BLOCK, "colour": 1}, odd)
        done = in_process("validate", config, *practice.login(), "--format", "junit", home=tmp_path)
    assert (done.exit, done.err) == (1, "")
    root = ElementTree.fromstring(done.out)
    cases = {str(case.get("name")): case for case in root.iter("testcase")}
    assert [bool(len(case)) for case in cases.values()] == [False, False, True, True]
    failures = [failure.text or "" for failure in root.iter("failure")]
    assert "unknown-key" in failures[0]
    assert (root.get("tests"), root.get("failures")) == ("4", "2")
    fine = in_process("validate", a_config(tmp_path, BLOCK), "--format", "junit", home=tmp_path)
    assert fine.exit == 0
    root = ElementTree.fromstring(fine.out)
    assert (root.get("tests"), root.get("failures"), len(list(root.iter("failure")))) == (
        "2",
        "0",
        0,
    )


def test_without_a_hub_no_socket_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a name looked up: it works on a train, and is done in a second."""
    asked: List[object] = []

    def refused(*args: object, **_kwargs: object) -> None:
        asked.append(args)
        raise AssertionError("the network was asked")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refused)
    config = a_config(tmp_path, BLOCK, {**BLOCK, "colour": "red"})
    for output in ("text", "json", "junit"):
        result = validate(config, "--format", output)
        assert result.exit_code == 1, result.output
        assert "unknown-key" in result.stdout
    assert asked == []


def test_help_has_examples() -> None:
    """Of the hub and of CI; and what the codes are good for."""
    result = validate("--help")
    assert "pungi-osbuild validate fedora.conf --hub koji --strict --format junit" in (
        result.output
    )
    assert "[code] of each problem is stable" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("block", "strict", "status"),
    [
        ({}, True, 0),
        ({"failable": ["x86_65"]}, False, 0),
        ({"failable": ["x86_65"]}, True, 1),
        ({"arches": ["x86_64", "arm64"]}, True, 1),
        ({"arches": ["arm65"]}, False, 1),
    ],
)
@pytest.mark.parametrize("output", ["text", "json", "junit"])
def test_strict_lets_warnings_fail(
    block: Dict[str, Any], strict: bool, status: int, output: str, tmp_path: Path
) -> None:
    """Also in the document for CI; what is printed of a problem stays the same otherwise."""
    config = a_config(tmp_path, {**BLOCK, **block})
    options = ["--strict"] if strict else []
    done = in_process("validate", config, "--format", output, *options, home=tmp_path)
    assert done.exit == status
    if output == "junit":
        failures = ElementTree.fromstring(done.out).iter("failure")
        assert bool(list(failures)) == bool(status)
    elif output == "json" and strict and block:
        assert [one["severity"] for one in json.loads(done.out)["problems"]] == ["warning"]

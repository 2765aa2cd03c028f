"""What stdout holds, whatever happens: a program that reads it gets one whole document."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Tuple
from xml.etree import ElementTree

import pytest

from tests.cli.commands import BIN, environment, in_process
from tests.rehearsed import EXAMPLES

MINIMAL = EXAMPLES / "minimal" / "minimal.conf"
HEAVY = ("koji", "productmd", "rich", "jinja2", "jsonschema", "requests", "kobo")
FAILING = [
    ("validate", "unclosed.conf"),
    ("validate", "missing.conf"),
    ("validate", "wrong.conf"),
    ("plan", "unclosed.conf"),
    ("plan", "missing.conf"),
    ("plan", "wrong.conf"),
    ("rehearse", "unclosed.conf"),
    ("rehearse", "wrong.conf"),
    ("rehearse", str(MINIMAL), "--out", "."),
    ("rehearse", str(MINIMAL), "--fault", "no-such-fault"),
    ("run", "unclosed.conf", "--compose", "no-compose"),
    ("run", str(MINIMAL), "--compose", "no-compose"),
    ("run", str(MINIMAL)),
    ("status", "no-compose"),
    ("status", "no-compose", "--watch"),
    ("images", "no-compose"),
    ("images", "no-compose", "--no-such-option"),
    ("images",),
    ("report", "no-compose"),
    ("no-such-command",),
]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "unclosed.conf").write_text("osbuild = {\n", encoding="utf-8")
    (tmp_path / "wrong.conf").write_text("osbuild = 7\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", FAILING, ids=" ".join)
def test_json_is_one_document_whatever_fails(words: Tuple[str, ...], here: Path) -> None:
    """It says why as stderr does, with the exit status."""
    done = in_process(*words, "--format", "json", home=here)
    assert done.exit in (1, 2)
    document = json.loads(done.out)
    if words[0] == "validate":
        assert document["problems"]
    else:
        assert document["error"]["exit_code"] == done.exit
        assert document["error"]["reason"].replace("wrong usage: ", "") in done.err


@pytest.mark.parametrize("form", ["stream", "cloud-image-val"])
def test_other_json_formats_are_json_too(form: str, here: Path) -> None:
    document = json.loads(in_process("images", "none", "--format=" + form, home=here).out)
    assert document["error"]["exit_code"] == 2


def test_errors_of_the_config_are_in_the_document(here: Path) -> None:
    """Not only how many there are."""
    document = json.loads(in_process("plan", "wrong.conf", "--format", "json", home=here).out)
    assert "wrong-type" in {problem["code"] for problem in document["problems"]}


@pytest.mark.parametrize("words", [("unclosed.conf",), ("missing.conf",), ("x", "y"), ()])
def test_junit_is_a_document_with_a_failure(words: Tuple[str, ...], here: Path) -> None:
    """GitLab would show no test at all."""
    done = in_process("validate", *words, "--format", "junit", home=here)
    assert ElementTree.fromstring(done.out).get("failures") == "1"


def test_people_get_an_error_once(here: Path) -> None:
    done = in_process("plan", "missing.conf", home=here)
    assert done.out == ""
    assert done.err.count("missing.conf") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("plan", str(MINIMAL)),
        ("images", "no-compose"),
        ("rehearse", str(MINIMAL), "--duration", "0"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_a_stream_that_cannot_be_used_is_no_traceback(
    streams: str, words: Tuple[str, ...], tmp_path: Path
) -> None:
    """Closed by the caller, or on a full disk."""
    if "/dev/full" in streams and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = subprocess.run(
        ["sh", "-c", '"$@" ' + streams, "sh", str(BIN / "pungi-osbuild"), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode in ((0, 2) if "full" not in streams else (0, 1, 2))


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (["--version"], {}),
        (["--help"], {}),
        ([], {"_PUNGI_OSBUILD_COMPLETE": "bash_complete", "COMP_WORDS": "x r", "COMP_CWORD": "1"}),
    ],
    ids=["version", "help", "completion"],
)
def test_what_needs_no_library_imports_none(
    words: list[str], variables: dict[str, str], tmp_path: Path
) -> None:
    """They are asked for at a prompt, where half a second is felt."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('IMPORTED', *sys.modules, file=sys.stderr))\n"
        "sys.argv = ['pungi-osbuild', *%r]\n"
        "from pungi_osbuild.cli.entry import entry\n"
        "entry()\n" % words
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**environment(tmp_path), **variables},
    )
    assert done.stdout, done.stderr
    _, _, imported = done.stderr.rpartition("IMPORTED ")
    modules = {name.partition(".")[0] for name in imported.split()}
    assert "click" in modules
    assert modules.isdisjoint(HEAVY)

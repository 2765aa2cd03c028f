"""
Every command on the pages is run, in order and page by page, where a newcomer would stand.

A fenced block of ``shell`` is run: each command ends with 0, or as a comment behind it says
(``# ends with 1``); a variable that is set stays so. A comment before the block,
``<!-- not run: WHY -->``, excuses it. A block below a paragraph that has the name of a file alone
is that file. Programs in Python are run, too.

The folder has ``fedora.conf`` and its variants, composes of it, and ``examples``; HOME is empty
but for a profile ``koji`` of a hub that is there. ``pungi-osbuild hub`` goes on in the background
until the page ends.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Tuple

import click
import pytest

from koji_rehearsal import HubContent, HubSettings, RehearsalHub, write_profile
from pungi_osbuild.cli.inputs import Origin, prepare
from pungi_osbuild.cli.main import main
from tests.docs.pages import PAGES, ROOT, Block, blocks, code_lines
from tests.rehearsed import run_against

SANDBOX = Path(__file__).parent / "sandbox"
BIN = Path(sys.executable).parent
LIMIT = 300
"""Seconds: only what hangs is ended."""
UNTOUCHED = "Fedora-41-20261124.n.0"
"""A compose that no run is known to have worked on."""
COMPOSES = {
    "Fedora-41-20261123.n.0": "20261123",
    "Fedora-41-20261122.n.0": "20261122",
    UNTOUCHED: "20261124",
}
ENDS = re.compile(r"# ends with (\d+)")
"""What a comment behind a command says of its status."""
LONG = ("ci", "moving", "rehearsal")
"""Pages that rehearse again and again what others have rehearsed already."""
VARIABLE = re.compile(r"[A-Z_]+=\S+( +#.*)?")
"""A line that sets a variable, for all that comes after it on the page."""


def is_run(block: Block) -> bool:
    """Whether it holds commands, or a program, and nothing excuses it."""
    program = re.search(r"^(import|from) ", block.text, re.M) is not None
    return block.noted("not run") is None and (
        block.language == "shell" or (block.language == "python" and program)
    )


RUN_PAGES = [
    pytest.param(page, marks=[pytest.mark.long] if page.stem in LONG else [], id=page.name)
    for page in PAGES
    if any(map(is_run, blocks(page)))
]


@dataclass(frozen=True)
class Desk:
    """Where the commands of a page are run."""

    folder: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        path = "%s%s%s" % (BIN, os.pathsep, os.environ["PATH"])
        return {**os.environ, "HOME": str(self.home), "PATH": path, "COLUMNS": "80"}

    def run(self, command: List[str], wanted: int, place: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        told = "%s: %s\n%s%s" % (place, command[-1], done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, told
        assert done.returncode == wanted, told


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Give the folder that each page gets a copy of, with a hub that is there."""
    folder = tmp_path_factory.mktemp("template")
    for name in ("fedora.conf", "variants.xml"):
        shutil.copy(SANDBOX / name, folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    home = tmp_path_factory.mktemp("home")
    content = HubContent.golden()
    with RehearsalHub(HubSettings(duration=0.0), tmp_path_factory.mktemp("hub"), content) as hub:
        write_profile(home / ".koji" / "config.d" / "koji.conf", hub, "koji")
        for name, date in COMPOSES.items():
            out = folder / name
            origin = Origin(type="nightly", date=date)
            prepared = prepare(folder / "fedora.conf", origin, out, rehearsal=True)
            run_against(hub, prepared, out)
        shutil.rmtree(folder / UNTOUCHED / "work")
        yield Desk(folder, home)


@pytest.fixture
def desk(template: Desk, tmp_path: Path) -> Desk:
    copied = Desk(tmp_path / "desk", tmp_path / "home")
    shutil.copytree(template.folder, copied.folder, symlinks=True)
    shutil.copytree(template.home, copied.home)
    return copied


@pytest.mark.parametrize("page", RUN_PAGES)
def test_the_commands_of_a_page_work(page: Path, desk: Desk) -> None:
    """From its beginning to its end."""
    variables = ""
    with ExitStack() as background:
        for block in blocks(page):
            if block.file is not None:
                (desk.folder / block.file).write_text(block.text, encoding="utf-8")
            elif is_run(block) and block.language == "python":
                desk.run([sys.executable, "-c", block.text], 0, block.place)
            elif is_run(block):
                for command in commands(block):
                    if command.startswith("pungi-osbuild hub"):
                        background.enter_context(in_background(command, desk))
                        continue
                    if VARIABLE.fullmatch(command):
                        variables += command + "\n"
                        continue
                    ends = ENDS.search(command)
                    wanted = int(ends[1]) if ends else 0
                    desk.run(["bash", "-euc", variables + command], wanted, block.place)


def commands(block: Block) -> Iterator[str]:
    """Give the commands of a block: a line, or as many as the shell wants for a whole one."""
    so_far = ""
    for line in block.text.splitlines(keepends=True):
        so_far += line
        whole = subprocess.run(["bash", "-n"], input=so_far, text=True, capture_output=True)
        if not so_far.endswith("\\\n") and whole.returncode == 0 and not whole.stderr:
            if so_far.strip():
                yield so_far.strip()
            so_far = ""
    assert not so_far.strip(), block.place


def in_background(command: str, desk: Desk) -> ExitStack:
    """Start a hub, and wait until it says that it is there."""
    stack = ExitStack()
    process = subprocess.Popen(
        command.split("#")[0].replace("~", str(desk.home)).split(),
        cwd=desk.folder,
        env=desk.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.callback(process.communicate, timeout=LIMIT)
    stack.callback(process.terminate)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("try "):
            return stack
    stack.close()
    raise AssertionError("%s\n%s" % (command, "".join(lines)))


def test_the_notification_script_keeps_its_list(tmp_path: Path) -> None:
    """That of docs/pungi.md, called as Pungi calls one: a message, and its fields as JSON."""
    (script,) = [block for block in blocks(ROOT / "docs" / "pungi.md") if "sys.argv" in block.text]
    (tmp_path / "logs" / "global").mkdir(parents=True)
    done = {
        "compose_path": str(tmp_path),
        "variant": "Server",
        "arch": "x86_64",
        "cloud": [{"provider": "aws", "id": "ami-1"}],
    }
    failed = {"nvr": "a-1-1", "arches": ["x86_64"], "can_fail": False, "reason": "no space"}
    told = [
        subprocess.run(
            [sys.executable, "-c", script.text, message],
            input=json.dumps(fields),
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for message, fields in (("osbuild-imagedone", done), ("osbuild-imagefail", failed))
    ]
    assert told == ["", "a-1-1 (x86_64): no space\n"]
    assert (tmp_path / "logs/global/cloud-ids.txt").read_text() == "Server x86_64 aws ami-1\n"


def _command_lines() -> List[Tuple[str, str]]:
    """Return each line of code that begins with our command, whether it is run or not."""
    return [
        ("%s:%d" % (page.relative_to(ROOT), number), line.lstrip("$ "))
        for page in (*PAGES, ROOT / "CONTRIBUTING.md")
        for number, line in code_lines(page)
        if re.match(r"(\$ )?pungi-osbuild [a-z-]", line)
    ]


@pytest.mark.parametrize(
    "line", [line for _, line in _command_lines()], ids=[place for place, _ in _command_lines()]
)
def test_a_command_line_is_one(line: str) -> None:
    """Also where it is not run: the command is there and takes these options."""
    words = re.split(r" +#| +[>|]", line)[0].split()[1:]
    name, arguments = words[0], words[1:]
    command = main.get_command(click.Context(main), name)
    assert command is not None, name
    parser = command.make_parser(click.Context(command))
    parser.parse_args(list(arguments))

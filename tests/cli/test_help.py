"""``--help`` of each command, and completion: what somebody sees who tries a command out."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable, List

import pytest
from click.testing import CliRunner

from pungi_osbuild.cli.completion import SHELLS
from pungi_osbuild.cli.main import all_commands, main
from tests.cli.commands import BIN, environment, pungi_osbuild
from tests.rehearsed import EXAMPLES, rehearse


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_help_has_an_example_that_the_command_takes(name: str) -> None:
    """Each option of the example is one of the command's."""
    text = CliRunner().invoke(main, [name, "--help"], prog_name="pungi-osbuild").output
    _, found, example = text.partition("Example: pungi-osbuild %s " % name)
    assert found
    command = all_commands()[name]
    options = {option for parameter in command.params for option in parameter.opts}
    used = {word for word in example.splitlines()[0].split() if word.startswith("-")}
    assert used <= options


def test_help_of_the_program_has_an_example_too() -> None:
    """And the exit statuses."""
    text = CliRunner().invoke(main, ["--help"]).output
    assert "Example: pungi-osbuild rehearse " in text
    assert "Exit status: 0 fine" in text


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_every_option_says_what_it_is_for(name: str) -> None:
    """An empty line in a help helps nobody."""
    for parameter in all_commands()[name].params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", ""), parameter.opts


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_help_names_no_file_of_the_checkout(name: str) -> None:
    """An installed package has no docs folder."""
    text = CliRunner().invoke(main, [name, "--help"]).output
    assert "docs/" not in text and ".md" not in text


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_a_script_that_asks_the_program(shell: str, tmp_path: Path) -> None:
    """Whole, and alone on stdout."""
    done = pungi_osbuild("completion", shell, home=tmp_path)
    assert (done.exit, done.err) == (0, "")
    assert "_PUNGI_OSBUILD_COMPLETE=%s_complete" % shell in done.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=done.out, text=True, check=True)


COMPLETE = """
PATH={bin}:$PATH
. {script}
COMP_WORDS=({words})
COMP_CWORD={last}
_pungi_osbuild_completion pungi-osbuild
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


Completed = Callable[..., List[str]]


@pytest.fixture
def completed(tmp_path: Path) -> Completed:
    """What gives what bash would offer for the last of some words."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    script = tmp_path / "completion.bash"
    script.write_text(pungi_osbuild("completion", "bash", home=tmp_path).out, "utf-8")
    return functools.partial(offered_by, script, tmp_path)


def offered_by(script: Path, home: Path, *words: str) -> List[str]:
    quoted = " ".join("'%s'" % word for word in ("pungi-osbuild", *words))
    done = subprocess.run(
        ["bash", "-c", COMPLETE.format(bin=BIN, script=script, words=quoted, last=len(words))],
        capture_output=True,
        text=True,
        check=True,
        env={**environment(home), "PATH": os.environ["PATH"]},
        cwd=home,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_choices(completed: Completed) -> None:
    """The real shell, with the script that is printed."""
    assert completed("re")[:1] == ["rehearse"]
    assert completed("validate", "--hu") == ["--hub"]
    assert completed("plan", "--format", "") == ["table", "json"]
    assert completed("rehearse", "--fault", "low") == []


def test_bash_completes_values(completed: Completed, tmp_path: Path) -> None:
    """Of faults, of Koji's profiles, and of the images of a compose."""
    profiles = tmp_path / ".koji" / "config.d"
    profiles.mkdir(parents=True)
    (profiles / "some.conf").write_text("[our-koji]\n[our-stage]\n[other]\n", encoding="utf-8")
    rehearse(EXAMPLES / "rhel-cloud" / "rhel-cloud.conf", tmp_path / "tonight")
    (tmp_path / "broken").mkdir()
    assert completed("rehearse", "--fault", "odd-a") == ["odd-archive"]
    for command, option in (("run", "--profile"), ("status", "--profile"), ("validate", "--hub")):
        assert completed(command, option, "our-") == ["our-koji", "our-stage"]
    assert completed("images", "tonight", "--arch", "") == ["aarch64", "x86_64"]
    assert completed("images", "tonight", "--provider", "aws") == ["aws", "aws.s3"]
    assert "aws" in completed("images", "--provider", "")
    assert completed("images", "broken", "--arch", "") == []

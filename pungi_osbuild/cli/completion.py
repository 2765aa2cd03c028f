"""``pungi-osbuild completion``: what a shell needs to complete the commands and their options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from pungi_osbuild.cli.show import show_lines

SHELLS = ("bash", "fish", "zsh")

PROGRAM = "pungi-osbuild"
VARIABLE = "_PUNGI_OSBUILD_COMPLETE"
"""How click is asked for completions; the name follows from the program's."""


def completion_script(shell: str) -> str:
    """
    Return the script for a shell. It asks the program itself, and so never falls behind it.

    :param shell: one of :data:`SHELLS`
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click knows %s" % shell
    # Not source(): for bash that starts one, to look at its version.
    complete = kind(click.Command(PROGRAM), {}, PROGRAM, VARIABLE)
    return complete.source_template % complete.source_vars()


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print what completes this program's commands and options in SHELL.

    The packages of distributions bring these files along.

    \b
    Example: pungi-osbuild completion bash > ~/.pungi-osbuild-complete
             echo . ~/.pungi-osbuild-complete >> ~/.bashrc
    zsh, in a folder that is in $fpath:
             pungi-osbuild completion zsh > ~/.zfunc/_pungi-osbuild
    fish:
             pungi-osbuild completion fish > ~/.config/fish/completions/pungi-osbuild.fish
    """
    show_lines(completion_script(shell).strip().splitlines())

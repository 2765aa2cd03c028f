"""
Write the reference of the commands, which docs/commands.md includes: what each says with --help.

    command_reference.py [FILE]

``make docs`` runs it, so the page never falls behind, and what it writes (build/commands.md) is
never committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import click

from pungi_osbuild.cli.main import all_commands, main

OUT = Path(__file__).parent.parent / "build" / "commands.md"
WIDTH = 80
PROGRAM = "pungi-osbuild"


def reference() -> str:
    """Return the text, in Markdown: a section for each command, in the order of --help."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    context = click.Context(main, info_name=PROGRAM, terminal_width=WIDTH)
    for name in main.list_commands(context):
        own = click.Context(
            all_commands()[name],
            info_name=name,
            parent=context,
            terminal_width=WIDTH,
            help_option_names=main.context_settings["help_option_names"],
        )
        yield "## %s\n\n```text\n%s\n```\n" % (name, own.get_help())


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(reference(), encoding="utf-8")

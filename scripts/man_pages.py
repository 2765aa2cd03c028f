"""
Write the man pages, from what the commands say of themselves.

    man_pages.py FOLDER

One page for pungi-osbuild, one for each of its commands, one for pungi-koji-osbuild. Nothing is
needed but the package: docs/decisions/0012-man-pages-by-a-script.md says why.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

import click

from pungi_osbuild import __version__
from pungi_osbuild.cli.main import all_commands, main
from pungi_osbuild.cli.pungi_koji import ABOUT

PROGRAM = "pungi-osbuild"
IN_PUNGI = "pungi-koji-osbuild"
STATUS = "Exit status"
EXAMPLE = "Example"
FIRST_LINE = '.TH "%s" "1" "" "pungi-osbuild %s" "Image builds of a compose"'

Paragraph = Tuple[str, bool]
"""A text, and whether its lines stay as they are."""


def pages() -> Dict[str, str]:
    """Return the text of each man page by the name of its file."""
    context = click.Context(main, info_name=PROGRAM, **main.context_settings)
    commands = sorted(all_commands().items())
    found = {PROGRAM: _page(context, [name for name, _command in commands])}
    for name, command in commands:
        own = click.Context(command, info_name=name, parent=context)
        found["%s-%s" % (PROGRAM, name)] = _page(own, ())
    found[IN_PUNGI] = _page_in_pungi()
    return {"%s.1" % name: text for name, text in found.items()}


def _page(context: click.Context, commands: Sequence[str]) -> str:
    command = context.command
    name = context.command_path.replace(" ", "-")
    paragraphs = _paragraphs(command.help or "")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    summary = command.short_help or paragraphs[0][0]
    lines = [
        *_head(name, summary, usage),
        ".SH DESCRIPTION",
        *_text([one for one in paragraphs if not one[0].startswith((STATUS, EXAMPLE))]),
        ".SH OPTIONS",
        *_options(context),
        *_text(_paragraphs(command.epilog or "")),
    ]
    if commands:
        lines.append(".SH COMMANDS")
        for one in commands:
            help_line = all_commands()[one].get_short_help_str(limit=200)
            lines += [".TP", "\\fB%s\\fR(1)" % _escaped("%s-%s" % (name, one)), _escaped(help_line)]
    lines += _apart(_paragraphs(main.help or ""), STATUS, "EXIT STATUS")
    lines += _apart(paragraphs, EXAMPLE, "EXAMPLES")
    return _ended(lines, [] if commands else [PROGRAM])


def _page_in_pungi() -> str:
    summary = "pungi-koji with the osbuild phase of pungi-osbuild"
    about, _, example = ABOUT.partition("\n\n")
    lines = [
        *_head(IN_PUNGI, summary, "%s [OPTIONS]" % IN_PUNGI),
        ".SH DESCRIPTION",
        _escaped(" ".join(about.split())),
        ".SH EXAMPLES",
        *_text([(example.strip("\n"), True)]),
    ]
    return _ended(lines, [PROGRAM, "pungi-koji"])


def _head(name: str, summary: str, usage: str) -> List[str]:
    return [
        FIRST_LINE % (name.upper(), __version__),
        ".nh",  # an option or a file's name is not hyphenated
        ".ad l",
        ".SH NAME",
        "%s \\- %s" % (_escaped(name), _escaped(summary.rstrip("."))),
        ".SH SYNOPSIS",
        "\\fB%s\\fR" % _escaped(usage),
    ]


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:  # newer clicks have one for arguments, too
            option, meaning = record
            yield from (".TP", "\\fB%s\\fR" % _escaped(option), _escaped(meaning))


def _ended(lines: Sequence[str], see_also: Sequence[str]) -> str:
    others = ", ".join("\\fB%s\\fR(1)" % _escaped(name) for name in see_also)
    more = [".SH SEE ALSO", others] if others else []
    return "\n".join([*lines, *more]) + "\n"


def _paragraphs(text: str) -> List[Paragraph]:
    found = []
    for part in re.split(r"\n{2,}", inspect.cleandoc(text)):
        kept = part.startswith("\b\n")
        if part.strip():
            found.append((part[2:] if kept else " ".join(part.split()), kept))
    return found


def _apart(paragraphs: Sequence[Paragraph], word: str, title: str) -> List[str]:
    chosen = [one for one in paragraphs if one[0].startswith(word)]
    return [".SH %s" % title, *_text(chosen)] if chosen else []


def _text(paragraphs: Sequence[Paragraph]) -> Iterator[str]:
    for text, kept in paragraphs:
        yield ".PP"
        if kept:
            yield ".nf"
        for line in text.splitlines():
            yield _escaped(line)
        if kept:
            yield ".fi"


def _escaped(line: str) -> str:
    """Return a line of text for roff: no character in it is a command; `code` is bold."""
    escaped = line.replace("\\", "\\e").replace("-", "\\-")
    escaped = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped)
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")

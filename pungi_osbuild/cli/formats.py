"""The option ``--format``, the same in every command, and what it prints when a command fails."""

from __future__ import annotations

import json
from typing import Any, Callable, List, Optional

import click

from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.problems import ConfigError

_ARGUMENTS = "pungi_osbuild.arguments"
_NOT_JSON = ("table", "text", "ids", "junit")


def format_option(*formats: str, parameter: str = "output") -> Callable[[Any], Any]:
    """
    Return a decorator that adds ``--format``.

    :param formats: what it may be; the first is the default
    :param parameter: the command's parameter that gets it
    """
    return click.option(
        "--format",
        parameter,
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def remember_arguments(context: click.Context, arguments: List[str]) -> None:
    """Remember the words of the command line: an error may come before any option is read."""
    context.meta[_ARGUMENTS] = tuple(arguments)


def show_failure(error: PungiOsbuildError) -> None:
    """
    Print on stdout what a command prints that ends with an error, where a program reads it.

    With a JSON format, an object with ``error`` and ``problems``; with ``junit``, a document whose
    only testcase failed. For people the error is on stderr, and stdout gets nothing.
    """
    form = _wanted_format()
    if form == "junit":
        # Imported here: --help and --version need none of what reports are made with.
        from pungi_osbuild.report import failed_junit_lines

        lines = failed_junit_lines(error)
    elif form is None or form in _NOT_JSON:
        return
    else:
        document = {
            "error": {
                "reason": error.reason,
                "solution": error.solution,
                "exit_code": int(error.exit_code),
            },
            "problems": [one.to_json() for one in error.problems]
            if isinstance(error, ConfigError)
            else [],
        }
        lines = json.dumps(document, indent=4, sort_keys=True).splitlines()
    for line in lines:
        click.echo(line)


def _wanted_format() -> Optional[str]:
    context = click.get_current_context(silent=True)
    words = () if context is None else context.meta.get(_ARGUMENTS, ())
    for position, word in enumerate(words):
        if word == "--format":
            return words[position + 1] if position + 1 < len(words) else None
        if word.startswith("--format="):
            return str(word.partition("=")[2])
    return None

"""Printing: results on stdout, everything about them on stderr."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
from typing import Any, Iterable, Optional, Sequence

import click
from rich.console import Console
from rich.text import Text

from pungi_osbuild.model import RunResult
from pungi_osbuild.problems import Problem, Severity
from pungi_osbuild.report import problem_lines, result_json, result_table
from pungi_osbuild.secrets import HidingFilter

_STYLES = (
    (re.compile(r"(error|FAILED|CANCELLED)(?=: )"), "bold red"),
    (re.compile(r"(warning|REHEARSAL( HUB)?)(?=: )"), "bold yellow"),
    (re.compile(r"VARIANT  .*|#  VARIANT  .*"), "bold"),
)


def show_lines(lines: Iterable[str], err: bool = False) -> None:
    """Print lines as they are, never wrapped; on a terminal their first word may be coloured."""
    show_styled(map(_styled, lines), err)


def show_styled(lines: Iterable[Text], err: bool = False) -> None:
    """Print lines as they are, never wrapped; where there is no terminal without their styles."""
    stream = sys.stderr if err else sys.stdout
    try:
        if stream.isatty():
            console = Console(file=stream, highlight=False, soft_wrap=True)
            for line in lines:
                console.print(line)
        else:
            for line in lines:
                click.echo(line.plain, file=stream)
    except BrokenPipeError:
        # `... | head`: the reader has seen enough. The exit status is the command's own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _styled(line: str) -> Text:
    text = Text(line)
    for pattern, style in _STYLES:
        match = pattern.match(line)
        if match:
            text.stylize(style, match.start(), match.end())
    return text


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    show_lines([json.dumps(value, indent=4, sort_keys=True)])


def show_problems(problems: Sequence[Problem], err: bool = True, notes: bool = False) -> None:
    """
    Print problems, each with its place and hint.

    :param notes: print notes, too
    """
    shown = [one for one in problems if notes or one.severity is not Severity.NOTE]
    show_lines(problem_lines(shown), err=err)


def show_result(result: RunResult, output: str) -> None:
    """Print what a run ended with."""
    if output == "json":
        show_json(result_json(result))
    else:
        show_lines(result_table(result, terminal_width()))


def terminal_width() -> Optional[int]:
    """Return the columns of the terminal on stdout, or None where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


LOG_FORMAT = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")


def log_to_stderr(quiet: bool) -> None:
    """Log a run to stderr, a plain line for each event."""
    handler = logging.StreamHandler()
    handler.setFormatter(LOG_FORMAT)
    log_by(handler, quiet)


def log_by(handler: logging.Handler, quiet: bool) -> None:
    """Make a handler the only one of the loggers of a run."""
    handler.addFilter(HidingFilter())
    # koji logs under its own name that a hub does not answer and that it retries.
    for name in ("pungi_osbuild", "koji"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.WARNING if quiet else logging.INFO)

"""Printing: what is asked for on stdout, everything about it on stderr."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from typing import Any, Iterable, Optional, Sequence

import click

from pungi_osbuild.model import Problem, RunResult
from pungi_osbuild.report import problem_lines, result_json, result_table


def show_lines(lines: Iterable[str], err: bool = False) -> None:
    """Print lines as they are."""
    for line in lines:
        click.echo(line, err=err)


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=4, sort_keys=True))


def show_problems(problems: Sequence[Problem], err: bool = True) -> None:
    """Print problems, each with its place and hint."""
    show_lines(problem_lines(problems), err=err)


def show_result(result: RunResult, output: str) -> None:
    """Print what a run ended with."""
    if output == "json":
        show_json(result_json(result))
    else:
        show_lines(result_table(result, terminal_width()))


def terminal_width() -> Optional[int]:
    """Return the columns of the terminal on stdout, or None where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def log_to_stderr(quiet: bool) -> None:
    """Let the run tell on stderr what it does, one plain line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    ours = logging.getLogger("pungi_osbuild")
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel(logging.WARNING if quiet else logging.INFO)

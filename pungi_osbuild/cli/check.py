"""``pungi-osbuild validate`` and ``pungi-osbuild plan``: what a config means, without a hub."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.inputs import (
    DEFAULT_OUT,
    Origin,
    config_argument,
    origin_options,
    prepare,
)
from pungi_osbuild.cli.show import show_json, show_lines, show_problems
from pungi_osbuild.report import plan_json, plan_table, problem_summary


@click.command("validate", short_help="Find every problem of a config; no hub is asked.")
@config_argument
@origin_options
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text")
def validate_command(config: Path, origin: Origin, output: str) -> None:
    """Find every problem of CONFIG's osbuild section; nothing is submitted.

    \b
    Example: pungi-osbuild validate fedora.conf
    """
    with exits():
        prepared = prepare(config, origin)
        if output == "json":
            show_json({"problems": [problem.to_json() for problem in prepared.problems]})
        else:
            show_problems(prepared.problems, err=False)
            show_lines([problem_summary(prepared.problems)])
    sys.exit(int(prepared.exit_code))


@click.command("plan", short_help="Show the tasks of a config, with their exact arguments.")
@config_argument
@origin_options
@click.option("--format", "output", type=click.Choice(["table", "json"]), default="table")
def plan_command(config: Path, origin: Origin, output: str) -> None:
    """Show the tasks that CONFIG means, with the exact arguments each would be submitted with.

    \b
    Example: pungi-osbuild plan fedora.conf --label RC-1.2 --format json
    """
    with exits():
        prepared = prepare(config, origin)
        show_problems(prepared.problems)
        prepared.required()
        if origin.compose is None:
            note = "note: the compose's own repositories are shown as they would be below %s"
            show_lines([note % DEFAULT_OUT.absolute()], err=True)
        if output == "json":
            show_json(plan_json(prepared.requests))
        else:
            show_lines(plan_table(prepared.requests))

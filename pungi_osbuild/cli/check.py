"""``pungi-osbuild validate`` and ``pungi-osbuild plan``: what a config means, and what is wrong."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Optional

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.inputs import (
    DEFAULT_OUT,
    Origin,
    Prepared,
    config_argument,
    origin_options,
    prepare,
)
from pungi_osbuild.cli.login import Login, login_options
from pungi_osbuild.cli.show import show_json, show_lines, show_problems
from pungi_osbuild.cli.values import complete_profile
from pungi_osbuild.errors import InputError, SourceError
from pungi_osbuild.planning import HubCheck, accepted, check_on_hub, failed_check
from pungi_osbuild.problems import Problem, Severity
from pungi_osbuild.report import junit_lines, plan_json, plan_table, problem_summary


@click.command("validate")
@config_argument
@origin_options
@click.option(
    "--hub",
    metavar="PROFILE",
    help="Also check against the hub of this Koji profile.",
    shell_complete=complete_profile,
)
@login_options
@click.option("--strict", is_flag=True, help="Treat warnings as errors, for CI.")
@click.option("--verbose", "-v", is_flag=True, help="Also show notes, which need no action.")
@format_option("text", "json", "junit")
def validate_command(
    config: Path,
    origin: Origin,
    hub: Optional[str],
    login: Login,
    strict: bool,
    verbose: bool,
    output: str,
) -> None:
    """Find every problem of CONFIG's osbuild section; nothing is submitted.

    With --hub, also checks what that hub would refuse: permissions, targets, arches, tags, package
    lists, files, N-V-Rs. --format junit is for CI: a test for each image block. The [code] of each
    problem is stable.

    Warnings do not fail, as in Pungi, though one of them may be a misspelt arch or variant, which
    selects nothing: --strict makes warnings fail.

    \b
    Example: pungi-osbuild validate fedora.conf --hub koji
    In CI:   pungi-osbuild validate fedora.conf --hub koji --strict --format junit > validate.xml
    """
    if hub is None and login.given:
        raise click.UsageError("--koji-config, --user and --password-file are for --hub")
    with exits():
        prepared = _prepared(config, origin)
        if output == "text":
            # Before the hub is asked, which can take long.
            show_problems(prepared.problems, err=False, notes=verbose)
        check = HubCheck(()) if hub is None else _check(hub, login, prepared)
        found = check.problems
        if prepared.config is not None:
            found = accepted(prepared.config, found)
        everything = tuple(dict.fromkeys((*prepared.problems, *found)))
        judged = tuple(map(_as_error, everything)) if strict else everything
        if output == "json":
            show_json({"problems": [problem.to_json() for problem in everything]})
        elif output == "junit":
            show_lines(junit_lines(prepared.config, judged))
        else:
            show_problems(everything[len(prepared.problems) :], err=False, notes=verbose)
            show_lines([problem_summary(everything, notes=verbose)])
    if check.cause is not None:
        sys.exit(int(check.cause.exit_code))
    sys.exit(int(replace(prepared, problems=judged).exit_code))


def _as_error(problem: Problem) -> Problem:
    """Return a warning as an error."""
    is_warning = problem.severity is Severity.WARNING
    return replace(problem, severity=Severity.ERROR) if is_warning else problem


def _prepared(config: Path, origin: Origin) -> Prepared:
    """Prepare a config; where it cannot be read, that is its one problem."""
    try:
        return prepare(config, origin)
    except (InputError, SourceError) as error:
        problem = Problem("unreadable", "CONFIG", error.reason, error.solution)
        return Prepared(None, None, (), (problem,), error)


def _check(name: str, login: Login, prepared: Prepared) -> HubCheck:
    try:
        profile = login.profile(name)
    except InputError as error:
        return failed_check("no-profile", "--hub", error)
    return check_on_hub(profile, prepared.requests)


@click.command("plan")
@config_argument
@origin_options
@click.option(
    "--show-secrets", is_flag=True, help="Show passwords, keys and logins. Do not share the output."
)
@format_option("table", "json")
def plan_command(config: Path, origin: Origin, show_secrets: bool, output: str) -> None:
    """Show the tasks that CONFIG describes and the arguments each would be submitted with.

    Passwords, keys, logins and other secrets are shown as (hidden), so that a plan can be shared.

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
            show_json(plan_json(prepared.requests, show_secrets))
        else:
            show_lines(plan_table(prepared.requests, show_secrets))

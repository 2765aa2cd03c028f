"""``pungi-osbuild``."""

from __future__ import annotations

from importlib import import_module
from typing import Dict, List, NamedTuple, Optional, Tuple

import click
from click.shell_completion import CompletionItem

from pungi_osbuild import __version__
from pungi_osbuild.cli.formats import remember_arguments, show_failure
from pungi_osbuild.errors import InputError


class _Entry(NamedTuple):
    """A command: the module of ``cli/`` that has it, and its line in ``--help``."""

    module: str
    summary: str


_COMMANDS: Dict[str, _Entry] = {
    "completion": _Entry("completion", "Print the completion script for a shell."),
    "hub": _Entry("hub", "Run the rehearsal hub by itself."),
    "images": _Entry("images", "List the images of a compose with their cloud IDs."),
    "plan": _Entry("check", "Show the tasks of a config and their arguments."),
    "rehearse": _Entry("rehearse", "Rehearse the whole run against a local stand-in."),
    "report": _Entry("report", "Write one HTML page about the images of a compose."),
    "reproduce": _Entry("reproduce", "Build an image of a compose again, from its manifest."),
    "run": _Entry("run", "Build images in Koji for a compose that exists."),
    "status": _Entry("status", "Show the state of a run on a compose, also while it runs."),
    "types": _Entry("types", "List the image types that composer builds."),
    "validate": _Entry("check", "Find every problem of a config; nothing is submitted."),
}


class _Commands(click.Group):
    """
    Imports a command only when it is used.

    ``--version``, ``--help`` and completion need none of koji, productmd, rich, jinja2,
    jsonschema and requests, which take half a second.
    """

    def list_commands(self, ctx: click.Context) -> List[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> Optional[click.Command]:
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = import_module("pungi_osbuild.cli." + entry.module)
        except ModuleNotFoundError as error:
            if error.name != "koji_rehearsal":
                raise
            return _without_rehearsal(cmd_name, entry.summary)
        command = getattr(module, cmd_name + "_command")
        assert isinstance(command, click.Command)
        command.short_help = entry.summary
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name].summary) for name in sorted(_COMMANDS)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> List[CompletionItem]:
        named = [
            CompletionItem(name, help=entry.summary)
            for name, entry in sorted(_COMMANDS.items())
            if name.startswith(incomplete)
        ]
        # Not Group's own, which imports each command for its line of help.
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def parse_args(self, ctx: click.Context, args: List[str]) -> List[str]:
        remember_arguments(ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        try:
            super().invoke(ctx)
        except click.UsageError as error:
            message = error.format_message().rstrip(".")
            show_failure(InputError("wrong usage: %s" % message, "See the command's --help."))
            raise


def _without_rehearsal(name: str, summary: str) -> click.Command:
    """Return what stands in for a command where the rehearsal hub is not installed."""

    def refuse(arguments: Tuple[str, ...]) -> None:  # noqa: ARG001  whatever they are
        from pungi_osbuild.cli.exits import exits

        with exits():
            raise InputError(
                "the command %s needs the rehearsal hub, which is not installed" % name,
                "Install the package pungi-osbuild-rehearsal.",
            )

    return click.Command(
        name,
        context_settings={"ignore_unknown_options": True},
        callback=refuse,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        help="%s\n\nNeeds the package pungi-osbuild-rehearsal." % summary,
        short_help=summary,
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pungi-osbuild")
def main() -> None:
    """Image builds of a Pungi compose through Koji and osbuild-composer.

    \b
    Exit status: 0 fine, 1 errors or failed images, 2 wrong usage, 3 the hub could not be reached
    or refused, 4 interrupted, 5 finished but images that are allowed to fail did.

    \b
    Example: pungi-osbuild rehearse fedora.conf --out tonight
    """


def all_commands() -> Dict[str, click.Command]:
    """Return every command by its name: for references and man pages, which need all of them."""
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}

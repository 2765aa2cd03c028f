"""The option ``--format``, the same in every command that has it."""

from __future__ import annotations

from typing import Any, Callable

import click


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
        help="What stdout gets.",
    )

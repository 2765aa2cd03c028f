"""What a shell offers for the value of an option; nothing where a file cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, List

import click

from pungi_osbuild.clouds import clouds
from pungi_osbuild.errors import PungiOsbuildError
from pungi_osbuild.hub import profile_names
from pungi_osbuild.metadata import known_values, load

Complete = Callable[[click.Context, click.Parameter, str], List[str]]


def complete_profile(ctx: click.Context, _option: click.Parameter, incomplete: str) -> List[str]:
    """Offer the Koji profiles of ``--koji-config``, else of koji's own files."""
    return _beginning(incomplete, profile_names(ctx.params.get("koji_config")))


def complete_recorded(field: str) -> Complete:
    """
    Return what offers the values that a compose's images have.

    :param field: of :class:`~pungi_osbuild.metadata.Selection`
    """

    def complete(ctx: click.Context, _option: click.Parameter, incomplete: str) -> List[str]:
        # click stops at an option without its value, and leaves the argument before it unread.
        folder = ctx.params.get("folder") or next(map(Path, ctx.args), None)
        known = [cloud.id for cloud in clouds()] if field == "providers" and folder is None else []
        try:
            values = known if folder is None else known_values(load(folder).images)[field]
        except PungiOsbuildError:
            return []
        return _beginning(incomplete, map(str, values))

    return complete


def _beginning(incomplete: str, values: Iterable[str]) -> List[str]:
    return [value for value in values if value.startswith(incomplete)]

"""``pungi-osbuild types``: what composer can build, for which distribution and arch."""

from __future__ import annotations

from typing import List, Optional

import click

from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.formats import format_option
from pungi_osbuild.cli.show import show_json, show_lines, terminal_width
from pungi_osbuild.config import arch_hint
from pungi_osbuild.errors import InputError
from pungi_osbuild.imagetypes import (
    ALIASES,
    COMPOSER_VERSION,
    arches_of,
    example_distribution,
    full_name,
    meant_distribution,
    table_rows,
)
from pungi_osbuild.report import types_json, types_table

_HAS_EVERY_ARCH = "fedora-43"


def _distributions(_ctx: click.Context, _option: click.Parameter, incomplete: str) -> List[str]:
    """Offer whole names, and the beginnings of patterns."""
    patterns = {name for row in table_rows() for name in row.distributions}
    names = {*ALIASES, *(name.rstrip("*") for name in patterns if full_name(name) or "*" in name)}
    return sorted(name for name in names if name.startswith(incomplete))


def _arches(ctx: click.Context, _option: click.Parameter, incomplete: str) -> List[str]:
    distribution = full_name(ctx.params.get("distro") or "")
    return [
        arch for arch in arches_of(distribution or _HAS_EVERY_ARCH) if arch.startswith(incomplete)
    ]


@click.command("types")
@click.option(
    "--distro",
    metavar="DISTRO",
    help="Only for a distribution, such as rhel-9.6.",
    shell_complete=_distributions,
)
@click.option("--arch", metavar="ARCH", help="Only on an arch.", shell_complete=_arches)
@format_option("table", "json")
def types_command(distro: Optional[str], arch: Optional[str], output: str) -> None:
    """List the image types that composer builds: for which distributions, on which arches, where
    they are uploaded and how their file is called.

    The table is that of one version of osbuild-composer, which is named below it. Your own
    composer may be older, newer or changed.

    \b
    Example: pungi-osbuild types --distro rhel-9.6 --arch aarch64
    """
    with exits():
        distribution = None if distro is None else _whole(distro)
        if arch is not None:
            _check_arch(arch, distribution)
        rows = table_rows(distribution, arch)
        if output == "json":
            show_json(types_json(rows))
            return
        if distro in ALIASES:
            show_lines(["%s stands for %s, until composer is updated." % (distro, distribution)])
        show_lines(types_table(rows, distribution or "", terminal_width()))


def _whole(name: str) -> str:
    """Return the full name of a distribution."""
    found = full_name(name)
    if found is None:
        meant = meant_distribution(name)
        hint = "Names look like %s." % (example_distribution(name) or "rhel-9.6 and fedora-43")
        raise InputError(
            "composer %d has no distribution %r" % (COMPOSER_VERSION, name),
            "Did you mean %s?" % meant if meant else hint,
        )
    return found


def _check_arch(arch: str, distribution: Optional[str]) -> None:
    known = arches_of(distribution or _HAS_EVERY_ARCH)
    if arch not in known:
        where = "arch %r" % arch if distribution is None else "%s for %s" % (arch, distribution)
        raise InputError(
            "composer %d has no %s" % (COMPOSER_VERSION, where),
            arch_hint([arch], known, "Its arches are: %s." % ", ".join(known)),
        )

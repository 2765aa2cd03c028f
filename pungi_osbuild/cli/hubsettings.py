"""What the commands with a rehearsal hub share: its options, its content, its errors."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

import click

from koji_rehearsal import (
    NEWEST_COMPOSER,
    OLDEST_COMPOSER,
    FaultKind,
    Group,
    HubContent,
    HubSettings,
    OwnType,
    RehearsalError,
    ResultsIn,
    parse_fault,
)
from pungi_osbuild.cli.exits import exits
from pungi_osbuild.cli.show import show_lines
from pungi_osbuild.errors import InputError
from pungi_osbuild.imagetypes import FIRST_VERSION, api_name, entry_of
from pungi_osbuild.model import ImageRequest


@contextmanager
def hub_exits() -> Iterator[None]:
    """As :func:`exits`, and for what the rehearsal hub itself refuses, too."""
    with exits():
        try:
            yield
        except RehearsalError as error:
            raise InputError(error.reason, error.solution) from error


def content_for(requests: Iterable[ImageRequest]) -> HubContent:
    """Return what a hub must hold for a plan: its targets, packages, arches and image types."""
    asked = tuple(requests)
    seeded = HubContent.seeded(
        targets=(request.config.target for request in asked),
        packages=(request.config.name for request in asked),
        arches=(arch for request in asked for arch in request.arches),
    )
    listed = [request.config for request in asked if request.config.listed]
    entries = tuple(entry for entry in map(entry_of, listed) if entry is not None)
    own = dict.fromkeys(config.listed for config in listed if config.listed is not None)
    own_types = tuple(OwnType(api_name(one.name), one.distros, one.arches) for one in own)
    return replace(seeded, image_types=entries, own_types=own_types)


def complete_fault(_ctx: click.Context, _option: click.Parameter, incomplete: str) -> List[str]:
    """Offer the kinds of faults."""
    return [kind.value for kind in FaultKind if kind.value.startswith(incomplete)]


_OPTIONS = (
    click.option(
        "--duration",
        type=click.FloatRange(0),
        default=2.0,
        show_default=True,
        metavar="S",
        help="Seconds that each task builds, by the hub's clock.",
    ),
    click.option(
        "--speed",
        type=click.FloatRange(0, min_open=True),
        default=1.0,
        show_default=True,
        metavar="X",
        help="How fast the hub's clock runs: with 60 an hour's build takes a minute.",
    ),
    click.option(
        "--capacity",
        type=click.IntRange(1),
        metavar="N",
        help="Tasks built at a time; default: all.",
    ),
    click.option(
        "--composer-version",
        type=click.IntRange(1),
        default=NEWEST_COMPOSER,
        show_default=True,
        metavar="N",
        help="From 58 on: an older one uploaded nothing. Each has the image types and"
        " customizations of its time; before 91 composer told results of uploads in"
        " compose-status.json alone.",
    ),
    click.option(
        "--seed",
        type=int,
        default=0,
        show_default=True,
        metavar="N",
        help="Another number gives other cloud IDs; the same one the same.",
    ),
    click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="SPEC",
        help="Something that goes wrong, see below; may be repeated.",
        shell_complete=complete_fault,
    ),
)


def _listed(kind: FaultKind) -> str:
    """Return a kind of fault for the help, whose lines click must not wrap."""
    more = [key for key in kind.keys if key not in kind.group.keys]
    said = kind.meaning + (" (%s)" % ", ".join(more) if more else "")
    first = "%-16s " % kind.value
    return textwrap.fill(said, 76, initial_indent=first, subsequent_indent=" " * 17)


def _group(group: Group) -> str:
    """Return a group of faults for the help: what can be said of each, and all of them."""
    kinds = [_listed(kind) for kind in FaultKind if kind.group is group]
    said = "Faults of %s (%s):" % (group.value, ", ".join(group.keys))
    return "\b\n" + "\n".join([*textwrap.wrap(said, 76), *kinds])


def _check_composer(version: int) -> None:
    if version < OLDEST_COMPOSER:
        raise InputError(
            "composer %d uploaded no image of a Koji build, and how it answered is not known"
            % version,
            "Name a version from %d on with --composer-version." % OLDEST_COMPOSER,
        )
    if version != NEWEST_COMPOSER:
        show_lines(["note: " + _unknown_of(version)], err=True)


def _unknown_of(version: int) -> str:
    """Return what the rehearsal does not know of a composer that is not the one it has seen."""
    if version > NEWEST_COMPOSER:
        return "composer %d is not known; it is played as %d" % (version, NEWEST_COMPOSER)
    if version < FIRST_VERSION:
        return (
            "of composer %d only where it told results is known; its image types and customizations"
            " are taken from %d, and all else is played as in %d"
            % (version, FIRST_VERSION, NEWEST_COMPOSER)
        )
    return (
        "of composer %d the image types, some customizations and where it told results are known;"
        " all else is played as in %d" % (version, NEWEST_COMPOSER)
    )


FAULTS = "\n\n".join(
    [
        "Faults are asked for as KIND[:KEY=VALUE,...], e.g. build:arch=aarch64,times=1 or"
        " http-503:method=getTaskInfo,times=2..4, and meet what fits all keys. The same faults go"
        " wrong in the same way every time.",
        *map(_group, Group),
    ]
)
"""The end of the help of a command with these options."""


def hub_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets a function ``make_settings`` for them."""

    @wraps(command)
    def wrapped(
        duration: float,
        speed: float,
        capacity: Optional[int],
        composer_version: int,
        seed: int,
        faults: Tuple[str, ...],
        **others: Any,
    ) -> Any:
        def settings() -> HubSettings:
            _check_composer(composer_version)
            return HubSettings(
                duration=duration,
                speed=speed,
                capacity=capacity,
                composer_version=composer_version,
                results_in=ResultsIn.of_composer(composer_version),
                seed=seed,
                faults=tuple(map(parse_fault, faults)),
            )

        return command(make_settings=settings, **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped

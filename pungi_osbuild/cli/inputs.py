"""Inputs of several commands: the config, where its variants come from, the compose's name."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Tuple, TypeVar

import click
from click.core import ParameterSource

from pungi_osbuild.cli.files import FILE
from pungi_osbuild.config import Reading, read_config, read_source, read_variants
from pungi_osbuild.errors import ExitCode, InputError, PungiOsbuildError
from pungi_osbuild.metadata import ProductmdTypes, identify, productmd_types, read_compose
from pungi_osbuild.model import TYPE_SUFFIXES, Compose, ComposeConfig, ImageRequest, Variant
from pungi_osbuild.planning import check_settings, checked_plan
from pungi_osbuild.problems import ConfigError, Problem, has_errors

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_OUT = Path("rehearsal")


@dataclass(frozen=True)
class Origin:
    """
    Where the variants come from, and what the compose is called where there is none yet.

    :param variants: a variants XML; None: the config's own
    :param compose: the folder of a compose that has variants
    """

    variants: Optional[Path] = None
    compose: Optional[Path] = None
    date: Optional[str] = None
    type: str = "test"
    respin: int = 0
    label: Optional[str] = None


@dataclass(frozen=True)
class Prepared:
    """
    A config read, planned and checked.

    :param compose: None when the problems leave nothing to plan for
    :param unreadable: a file beside the config that could not be read; it is among the problems
    """

    config: Optional[ComposeConfig]
    compose: Optional[Compose]
    requests: Tuple[ImageRequest, ...]
    problems: Tuple[Problem, ...]
    unreadable: Optional[PungiOsbuildError] = None

    @property
    def exit_code(self) -> ExitCode:
        """What the problems mean for whoever asks whether the config is fine."""
        if self.unreadable is not None:
            return self.unreadable.exit_code
        return ExitCode.FAILED if has_errors(self.problems) else ExitCode.FINE

    def required(self) -> Tuple[ComposeConfig, Compose]:
        """
        Return the config and the compose.

        :raises ConfigError: there are errors
        """
        if has_errors(self.problems):
            error = ConfigError(self.problems)
            error.exit_code = self.exit_code
            raise error
        assert self.config is not None, "a config without errors was read"
        assert self.compose is not None, "a config without errors has a compose"
        return self.config, self.compose


def prepare(
    config_file: Path,
    origin: Origin,
    topdir: Path = DEFAULT_OUT,
    rehearsal: bool = False,
    productmd: Optional[ProductmdTypes] = None,
) -> Prepared:
    """
    Read a config, plan it and check it; every problem is found at once.

    :param topdir: where the compose would be when there is none; its variants' own repositories
        are below it
    :param rehearsal: no real builder will look at the compose's own repositories
    :param productmd: that images are described in; None: those of the installed productmd
    :raises InputError: the config cannot be used
    :raises SourceError: the config cannot be read as what it should be
    """
    return _prepared(config_file, origin, topdir, rehearsal, productmd)


def _prepared(
    config_file: Path,
    origin: Origin,
    topdir: Path,
    rehearsal: bool,
    productmd: Optional[ProductmdTypes],
) -> Prepared:
    reading = read_config(read_source(config_file))
    problems: List[Problem] = list(reading.problems)
    if reading.config is None:
        return Prepared(None, None, (), tuple(problems))
    try:
        compose = _compose(reading, reading.config, origin, topdir, problems)
    except _UnnamedError as unnamed:
        problems.append(_unnamed(origin, unnamed.error))
        return Prepared(reading.config, None, (), tuple(problems), unnamed.error)
    except PungiOsbuildError as error:
        problems.append(_unreadable(origin, error))
        return Prepared(reading.config, None, (), tuple(problems), error)
    if compose is None:
        return Prepared(reading.config, None, (), tuple(problems))
    # Without a compose its place is unknown, which matters only if there are entries to match.
    known = origin.compose is not None or not reading.config.settings.translate_paths
    planned = checked_plan(
        reading.config, compose, productmd or productmd_types(), problems, known and not rehearsal
    )
    settings = check_settings(reading.config.settings, compose.identity)
    return Prepared(reading.config, compose, planned.requests, (*planned.problems, *settings))


def _compose(
    reading: Reading,
    config: ComposeConfig,
    origin: Origin,
    topdir: Path,
    problems: List[Problem],
) -> Optional[Compose]:
    if origin.compose is not None:
        folder = origin.compose
        compose = read_compose(folder, config.tree_arches, config.tree_variants)
        return _with_left_out(compose, config, lambda: read_compose(folder).variants)
    variants_file = origin.variants or (
        Path(config.variants_file) if config.variants_file else None
    )
    reported = {problem.place for problem in problems if problem.is_error}
    if variants_file is None and "variants_file" not in reported:
        problems.append(reading.scm_variants or _NO_VARIANTS)
    if config.release is None and not reported & {"release_short", "release_version"}:
        problems.append(_NO_RELEASE)
    if variants_file is None or config.release is None:
        return None
    variants = read_variants(variants_file, config.tree_arches, config.tree_variants)
    try:
        identity = identify(
            config.release,
            origin.type,
            origin.date or datetime.now().strftime("%Y%m%d"),
            origin.respin,
            origin.label,
        )
    except InputError as error:
        raise _UnnamedError(error) from error
    compose = Compose(identity, variants, str(topdir.absolute()))
    return _with_left_out(compose, config, lambda: read_variants(variants_file))


def _with_left_out(
    compose: Compose, config: ComposeConfig, read_all: Callable[[], Sequence[Variant]]
) -> Compose:
    """Return the compose with what is left out, where ``tree_variants`` has a name too many."""
    uids = {variant.uid for variant in compose.variants}
    if uids.issuperset(config.tree_variants):
        return compose
    try:
        everything = read_all()
    except PungiOsbuildError:  # what is left out may be broken
        return compose
    return replace(compose, left_out=tuple(one.uid for one in everything if one.uid not in uids))


class _UnnamedError(Exception):
    """The compose cannot be called what the config and the command line say."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error))
        self.error = error


def _unnamed(origin: Origin, error: InputError) -> Problem:
    place = "release_short"
    for option, value in (("--date", origin.date), ("--label", origin.label)):
        if value is not None and value in error.reason:
            place = option
    return Problem("bad-compose-name", place, error.reason, error.solution)


def _unreadable(origin: Origin, error: PungiOsbuildError) -> Problem:
    place = "variants_file"
    if origin.compose is not None:
        place = "--compose"
    elif origin.variants is not None:
        place = "--variants"
    return Problem("unreadable", place, error.reason, error.solution)


_NO_VARIANTS = Problem(
    "no-variants",
    "variants_file",
    "the config names no variants file",
    "Set variants_file, or name a file with --variants, or a compose with --compose.",
)
_NO_RELEASE = Problem(
    "no-release",
    "release_short",
    "without release_short and release_version the compose has no name",
    "Set release_name, release_short and release_version, or name a compose with --compose.",
)


def config_argument(command: Command) -> Command:
    """Add the CONFIG argument."""
    return click.argument("config", type=FILE)(command)


def origin_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what :class:`Origin` says as options; the command takes it as ``origin``."""

    @functools.wraps(command)
    def with_origin(
        variants: Optional[Path],
        compose: Optional[Path],
        date: Optional[str],
        compose_type: str,
        respin: int,
        label: Optional[str],
        **others: Any,
    ) -> None:
        if variants is not None and compose is not None:
            raise click.UsageError("--variants and --compose exclude each other")
        if compose is not None:
            _only_without_compose(("--date", "--type", "--respin", "--label"))
        command(origin=Origin(variants, compose, date, compose_type, respin, label), **others)

    decorated: Callable[..., None] = with_origin
    for option in reversed(_ORIGIN_OPTIONS):
        decorated = option(decorated)
    return decorated


def _only_without_compose(options: Sequence[str]) -> None:
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and set(parameter.opts) & set(options):
            raise click.UsageError(
                "%s names a compose that does not exist yet; the one of --compose has a name"
                % parameter.opts[0]
            )


_ORIGIN_OPTIONS = (
    click.option(
        "--variants",
        type=FILE,
        metavar="FILE",
        help="Pungi's variants XML; default: the config's own variants_file.",
    ),
    click.option(
        "--compose",
        type=FILE,
        metavar="DIR",
        help="Take variants and arches from this compose; it is only read.",
    ),
    click.option("--date", metavar="YYYYMMDD", help="Compose date; default: today."),
    click.option(
        "--type",
        "compose_type",
        type=click.Choice(sorted(TYPE_SUFFIXES)),
        default="test",
        show_default=True,
        help="Compose type.",
    ),
    click.option(
        "--respin", type=click.IntRange(0), default=0, show_default=True, help="Compose respin."
    ),
    click.option("--label", metavar="LABEL", help="Compose label, e.g. RC-1.2."),
)

"""Reading the top-level options: the phase's own, and those of Pungi's that it works by."""

from __future__ import annotations

import hashlib
import math
import os.path
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, TypeVar

from pungi_osbuild.config.options import pungi_options, top_options
from pungi_osbuild.config.schema_errors import SchemaErrors, unsendable
from pungi_osbuild.config.source import Source, thaw
from pungi_osbuild.config.templates import unreplaced
from pungi_osbuild.methods import properties_of, task_methods
from pungi_osbuild.model import BaseProduct, ReleaseConfig, Settings
from pungi_osbuild.problems import PROBLEM_CODES, Problem, Problems, Severity, suggest, within

_OF_EVERY_BLOCK = ("target", "version", "release")


def _sections() -> Tuple[str, ...]:
    return tuple(method.section for method in task_methods())


def _prefix_of(key: object) -> Optional[str]:
    """Return what the options of a section or a run begin with, if this is meant as one."""
    prefixes = (section + "_" for section in _sections())
    return next((one for one in prefixes if isinstance(key, str) and key.startswith(one)), None)


@dataclass(frozen=True)
class VariantsFile:
    """
    Where the variants XML is.

    :param path: absolute; None when the config has none on this machine
    :param scm: the error to show when the file is needed and lies in source control
    """

    path: Optional[str] = None
    scm: Optional[Problem] = None


def read_top(source: Source, problems: Problems) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """
    Check the top-level options, all but the section itself.

    :returns: all of them, as written; and those that are of the right type
    """
    ours, pungis = properties_of(top_options()), properties_of(pungi_options())
    for section in _sections():
        del ours[section]
    of_every_block = {
        "%s_%s" % (prefix, key) for prefix in (*_sections(), "global") for key in _OF_EVERY_BLOCK
    }
    problems.add(_unknown_options(source, ours))
    top: Dict[str, Any] = {}
    good: Dict[str, Any] = {}
    for key, schema in {**ours, **pungis}.items():
        if key not in source.data:
            continue
        before = problems.errors
        problems.add(unsendable(source.data[key], key))
        top[key] = thaw(source.data[key])
        problems.add(SchemaErrors(schema).of(top[key], key))
        if problems.errors == before:
            good[key] = top[key]
        if key in of_every_block and isinstance(top[key], str):
            problems.add(unreplaced(top[key], key))
    return top, good


def misspelt_options(source: Source) -> Dict[str, str]:
    """
    Return the options at the top that nobody knows, each with the known one that it is like.

    Of others than ``<section>_*`` only the closest: Pungi has many that are not read here.
    """
    ours = [key for key in top_options() if key not in _sections()]
    pungis = list(pungi_options())
    found: Dict[str, str] = {}
    for key in source.data:
        if not isinstance(key, str) or key in ours or key in pungis or key in _sections():
            continue
        prefix = _prefix_of(key)
        if prefix is not None:
            rest = [option[len(prefix) :] for option in ours if option.startswith(prefix)]
            near = suggest(key[len(prefix) :], rest, _LIKENESS)
            near = near and prefix + near
        else:
            near = suggest(key, pungis, _LIKENESS_OF_PUNGIS)
        if near:
            found[key] = near
    return found


_LIKENESS = 0.75
_LIKENESS_OF_PUNGIS = 0.9


def _unknown_options(source: Source, ours: Mapping[str, Any]) -> Iterator[Problem]:
    """As in Pungi a warning: a config has no other variables than those at the top."""
    misspelt = misspelt_options(source)
    for key in source.data:
        is_own = _prefix_of(key) is not None
        if key in misspelt:
            hint = "Did you mean %s? As written, it is ignored." % misspelt[key]
        elif is_own and key not in ours:
            hint = "Only the config itself can use it. Known are: %s." % ", ".join(sorted(ours))
        else:
            continue
        yield Problem("unknown-key", key, "unknown option %s" % key, hint, Severity.WARNING)


def read_settings(good: Mapping[str, Any], problems: Problems) -> Settings:
    """Return the settings of a run; Pungi's default where an option is missing or wrong."""
    defaults = Settings()
    return Settings(
        koji_profile=good.get("koji_profile"),
        link_type=good.get("link_type", defaults.link_type),
        translate_paths=tuple((pair[0], pair[1]) for pair in good.get("translate_paths", ())),
        media_checksums=_checksums(good, defaults, problems),
        media_checksum_one_file=good.get(
            "media_checksum_one_file", defaults.media_checksum_one_file
        ),
        media_checksum_base_filename=good.get(
            "media_checksum_base_filename", defaults.media_checksum_base_filename
        ),
        poll_interval=_seconds(good, "osbuild_poll_interval", defaults.poll_interval, problems),
        verify=good.get("osbuild_verify", defaults.verify),
        fail_fast=good.get("osbuild_fail_fast", defaults.fail_fast),
        save_provenance=good.get("osbuild_save_provenance", defaults.save_provenance),
        outage_limit=_seconds(good, "osbuild_outage_limit", defaults.outage_limit, problems),
        ignore=tuple(_ignored(good, problems)),
    )


def _ignored(good: Mapping[str, Any], problems: Problems) -> Iterator[Tuple[str, Optional[str]]]:
    """Give the warnings that the config accepts: the code, and the block's name or None."""
    for index, entry in enumerate(good.get("osbuild_ignore", ())):
        code, colon, name = entry.partition(":")
        if code in PROBLEM_CODES:
            yield code, name if colon else None
            continue
        meant = suggest(code, PROBLEM_CODES)
        problems.warn(
            "bad-value",
            within("osbuild_ignore", index),
            "unknown problem code %r" % code,
            "Did you mean %s?" % meant if meant else "Codes are shown in brackets: [code].",
        )


def check_ignored_names(good: Mapping[str, Any], names: Sequence[str], problems: Problems) -> None:
    """
    Say which entries of ``osbuild_ignore`` are for a block that is not there.

    :param names: of all blocks
    """
    for index, entry in enumerate(good.get("osbuild_ignore", ())):
        _code, colon, name = entry.partition(":")
        if colon and name not in names:
            meant = suggest(name, names)
            problems.warn(
                "bad-value",
                within("osbuild_ignore", index),
                "no image block has the name %r" % name,
                "Did you mean %s?" % meant if meant else "Write the block's name, or remove it.",
            )


_Seconds = TypeVar("_Seconds", float, Optional[float])


def _seconds(
    good: Mapping[str, Any], option: str, default: _Seconds, problems: Problems
) -> _Seconds:
    """Return a number of seconds; the schema takes it for a number when it is infinite, too."""
    seconds: _Seconds = good.get(option, default)
    if seconds is not None and not math.isfinite(seconds):
        problems.error("bad-value", option, "is not a number", "Write a number of seconds.")
        return default
    return seconds


def _checksums(good: Mapping[str, Any], defaults: Settings, problems: Problems) -> Tuple[str, ...]:
    # shake_* are left out: they have no length of their own.
    known = sorted(name for name in hashlib.algorithms_guaranteed if not name.startswith("shake_"))
    names = good.get("media_checksums")
    if names is None:
        return defaults.media_checksums
    for index, name in enumerate(names):
        if name not in known:
            near = suggest(name, known)
            problems.error(
                "bad-value",
                within("media_checksums", index),
                "unknown checksum %s" % name,
                "Did you mean %s?" % near if near else "Known are: %s." % ", ".join(known),
            )
    return tuple(name for name in names if name in known)


def read_release_config(good: Mapping[str, Any], problems: Problems) -> Optional[ReleaseConfig]:
    """Return what the config says of the release; None when it says too little."""
    base = _base_product(good, problems)
    if "release_short" not in good or "release_version" not in good:
        return None
    return ReleaseConfig(
        name=good.get("release_name", good["release_short"]),
        short=good["release_short"],
        version=good["release_version"],
        type=good.get("release_type", "ga"),
        internal=good.get("release_internal", False),
        base_product=base,
    )


def _base_product(good: Mapping[str, Any], problems: Problems) -> Optional[BaseProduct]:
    keys = ["base_product_%s" % key for key in ("name", "short", "version")]
    there = [key for key in keys if key in good]
    missing = [key for key in keys if key not in good]
    if there and missing:
        problems.error(
            "missing-key",
            missing[0],
            "a base product also needs %s" % " and ".join(missing),
            "Add it, or remove %s." % " and ".join(there),
        )
    if missing:
        return None
    name, short, version = (good[key] for key in keys)
    return BaseProduct(name, short, version, good.get("base_product_type", "ga"))


def find_variants_file(good: Mapping[str, Any], config_path: str) -> VariantsFile:
    """
    Return where the variants XML is.

    As in Pungi a name is relative to the config's folder, and of an SCM dict with the scm
    ``file`` the last part of the name is looked for there.
    """
    written = good.get("variants_file")
    if isinstance(written, dict):
        file = written.get("file")
        if written.get("scm") != "file" or not isinstance(file, str) or not file:
            return VariantsFile(scm=_in_source_control())
        written = os.path.basename(file)  # noqa: PTH119 - keeps a name that ends in a slash empty
    if not written:
        return VariantsFile()
    folder = os.path.dirname(os.path.abspath(config_path))  # noqa: PTH100, PTH120 - as Pungi does
    return VariantsFile(os.path.normpath(os.path.join(folder, written)))  # noqa: PTH118


def _in_source_control() -> Problem:
    return Problem(
        "scm-variants-file",
        "variants_file",
        "the variants XML is in source control, and is not fetched from there",
        "Check it out and name it with --variants, or name a compose with --compose.",
    )

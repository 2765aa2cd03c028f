"""
Where an option of a block comes from: the block, else ``osbuild_*``, else ``global_*``.

Source: ``pungi.phases.base.ImageConfigMixin`` of 4.3.6. The first place that has the key wins,
even when the value there is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from pungi_osbuild.config.generators import GENERATORS, IMAGE_RELEASE, is_generator
from pungi_osbuild.problems import Problems, suggest, within


@dataclass(frozen=True)
class Found:
    """
    A value and the place that it was found in.

    :param value: as written: not yet known to be of the right type
    """

    value: Any
    place: str


def look_up(
    option: str, block: Mapping[str, Any], place: str, top: Mapping[str, Any]
) -> Optional[Found]:
    """
    Return what a block has for an option, or None when it stands nowhere.

    :param place: of the block
    :param top: the config's top level
    """
    if option in block:
        return Found(block[option], within(place, option))
    for key in ("osbuild_%s" % option, "global_%s" % option):
        if key in top:
            return Found(top[key], key)
    return None


def read_target(found: Optional[Found], place: str, problems: Problems) -> str:
    """Return the Koji target of a block, "" when there is none (which is a problem)."""
    if found is not None and not isinstance(found.value, str):
        return ""
    if found is None or not found.value:
        problems.error(
            "missing-target",
            place,
            "the block has no Koji target",
            "Set target in the block, or osbuild_target or global_target at the top.",
        )
        return ""
    return str(found.value)


def read_version(found: Optional[Found], problems: Problems) -> Optional[str]:
    """Return the version as configured; None stands for the compose's own."""
    return _literal_or_generator(found, problems) or None


def read_release(found: Optional[Found], problems: Problems) -> Optional[str]:
    """Return the release as configured; None where no place has one, so the hub counts."""
    if found is not None and (found.value is None or found.value == ""):
        return IMAGE_RELEASE
    return _literal_or_generator(found, problems)


def _literal_or_generator(found: Optional[Found], problems: Problems) -> Optional[str]:
    if found is None or not isinstance(found.value, str):
        return None
    if is_generator(found.value) and found.value not in GENERATORS:
        near = suggest(found.value, GENERATORS)
        problems.error(
            "unknown-generator",
            found.place,
            "there is no generator %s" % found.value,
            "Did you mean %s?" % near if near else "Known are: %s." % ", ".join(GENERATORS),
        )
    return found.value

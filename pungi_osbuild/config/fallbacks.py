"""
Options that a block can leave out: target, version and release, and the ``!`` generators.

Each comes from the block, else ``<section>_*``, else ``global_*``. The first place that has the key
wins, even when the value there is empty. Source: ``pungi.phases.base.ImageConfigMixin`` and
``pungi.util.version_generator`` of 4.3.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional, Tuple

from pungi_osbuild.model import ComposeIdentity
from pungi_osbuild.problems import Problems, suggest, within

IMAGE_RELEASE = "!RELEASE_FROM_LABEL_DATE_TYPE_RESPIN"
"""The generator that stands for the compose's own image release."""

_GENERATE: Mapping[str, Callable[[ComposeIdentity], str]] = {
    "!OSTREE_VERSION_FROM_LABEL_DATE_TYPE_RESPIN": lambda identity: (
        "%s.%s" % (identity.image_version, identity.image_release)
    ),
    IMAGE_RELEASE: lambda identity: identity.image_release,
    "!RELEASE_FROM_DATE_RESPIN": lambda identity: identity.date_respin,
    "!VERSION_FROM_VERSION_DATE_RESPIN": lambda identity: (
        "%s.%s" % (identity.release_version, identity.date_respin)
    ),
    "!VERSION_FROM_VERSION": lambda identity: identity.release_version,
}

GENERATORS: Tuple[str, ...] = tuple(_GENERATE)
"""The names of all generators."""


@dataclass(frozen=True)
class Found:
    """
    A value and the place that it was found in.

    :param value: as written: not yet known to be of the right type
    """

    value: Any
    place: str


def look_up(
    option: str, block: Mapping[str, Any], place: str, top: Mapping[str, Any], section: str
) -> Optional[Found]:
    """
    Return what a block has for an option, or None when it stands nowhere.

    :param place: of the block
    :param top: the config's top level
    :param section: that the block stands in
    """
    if option in block:
        return Found(block[option], within(place, option))
    for key in ("%s_%s" % (section, option), "global_%s" % option):
        if key in top:
            return Found(top[key], key)
    return None


def read_target(found: Optional[Found], place: str, problems: Problems, section: str) -> str:
    """Return the Koji target of a block, "" when there is none (which is a problem)."""
    if found is not None and not isinstance(found.value, str):
        return ""
    if found is None or not found.value:
        problems.error(
            "missing-target",
            place,
            "the block has no Koji target",
            "Set target in the block, or %s_target or global_target at the top." % section,
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
            "unknown generator %s" % found.value,
            "Did you mean %s?" % near if near else "Known are: %s." % ", ".join(GENERATORS),
        )
    return found.value


def is_generator(value: str) -> bool:
    """Whether a value asks for a generator, known or not."""
    return value.startswith("!")


def resolve_version(value: Optional[str], identity: ComposeIdentity) -> str:
    """
    Return the version of an image.

    :param value: as configured; None: the compose's image version
    :raises ValueError: for a generator that does not exist (a config with one is refused earlier)
    """
    return _resolve(value, identity) if value else identity.image_version


def resolve_release(value: Optional[str], identity: ComposeIdentity) -> str:
    """
    Return the release of an image.

    :param value: as configured; None or empty: the compose's image release. (A config without
        any release is another matter: the hub gives one.)
    :raises ValueError: for a generator that does not exist (a config with one is refused earlier)
    """
    return _resolve(value, identity) if value else identity.image_release


def _resolve(value: str, identity: ComposeIdentity) -> str:
    if not is_generator(value):
        return value
    if value not in _GENERATE:
        raise ValueError("there is no generator %r" % value)
    return _GENERATE[value](identity)

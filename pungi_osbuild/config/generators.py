"""
The ``!`` generators of versions and releases, with the meaning they have in Pungi.

Source: ``pungi.util.version_generator`` and ``pungi.phases.base.ImageConfigMixin`` of 4.3.6.
"""

from __future__ import annotations

from typing import Callable, Mapping, Optional, Tuple

from pungi_osbuild.model import ComposeIdentity

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

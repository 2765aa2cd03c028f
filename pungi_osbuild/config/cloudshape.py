"""
Which cloud some upload options look like those of.

Where the image type is unknown, they are taken as the hub takes them; where it is known, options
that fit another cloud better were probably meant for that one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, List, Mapping, Tuple

from pungi_osbuild import imagetypes
from pungi_osbuild.config.schema import UPLOAD_ORDER, missing_fields, upload_fields
from pungi_osbuild.model import Provider
from pungi_osbuild.problems import suggest

NAMES: Mapping[Provider, str] = {
    Provider.AWS: "AWS EC2",
    Provider.AWS_S3: "AWS S3",
    Provider.GCP: "GCP",
    Provider.AZURE: "Azure",
    Provider.CONTAINER: "a container registry",
    Provider.OCI: "OCI",
    Provider.PULP: "Pulp",
}
"""What people call the clouds."""


def _misfit(options: Mapping[str, Any], provider: Provider) -> Tuple[int, int]:
    """Return how ill options fit a cloud: fields it has not, typing errors aside; and missing."""
    foreign = sum(1 for key in options if _is_foreign(key, provider))
    return foreign, len(missing_fields(provider, options))


@lru_cache(maxsize=1024)
def _is_foreign(option: str, provider: Provider) -> bool:
    return suggest(option, upload_fields(provider)) is None


def _best(options: Mapping[str, Any]) -> List[Provider]:
    misfits = {provider: _misfit(options, provider) for provider in UPLOAD_ORDER}
    least = min(misfits.values())
    return [provider for provider, misfit in misfits.items() if misfit == least]


def by_shape(options: Mapping[str, Any]) -> Provider:
    """Return the cloud that options fit best; of several the one that the hub tries first."""
    return _best(options)[0]


def is_for_another(options: Mapping[str, Any], provider: Provider) -> bool:
    """Whether options fit another cloud better than this one."""
    # A field that is merely missing is no sign of another cloud: S3 needs less than EC2.
    foreign, _ = _misfit(options, provider)
    return foreign > 0 and foreign > _misfit(options, by_shape(options))[0]


def wrong_cloud(options: Mapping[str, Any], image_type: str, provider: Provider) -> Tuple[str, str]:
    """Return message and hint for options that are for another cloud than the image type's."""
    like = _best(options)
    message = "images of type %s go to %s, but these options look like those of %s" % (
        image_type,
        NAMES[provider],
        " or ".join(NAMES[other] for other in like),
    )
    fitting = [name for name, entry in imagetypes.CATALOGUE.items() if entry.provider in like]
    hint = "%s takes %s; image types for these options are %s%s." % (
        NAMES[provider][:1].upper() + NAMES[provider][1:],
        ", ".join(upload_fields(provider)),
        ", ".join(fitting[:4]),
        " and others" if len(fitting) > 4 else "",
    )
    return message, hint

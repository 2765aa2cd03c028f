"""Judging the image type of a block by the catalogue."""

from __future__ import annotations

from typing import Optional

from pungi_osbuild import imagetypes
from pungi_osbuild.config.problems import Problems
from pungi_osbuild.model import Provider


def check_image_type(name: str, place: str, problems: Problems) -> Optional[Provider]:
    """
    Say what is wrong with an image type, and return where its images go.

    :param place: of ``image_types``
    :returns: the cloud, also of the type that was probably meant; None for a type that nobody
        has heard of
    """
    entry = imagetypes.find(name)
    if entry is not None:
        return entry.provider
    meant = imagetypes.INNER_NAMES.get(name)
    if meant is not None:
        problems.error(
            "inner-image-type",
            place,
            "%s is a distribution's own name, which Koji's builders do not take" % name,
            "Write %s, composer's name for it." % meant,
        )
        return imagetypes.CATALOGUE[meant].provider
    meant = imagetypes.nearest(name)
    if meant is not None:
        problems.error(
            "unknown-image-type",
            place,
            "composer has no image type %s" % name,
            "Did you mean %s?" % meant,
        )
        entry = imagetypes.find(meant)
        return entry.provider if entry else None
    problems.warn(
        "unlisted-image-type",
        place,
        "no image type %s is known here; it is sent as it is" % name,
        "Known are: %s." % ", ".join(imagetypes.NAMES),
    )
    return None

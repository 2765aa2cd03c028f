"""
Options that osbuild-composer knows and the hub refuses.

Source: the Cloud API v2 of osbuild-composer (read 2026-06, and its pull request 5233 for ``tags``)
against the schema of koji-osbuild 12's hub plugin, which takes no other keys than its own.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from pungi_osbuild.model import Provider
from pungi_osbuild.problems import Problem, within

_ONE_UPLOAD = (
    "Take it out: a block's images go to the one place that composer has for its image type."
)
_PULP = "Take it out: nothing can be uploaded to Pulp through Koji."

REFUSED_OF: Mapping[Provider, Mapping[str, str]] = {
    Provider.AWS: {"tags": "Take it out, and tag the AMI by its recorded id afterwards."},
    Provider.AWS_S3: {
        "public": "Take it out: the file is private, and its address expires (composer's default)."
    },
    Provider.AZURE: {"hyper_v_generation": "Take it out: composer's default is V1."},
    Provider.PULP: {"basepath": _PULP, "repository": _PULP, "server_address": _PULP},
}
"""Options of a cloud that only composer knows, and what to do about each."""

_OF_ANY: Mapping[str, str] = {
    "type": _ONE_UPLOAD,
    "upload_options": _ONE_UPLOAD,
    "upload_targets": _ONE_UPLOAD,
}

REFUSED: Mapping[str, str] = {
    **_OF_ANY,
    **{option: hint for options in REFUSED_OF.values() for option, hint in options.items()},
}
"""All of them."""

ELSEWHERE = frozenset({*_OF_ANY, *REFUSED_OF[Provider.PULP]})
"""Those that are no options of a cloud that a block can go to at all."""

BLOCK_REFUSED: Mapping[str, str] = {"upload_targets": _ONE_UPLOAD}
"""Keys of an image block that composer has, beside ``upload_options``."""


def refused_problems(
    options: Mapping[str, Any], place: str, refused: Mapping[str, str] = REFUSED
) -> Iterator[Problem]:
    """
    Say which options the hub refuses though composer knows them.

    :param place: of the options
    :param refused: option and hint
    """
    for option in options:
        if option in refused:
            yield Problem(
                "hub-refuses-field",
                within(place, option),
                "composer knows %s, but Koji's hub (koji-osbuild 12) refuses it" % option,
                refused[option],
            )

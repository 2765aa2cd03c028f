"""
What osbuild-composer learnt with which version, as far as the rehearsal plays it.

Source: 557 dated snapshots of its repository, 2023-04 (version 80) to 2026-08 (version 180). What
an older version knew is taken from version 80.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

from pungi_osbuild.imagetypes import COMPOSER_VERSION, SINCE, UNTIL

NEWEST = COMPOSER_VERSION
"""The newest version whose answers were recorded; a newer one is played as this one."""

OLDEST = 58
"""The first version that uploads images of Koji builds; what an older one answers is not known."""

RESULTS_IN_KOJI = 91
"""The version that began to give Koji the results of uploads."""

ALIASES_SINCE: Mapping[str, int] = {"rhel-7": 100, "rhel-8": 100, "rhel-9": 100, "rhel-10": 110}

_CUSTOMIZATIONS_SINCE: Mapping[str, int] = {
    "rhsm": 116,
    "cacerts": 129,
    "enabled_modules": 137,
    "disk": 137,
    "dnf": 154,
}


def as_of(version: int, schemas: Dict[str, Any]) -> None:
    """
    Take out of the API's description what a version had not yet, and put in what it still had.

    :param schemas: of the newest version; changed
    """
    image_types = [name for name in schemas["ImageTypes"]["enum"] if SINCE.get(name, 0) <= version]
    for former, last in UNTIL.items():
        if SINCE.get(former, 0) <= version <= last:
            place = next(i for i, name in enumerate(image_types) if name > former)
            image_types.insert(place, former)
    schemas["ImageTypes"]["enum"] = image_types
    customizations = schemas["Customizations"]["properties"]
    for key, since in _CUSTOMIZATIONS_SINCE.items():
        if version < since:
            del customizations[key]
    if version < 95:
        del schemas["ImageRequest"]["properties"]["upload_targets"]
    if version < 126:
        del schemas["AzureUploadOptions"]["properties"]["hyper_v_generation"]
    if version < 161:
        del schemas["ComposeRequest"]["properties"]["bootc"]
        schemas["ComposeRequest"]["required"] = ["distribution"]
